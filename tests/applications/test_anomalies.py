"""Anomalies: found, explained, and called at the rate that was asked for."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_wine
from sklearn.decomposition import PCA, DictionaryLearning
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

import taut
from taut.applications import SparseAnomalyDetector
from taut.applications.anomalies.dictionary import FromDictionary, _folds
from taut.applications.anomalies.reconstruction import FromFeatures, FromRows


def usual_rows(n_samples, seed=0):
    """Six features of two hidden ones, all of unit variance."""
    random = np.random.default_rng(seed)
    hidden = random.normal(size=(n_samples, 2))
    X = np.repeat(hidden, 3, axis=1) + 0.3 * random.normal(size=(n_samples, 6))
    return X / np.sqrt(1.09)


@pytest.mark.parametrize(
    ("estimator", "check"),
    [
        pytest.param(estimator, check, id=f"{name}-{check.func.__name__}")
        for name, detector in {
            "default": SparseAnomalyDetector(),
            "rule": SparseAnomalyDetector(taut.BIC(), n_draws=2),
        }.items()
        for estimator, check in estimator_checks_generator(detector)
    ],
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def test_a_broken_relation_is_found_and_explained():
    """Feature 2 stands against its sisters 0 and 1, at a value that is common by itself."""
    X = usual_rows(400)
    X[7, :3] = 1.6, 1.6, -1.6
    assert np.mean(np.abs(X).max(axis=1) > 1.6) > 0.2
    detector = SparseAnomalyDetector(alpha=0.1, contamination=0.01).fit(X)
    assert detector.predict(X)[7] == -1
    [found] = detector.explain(X[[7]], top=1)
    assert found[0].feature == "x2"
    assert found[0].value == pytest.approx(-1.6)
    assert found[0].from_features > 0.5
    assert found[0].contribution > 1


def test_explanations_are_in_the_units_and_names_of_the_columns():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(usual_rows(100) * 50 + 1000, columns=list("abcdef"))
    detector = SparseAnomalyDetector().fit(frame)
    [found] = detector.explain(frame.iloc[[3]], top=6)
    assert {part.feature for part in found} == set("abcdef")
    for part in found:
        assert part.value == pytest.approx(frame[part.feature][3])
        assert 800 < part.from_features < 1200
        assert 800 < part.from_rows < 1200


def test_contributions_sum_to_scores_whose_mean_is_one():
    X = usual_rows(150)
    detector = SparseAnomalyDetector().fit(X)
    contributions = detector.contributions(X)
    assert np.all(contributions >= 0)
    assert_allclose(contributions.sum(axis=1), -detector.score_samples(X))
    assert_allclose(contributions.sum(axis=1).mean(), 1.0)


@pytest.mark.parametrize("alpha", [0.05, 0.3, taut.CV(3), taut.BIC()], ids=repr)
def test_no_feature_predicts_itself(alpha):
    X = usual_rows(80)
    X[:, 1] = X[:, 0]
    detector = SparseAnomalyDetector(alpha, n_draws=1).fit(X)
    assert_array_equal(np.diagonal(detector.coef_), 0.0)
    assert detector.coef_.any(axis=1).all()


def test_the_lasso_of_each_feature_is_the_lasso_on_the_other_columns():
    X = StandardScaler().fit_transform(load_wine().data)
    detector = SparseAnomalyDetector(alpha=0.1, n_draws=1).fit(X)
    for j in (0, 5, 12):
        others = np.delete(X, j, axis=1)
        model = taut.Lasso(alpha=0.1, tol=1e-10).fit(others, X[:, j])
        assert_allclose(np.delete(detector.coef_[j], j), model.coef_, atol=1e-5)


def test_a_row_is_no_neighbour_of_itself():
    Z = usual_rows(40)
    every = FromRows(Z[None], n_neighbors=3)
    for row in (0, 17):
        others = np.delete(Z, row, axis=0)
        nearest = others[np.argsort(np.abs(others - Z[row]).sum(axis=1))[:3]]
        assert_allclose(every.reconstruct(Z)[row], nearest.mean(axis=0))
        assert_allclose(every.errors(Z)[row], np.abs(nearest - Z[row]).mean(axis=0))


def test_blocks_of_rows_change_nothing(monkeypatch):
    Z = usual_rows(50)
    part = FromRows.fit(Z, 5, 20, 3, np.random.RandomState(0))
    whole = part.errors(Z)
    monkeypatch.setattr("taut.applications.anomalies.reconstruction._BLOCK", 60)
    assert_array_equal(part.errors(Z), whole)


def test_errors_from_features_are_absolute_residuals():
    Z = StandardScaler().fit_transform(usual_rows(60))
    part = FromFeatures.fit(Z, 0.2)
    assert_allclose(part.errors(Z), np.abs(Z - part.reconstruct(Z)))
    assert part.errors(Z).mean() < np.abs(Z).mean()


def test_units_of_the_columns_do_not_matter():
    X, random = usual_rows(120), np.random.default_rng(1)
    moved = X * random.uniform(0.01, 100, 6) + random.normal(size=6)
    scores = [SparseAnomalyDetector().fit(data).score_samples(data) for data in (X, moved)]
    assert_allclose(*scores, rtol=1e-6)


def test_contamination_is_the_share_that_is_called():
    X = usual_rows(300)
    for share in (0.02, 0.1, 0.5):
        labels = SparseAnomalyDetector(contamination=share).fit_predict(X)
        assert np.sum(labels == -1) == pytest.approx(300 * share, abs=1)


def test_calibration_holds_the_rate_of_false_alarms():
    """On average over calibration sets: the promise of split conformal inference."""
    detector = SparseAnomalyDetector(n_draws=2).fit(usual_rows(200, seed=1))
    fresh = usual_rows(2000, seed=2)
    scores = detector.score_samples(fresh)
    rates = []
    for start in range(0, 2000, 100):
        detector.calibrate(fresh[start : start + 100], false_alarm_rate=0.1)
        rest = np.delete(scores, slice(start, start + 100))
        rates.append(np.mean(rest < detector.offset_))
    # 20 sets of 100 leave the mean rate, 10/101 = 0.099, a standard error of about 0.007.
    assert 0.07 < np.mean(rates) < 0.12


def test_calibration_moves_the_threshold_only():
    X = usual_rows(200)
    detector = SparseAnomalyDetector().fit(X)
    scores, offset = detector.score_samples(X), detector.offset_
    assert detector.calibrate(usual_rows(99, seed=5), 0.01) is detector
    assert detector.offset_ != offset
    assert_array_equal(detector.score_samples(X), scores)
    assert_allclose(detector.offset_, detector.score_samples(usual_rows(99, seed=5)).min())


def test_normal_data_alone_still_give_the_share_that_contamination_says():
    labels = SparseAnomalyDetector(contamination=0.05).fit_predict(usual_rows(200))
    assert np.sum(labels == -1) == 10


def test_a_constant_feature_counts_once_it_varies():
    X = np.column_stack([usual_rows(100), np.full(100, 3.0)])
    detector = SparseAnomalyDetector().fit(X)
    assert_array_equal(detector.contributions(X)[:, -1], 0.0)
    odd = X[:1].copy()
    odd[0, -1] = 103.0
    assert detector.explain(odd, top=1)[0][0].feature == "x6"
    assert detector.predict(odd)[0] == -1


def test_repeated_rows_are_usual():
    X = np.repeat(usual_rows(30), 4, axis=0)
    X = np.vstack([X, [[6.0, -6.0, 6.0, -6.0, 6.0, -6.0]]])
    assert np.argmin(SparseAnomalyDetector().fit(X).score_samples(X)) == len(X) - 1


def test_more_features_than_rows():
    X = np.random.default_rng(0).normal(size=(30, 60))
    X[4] *= 6
    assert np.argmin(SparseAnomalyDetector().fit(X).score_samples(X)) == 4


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"contamination": 0.0}, "contamination must be a number above 0"),
        ({"contamination": 0.6}, "at most 0.5, got 0.6"),
        ({"contamination": "auto"}, "got 'auto'"),
        ({"alpha": -1.0}, "alpha must be finite and > 0"),
        ({"n_neighbors": 0}, "n_neighbors must be finite and > 0"),
        ({"n_references": 1}, "n_references must be at least 2"),
        ({"n_draws": 0}, "n_draws"),
    ],
)
def test_bad_parameters_are_named(parameters, words):
    with pytest.raises(ValueError, match=words):
        SparseAnomalyDetector(**parameters).fit(usual_rows(20))


def test_bad_data_are_named():
    X = usual_rows(20)
    with pytest.raises(ValueError, match="X must vary, got 20 rows"):
        SparseAnomalyDetector().fit(np.ones((20, 3)))
    X[3, 2] = np.nan
    with pytest.raises(ValueError, match="row 3, column 2 of X"):
        SparseAnomalyDetector().fit(X)
    with pytest.raises(ValueError, match="minimum of 2 is required"):
        SparseAnomalyDetector().fit(X[:1])
    detector = SparseAnomalyDetector().fit(usual_rows(20))
    with pytest.raises(ValueError, match="at least 19 usual rows to hold"):
        detector.calibrate(usual_rows(18))
    with pytest.raises(ValueError, match="false_alarm_rate must be below 1"):
        detector.calibrate(usual_rows(18), 1.5)
    with pytest.raises(ValueError, match="features"):
        detector.predict(usual_rows(5)[:, :3])


def test_a_refused_fit_leaves_the_detector_as_it_was():
    X = usual_rows(30)
    detector = SparseAnomalyDetector().fit(X)
    before = detector.score_samples(X)
    with pytest.raises(ValueError, match="X must vary"):
        detector.fit(np.ones((20, 3)))
    assert_array_equal(detector.score_samples(X), before)


def test_the_picture():
    plt = pytest.importorskip("matplotlib.pyplot")
    plt.switch_backend("Agg")
    X = usual_rows(60)
    X[5] += [0, 0, 8, 0, 0, 0]
    detector = SparseAnomalyDetector().fit(X)
    display = detector.plot(X, top=10)
    assert display.rows_[0] == 5
    ends = [bars[0].get_x() + bars[0].get_width() for bars in display.bars_]
    assert_allclose(max(ends), -detector.score_samples(X)[5])
    parts = detector.contributions(X)[5]
    assert_allclose(display.bars_[0][0].get_width(), parts[2])
    written = [text.get_text() for text in display.ax_.texts]
    share = f"x2 {parts[2] / parts.sum():.0%}"
    assert any(text.startswith(share) for text in written)
    assert "6 of 60 rows" in repr(display)
    plt.close("all")


def test_small_sets_of_the_benchmark(data_folder):
    """Without labels and with one setting, well above what chance or the norm alone would do."""
    for name, least in (("4_breastw", 0.98), ("43_WDBC", 0.97), ("21_Lymphography", 0.98)):
        table = np.load(data_folder / "adbench" / f"{name}.npz")
        X = table["X"].astype(float)
        scores = SparseAnomalyDetector().fit(X).score_samples(X)
        assert roc_auc_score(table["y"], -scores) > least


def atoms(n_atoms=4):
    return DictionaryLearning(n_atoms, max_iter=5, fit_algorithm="cd", random_state=0)


@pytest.mark.parametrize(
    ("estimator", "check"),
    [
        pytest.param(estimator, check, id=check.func.__name__)
        for estimator, check in estimator_checks_generator(
            SparseAnomalyDetector(dictionary=PCA(1, random_state=0))
        )
    ],
)
def test_scikit_learn_checks_with_a_dictionary(estimator, check):
    check(estimator)


def test_a_dictionary_finds_and_explains_a_broken_relation():
    X = usual_rows(150)
    X[7, :3] = 1.6, 1.6, -1.6
    detector = SparseAnomalyDetector(dictionary=atoms(), contamination=0.01).fit(X)
    assert detector.predict(X)[7] == -1
    [found] = detector.explain(X[[7]], top=1)
    assert found[0].feature == "x2"
    assert found[0].from_rows > 0.3
    assert_allclose(detector.contributions(X).sum(axis=1).mean(), 1.0)


def test_no_row_is_judged_by_atoms_that_it_has_shaped():
    """A row, and its like, may be as odd as it pleases: what judges it does not change."""
    Z = usual_rows(80)
    seen = []

    class Recorder(PCA):
        def fit(self, X, y=None):
            seen.append(X.copy())
            return super().fit(X)

    part = FromDictionary.fit(np.vstack([Z, Z[:20]]), Recorder(2), np.random.RandomState(0))
    learned_from = [{tuple(row) for row in rows} for rows in seen]
    for row in Z:
        fold = int(_folds(row[None], part.multipliers)[0])
        assert tuple(row) not in learned_from[fold]
        assert any(tuple(row) in rows for rows in learned_from)


def test_no_entry_is_rebuilt_from_itself():
    Z = usual_rows(60)
    part = FromDictionary.fit(Z, PCA(3), np.random.RandomState(0))
    j, fold = 2, _folds(Z[:1], part.multipliers)[0]
    moved = np.repeat(Z[:1], 200, axis=0)
    moved[:, j] += np.linspace(-3, 3, 200)
    rebuilt = part.reconstruct(moved)[_folds(moved, part.multipliers) == fold, j]
    assert len(rebuilt) > 5
    assert_array_equal(rebuilt, rebuilt[0])


def test_codes_are_the_lasso_on_the_other_entries():
    Z = usual_rows(60)
    part = FromDictionary.fit(Z, PCA(3), np.random.RandomState(0))
    dictionary = part.dictionaries[_folds(Z[:1], part.multipliers)[0]]
    kept = part.entry_folds != part.entry_folds[4]
    model = taut.Lasso(part.strength, fit_intercept=False, tol=1e-10)
    code = model.fit(dictionary[:, kept].T, Z[0, kept]).coef_
    assert_allclose(part.reconstruct(Z[:1])[0, 4], code @ dictionary[:, 4], atol=1e-3)


def test_bad_dictionaries_are_named():
    X = usual_rows(30)
    for wrong in (DictionaryLearning, 16):
        with pytest.raises(TypeError, match="dictionary must be an estimator with components_"):
            SparseAnomalyDetector(dictionary=wrong).fit(X)
    with pytest.raises(TypeError, match="must have components_ once it is fitted"):
        SparseAnomalyDetector(dictionary=StandardScaler()).fit(X)
    Z = np.repeat(X[:1], 9, axis=0)
    with pytest.raises(ValueError, match="more distinct rows to learn a dictionary"):
        FromDictionary.fit(Z, PCA(1), np.random.RandomState(0))


@pytest.mark.parametrize("size", [2.0**-660, 1e-200, 1e200])
def test_squares_that_vanish_or_overflow(size):
    X = np.random.default_rng(0).normal(size=(80, 4))
    usual = SparseAnomalyDetector().fit(X).score_samples(X)
    scaled = SparseAnomalyDetector().fit(size * X).score_samples(size * X)
    np.testing.assert_allclose(scaled, usual, rtol=1e-9)

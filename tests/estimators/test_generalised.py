"""Models of counts, amounts, classes and quantiles against scikit-learn's, on real data."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn import datasets
from sklearn import linear_model as reference
from sklearn.metrics import r2_score
from sklearn.preprocessing import scale
from tests.estimators.messages import refused
from tests.estimators.samples import LAYOUTS, thinned, weights

import taut
from taut import losses, penalties

X, Y = datasets.load_diabetes(return_X_y=True)
X = scale(X)
COUNTS, AMOUNTS = np.floor(Y / 50), Y / 100
CANCER = scale(datasets.load_breast_cancer().data), datasets.load_breast_cancer().target
WINE = scale(datasets.load_wine().data), datasets.load_wine(return_X_y=True)[1]
NEWTON = {"solver": "newton-cholesky", "tol": 1e-12}


def closeness(ours, theirs):
    levels = [model.intercept_ for model in (ours, theirs)]
    if np.size(levels[0]) > 1:  # a constant for all classes changes nothing
        levels = [level - level.mean() for level in levels]
    return max(np.abs(ours.coef_ - theirs.coef_).max(), np.abs(levels[0] - levels[1]).max())


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("alpha", [1.0, 0.01])
@pytest.mark.parametrize(
    ("name", "y", "parameters"),
    [
        ("PoissonRegressor", COUNTS, {}),
        ("GammaRegressor", AMOUNTS, {}),
        ("TweedieRegressor", COUNTS, {"power": 1.5}),
        ("TweedieRegressor", AMOUNTS, {"power": 2}),
        ("TweedieRegressor", COUNTS, {"power": 1}),
        ("TweedieRegressor", Y, {"power": 0}),
    ],
)
def test_generalised_linear_models(name, y, parameters, alpha, fit_intercept, weighted):
    w = weights(len(y)) if weighted else None
    parameters = {**parameters, "alpha": alpha, "fit_intercept": fit_intercept}
    ours = getattr(taut, name)(**parameters, tol=1e-12).fit(X, y, w)
    theirs = getattr(reference, name)(**parameters, **NEWTON).fit(X, y, w)
    assert closeness(ours, theirs) < 1e-6
    assert ours.certificate_.solved
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-6)
    assert ours.score(X, y, w) == pytest.approx(theirs.score(X, y, w), abs=1e-8)


def test_exposure_is_an_offset_and_a_rate_with_weights():
    exposure = np.random.default_rng(0).uniform(0.5, 3.0, len(Y))
    by_exposure = taut.PoissonRegressor(alpha=0.1, tol=1e-12).fit(X, COUNTS, exposure=exposure)
    by_offset = taut.PoissonRegressor(alpha=0.1, tol=1e-12)
    by_offset.fit(X, COUNTS, offset=np.log(exposure))
    np.testing.assert_allclose(by_exposure.coef_, by_offset.coef_, atol=1e-9)
    # Counts with an exposure are rates, weighted by it; the objective is per unit of weight.
    rate = reference.PoissonRegressor(alpha=0.1 / exposure.mean(), **NEWTON)
    rate.fit(X, COUNTS / exposure, sample_weight=exposure)
    np.testing.assert_allclose(by_exposure.coef_, rate.coef_, atol=1e-7)
    twice = by_exposure.predict(X, exposure=2 * exposure)
    np.testing.assert_allclose(twice, 2 * by_exposure.predict(X, exposure=exposure))
    assert 0 < by_exposure.score(X, COUNTS, exposure=exposure) < 1


def test_an_offset_of_least_squares_is_taken_off():
    offset = np.linspace(-30, 40, len(Y))
    ours = taut.PenalizedRegressor(alpha=2.0).fit(X, Y, offset=offset)
    plain = taut.Lasso(alpha=2.0).fit(X, Y - offset)
    np.testing.assert_allclose(ours.coef_, plain.coef_, atol=1e-8)
    np.testing.assert_allclose(ours.predict(X, offset=offset), plain.predict(X) + offset)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"C": 0.05, "fit_intercept": False},
        {"C": 0.1, "l1_ratio": 1.0},
        {"C": 0.3, "l1_ratio": 0.5, "class_weight": "balanced"},
        {"C": 2.0, "class_weight": {0: 3.0}},
    ],
)
@pytest.mark.parametrize("data", [CANCER, WINE], ids=["two classes", "three classes"])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_logistic_regression(data, parameters, weighted):
    features, y = data
    w = weights(len(y)) if weighted else None
    solver = "saga" if parameters.get("l1_ratio") else "newton-cholesky"
    theirs = reference.LogisticRegression(**parameters, solver=solver, tol=1e-9, max_iter=100_000)
    ours = taut.LogisticRegression(**parameters, tol=1e-11, max_iter=10_000)
    ours.fit(features, y, w), theirs.fit(features, y, w)
    assert ours.coef_.shape == theirs.coef_.shape
    assert ours.intercept_.shape == theirs.intercept_.shape
    assert closeness(ours, theirs) < 2e-5
    np.testing.assert_allclose(
        ours.predict_proba(features), theirs.predict_proba(features), atol=1e-5
    )
    np.testing.assert_array_equal(ours.predict(features), theirs.predict(features))
    np.testing.assert_allclose(
        np.exp(ours.predict_log_proba(features)), ours.predict_proba(features)
    )


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_the_older_word_for_the_penalty():
    features, y = CANCER
    for word, parameters in {
        "l1": {"l1_ratio": 1.0},
        "l2": {},
        "elasticnet": {"l1_ratio": 0.4},
    }.items():
        old = taut.LogisticRegression(penalty=word, **(parameters if word == "elasticnet" else {}))
        new = taut.LogisticRegression(**parameters)
        np.testing.assert_allclose(old.fit(features, y).coef_, new.fit(features, y).coef_)
    assert taut.LogisticRegression(penalty=None).fit(features[:, :3], y).alpha_ == 0


@pytest.mark.parametrize("labels", [["no", "yes"], [-1, 1], [2.0, 7.0], [False, True]])
def test_labels_of_every_kind(labels):
    features, y = CANCER
    named = np.asarray(labels)[y]
    model = taut.LogisticRegression().fit(features, named)
    plain = taut.LogisticRegression().fit(features, y)
    assert model.classes_.tolist() == labels
    np.testing.assert_array_equal(
        model.predict(features), np.asarray(labels)[plain.predict(features)]
    )
    np.testing.assert_allclose(model.coef_, plain.coef_)
    dense = model.decision_function(features)
    np.testing.assert_allclose(model.sparsify().decision_function(features), dense)
    np.testing.assert_allclose(model.densify().decision_function(features), dense)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_logistic_regression_in_every_layout(layout):
    features, y = thinned(CANCER[0]), CANCER[1]
    plain = taut.LogisticRegression(l1_ratio=0.5, tol=1e-10).fit(features, y)
    other = taut.LogisticRegression(l1_ratio=0.5, tol=1e-10).fit(LAYOUTS[layout](features), y)
    np.testing.assert_allclose(other.coef_, plain.coef_, atol=1e-7)


@pytest.mark.parametrize("parameters", [{}, {"C": taut.CV(4)}])
def test_frames_keep_their_names(parameters):
    frame = pd.DataFrame(CANCER[0], columns=datasets.load_breast_cancer().feature_names)
    labels = pd.Series(np.where(CANCER[1], "benign", "malignant"))
    model = taut.LogisticRegression(**parameters, l1_ratio=1.0).fit(frame, labels)
    assert list(model.feature_names_in_) == list(frame.columns)
    assert model.score(frame, labels) > 0.95
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame.iloc[:, ::-1])


def test_polars_frames():
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(dict(zip("abcdefghij", X.T, strict=True)))
    model = taut.PoissonRegressor().fit(frame, polars.Series(COUNTS))
    np.testing.assert_allclose(
        model.predict(frame), taut.PoissonRegressor().fit(X, COUNTS).predict(X)
    )
    assert list(model.feature_names_in_) == list("abcdefghij")


@pytest.mark.parametrize("legacy", [True, False])
@pytest.mark.parametrize("refit", [True, False])
@pytest.mark.parametrize("ratios", [None, [0.0], [0.2, 0.8]])
@pytest.mark.parametrize("data", [CANCER, WINE], ids=["two classes", "three classes"])
@pytest.mark.filterwarnings("ignore")
def test_cross_validated_logistic_regression(data, ratios, refit, legacy):
    features, y = data[0][::2], data[1][::2]
    parameters = {
        "Cs": [0.1, 0.3],
        "l1_ratios": ratios,
        "cv": 3,
        "refit": refit,
        "scoring": "neg_log_loss",
        "use_legacy_attributes": legacy,
    }
    solver = "newton-cholesky" if ratios in (None, [0.0]) else "saga"
    # Averages of the folds index an array there.
    parameters["l1_ratios"] = None if ratios is None else np.array(ratios)
    theirs = reference.LogisticRegressionCV(**parameters, solver=solver, tol=1e-8, max_iter=20_000)
    ours = taut.LogisticRegressionCV(**parameters, tol=1e-9, max_iter=10_000)
    theirs.fit(features, y), ours.fit(features, y)
    assert closeness(ours, theirs) < 1e-2
    for name in ("Cs_", "C_", "l1_ratio_", "l1_ratios_"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name))
        assert type(getattr(ours, name)) is type(getattr(theirs, name))
    assert ours.n_iter_.shape == theirs.n_iter_.shape
    for name in ("scores_", "coefs_paths_"):
        found, expected = getattr(ours, name), getattr(theirs, name)
        if legacy:
            assert list(found) == list(expected)
            found, expected = (np.stack(list(d.values())) for d in (found, expected))
        if name == "coefs_paths_":  # the scores see the intercepts, which saga leaves inaccurate
            found, expected = found[..., :-1], expected[..., :-1]
        np.testing.assert_allclose(found, expected, atol=1e-2)
    assert ours.score(features, y) == pytest.approx(theirs.score(features, y), abs=1e-3)


def test_accuracy_is_the_score_by_default():
    features, y = WINE
    model = taut.LogisticRegressionCV(Cs=3, cv=3).fit(features, y)
    assert model.score(features, y) == np.mean(model.predict(features) == y)
    assert model.scores_[0].shape == (3, 3)


def huber_objective(model, features, y, epsilon, alpha):
    z = (y - model.predict(features)) / model.scale_
    h = np.where(np.abs(z) < epsilon, z**2, 2 * epsilon * np.abs(z) - epsilon**2)
    return np.sum(model.scale_ * (1 + h)) + alpha * model.coef_ @ model.coef_


@pytest.mark.parametrize("outliers", [0.0, 500.0])
@pytest.mark.parametrize(("epsilon", "alpha"), [(1.35, 1e-4), (1.1, 1.0), (2.5, 0.1)])
def test_huber_estimates_the_scale_jointly(epsilon, alpha, outliers):
    y = Y + outliers * (np.arange(len(Y)) % 9 == 0)
    parameters = {"epsilon": epsilon, "alpha": alpha}
    # Without the columns that are nearly collinear, where L-BFGS stops far away.
    features = X[:, [0, 1, 2, 3, 9]]
    ours = taut.HuberRegressor(**parameters).fit(features, y)
    theirs = reference.HuberRegressor(**parameters, tol=1e-12, max_iter=100_000).fit(features, y)
    best, found = (huber_objective(m, features, y, epsilon, alpha) for m in (ours, theirs))
    assert best <= found * (1 + 1e-12)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-4 * np.abs(ours.coef_).max())
    assert ours.scale_ == pytest.approx(theirs.scale_, rel=3e-4)
    np.testing.assert_array_equal(ours.outliers_, theirs.outliers_)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("quantile", [0.5, 0.9])
def test_quantile_regression_reaches_the_least_objective(quantile, weighted):
    w = weights(len(Y)) if weighted else np.ones(len(Y))
    parameters = {"quantile": quantile, "alpha": 0.05}
    ours = taut.QuantileRegressor(**parameters, tol=1e-9).fit(X, Y, w)
    theirs = reference.QuantileRegressor(**parameters).fit(X, Y, w)

    def objective(model):
        r = Y - model.predict(X)
        loss = np.average(np.maximum(quantile * r, (quantile - 1) * r), weights=w)
        return loss + 0.05 * np.abs(model.coef_).sum()

    assert objective(ours) == pytest.approx(objective(theirs), rel=1e-6)
    assert ours.certificate_.solved


@pytest.mark.parametrize(
    "model",
    [
        taut.PoissonRegressor(alpha=taut.CV(3), l1_ratio=1.0),
        taut.GammaRegressor(alpha=taut.CV(3), l1_ratio=0.5),
        taut.PenalizedRegressor("huber", penalties.L1(), alpha=taut.CV(3)),
        taut.PenalizedRegressor(
            "poisson", penalties.GroupLasso([range(5), range(5, 10)]), taut.CV(3)
        ),
    ],
    ids=repr,
)
def test_rules_choose_on_the_path(model):
    model.fit(X, COUNTS + 1)
    assert model.alpha_ == model.path_.alphas[model.cv_results_.index_min]
    assert model.cv_results_.index_min > 0
    place = list(model.path_.alphas).index(model.alpha_)
    np.testing.assert_array_equal(model.coef_, model.path_.coefs[:, place])


def test_squared_hinge_decides_class_by_class():
    features, y = WINE
    model = taut.PenalizedClassifier("squared_hinge", penalties.L2(), alpha=0.1, tol=1e-10)
    model.fit(features, y)
    assert not hasattr(model, "predict_proba")
    for k in range(3):
        single = taut.PenalizedClassifier("squared_hinge", penalties.L2(), alpha=0.1, tol=1e-10)
        np.testing.assert_allclose(
            model.decision_function(features)[:, k],
            single.fit(features, y == k).decision_function(features),
            atol=1e-6,
        )


def test_classes_of_no_weight_are_not_there():
    features, y = WINE
    kept = y < 2
    weighted = taut.LogisticRegression(tol=1e-12).fit(features, y, sample_weight=kept.astype(float))
    without = taut.LogisticRegression(tol=1e-12).fit(features[kept], y[kept])
    assert weighted.classes_.tolist() == [0, 1]
    np.testing.assert_allclose(weighted.coef_, without.coef_, atol=1e-9)


CLASSES = CANCER[1]


@pytest.mark.parametrize(
    ("act", "parts"),
    [
        (lambda: taut.LogisticRegression().fit(X, Y / 3), ("Unknown label type: continuous",)),
        (lambda: taut.LogisticRegression().fit(X, np.ones(442)), ("one class only",)),
        (
            lambda: taut.LogisticRegression(class_weight={True: 0.0}).fit(X, Y > 90),
            ("class_weight must leave weight on every class", "{True: 0.0}"),
        ),
        (
            lambda: taut.PoissonRegressor().fit(X, COUNTS).score(X, np.c_[COUNTS, COUNTS]),
            ("y must have shape (442,)", "(442, 2)"),
        ),
        (
            lambda: taut.LogisticRegression().fit(X, np.eye(2)[(Y > 90).astype(int)]),
            ("one label for each row", "(442, 2)", "argmax"),
        ),
        (
            lambda: taut.LogisticRegression().fit(X, np.eye(2)[(Y > 90).astype(int)].tolist()),
            ("one label for each row", "argmax"),
        ),
        *(
            (
                lambda gap=gap, kind=kind: taut.LogisticRegression().fit(
                    X, pd.Series(["a", gap, *["a", "b"] * 220], dtype=kind)
                ),
                ("a label for each row", "row 1"),
            )
            for gap, kind in ((np.nan, object), (pd.NA, "string"), (None, "category"))
        ),
        (
            lambda: taut.LogisticRegression().fit(X, np.array([1, "b"] * 221, dtype=object)),
            ("labels of one kind", "int and str"),
        ),
        (lambda: taut.LogisticRegression().fit(X, None), ("y is None",)),
        (lambda: taut.LogisticRegression().fit(X, CLASSES), ("442 rows", "569")),
        (lambda: taut.LogisticRegression(C=0).fit(X, Y > 90), ("C must be", "got 0")),
        (lambda: taut.LogisticRegression(C="a").fit(X, Y > 90), ("C must be", "got 'a'")),
        (
            lambda: taut.LogisticRegression(solver="newton").fit(X, Y > 90),
            ("solver must be", "'newton'"),
        ),
        (
            lambda: taut.LogisticRegression(class_weight={5: 1.0}).fit(X, Y > 90),
            ("class_weight must name classes of y", "got 5"),
        ),
        (
            lambda: taut.LogisticRegression(class_weight="even").fit(X, Y > 90),
            ("class_weight must be", "got 'even'"),
        ),
        (
            lambda: taut.LogisticRegressionCV(l1_ratios=[2.0]).fit(X, Y > 90),
            ("must lie in [0, 1]", "got 2.0"),
        ),
        (lambda: taut.LogisticRegressionCV(Cs=[]).fit(X, Y > 90), ("Cs must hold", "got none")),
        (lambda: taut.LogisticRegressionCV(cv=1).fit(X, Y > 90), ("cv must be", "got 1")),
        (lambda: taut.PoissonRegressor().fit(X, -COUNTS - 1), ("y must", "row 0")),
        (
            lambda: taut.GammaRegressor().fit(X, np.r_[0.0, AMOUNTS[1:]]),
            ("y must", "got 0.0", "row 0"),
        ),
        (
            lambda: taut.PoissonRegressor().fit(X, COUNTS, exposure=np.r_[0.0, AMOUNTS[1:]]),
            ("exposure must be > 0", "got 0", "row 0"),
        ),
        (
            lambda: taut.TweedieRegressor().fit(X, Y, exposure=AMOUNTS),
            ("exposure needs predictions with a log link",),
        ),
        (
            lambda: taut.TweedieRegressor(power=3).fit(X, AMOUNTS),
            ("power must lie", "got 3", "convex", "losses.Gamma()"),
        ),
        (
            lambda: taut.TweedieRegressor(power=-1.0, link="identity").fit(X, AMOUNTS),
            ("power must lie", "got -1.0", "losses.Poisson()"),
        ),
        (
            lambda: taut.TweedieRegressor(power=0, link="log").fit(X, AMOUNTS),
            ("link must be 'auto' or 'identity'", "not convex", "power=1"),
        ),
        (
            lambda: taut.TweedieRegressor(power=1.5, link="identity").fit(X, AMOUNTS),
            ("link must be 'auto' or 'log'", "'identity'"),
        ),
        (lambda: taut.HuberRegressor(epsilon=0.5).fit(X, Y), ("epsilon must be >= 1", "got 0.5")),
        (lambda: taut.QuantileRegressor(quantile=1).fit(X, Y), ("quantile must lie", "got 1")),
        (
            lambda: taut.PenalizedRegressor("cox").fit(X, Y),
            ("loss must be one for numbers", "CoxRegression"),
        ),
        (
            lambda: taut.PenalizedClassifier("poisson").fit(X, Y > 90),
            ("loss must be one for classes", "PenalizedRegressor"),
        ),
        (lambda: taut.PenalizedRegressor(penalty="l1").fit(X, Y), ("penalty must be", "got 'l1'")),
        (
            lambda: taut.PenalizedRegressor("hubber").fit(X, Y),
            ("loss must be", "did you mean 'huber'"),
        ),
    ],
)
def test_bad_input(act, parts):
    refused(act, *parts)


def test_a_loss_of_ones_own():
    class LogCosh(losses.Loss):
        """log cosh, a smooth absolute value."""

        name = "log_cosh"
        curvature_bound = 1.0

        def value(self, y, eta):
            r = np.subtract(eta, y)
            return np.logaddexp(r, -r) - np.log(2)

        def gradient(self, y, eta):
            return np.tanh(np.subtract(eta, y))

        def hessian(self, y, eta):
            return 1 - np.tanh(np.subtract(eta, y)) ** 2

        def conjugate(self, y, theta):
            from scipy.special import xlogy

            theta = np.clip(theta, -1, 1)
            return theta * y + 0.5 * (xlogy(1 + theta, 1 + theta) + xlogy(1 - theta, 1 - theta))

    y = Y / 50
    model = taut.PenalizedRegressor(LogCosh(), penalties.L1(), alpha=0.05, tol=1e-8)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(X, y)
    slope = X.T @ np.tanh(model.predict(X) - y) / len(y)
    active = model.coef_ != 0
    assert 0 < active.sum() < 10
    np.testing.assert_allclose(slope[active], -0.05 * np.sign(model.coef_[active]), atol=1e-4)
    assert np.abs(slope[~active]).max() <= 0.05 + 1e-4


def test_several_targets_know_one_offset():
    both, offset = np.c_[COUNTS, COUNTS[::-1]], np.log(AMOUNTS)
    given = {"offset": 0.1 * offset, "exposure": AMOUNTS}
    joint = taut.PenalizedRegressor("poisson", alpha=0.1).fit(X, both, **given)
    alone = [taut.PenalizedRegressor("poisson", alpha=0.1).fit(X, y, **given) for y in both.T]
    np.testing.assert_array_equal(joint.coef_, [model.coef_ for model in alone])
    means = np.column_stack([model.predict(X, **given) for model in alone])
    np.testing.assert_allclose(joint.predict(X, **given), means, rtol=1e-12)
    scores = [model.score(X, y, **given) for model, y in zip(alone, both.T, strict=True)]
    assert joint.score(X, both, **given) == pytest.approx(np.mean(scores))
    penalty = taut.penalties.MultiTask()
    rows = taut.PenalizedRegressor("squared", penalty, alpha=0.1).fit(X, both, offset=offset)
    less = taut.PenalizedRegressor("squared", penalty, alpha=0.1).fit(X, both - offset[:, None])
    np.testing.assert_array_equal(rows.coef_, less.coef_)
    assert less.score(X, both) == pytest.approx(r2_score(both, less.predict(X)))

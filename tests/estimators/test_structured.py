"""Groups, joint targets, survival times and lassos in two stages."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn import datasets
from sklearn import linear_model as reference
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, DataConversionWarning
from sklearn.model_selection import cross_val_score
from sklearn.preprocessing import scale
from tests.estimators.messages import refused
from tests.estimators.samples import regression, weights

import taut
from taut.penalties import overlapping

X, Y = datasets.load_diabetes(return_X_y=True)
X = scale(X)
NAMES = datasets.load_diabetes().feature_names
FRAME = pd.DataFrame(X, columns=NAMES)
GROUPS = [0, 0, 1, 1, 2, 2, 2, 2, 2, 3]


@pytest.mark.parametrize(
    "groups",
    [
        GROUPS,
        [[0, 1], [2, 3], [4, 5, 6, 7, 8], [9]],
        [f"group {g}" for g in GROUPS],
        [["age", "sex"], ["bmi", "bp"], ["s1", "s2", "s3", "s4", "s5"], ["s6"]],
        {"a": ["age", "sex"], "b": ["bmi", "bp"], "c": ["s1", "s2", "s3", "s4", "s5"], "d": [9]},
    ],
    ids=["labels", "places", "names of groups", "names of columns", "mapping"],
)
@pytest.mark.parametrize("name", ["GroupLasso", "SparseGroupLasso"])
def test_groups_in_every_form(name, groups):
    model = getattr(taut, name)(groups, alpha=3.0, tol=1e-10).fit(FRAME, Y)
    plain = getattr(taut, name)(np.array(GROUPS), alpha=3.0, tol=1e-10).fit(X, Y)
    np.testing.assert_allclose(model.coef_, plain.coef_, atol=1e-8)
    assert model.groups_.tolist() == GROUPS
    assert model.certificate_.solved


OVERLAPPING = [["age", "sex", "bmi"], ["bmi", "bp"], ["bp", "s1", "s2", "s3", "s4", "s5", "s6"]]


@pytest.mark.parametrize("name", ["GroupLasso", "SparseGroupLasso"])
@pytest.mark.parametrize("container", [pd.DataFrame, sparse.csr_array, np.asarray])
def test_overlapping_groups_are_fitted_on_copies(name, container):
    places = [[FRAME.columns.get_loc(c) for c in group] for group in OVERLAPPING]
    data = FRAME if container is pd.DataFrame else container(X)
    groups = OVERLAPPING if container is pd.DataFrame else places
    settings = {"alpha": 5.0, "tol": 1e-10, "standardize": True}
    model = getattr(taut, name)(groups, **settings).fit(data, Y)
    columns, labels = overlapping(places)
    copies = getattr(taut, name)(labels, **settings).fit(X[:, columns], Y)
    expected = np.bincount(columns, weights=copies.coef_)
    np.testing.assert_allclose(model.coef_, expected, atol=1e-7)
    np.testing.assert_allclose(model.predict(data), copies.predict(X[:, columns]), rtol=1e-9)
    assert model.columns_.tolist() == columns.tolist()
    assert model.groups_.tolist() == labels.tolist()
    assert model.n_features_in_ == 10


def test_what_overlapping_groups_leave_is_a_union_of_groups():
    model = taut.GroupLasso(OVERLAPPING, alpha=taut.CV(3, n_alphas=10, alpha_min_ratio=0.1))
    model.fit(FRAME, Y)
    assert model.path_.coefs.shape == (10, 10)
    np.testing.assert_allclose(model.path_.at(model.alpha_)[0], model.coef_)
    for used in (model.path_.coefs != 0).T:
        inside = [g for g in OVERLAPPING if all(used[FRAME.columns.get_loc(c)] for c in g)]
        assert set(FRAME.columns[used]) == {c for group in inside for c in group}
    again = model.set_params(groups=GROUPS, alpha=1.0).fit(FRAME, Y)
    assert not hasattr(again, "columns_")


def test_groups_are_zero_as_a_whole_and_otherwise_stationary():
    alpha = 10.0
    model = taut.GroupLasso(GROUPS, alpha=alpha, tol=1e-10).fit(X, Y)
    slope = X.T @ (Y - model.predict(X)) / len(Y)
    used = []
    for g in range(4):
        rows = model.groups_ == g
        size = np.linalg.norm(model.coef_[rows])
        bound = alpha * np.sqrt(rows.sum())
        used.append(size > 0)
        if size == 0:
            assert np.linalg.norm(slope[rows]) <= bound + 1e-6
        else:
            np.testing.assert_allclose(slope[rows], bound * model.coef_[rows] / size, atol=1e-3)
    assert 0 < sum(used) < 4


def test_groups_of_one_and_no_groups_are_the_lasso():
    lasso = taut.Lasso(alpha=2.0).fit(X, Y)
    for groups in (None, range(10)):
        np.testing.assert_allclose(
            taut.GroupLasso(groups, alpha=2.0, tol=1e-10).fit(X, Y).coef_, lasso.coef_, atol=1e-4
        )
    mixed = taut.SparseGroupLasso(GROUPS, alpha=2.0, l1_ratio=1.0, tol=1e-10).fit(X, Y)
    np.testing.assert_allclose(mixed.coef_, lasso.coef_, atol=1e-4)


def test_categories_enter_as_a_whole():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(X[:, :2], columns=["x", "z"])
    frame["kind"] = rng.choice(["u", "v", "w"], len(X))
    frame["noise"] = rng.choice(["p", "q", "r", "s"], len(X))
    y = 3 * frame["x"] + 5 * (frame["kind"] == "u") + 0.1 * rng.normal(size=len(X))
    model = taut.GroupLasso("categorical", alpha=0.3).fit(frame, y)
    parts = [model.coef_[model.groups_ == g] for g in range(model.groups_.max() + 1)]
    kinds = {str(n).split("=")[0]: g for n, g in zip(model.coef_names_, model.groups_, strict=True)}
    assert (parts[kinds["kind"]] != 0).all()
    assert (parts[kinds["noise"]] == 0).all()
    assert model.n_features_in_ == 4
    assert model.score(frame, y) > 0.8
    assert clone(model).fit(frame, y).coef_.tolist() == model.coef_.tolist()
    chosen = taut.GroupLasso("categorical", alpha=taut.CV(4)).fit(frame, y)
    assert chosen.score(frame, y) > model.score(frame, y)
    refused(lambda: model.predict(frame.drop(columns="kind")), "'kind'")
    refused(lambda: model.fit(X, Y), "groups='categorical' needs a data frame")


@pytest.mark.parametrize(
    ("groups", "parts"),
    [
        ([0, 1, 2], ("one label for each of the 10 columns", "got 3")),
        ([[0, 1], [2, 3]], ("groups must cover the 10 columns", "column 's1'")),
        ([[0, 1], [1, 2]], ("groups must cover the 10 columns", "column 'bp'")),
        ([[0, 1, 0], list(range(2, 10))], ("groups[0] must hold each column once", "0 twice")),
        ([["age", "bm"]], ("groups[0] names 'bm'", "'bmi'")),
        ([[0, 11]], ("places from 0 to 9", "got 11")),
        ([[0, 1.5]], ("columns by place or name", "got 1.5")),
        ([[], list(range(10))], ("groups[0] must not be empty",)),
        ([0] * 9 + ["a"], ("labels of one type",)),
        (3, ("groups must be a sequence", "got 3")),
        ("categories", ("groups must be a sequence", "'categories'")),
    ],
)
def test_groups_that_are_none(groups, parts):
    refused(lambda: taut.GroupLasso(groups).fit(FRAME, Y), *parts)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("alpha", [1.0, 0.05, 0.001])
@pytest.mark.parametrize("name", ["MultiTaskLasso", "MultiTaskElasticNet"])
def test_joint_targets(name, alpha, fit_intercept, weighted):
    features, targets = regression(n_targets=3)
    w = weights() if weighted else None
    parameters = {"alpha": alpha, "fit_intercept": fit_intercept}
    ours = getattr(taut, name)(**parameters, tol=1e-13).fit(features, targets, w)
    theirs = getattr(reference, name)(**parameters, tol=1e-14, max_iter=100_000)
    theirs.fit(features, targets, w)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-6)
    np.testing.assert_allclose(ours.intercept_, theirs.intercept_, atol=1e-5)
    np.testing.assert_allclose(ours.predict(features), theirs.predict(features), atol=1e-5)
    assert (ours.coef_ != 0).all(axis=0).sum() == (ours.coef_ != 0).any(axis=0).sum()
    assert ours.sparse_coef_.shape == theirs.sparse_coef_.shape


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("MultiTaskLassoCV", {"alphas": 15}),
        ("MultiTaskElasticNetCV", {"alphas": 10, "l1_ratio": [0.3, 0.9]}),
        ("MultiTaskElasticNetCV", {"alphas": [0.5, 0.01], "cv": 3}),
    ],
)
def test_cross_validated_joint_targets(name, parameters):
    features, targets = regression(n_targets=3)
    ours = getattr(taut, name)(**parameters, tol=1e-10).fit(features, targets)
    theirs = getattr(reference, name)(**parameters, tol=1e-12, max_iter=100_000)
    theirs.fit(features, targets)
    np.testing.assert_allclose(ours.alphas_, theirs.alphas_, rtol=1e-8)
    np.testing.assert_allclose(ours.mse_path_, theirs.mse_path_, rtol=1e-5)
    assert ours.alpha_ == pytest.approx(theirs.alpha_)
    assert getattr(ours, "l1_ratio_", None) == getattr(theirs, "l1_ratio_", None)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-5)


def test_a_rule_for_joint_targets():
    features, targets = regression(n_targets=3)
    model = taut.MultiTaskLasso(alpha=taut.CV()).fit(features, targets)
    assert model.path_.coefs.shape == (12, 3, 100)
    theirs = reference.MultiTaskLassoCV(tol=1e-10, max_iter=100_000).fit(features, targets)
    place = np.argmin(np.abs(model.path_.alphas - theirs.alpha_))
    assert model.cv_results_.mean[place] <= model.cv_results_.mean.min() * 1.01


def test_a_single_target_is_refused():
    refused(lambda: taut.MultiTaskLasso().fit(X, Y), "y must have shape", "taut.Lasso")
    refused(lambda: taut.GroupLasso().fit(X, np.c_[Y, Y]), "y must have one target", "(442, 2)")


def test_adaptive_lasso_is_a_lasso_on_scaled_columns():
    initial = taut.Ridge(alpha=1.0)
    model = taut.AdaptiveLasso(alpha=20.0, gamma=1.5, initial=initial, tol=1e-12).fit(X, Y)
    size = np.abs(initial.fit(X, Y).coef_) ** 1.5
    scaled = taut.Lasso(alpha=20.0, tol=1e-12).fit(X * size, Y)
    np.testing.assert_allclose(model.coef_, scaled.coef_ * size, atol=1e-7)
    assert not hasattr(initial, "initial_")


def test_adaptive_lasso_leaves_out_what_its_initial_model_does():
    initial = taut.Lasso(alpha=10.0)
    model = taut.AdaptiveLasso(alpha=0.0, initial=initial).fit(FRAME, Y)
    out = initial.fit(FRAME, Y).coef_ == 0
    assert out.any()
    assert (model.coef_[out] == 0).all()
    assert list(model.feature_names_in_) == NAMES
    for rule in (taut.CV(), taut.BIC()):
        assert taut.AdaptiveLasso(alpha=rule).fit(X, Y).score(X, Y) > 0.45
    refused(lambda: taut.AdaptiveLasso(gamma=0).fit(X, Y), "gamma must be", "got 0")
    refused(lambda: taut.AdaptiveLasso(initial=3).fit(X, Y), "initial must be", "got 3")


def test_relaxed_lasso_refits_what_the_lasso_selects():
    lasso = taut.Lasso(alpha=10.0).fit(X, Y)
    used = lasso.coef_ != 0
    none = taut.RelaxedLasso(alpha=10.0, phi=0.0).fit(X, Y)
    least_squares = taut.LinearRegression().fit(X[:, used], Y)
    np.testing.assert_allclose(none.coef_[used], least_squares.coef_, atol=1e-8)
    assert (none.coef_[~used] == 0).all()
    some = taut.RelaxedLasso(alpha=10.0, phi=0.3).fit(X, Y)
    np.testing.assert_allclose(
        some.coef_[used], taut.Lasso(alpha=3.0).fit(X[:, used], Y).coef_, atol=1e-8
    )
    full = taut.RelaxedLasso(alpha=10.0, phi=1.0).fit(X, Y)
    np.testing.assert_allclose(full.coef_, lasso.coef_)
    nothing = taut.RelaxedLasso(alpha=1e4, phi=0.0).fit(X, Y)
    assert (nothing.coef_ == 0).all()
    assert nothing.intercept_ == pytest.approx(Y.mean())


def test_relaxed_lasso_chooses_both():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(100, 200))
    y = features[:, :3] @ [3.0, -2.0, 2.0] + rng.normal(size=100)
    model = taut.RelaxedLasso(alpha=taut.CV(), phi=[0.0, 0.5, 1.0]).fit(features, y)
    lasso = taut.Lasso(alpha=taut.CV()).fit(features, y)
    assert model.phi_ == 0.0
    assert model.cv_results_.mean.min() < lasso.cv_results_.mean.min()
    assert (model.coef_ != 0).sum() < (lasso.coef_ != 0).sum()
    alone = taut.RelaxedLasso(alpha=model.alpha_, phi=0.0).fit(features, y)
    np.testing.assert_allclose(alone.coef_, model.coef_, atol=1e-8)
    refused(lambda: taut.RelaxedLasso(phi=[0.0, 1.0]).fit(X, Y), "phi must be one number")
    refused(lambda: taut.RelaxedLasso(phi=2.0).fit(X, Y), "phi must lie in", "got 2")
    refused(lambda: taut.RelaxedLasso(alpha=taut.BIC()).fit(X, Y), "alpha must be a number")


def survival(n=120, seed=0):
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n, 5))
    time = rng.exponential(np.exp(-features[:, 0] + 0.5 * features[:, 1]))
    censored = rng.exponential(2.0, n)
    return features, np.minimum(time, censored), (time <= censored).astype(float)


def test_survival_targets_in_every_form():
    features, time, event = survival()
    plain = taut.CoxRegression(alpha=0.01).fit(features, np.column_stack([time, event]))
    structured = np.array(
        list(zip(event.astype(bool), time, strict=True)), dtype=[("died", bool), ("days", float)]
    )
    forms = [
        structured,
        pd.DataFrame({"days": time, "died": event}),
        pd.DataFrame({"died": event.astype(bool), "days": time}),
        pd.DataFrame({"days": time, "died": event.astype(bool)}).convert_dtypes(),
        pl.DataFrame({"died": event.astype(bool), "days": time}),
        np.column_stack([time, event]).tolist(),
        np.column_stack([event, time]),
        (time, event.astype(bool)),
        (event, pd.Series(time)),
        {"days": time, "died": event},
    ]
    by_path = taut.fit_path(features, np.column_stack([time, event]), "cox", alphas=[0.01])
    np.testing.assert_allclose(by_path.coefs[:, 0], plain.coef_, atol=1e-8)
    for y in forms:
        found = taut.CoxRegression(alpha=0.01).fit(features, y)
        np.testing.assert_array_equal(found.coef_, plain.coef_)
        assert found.score(features, y) == plain.score(features, forms[0])
        path = taut.fit_path(features, y, "cox", alphas=[0.01])
        np.testing.assert_array_equal(path.coefs, by_path.coefs)
    chosen = [taut.stability_selection(features, y, loss="cox", n_pairs=2) for y in forms[:2]]
    np.testing.assert_array_equal(chosen[0].probabilities, chosen[1].probabilities)
    assert (plain.coef_[:2] != 0).all()
    assert cross_val_score(plain, features, structured, cv=3).min() > 0.6


def test_times_alone_are_not_taken_in_silence():
    features, time, event = survival()
    all_events = taut.CoxRegression(alpha=0.01).fit(features, (time, np.ones(len(time))))
    with pytest.warns(DataConversionWarning, match=r"times alone, shape \(120,\).*\(time, event\)"):
        alone = taut.CoxRegression(alpha=0.01).fit(features, time)
    np.testing.assert_array_equal(alone.coef_, all_events.coef_)
    forms = "column_stack([time, event])", "(time, event)", "scikit-survival"
    refused(lambda: taut.fit_path(features, time, "cox"), "got (120,)", *forms)
    refused(lambda: taut.fit_path(features, [time, event], "cox"), "got (2, 120)", *forms)
    refused(lambda: taut.fit_path(features, (time, event[1:]), "cox"), "(120,)", "(119,)", *forms)
    refused(lambda: taut.fit_path(features, (time,), "cox"), "one length", *forms)
    refused(lambda: taut.Lasso().fit(features, np.zeros(120, [("e", bool), ("t", float)])), "cox")


def test_survival_columns_that_are_no_numbers():
    features, time, event = survival()
    since = pd.Timestamp("2020-01-01") + pd.to_timedelta(time, unit="D")
    for days, died in ((time, np.where(event, "dead", "alive")), (since, event)):
        y = pd.DataFrame({"days": days, "died": died})
        for fit in (taut.CoxRegression().fit, lambda X, y: taut.fit_path(X, y, "cox")):
            refused(lambda: fit(features, y), "at row 0", "turn times into numbers")  # noqa: B023
    with pytest.raises(ValueError, match="loss must be one for numbers"):
        taut.PenalizedRegressor("cox").fit(features, np.zeros(120, [("e", bool), ("t", float)]))


def test_ties_are_shared_alike_everywhere():
    features, time, event = survival()
    y = np.column_stack([np.ceil(4 * time), event])
    default, coefs = taut.CoxRegression(alpha=0.01, tol=1e-10), {}
    for ties in ("breslow", "efron"):
        model = taut.CoxRegression(alpha=0.01, ties=ties, tol=1e-10).fit(features, y)
        coefs[ties] = model.coef_
    np.testing.assert_array_equal(default.fit(features, y).coef_, coefs["breslow"])
    path = taut.fit_path(features, y, "cox", alphas=[0.01], tol=1e-10)
    np.testing.assert_allclose(path.coefs[:, 0], coefs["breslow"], atol=1e-7)
    assert np.abs(coefs["breslow"] - coefs["efron"]).max() > 0.01


def partial_likelihood_slope(features, time, event, coef, v):
    """Of the mean negative log partial likelihood, for distinct times."""
    hazard = v * np.exp(features @ coef)
    slope = np.zeros(features.shape[1])
    for i in np.flatnonzero(event):
        risk = time >= time[i]
        slope -= v[i] * (features[i] - hazard[risk] @ features[risk] / hazard[risk].sum())
    return slope / v.sum()


@pytest.mark.parametrize("ties", ["breslow", "efron"])
@pytest.mark.parametrize("weighted", [False, True])
def test_cox_regression_is_stationary(weighted, ties):
    features, time, event = survival()
    v = weights(len(time)) if weighted else np.ones(len(time))
    model = taut.CoxRegression(alpha=0.1, ties=ties, tol=1e-12)
    model.fit(features, np.column_stack([time, event]), v)
    slope = partial_likelihood_slope(features, time, event, model.coef_, v)
    used = model.coef_ != 0
    assert 0 < used.sum() < 5
    np.testing.assert_allclose(slope[used], -0.1 * np.sign(model.coef_[used]), atol=1e-6)
    assert np.abs(slope[~used]).max() <= 0.1 + 1e-6


def test_baseline_and_survival_function():
    features, time, event = survival()
    y = np.column_stack([time, event])
    model = taut.CoxRegression(alpha=0.02).fit(features, y)
    hazard = np.exp(model.predict(features))
    times = np.sort(time[event == 1])
    steps = [1 / hazard[time >= t].sum() for t in times]
    np.testing.assert_allclose(model.baselines_[None].hazard, np.cumsum(steps))
    survive = model.predict_survival_function(features[:4], times=[-1.0, times[0], 1e9])
    assert (survive[:, 0] == 1).all()
    np.testing.assert_allclose(survive[:, 2], np.exp(-np.sum(steps) * hazard[:4]))
    assert model.predict_survival_function(features).shape == (120, len(times))
    # With no features, Breslow's is the estimate of Nelson and Aalen.
    null = taut.CoxRegression(alpha=1e6).fit(features, y)
    at_risk = [(time >= t).sum() for t in times]
    np.testing.assert_allclose(null.baselines_[None].hazard, np.cumsum(1 / np.array(at_risk)))


def test_strata_and_entries():
    features, time, event = survival()
    y = np.column_stack([time, event])
    strata = np.where(np.arange(120) % 3, "b", "a")
    model = taut.CoxRegression(alpha=0.01, tol=1e-10).fit(features, y, strata=strata)
    # Times of strata so far apart that no risk set holds rows of both give the same model.
    entry = np.where(strata == "b", 1e3, -np.inf)
    shifted = np.column_stack([time + 1e3 * (strata == "b"), event])
    apart = taut.CoxRegression(alpha=0.01, tol=1e-10).fit(features, shifted, entry=entry)
    np.testing.assert_allclose(model.coef_, apart.coef_, atol=1e-5)
    assert list(model.baselines_) == ["a", "b"]
    both = model.predict_survival_function(features, strata=strata)
    single = model.baselines_["a"].at(model.event_times_)
    np.testing.assert_allclose(both[0], np.exp(-single * np.exp(model.predict(features[:1]))))
    refused(lambda: model.predict_survival_function(features), "strata must be given")
    refused(
        lambda: model.predict_survival_function(features[:1], strata=["c"]), "'c'", "no baseline"
    )
    assert model.score(features, y, strata=strata) > 0.6


def test_concordance_counts_pairs():
    features, time, event = survival(60)
    time = np.ceil(2 * time)
    y = np.column_stack([time, event])
    model = taut.CoxRegression(alpha=0.01).fit(features, y)
    risk = model.predict(features).round(1)
    won = pairs = 0.0
    for i in np.flatnonzero(event):
        for j in range(60):
            if time[j] > time[i] or (time[j] == time[i] and not event[j]):
                pairs += 1
                won += (risk[i] > risk[j]) + 0.5 * (risk[i] == risk[j])
    rounded = clone(model).fit(features, y)
    rounded.predict = lambda X, offset=None: risk
    assert rounded.score(features, y) == pytest.approx(won / pairs)


def test_cox_regression_on_the_data_of_glmnet(data_folder):
    data = np.load(data_folder / "glmnet_examples" / "cox.npz")
    model = taut.CoxRegression(alpha=taut.CV(3)).fit(data["x"], data["y"])
    assert 0 < model.cv_results_.index_min < 99
    assert model.score(data["x"], data["y"]) > 0.7


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        ({"time": np.nan}, ("times", "finite", "nan", "row 3")),
        ({"time": -0.5}, ("times", "0 or more", "-0.5", "row 3", "entry")),
        ({"event": 2.0}, ("events", "0 or 1", "2.0", "row 3")),
    ],
)
def test_bad_times_and_events(change, parts):
    features, time, event = survival()
    columns = {"time": time, "event": event}
    for name, value in change.items():
        columns[name] = np.where(np.arange(120) == 3, value, columns[name])
    y = np.column_stack(list(columns.values()))
    refused(lambda: taut.CoxRegression().fit(features, y), *parts)


def test_survival_data_without_sense():
    features, time, event = survival()
    y = np.column_stack([time, event])
    fit = taut.CoxRegression().fit
    refused(lambda: fit(features, np.column_stack([time, 0 * event])), "at least one event")
    refused(lambda: fit(features, y[:-1]), "120 rows", "119")
    refused(lambda: fit(features, np.c_[y, y]), "shape (n_samples, 2)", "(120, 4)")
    refused(lambda: fit(features, None), "y is None")
    refused(lambda: fit(features, y, entry=time + 1), "entries", "before the times")
    refused(lambda: fit(features, y, entry=np.full(120, np.nan)), "entry")
    refused(lambda: fit(features, y, strata=["a"]), "strata must have shape (120,)")
    refused(lambda: fit(features, pd.DataFrame(np.c_[y, y])), "two columns", "got 4")
    refused(lambda: taut.CoxRegression(ties="exact").fit(features, y), "ties must be", "'exact'")


def test_times_below_zero_are_dates_where_entries_say_from_when():
    """A shift of the whole scale changes nothing; without entries, zero is where it begins."""
    features, time, event = survival()
    entry = np.where(np.arange(120) % 2, 0.0, 0.5 * time)
    model = taut.CoxRegression(0.01, tol=1e-10).fit(features, np.c_[time, event], entry=entry)
    early = np.c_[time - time.max(), event]
    shifted = taut.CoxRegression(0.01, tol=1e-10)
    shifted.fit(features, early, entry=entry - time.max())
    np.testing.assert_allclose(shifted.coef_, model.coef_, atol=1e-8)
    assert shifted.score(features, early) == model.score(features, np.c_[time, event])
    refused(lambda: taut.fit_path(features, early, "cox"), "0 or more", "entry")
    partly = np.where(np.arange(120) % 2, -np.inf, entry - time.max())
    refused(lambda: shifted.fit(features, early, entry=partly), "0 or more", "entry")
    zero = np.c_[np.where(np.arange(120) == 3, 0.0, time), event]
    assert taut.CoxRegression(0.01).fit(features, zero).certificate_.solved


def test_concordance_by_its_name():
    features, time, event = survival()
    y = np.c_[time, event]
    model = taut.CoxRegression(0.01).fit(features, y)
    won = pairs = 0.0
    risk = model.predict(features)
    for i in np.flatnonzero(event):
        later = (time > time[i]) | ((time == time[i]) & (event == 0))
        pairs += later.sum()
        won += (risk[i] > risk[later]).sum() + 0.5 * (risk[i] == risk[later]).sum()
    np.testing.assert_allclose(model.concordance(features, y), won / pairs)
    weights, strata = np.arange(120) % 3, np.arange(120) % 2
    found = model.concordance(features, y, weights, strata=strata)
    assert found == model.score(features, y, weights, strata=strata)
    refused(lambda: model.concordance(features, y[:-1]), "120 rows", "119")


@pytest.mark.parametrize("name", ["MultiTaskLasso", "MultiTaskElasticNet"])
def test_joint_coefficient_paths(name):
    features, targets = regression(n_targets=3)
    features, targets = features - features.mean(axis=0), targets - targets.mean(axis=0)
    options = {"l1_ratio": 0.7, "alphas": 10}
    ours = getattr(taut, name).path(features, targets, **options, tol=1e-14)
    theirs = getattr(reference, name).path(features, targets, **options, tol=1e-14)
    np.testing.assert_allclose(ours[0], theirs[0])
    np.testing.assert_allclose(ours[1], theirs[1], atol=1e-6)


@pytest.mark.parametrize("l1_ratio", [0.0, 0.3, 1.0])
def test_joint_targets_have_a_duality_gap(l1_ratio):
    features, targets = regression(n_targets=3)
    model = taut.MultiTaskElasticNet(alpha=0.1, l1_ratio=l1_ratio, tol=1e-9)
    model.fit(features, targets)
    assert model.certificate_.solved
    assert 0 <= model.dual_gap_ <= 1e-9 * np.var(targets, axis=0).sum() / 2
    # Primal minus dual, at the residuals: g*(Z) is that of the squared excess of each row's norm.
    residual = targets - model.predict(features)
    rows = np.linalg.norm(residual.T @ features, axis=0) / len(targets)
    norms = np.linalg.norm(model.coef_, axis=0)
    primal = (residual**2).sum() / (2 * len(targets))
    primal += 0.1 * (l1_ratio * norms + (1 - l1_ratio) / 2 * norms**2).sum()
    if l1_ratio == 1:
        scale, conjugate = min(1.0, 0.1 / rows.max()), 0.0
    else:
        scale = 1.0
        conjugate = (np.maximum(rows - 0.1 * l1_ratio, 0.0) ** 2).sum() / (0.2 * (1 - l1_ratio))
    centred = targets - targets.mean(axis=0)
    dual = (scale * residual * centred).sum() / len(targets)
    dual -= scale**2 * (residual**2).sum() / (2 * len(targets)) + conjugate
    assert abs((primal - dual) - model.dual_gap_) < 1e-9 * primal


def test_strata_say_what_is_wrong_with_them():
    X, times = np.arange(12.0).reshape(6, 2) % 5, np.arange(1.0, 7.0)
    labels = np.array(["a", "b", None, "a", "b", "b"], dtype=object)
    with pytest.raises(
        ValueError, match="strata must hold a label for each row, got None at row 2"
    ):
        taut.CoxRegression().fit(X, times, strata=labels)
    with pytest.raises(ValueError, match="no event with weight has anyone at risk beside it"):
        taut.CoxRegression().fit(X, times, strata=np.arange(6))
    mixed = np.array(["a", "b", 1, "a", "b", "b"], dtype=object)
    with pytest.raises(ValueError, match="strata must hold labels of one kind, got int and str"):
        taut.CoxRegression().fit(X, times, strata=mixed)


def test_hazards_without_bounds_raise_no_warning_of_numpy():
    times = np.arange(1.0, 21.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = taut.CoxRegression(alpha=0).fit(-1000 * times[:, None], times)
    assert not np.isnan(model.baselines_[None].hazard).any()

"""alpha as a rule: the whole path is fitted, and one strength chosen."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GroupKFold, KFold, LeaveOneGroupOut
from tests.estimators.samples import regression, weights

import taut

MODELS = [
    taut.Lasso(),
    taut.Lasso(standardize=True, positive=True),
    taut.ElasticNet(l1_ratio=0.3, penalty_weights=np.r_[0.0, np.ones(10), np.inf]),
    taut.Ridge(),
    taut.Ridge(standardize=True, lower=-0.5, upper=0.5),
]
RULES = [taut.CV(), taut.CV(4, rule="1se"), taut.AIC(), taut.BIC(), taut.EBIC(0.5)]


@pytest.mark.parametrize("model", MODELS, ids=repr)
@pytest.mark.parametrize("rule", RULES, ids=repr)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_targets", [None, 2])
def test_the_choice_is_the_fit_at_the_chosen_alpha(model, rule, weighted, n_targets):
    """The strength is on the estimator's own scale: a fit at alpha_ gives the same again."""
    X, y = regression(n_targets=n_targets)
    w = weights() if weighted else None
    chosen = clone(model).set_params(alpha=rule).fit(X, y, sample_weight=w)
    fixed = clone(model).set_params(alpha=chosen.alpha_).fit(X, y, sample_weight=w)
    np.testing.assert_allclose(chosen.coef_, fixed.coef_, atol=1e-6)
    np.testing.assert_allclose(chosen.intercept_, fixed.intercept_, atol=1e-5)
    assert chosen.certificate_.solved
    results = getattr(chosen, rule.results_name)
    assert np.array_equal(results.alphas, chosen.path_.alphas)
    assert chosen.alpha_ in results.alphas
    shape = (12, 100) if n_targets is None else (12, 2, 100)
    assert chosen.path_.coefs.shape == shape
    k = int(np.flatnonzero(chosen.path_.alphas == chosen.alpha_)[0])
    assert np.array_equal(chosen.path_.coefs[..., k].T, chosen.coef_)
    np.testing.assert_allclose(chosen.path_.predict(X, chosen.alpha_), chosen.predict(X))


def test_cv_agrees_with_the_drop_in():
    X, y = regression()
    drop_in = taut.LassoCV(cv=KFold(4, shuffle=True, random_state=3)).fit(X, y)
    rule = taut.CV(KFold(4, shuffle=True, random_state=3))
    errors = taut.Lasso(alpha=rule).fit(X, y).cv_results_
    at = errors.alphas.size - np.searchsorted(errors.alphas[::-1], drop_in.alphas_[5]) - 1
    assert errors.alphas[0] == pytest.approx(drop_in.alphas_[0])
    assert errors.mean[0] == pytest.approx(drop_in.mse_path_.mean(axis=1)[0])
    assert 0 < at < 100


def test_cv_errors_are_those_of_separate_fits():
    X, y = regression()
    model = taut.Lasso(alpha=taut.CV(3)).fit(X, y)
    k = 40
    for fold, (train, test) in enumerate(KFold(3).split(X)):
        single = taut.Lasso(alpha=model.path_.alphas[k]).fit(X[train], y[train])
        for rows, errors in ((test, "errors"), (train, "train_errors")):
            expected = np.mean((y[rows] - single.predict(X[rows])) ** 2)
            assert getattr(model.cv_results_, errors)[k, fold] == pytest.approx(expected, rel=1e-6)


def test_several_targets_share_folds_and_their_mean_error():
    X, Y = regression(n_targets=2)
    both = taut.Lasso(alpha=taut.CV()).fit(X, Y)
    problems = [taut.fit_path(X, Y[:, t], alphas=both.path_.alphas) for t in range(2)]
    for t, path in enumerate(problems):
        np.testing.assert_allclose(both.path_.coefs[:, t], path.coefs, atol=1e-7)
    alone = [taut.LassoCV(alphas=both.path_.alphas).fit(X, Y[:, t]).mse_path_ for t in range(2)]
    np.testing.assert_allclose(both.cv_results_.errors, np.mean(alone, axis=0), rtol=1e-6)


def test_criteria_of_several_targets_add_up():
    X, Y = regression(n_targets=2)
    both = taut.Ridge(alpha=taut.BIC()).fit(X, Y)
    expected = np.zeros(100)
    for t in range(2):
        path = both.path_
        residual = Y[:, [t]] - path.predict(X)[:, t]
        Z = X - X.mean(axis=0)
        values = np.linalg.eigvalsh(Z.T @ Z)
        df = (values / (values + path.alphas[:, None])).sum(axis=1)
        expected += 60 * np.log(np.mean(residual**2, axis=0)) + np.log(60) * df
    np.testing.assert_allclose(both.criterion_results_.criterion, expected, rtol=1e-8)


def test_groups_reach_the_splitter():
    X, y = regression()
    groups = np.repeat(np.arange(6), 10)
    model = taut.Lasso(alpha=taut.CV(GroupKFold(3))).fit(X, y, groups=groups)
    splits = list(GroupKFold(3).split(X, y, groups))
    same = taut.Lasso(alpha=taut.CV(splits)).fit(X, y)
    np.testing.assert_array_equal(model.cv_results_.errors, same.cv_results_.errors)


def test_a_second_fit_leaves_nothing_of_the_first():
    X, y = regression()
    model = taut.Lasso(alpha=taut.CV()).fit(X, y)
    model.set_params(alpha=0.1).fit(X, y)
    assert model.alpha_ == 0.1
    assert not hasattr(model, "path_")
    assert not hasattr(model, "cv_results_")


CONSTANTS = [0.1, 1 / 3, 1e8 + 0.1, 0.0]
OF_SEVERAL_TARGETS = [
    taut.LinearRegression(),
    taut.LinearRegression(positive=True),
    taut.Ridge(),
    taut.Lasso(alpha=0.0),
    taut.Lasso(alpha=0.01),
    taut.RidgeCV(),
    taut.RidgeCV(cv=3),
    taut.Lasso(alpha=taut.CV()),
    taut.Ridge(alpha=taut.CV()),
    taut.Lasso(alpha=taut.BIC()),
]


@pytest.mark.parametrize("value", CONSTANTS)
@pytest.mark.parametrize(
    "model",
    [
        *OF_SEVERAL_TARGETS,
        taut.LassoCV(),
        taut.ElasticNetCV(l1_ratio=[0.1, 1.0]),
        taut.HuberRegressor(),
        taut.QuantileRegressor(),
    ],
    ids=repr,
)
def test_a_constant_target_is_refused(model, value):
    X, _ = regression()
    with pytest.raises(ValueError, match=f"y must vary, got a constant, {value!r} in all 60 rows"):
        model.fit(X, np.full(60, value))


@pytest.mark.parametrize("value", CONSTANTS)
@pytest.mark.parametrize("model", OF_SEVERAL_TARGETS, ids=repr)
def test_one_target_of_several_may_be_constant(model, value):
    X, y = regression()
    model.fit(X, np.column_stack([y, np.full(60, value)]))
    assert model.coef_[0].any()
    assert not model.coef_[1].any()
    assert model.intercept_[1] == value
    assert model.certificate_.solved


def test_a_constant_target_without_an_intercept_is_a_problem_like_others():
    X, _ = regression()
    model = taut.LinearRegression(fit_intercept=False).fit(X, np.ones(60))
    np.testing.assert_allclose(model.coef_, np.linalg.lstsq(X, np.ones(60))[0], rtol=1e-8)


@pytest.mark.parametrize(
    "make",
    [
        lambda rule: taut.Ridge(alpha=rule),
        lambda rule: taut.Lasso(alpha=rule),
        lambda rule: taut.ElasticNet(alpha=rule),
        lambda rule: taut.LogisticRegression(C=rule, tol=1e-10),
        lambda rule: taut.LogisticRegression(C=rule, l1_ratio=1.0, tol=1e-10),
        lambda rule: taut.PoissonRegressor(alpha=rule, tol=1e-10),
    ],
    ids=lambda make: repr(make(1.0)),
)
def test_a_whole_number_weight_is_as_many_rows_where_folds_are_given(make):
    """Rows of weight zero are in no fold, whatever they hold."""
    random = np.random.default_rng(4)
    n_rows = 45
    X = random.normal(size=(n_rows, 8))
    y = (X[:, 0] + random.normal(size=n_rows) > 0).astype(float)
    groups = np.arange(n_rows) % 3
    weights = np.repeat(random.integers(0, 4, n_rows // 3), 3)  # folds of one total weight
    y_weighted, X_weighted = y.copy(), X.copy()
    y_weighted[weights == 0] = 1 - y[weights == 0]
    X_weighted[weights == 0] *= 100
    repeat = np.repeat(np.arange(n_rows), weights)
    fits = []
    for rows, sample_weight in ((np.arange(n_rows), weights.astype(float)), (repeat, None)):
        splits = list(LeaveOneGroupOut().split(rows, groups=groups[rows]))
        of_weights = sample_weight is not None
        data = (X_weighted, y_weighted) if of_weights else (X[rows], y[rows])
        fits.append(make(taut.CV(splits)).fit(*data, sample_weight=sample_weight))
    weighted, repeated = fits
    assert weighted.alpha_ == pytest.approx(repeated.alpha_, rel=1e-8)
    np.testing.assert_allclose(weighted.coef_, repeated.coef_, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(weighted.cv_results_.errors, repeated.cv_results_.errors, rtol=1e-6)

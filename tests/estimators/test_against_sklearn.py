"""Coefficients, intercepts and shapes equal to scikit-learn's at tight tolerance."""

import numpy as np
import pytest
from scipy import sparse
from sklearn import linear_model as reference
from tests.estimators.samples import LAYOUTS, regression, thinned, weights

import taut

TIGHT = {"tol": 1e-12, "max_iter": 200_000}

CASES = {
    "LinearRegression": ("LinearRegression", {}, {"tol": 1e-14}),
    "LinearRegression, positive": ("LinearRegression", {"positive": True}, {}),
    "Ridge": ("Ridge", {"alpha": 3.0}, {"tol": 1e-12}),
    "Ridge, weak": ("Ridge", {"alpha": 1e-3}, {"tol": 1e-12}),
    "Ridge, positive": ("Ridge", {"alpha": 2.0, "positive": True}, {"tol": 1e-14}),
    "Lasso": ("Lasso", {"alpha": 0.1}, TIGHT),
    "Lasso, weak": ("Lasso", {"alpha": 1e-3}, TIGHT),
    "Lasso, positive": ("Lasso", {"alpha": 0.05, "positive": True}, TIGHT),
    "Lasso, all zero": ("Lasso", {"alpha": 1e3}, TIGHT),
    "ElasticNet": ("ElasticNet", {"alpha": 0.2, "l1_ratio": 0.3}, TIGHT),
    "ElasticNet, positive": ("ElasticNet", {"alpha": 0.2, "positive": True}, TIGHT),
    "ElasticNet, ridge": ("ElasticNet", {"alpha": 0.2, "l1_ratio": 0.0}, TIGHT),
}


def pair(case):
    name, parameters, tight = CASES[case]
    ours = getattr(taut, name)(**parameters)
    return ours, getattr(reference, name)(**{**parameters, **tight})


def assert_same(ours, theirs, X, atol=1e-7):
    assert np.shape(ours.coef_) == np.shape(theirs.coef_)
    assert np.shape(ours.intercept_) == np.shape(theirs.intercept_)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=atol)
    np.testing.assert_allclose(ours.intercept_, theirs.intercept_, atol=10 * atol)
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), atol=100 * atol)
    assert ours.certificate_.solved


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore:.*not the recommended:UserWarning")
@pytest.mark.parametrize("weighted", [False, True], ids=["", "weights"])
@pytest.mark.parametrize("fit_intercept", [True, False], ids=["", "no intercept"])
@pytest.mark.parametrize("case", CASES)
def test_same_fit(case, fit_intercept, weighted):
    X, y = regression()
    ours, theirs = (m.set_params(fit_intercept=fit_intercept) for m in pair(case))
    w = weights() if weighted else None
    assert_same(ours.fit(X, y, sample_weight=w), theirs.fit(X, y, sample_weight=w), X)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("case", CASES)
def test_same_fit_in_every_layout(case, layout, dtype):
    X, y = regression()
    X = thinned(X).astype(dtype)
    dense, _ = pair(case)
    ours, _ = pair(case)
    dense.fit(X.astype(np.float64), y)
    ours.fit(LAYOUTS[layout](X), y)
    np.testing.assert_allclose(ours.coef_, dense.coef_, atol=1e-6)
    np.testing.assert_allclose(ours.predict(LAYOUTS[layout](X)), dense.predict(X), atol=1e-5)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("case", ["LinearRegression", "Ridge", "Lasso", "ElasticNet"])
@pytest.mark.parametrize("columns", [None, 1, 3])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_targets_have_the_same_shapes(case, columns, fit_intercept):
    X, Y = regression(n_targets=3)
    y = Y[:, 0] if columns is None else Y[:, :columns]
    ours, theirs = (m.set_params(fit_intercept=fit_intercept).fit(X, y) for m in pair(case))
    assert_same(ours, theirs, X)
    if hasattr(theirs, "dual_gap_"):
        assert np.shape(ours.dual_gap_) == np.shape(theirs.dual_gap_)
        assert np.shape(ours.n_iter_) == np.shape(theirs.n_iter_)
        assert ours.sparse_coef_.shape == theirs.sparse_coef_.shape


def test_ridge_takes_one_alpha_per_target():
    X, Y = regression(n_targets=3)
    alpha = [0.1, 1.0, 10.0]
    ours, theirs = taut.Ridge(alpha=alpha).fit(X, Y), reference.Ridge(alpha=alpha).fit(X, Y)
    assert_same(ours, theirs, X)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("LassoCV", {}),
        ("LassoCV", {"positive": True, "cv": 3}),
        ("LassoCV", {"alphas": [0.5, 0.01, 0.1], "fit_intercept": False}),
        ("LassoCV", {"alphas": 20, "eps": 1e-2}),
        ("ElasticNetCV", {}),
        ("ElasticNetCV", {"l1_ratio": [0.1, 0.7, 1.0], "alphas": 30}),
        ("ElasticNetCV", {"l1_ratio": [0.7, 1.0], "alphas": [1.0, 0.1, 0.01]}),
        ("ElasticNetCV", {"l1_ratio": [0.7], "alphas": 10}),
    ],
)
@pytest.mark.filterwarnings("ignore:Objective did not converge")
def test_cross_validated_lasso(name, parameters, weighted):
    X, y = regression(n_samples=80)
    w = weights(80) if weighted else None
    ours = getattr(taut, name)(**parameters).fit(X, y, sample_weight=w)
    theirs = getattr(reference, name)(**parameters, **TIGHT).fit(X, y, sample_weight=w)
    assert ours.alphas_.shape == theirs.alphas_.shape
    assert ours.mse_path_.shape == theirs.mse_path_.shape
    np.testing.assert_allclose(ours.alphas_, theirs.alphas_, rtol=1e-10)
    np.testing.assert_allclose(ours.mse_path_, theirs.mse_path_, rtol=1e-6)
    assert ours.alpha_ == pytest.approx(theirs.alpha_, rel=1e-10)
    assert getattr(ours, "l1_ratio_", None) == getattr(theirs, "l1_ratio_", None)
    assert_same(ours, theirs, X)


@pytest.mark.parametrize("shape", [(40, 6), (8, 20)])
@pytest.mark.parametrize("deficient", [False, True])
def test_rank_and_singular_values(shape, deficient):
    random = np.random.default_rng(3)
    X = random.normal(size=shape) * np.arange(1, shape[1] + 1)
    if deficient:
        X[:, 1] = X[:, 0]
    y, weights = random.normal(size=shape[0]), random.uniform(0.5, 2.0, shape[0])
    ours = taut.LinearRegression().fit(X, y, weights)
    theirs = reference.LinearRegression().fit(X, y, weights)
    assert ours.rank_ == theirs.rank_
    np.testing.assert_allclose(ours.singular_, theirs.singular_, atol=1e-10)
    assert not hasattr(ours.fit(sparse.csr_array(X), y), "rank_")

"""Ill-conditioned, degenerate and badly scaled columns: right answers, certified."""

import warnings

import numpy as np
import pytest
from scipy import sparse
from sklearn import linear_model as reference
from tests.certifier import judge
from tests.estimators.samples import regression

import taut

RNG = np.random.default_rng(5)


def _equicorrelated(n_samples, n_features, rho):
    common = RNG.normal(size=(n_samples, 1))
    return np.sqrt(rho) * common + np.sqrt(1 - rho) * RNG.normal(size=(n_samples, n_features))


X0, Y0 = regression(50, 6)
DATA = {
    "duplicate columns": np.c_[X0, X0],
    "collinear columns": np.c_[X0, X0 @ RNG.normal(size=(6, 3))],
    "zero columns": np.c_[X0, np.zeros((50, 3))],
    "constant columns": np.c_[X0, np.full((50, 3), [7.3, 0.1, 1970.1])],
    "more features than rows": RNG.normal(size=(50, 120)),
    "rho = 0.99": _equicorrelated(50, 20, 0.99),
    "columns times 1e-12": np.c_[X0[:, :3], X0[:, 3:] * 1e-12],
    "far from zero": X0 + 1e6,
    "one column": X0[:, :1],
    "nothing but zeros": np.zeros((50, 4)),
}


@pytest.mark.parametrize("standardize", [False, True], ids=["", "standardize"])
@pytest.mark.parametrize("l1_ratio", [1.0, 0.5, 0.0])
@pytest.mark.parametrize("case", DATA)
def test_penalised_fits_are_optimal(case, l1_ratio, standardize):
    """The duality gap, by a certifier that shares no code with the library."""
    X = DATA[case]
    model = taut.ElasticNet(alpha=0.05, l1_ratio=l1_ratio, standardize=standardize).fit(X, Y0)
    live = np.ptp(X, axis=0) > 0
    np.testing.assert_allclose(model.coef_[~live], 0.0, atol=1e-8)
    judgement = judge(
        X[:, live],
        Y0,
        model.coef_[live],
        model.intercept_,
        0.05,
        l1=l1_ratio,
        l2=1 - l1_ratio,
        standardize=standardize,
    )
    assert model.certificate_.solved
    assert judgement.relative_gap <= 1e-6


@pytest.mark.parametrize("model", [taut.Lasso(0.05), taut.ElasticNet(0.05), taut.Ridge(2.5)])
def test_huge_columns_are_right_even_where_that_cannot_be_certified(model):
    """Rounding in a residual of size 1 leaves slopes of size 1e-4 on columns of size 1e12.

    The penalty on such columns is next to nothing: without any the model can be certified.
    """
    scale = np.repeat([1.0, 1e12], 3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", taut.ConvergenceWarning)
        model.fit(X0 * scale, Y0)
    free = type(model)(alpha=model.alpha, penalty_weights=[1, 1, 1, 0, 0, 0]).fit(X0, Y0)
    assert free.certificate_.solved
    np.testing.assert_allclose(model.coef_ * scale, free.coef_, atol=1e-8)
    assert model.certificate_.relative_gap < 1e-4
    assert model.certificate_.kkt < 1e-12


@pytest.mark.parametrize("model", [taut.LinearRegression(), taut.Lasso(alpha=0), taut.Ridge(0)])
@pytest.mark.parametrize("case", DATA)
def test_without_penalty_all_are_least_squares(case, model):
    """Residuals orthogonal to every column of the centred design, in units of the columns."""
    X = DATA[case]
    model.fit(X, Y0)
    Z = X - X.mean(axis=0)
    residual = Y0 - model.predict(X)
    norms = np.linalg.norm(Z, axis=0)
    live = norms > 1e-10 * np.linalg.norm(X, axis=0)
    cosines = Z[:, live].T @ residual / norms[live] / np.linalg.norm(Y0 - Y0.mean())
    assert np.abs(cosines).max(initial=0.0) < 1e-8
    assert model.certificate_.solved


@pytest.mark.parametrize("case", ["duplicate columns", "collinear columns", "zero columns"])
def test_least_squares_has_the_smallest_norm(case):
    X = DATA[case]
    ours, theirs = taut.LinearRegression().fit(X, Y0), reference.LinearRegression().fit(X, Y0)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-8)


@pytest.mark.parametrize("case", DATA)
def test_cross_validated_fits_are_optimal(case):
    X = DATA[case]
    model = taut.LassoCV(alphas=30, cv=3).fit(X, Y0)
    judgement = judge(X, Y0, model.coef_, model.intercept_, model.alpha_)
    assert judgement.relative_gap <= 1e-6
    assert model.certificate_.solved


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array], ids=["dense", "sparse"])
@pytest.mark.parametrize("n_samples", [50, 119, 1000])
@pytest.mark.parametrize(
    "model",
    [
        taut.LinearRegression(),
        taut.Ridge(),
        taut.Ridge(standardize=True),
        taut.Ridge(penalty_weights=[1, 1, 0, 0]),
        taut.Lasso(0.01),
        taut.Lasso(0.01, standardize=True),
        taut.Lasso(0.01, penalty_weights=[1, 1, 0, 0]),
        taut.ElasticNet(0.01, standardize=True),
    ],
    ids=repr,
)
def test_constant_columns_are_left_to_the_intercept(model, n_samples, container):
    """What centring leaves of them is rounding, and nothing may be built on that."""
    rng = np.random.default_rng(0)
    X = np.c_[rng.normal(size=(n_samples, 2)), np.full((n_samples, 2), [1970.1, 0.1])]
    y = X[:, 0] + rng.normal(size=n_samples)
    model.fit(container(X), y)
    assert model.certificate_.solved
    np.testing.assert_allclose(model.coef_[2:], 0.0, atol=1e-8)


def test_an_unsolved_fit_warns_with_a_remedy():
    X, y = regression(200, 150, seed=3)
    with pytest.warns(taut.ConvergenceWarning, match=r"Lasso: .*(max_iter|tol)"):
        model = taut.Lasso(alpha=1e-4, tol=0.0, max_iter=1).fit(X, y)
    assert not model.certificate_.solved
    assert "solved" not in repr(model).split("#")[1].split(":")[0]

"""Quadratic penalties under smooth losses, where features are many; and no penalty at all."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn.linear_model import LogisticRegression, PoissonRegressor

import taut
from taut import losses
from taut.designs import as_design
from taut.losses import Logistic
from taut.penalties import L2
from taut.problem import Problem
from taut.solvers import Controls, Grid, choose
from taut.solvers.prox_newton import ProxNewton
from taut.solvers.smooth import Smooth

from .pairs import LOSSES, data


def wide(n_features=3000):
    random = np.random.default_rng(0)
    X = random.normal(size=(80, n_features))
    return X, (X[:, :5].sum(axis=1) + random.normal(size=80) > 0) * 1.0


def problem_of(X, y, penalty, **options):
    return Problem(as_design(X), y, Logistic(), penalty, np.full(len(y), 1 / len(y)), **options)


def test_many_features_are_not_taken_into_one_working_set():
    X, y = wide()
    assert isinstance(choose(problem_of(X, y, L2())), Smooth)
    assert isinstance(choose(problem_of(X[:, :50], y, L2())), ProxNewton)


@pytest.mark.parametrize("form", [np.asarray, sparse.csc_array])
def test_ridge_is_that_of_scikit_learn(form):
    X, y = wide()
    X = X * (np.random.default_rng(1).uniform(size=X.shape) < 0.3)
    path = taut.fit_path(form(X), y, "logistic", L2(), alphas=[1.0, 0.1], tol=1e-10)
    for k, alpha in enumerate(path.alphas):
        model = LogisticRegression(C=1 / (alpha * len(y)), tol=1e-10, max_iter=10000).fit(X, y)
        assert_allclose(path.coefs[:, k], model.coef_[0], atol=1e-5)
        assert_allclose(path.intercepts[k], model.intercept_[0], atol=1e-5)
    assert all(c.solved for c in path.certificates)


@pytest.mark.parametrize("standardize", [False, True])
def test_both_solvers_agree(standardize):
    X, y = wide(40)
    X = X * np.geomspace(0.1, 10, 40) + 3
    penalty = L2(weights=np.r_[0.0, np.inf, np.ones(38)])
    problem = problem_of(X, y, penalty, standardize=standardize)
    grid, controls = Grid(np.array([1.0, 0.01])), Controls(1e-11)
    found, expected = (
        Smooth().path(problem, grid, controls),
        ProxNewton().path(problem, grid, controls),
    )
    assert_allclose(found.coefs, expected.coefs, rtol=0, atol=1e-4)
    assert not found.coefs[1].any()


@pytest.mark.parametrize("loss", [name for name in LOSSES if name not in ("squared", "targets")])
def test_without_penalty_the_gradient_is_zero(loss):
    X, y, loss = data(loss)
    v = np.full(len(y), 1 / len(y))
    problem = Problem(as_design(X), y, loss, L2(), v).without_penalty()
    path = Smooth().path(problem, Grid(np.zeros(1)), Controls(1e-10))
    assert path.certificates[0].solved
    eta = X @ path.coefs[..., 0] + path.intercepts[..., 0]
    assert_allclose(X.T @ loss.slope(y, eta, v), 0, atol=1e-5)


def test_poisson_without_penalty_is_that_of_scikit_learn():
    X, y, _ = data("poisson")
    path = taut.fit_path(X, y, "poisson", alphas=[0.0], tol=1e-12)
    model = PoissonRegressor(alpha=0, tol=1e-10, max_iter=1000).fit(X, y)
    assert_allclose(path.coefs[:, 0], model.coef_, atol=1e-5)
    assert_allclose(path.predict(X)[:, 0], model.predict(X), rtol=1e-4)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize("n_strata", [1, 12])
def test_cox_without_penalty_is_certified(ties, n_strata):
    X, y = survival_data()
    strata = np.arange(len(y)) % n_strata if n_strata > 1 else None
    model = taut.CoxRegression(alpha=0, ties=ties).fit(X, y, strata=strata)
    assert model.certificate_.solved
    # The gap bounds what any other coefficients can gain.
    response = y if strata is None else np.column_stack([y, np.full(len(y), -np.inf), strata])
    loss, weights = losses.Cox(ties), np.full(len(y), 1 / len(y))
    closer = taut.fit_path(X, response, loss, alphas=[0.0], tol=1e-12).coefs[:, 0]
    gain = loss.total(response, X @ model.coef_, weights) - loss.total(
        response, X @ closer, weights
    )
    assert gain <= model.dual_gap_ + 1e-14


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("coding", ["symmetric", "reference"])
def test_multinomial_without_penalty_is_certified(coding, seed):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((150, 4))
    predictors = 2 * X @ rng.standard_normal((4, 4))
    y = np.argmax(predictors + rng.gumbel(size=predictors.shape), axis=1)
    path = taut.fit_path(X, y, losses.Multinomial(coding), alphas=[0.0])
    assert path.certificates[0].solved


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_cox_hessian_product_is_the_derivative_of_the_slope(ties):
    X, y = survival_data()
    loss, weights = losses.Cox(ties), np.arange(1.0, len(y) + 1) / len(y)
    eta, direction = X[:, 0], X[:, 1]
    step = 1e-5 * direction
    slopes = [loss.slope(y, eta + sign * step, weights) for sign in (1, -1)]
    expected = (slopes[0] - slopes[1]) / 2e-5
    product = loss.hessian_product(y, eta, weights, direction)
    np.testing.assert_allclose(product, expected, atol=1e-8)


def survival_data():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((150, 4))
    times = np.round(rng.exponential(np.exp(X[:, 1] - 2 * X[:, 0])), 2) + 0.01
    censored = rng.exponential(2.0, size=len(X))
    return X, np.column_stack([np.minimum(times, censored), times <= censored])

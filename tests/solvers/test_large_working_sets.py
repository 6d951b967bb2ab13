"""Engines that hand over to one another, and sparse ridge without a decomposition."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

import taut
from taut.penalties import L1, L2, Box, ElasticNet, NonNegative
from taut.solvers import Controls, Grid, solve_path

from .registry import Case, posed


def crowd(n_samples, n_features, common=0.0, density=1.0):
    random = np.random.default_rng(n_features)
    X = random.normal(size=(n_samples, n_features)) + common * random.normal(size=(n_samples, 1))
    X *= random.uniform(size=X.shape) < density
    return X, X[:, :30] @ random.normal(size=30) + random.normal(size=n_samples)


PENALTIES = {"non-negative": L2() + NonNegative(), "box": L2() + Box(-0.1, 0.1)}


@pytest.mark.parametrize("common", [0.0, 1.0])
@pytest.mark.parametrize("penalty", [*PENALTIES.values(), ElasticNet(0.001)], ids=str)
def test_features_that_all_join_at_once(penalty, common):
    case = Case(*crowd(150, 800, common))
    solved = solve_path(posed(case, penalty), Grid(np.array([0.1, 0.01])), Controls())
    assert all(c.solved for c in solved.certificates)


def test_a_sparse_path_that_descent_leaves_to_newton_steps():
    X, y = crowd(600, 3000, density=0.01)
    problem = posed(Case(sparse.csc_array(X), y), L1())
    solved = solve_path(problem, Grid(None, 30, 1e-3), Controls())
    dense = solve_path(posed(Case(X, y), L1()), Grid(solved.alphas), Controls())
    assert all(c.solved for c in solved.certificates)
    assert np.count_nonzero(solved.coefs[:, -1]) > 500
    fits = [X @ s.coefs + s.intercepts for s in (solved, dense)]
    assert_allclose(fits[0], fits[1], atol=1e-2 * np.std(y))


@pytest.mark.parametrize("shape", [(300, 1200), (1200, 300)])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_sparse_ridge_is_dense_ridge(shape, fit_intercept):
    X, y = crowd(*shape, density=0.01)
    options = {"fit_intercept": fit_intercept}
    few, dense = (taut.Ridge(**options).fit(Z, y) for Z in (sparse.csr_array(X), X))
    assert (few.solver_, dense.solver_) == ("sparse_cg", "eigen")
    assert_allclose(few.coef_, dense.coef_, atol=1e-9)
    few, dense = (
        taut.RidgeCV(store_cv_results=True, **options).fit(Z, y) for Z in (sparse.csr_array(X), X)
    )
    assert_allclose(few.cv_results_, dense.cv_results_, rtol=1e-7)
    assert few.alpha_ == dense.alpha_

"""Least squares: numpy's solution, of smallest norm where there are many."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

from taut.penalties import L1, L2
from taut.solvers import Controls, Grid, choose, solve_path
from taut.solvers.least_squares import LeastSquares

from .registry import Case, posed


def full_rank(n_samples, n_features):
    random = np.random.default_rng(n_samples)
    X = random.normal(size=(n_samples, n_features)) + 1.0
    return X, random.normal(size=n_samples) + 2.0


def deficient(n_samples, n_features):
    X, y = full_rank(n_samples, n_features)
    X[:, -1], X[:, -2] = X[:, 0] - 2.0 * X[:, 1], X[:, 2]
    return X, y


def zeros(n_samples, n_features):
    X, y = full_rank(n_samples, n_features)
    X[:, 1] = 0.0
    return X, y


SHAPES = {"tall": (40, 8), "wide": (10, 30), "square": (15, 15)}
DATA = {"full rank": full_rank, "dependent columns": deficient, "a zero column": zeros}
FORMS = {"dense": np.asarray, "C": np.ascontiguousarray, "sparse": sparse.csc_array}


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("shape", SHAPES)
def test_alpha_zero_is_numpys_solution(shape, data, form, weighted, fit_intercept):
    X, y = DATA[data](*SHAPES[shape])
    weights = np.random.default_rng(1).uniform(0.2, 2.0, len(y)) if weighted else np.ones(len(y))
    weights[0] = 0.0 if weighted else 1.0
    case = Case(FORMS[form](X), y, weights)
    solved = solve_path(
        posed(case, L1(), fit_intercept=fit_intercept), Grid(np.zeros(1)), Controls(1e-10)
    )
    v = case.shares
    x_mean, y_mean = (v @ X, v @ y) if fit_intercept else (np.zeros(X.shape[1]), 0.0)
    Z = np.sqrt(v)[:, None] * (X - x_mean)
    expected, *_ = np.linalg.lstsq(Z, np.sqrt(v) * (y - y_mean), rcond=1e-12)
    coef = solved.coefs[:, 0]
    assert_allclose(Z @ coef, Z @ expected, atol=1e-9)
    assert solved.intercepts[0] == pytest.approx(y_mean - x_mean @ coef, abs=1e-9)
    assert_allclose(coef, expected, atol=1e-8)
    assert solved.certificates[0].solved


@pytest.mark.parametrize("size", [1e-12, 1e12])
def test_rank_does_not_depend_on_units(size):
    X, y = full_rank(40, 8)
    scale = np.where(np.arange(8) % 2, size, 1.0)
    plain, scaled = (
        solve_path(posed(Case(Z, y), L1()), Grid(np.zeros(1)), Controls()).coefs[:, 0]
        for Z in (X, X * scale)
    )
    assert_allclose(scaled * scale, plain, atol=1e-10)


def test_alpha_zero_stands_beside_others_in_any_order():
    case = Case(*full_rank(40, 8))
    alphas = np.array([0.0, 0.3, 0.0, 0.1])
    for penalty in (L1(), L2()):
        solved = solve_path(posed(case, penalty), Grid(alphas), Controls(1e-10))
        assert np.array_equal(solved.alphas, alphas)
        for k, alpha in enumerate(alphas):
            alone = solve_path(posed(case, penalty), Grid(np.array([alpha])), Controls(1e-10))
            assert_allclose(solved.coefs[:, k], alone.coefs[:, 0], atol=1e-9)


def test_a_penalty_that_is_free_everywhere_is_least_squares():
    case = Case(*full_rank(40, 8))
    problem = posed(case, L1(weights=np.zeros(8)))
    assert isinstance(choose(problem), LeastSquares)
    solved = choose(problem).path(problem, Grid(np.array([1.0, 0.1])), Controls())
    zero = solve_path(posed(case, L1()), Grid(np.zeros(1)), Controls())
    assert_allclose(solved.coefs, np.repeat(zero.coefs, 2, axis=1), atol=1e-12)


def test_targets_share_one_factor():
    problem = posed(Case(*full_rank(40, 8)), L1(weights=np.zeros(8)))
    grid = Grid(np.ones(1))
    LeastSquares().path(problem, grid, Controls())
    other = problem.for_response(problem.response[::-1])
    solved = LeastSquares().path(other, grid, Controls())
    assert other.shared["factor"] is problem.shared["factor"]
    X = problem.design.matrix
    Z = np.column_stack([np.ones(40), X])
    assert_allclose(
        solved.coefs[:, 0], np.linalg.lstsq(Z, other.response, rcond=None)[0][1:], atol=1e-10
    )

"""Criteria against a computation by hand on submodels, and degrees of freedom as traces."""

from itertools import product
from math import comb, log

import numpy as np
import pytest
from numpy.testing import assert_allclose

from taut.penalties import L1, L2, ElasticNet
from taut.selection import AIC, BIC, EBIC
from taut.selection.information import degrees_of_freedom
from taut.solvers import Controls, Grid, solve_path

from .problems import posed, regression, weights_for

N, P = 60, 6
X, Y = regression(N, P)
CONTROLS = Controls(1e-12)
SUBSETS = [np.flatnonzero(bits) for bits in product([0, 1], repeat=P) if any(bits)]
PRICES = {
    AIC(): lambda k: 2 * k,
    BIC(): lambda k: log(N) * k,
    EBIC(): lambda k: log(N) * k + 2 * log(comb(P, k)),
    EBIC(gamma=0.5): lambda k: log(N) * k + log(comb(P, k)),
    EBIC(gamma=0.0): lambda k: log(N) * k,
}


@pytest.mark.parametrize("rule", PRICES, ids=repr)
@pytest.mark.parametrize("noise_variance", [None, 1.3])
def test_criteria_of_every_submodel(rule, noise_variance):
    price = PRICES[rule]
    rule = type(rule)(**{**vars(rule), "noise_variance": noise_variance})
    for subset in SUBSETS:
        weights = np.full(P, np.inf)
        weights[subset] = 0.0
        problem = posed(X, Y, L1(weights=weights))
        choice = rule.choose([problem], Grid(np.ones(1)), CONTROLS)
        Z = np.column_stack([np.ones(N), X[:, subset]])
        squares = np.sum((Y - Z @ np.linalg.lstsq(Z, Y, rcond=None)[0]) ** 2)
        misfit = N * log(squares / N) if noise_variance is None else squares / noise_variance
        expected = misfit + price(len(subset))
        assert choice.results.criterion[0] == pytest.approx(expected, rel=1e-10)
        assert choice.results.degrees_of_freedom[0] == len(subset)


@pytest.mark.parametrize("rule", PRICES, ids=repr)
def test_the_least_criterion_on_the_path_is_chosen(rule):
    problem = posed(X, Y)
    choice = rule.choose([problem], Grid(None, 40, 1e-3), CONTROLS)
    solved, results = choice.solved[0], choice.results
    used = np.count_nonzero(solved.coefs, axis=0)
    residual = np.mean((Y[:, None] - X @ solved.coefs - solved.intercepts) ** 2, axis=0)
    expected = N * np.log(residual) + np.array([PRICES[rule](int(k)) for k in used])
    assert_allclose(results.criterion, expected, rtol=1e-10)
    assert choice.index == np.argmin(expected)
    assert_allclose(results.alphas, solved.alphas)


def test_rows_without_weight_do_not_count():
    weights = (np.arange(N) % 3 > 0).astype(float)
    kept, grid = weights > 0, Grid(np.array([0.3, 0.1]))
    found = BIC().choose([posed(X, Y, sample_weight=weights)], grid, CONTROLS).results
    expected = BIC().choose([posed(X[kept], Y[kept])], grid, CONTROLS).results
    assert_allclose(found.criterion, expected.criterion, rtol=1e-10)


def test_models_that_use_up_the_rows_are_no_candidates():
    wide_X, wide_y = regression(20, 60)
    grid = Grid(None, 50, 1e-4)
    choice = AIC().choose([posed(wide_X, wide_y)], grid, CONTROLS)
    results = choice.results
    excluded = np.isinf(results.criterion)
    assert np.array_equal(excluded, results.degrees_of_freedom > 10)
    assert excluded.any()
    assert results.degrees_of_freedom[choice.index] <= 10
    known = AIC(noise_variance=1.0).choose([posed(wide_X, wide_y)], grid, CONTROLS).results
    assert np.isfinite(known.criterion).all()


@pytest.mark.parametrize("shape", [(60, 6), (15, 40)], ids=str)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("standardize", [False, True])
@pytest.mark.parametrize("fit_intercept", [False, True])
def test_a_ridge_has_the_trace_of_its_hat_matrix(shape, weighted, standardize, fit_intercept):
    """The intercept, which every model has, is not counted."""
    rows, y = regression(*shape)
    weights = weights_for(len(y)) if weighted else np.ones(len(y))
    options = {"standardize": standardize, "fit_intercept": fit_intercept}
    problem = posed(rows, y, L2(), weights, **options)
    alphas = np.array([10.0, 1.0, 0.01])
    found = degrees_of_freedom(problem, solve_path(problem, Grid(alphas), CONTROLS))
    v = weights / weights.sum()
    spread = np.sqrt(v @ (rows - v @ rows) ** 2) if standardize else np.ones(shape[1])
    Z = np.sqrt(v)[:, None] * (rows - (v @ rows if fit_intercept else 0.0))
    for df, alpha in zip(found, alphas, strict=True):
        hat = Z @ np.linalg.solve(Z.T @ Z + alpha * np.diag(spread**2), Z.T)
        assert df == pytest.approx(np.trace(hat), rel=1e-8)


def test_an_elastic_net_has_the_trace_over_the_features_it_uses():
    problem = posed(X, Y, ElasticNet(l1_ratio=0.5))
    solved = solve_path(problem, Grid(np.array([1.0, 0.1])), CONTROLS)
    Z = X - X.mean(axis=0)
    for df, coef, alpha in zip(
        degrees_of_freedom(problem, solved), solved.coefs.T, solved.alphas, strict=True
    ):
        A = Z[:, coef != 0]
        penalty = N * 0.5 * alpha * np.eye(A.shape[1])
        assert df == pytest.approx(np.trace(A @ np.linalg.solve(A.T @ A + penalty, A.T)))


@pytest.mark.parametrize("gamma", [-0.1, 1.1, np.nan])
def test_gamma_out_of_range_is_named(gamma):
    with pytest.raises(ValueError, match="gamma must be between 0 and 1, got"):
        EBIC(gamma=gamma)

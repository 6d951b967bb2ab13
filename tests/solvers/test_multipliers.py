"""Quantile regression with penalties that tie coefficients: certificates, and an outside solver."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import taut
from taut import losses
from taut.designs import as_design
from taut.losses.base import Loss
from taut.losses.roots import clipped_root
from taut.penalties import L1, MCP, NonNegative, Penalty
from taut.problem import Problem
from taut.solvers import Controls, Grid, choose, solve_path
from taut.solvers.multipliers import Multipliers

from .pairs import LOSSES, PENALTIES, features
from .test_pairs import as_cvxpy_penalty

TIED = ("group lasso", "sparse group lasso", "slope", "fused lasso", "total variation", "nuclear")
Q = 0.3
RULE = taut.CV(3, n_alphas=4, alpha_min_ratio=0.1)


def posed(penalty, offset=None):
    X, y = features(), LOSSES["huber"][1]()
    v = np.random.default_rng(1).uniform(0.5, 1.5, len(X))
    v[3] = 0.0
    return Problem(as_design(X), y, losses.Quantile(Q), penalty, v / v.sum(), offset=offset)


@pytest.mark.parametrize("penalty", TIED)
def test_an_outside_solver_does_no_better(penalty):
    cp = pytest.importorskip("cvxpy")
    problem = posed(PENALTIES[penalty])
    assert isinstance(choose(problem), Multipliers)
    path = solve_path(problem, Grid(None, 3, 0.1), Controls())
    assert all(c.solved and c.relative_gap <= 1e-6 for c in path.certificates)
    for k, alpha in enumerate(path.alphas):
        coef, level = cp.Variable(problem.coef_shape), cp.Variable()
        residual = problem.response - problem.design.matrix @ coef - level
        cost = problem.weights @ cp.maximum(Q * residual, (Q - 1) * residual)
        outside = cp.Problem(cp.Minimize(cost + alpha * as_cvxpy_penalty(cp, penalty, coef)))
        outside.solve(solver=cp.CLARABEL)
        ours = problem.objective(path.coefs[:, k], path.intercepts[k], alpha)
        assert abs(ours - outside.value) <= path.certificates[k].gap + 1e-7


def test_nothing_enters_at_the_largest_alpha_and_something_below():
    problem = posed(PENALTIES["group lasso"])
    start = solve_path(problem, Grid(None, 1), Controls()).alphas[0]
    path = solve_path(problem, Grid(np.array([1.001, 0.9]) * start), Controls())
    assert_allclose(path.coefs[:, 0], 0, atol=1e-12)
    assert np.abs(path.coefs[:, 1]).max() > 1e-4


def test_it_agrees_with_the_linear_programme():
    offset = np.linspace(-1, 1, 40)
    problem, grid = posed(L1(), offset), Grid(np.array([0.1, 0.03]))
    programme = solve_path(problem, grid, Controls())
    multipliers = Multipliers().path(problem, grid, Controls())
    for k, alpha in enumerate(grid.alphas):
        values = [
            problem.objective(path.coefs[:, k], path.intercepts[k], alpha)
            for path in (programme, multipliers)
        ]
        assert abs(values[0] - values[1]) <= multipliers.certificates[k].gap + 1e-9


def test_cross_validation_takes_it():
    X, y = features(), LOSSES["huber"][1]()
    model = taut.PenalizedRegressor(losses.Quantile(0.5), PENALTIES["slope"], alpha=RULE)
    path = model.fit(X, y).path_
    assert len(path) == 4
    assert all(c.solved for c in path.certificates)


class Own(Penalty):
    """Without a dual norm there is no gap."""

    def value(self, coef):
        return float(np.sum(np.abs(coef)))

    def prox(self, coef, step):
        return np.sign(coef) * np.maximum(np.abs(coef) - step, 0.0)


def test_a_penalty_of_ones_own():
    path = solve_path(posed(Own()), Grid(np.array([0.05])), Controls())
    expected = solve_path(posed(L1()), Grid(np.array([0.05])), Controls())
    assert_allclose(path.coefs, expected.coefs, rtol=0, atol=1e-3)


def test_penalties_that_are_not_convex_are_refused():
    with pytest.raises(ValueError, match="take a smooth loss"):
        solve_path(posed(MCP()), Grid(), Controls())


@pytest.mark.parametrize("seed", range(20))
def test_the_root_of_clipped_lines(seed):
    random = np.random.default_rng(seed)
    n = random.integers(2, 12)
    centres, v = 10 ** random.uniform(-3, 3) * random.normal(size=n), random.uniform(size=n)
    v[0] = 0.0
    b = clipped_root(centres, v, -0.4, 1.3)
    total = v @ np.clip(b - centres, -0.4, 1.3)
    assert abs(total) <= 1e-12 * v.sum() * max(1.3, abs(centres).max())
    huber = losses.Huber(1.3)
    values = [
        huber.total(centres, np.full(n, level), v)
        for level in (huber.null_intercept(centres, v), Loss.null_intercept(huber, centres, v))
    ]
    assert values[0] <= values[1] * (1 + 1e-12)


class Asymmetric(Penalty):
    """A penalty of a user's own: nothing is known of the derivative of its prox."""

    def value(self, coef):
        return float(np.sum(np.maximum(coef, -3 * coef)))

    def prox(self, coef, step):
        return np.maximum(coef - step, 0) + np.minimum(coef + 3 * step, 0)


class ByCoefficient(Asymmetric):
    by_coefficient = True


@pytest.mark.parametrize("penalty", [Asymmetric(), ByCoefficient()], ids=repr)
@pytest.mark.parametrize("q", [0.5, 0.8])
@pytest.mark.parametrize("seed", [2, 3])
def test_a_prox_without_a_derivative_has_differences(penalty, q, seed):
    random = np.random.default_rng(seed)
    X = random.normal(size=(60, 20))
    y = X[:, :3] @ [1.0, -2.0, 0.5] + random.standard_t(2, size=60)
    path = taut.fit_path(X, y, losses.Quantile(q), penalty, n_alphas=10, alpha_min_ratio=0.02)
    assert all(c.solved and c.n_iter <= 200 for c in path.certificates)
    # With a column for each sign it is a lasso with weights.
    both = np.hstack([X, -X])
    weights = np.repeat([1.0, 3.0], 20)
    parts = taut.fit_path(
        *(both, y, losses.Quantile(q), L1(weights=weights) + NonNegative()), alphas=path.alphas
    )

    def cost(path, X, penalty):
        residual = y[:, None] - path.linear_predictor(X)
        return np.maximum(q * residual, (q - 1) * residual).mean(axis=0) + path.alphas * penalty

    ours = cost(path, X, np.maximum(path.coefs, -3 * path.coefs).sum(axis=0))
    assert_allclose(ours, cost(parts, both, weights @ parts.coefs), rtol=0, atol=1e-5)

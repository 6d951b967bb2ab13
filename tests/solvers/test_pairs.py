"""Every smooth loss with every penalty: certificates, and an outside solver where there is one."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from taut.designs import as_design
from taut.penalties import Penalty
from taut.problem import Problem
from taut.solvers import Controls, Grid, solve_path
from taut.solvers.proximal_gradient import ProximalGradient

from .pairs import (
    EDGES,
    FREE,
    GROUPS,
    LAMBDAS,
    LOSSES,
    MATRIX,
    N_FEATURES,
    NON_CONVEX,
    PENALTIES,
    SIGNED,
    data,
)

each_loss = pytest.mark.parametrize("loss", LOSSES)
SLOW = ("graph fused lasso",)  # each prox is a few maximum flows
each_penalty = pytest.mark.parametrize(
    "penalty",
    [pytest.param(name, marks=pytest.mark.slow) if name in SLOW else name for name in PENALTIES],
)
each_non_convex = pytest.mark.parametrize("penalty", NON_CONVEX)


def posed(name, penalty, **options) -> Problem:
    return posed_as(*data(name), penalty, **options)


def posed_as(X, y, loss, penalty, **options) -> Problem:
    v = np.random.default_rng(1).uniform(0.5, 1.5, len(X))
    v[3] = 0.0
    return Problem(as_design(X), y, loss, penalty, v / v.sum(), **options)


def solved(problem, grid, tol=1e-6):
    return ProximalGradient().path(problem, grid, Controls(tol, 5000))


def middle(problem, path=None):
    """Two strengths at which some coefficients are zero and some are not."""
    grid = Grid(None, 1)
    start = (path(problem, grid, Controls()) if path else solved(problem, grid)).alphas[0]
    return Grid(np.array([0.3, 0.05]) * (start if start > 1e-12 else 1.0))


@each_loss
@each_penalty
@pytest.mark.parametrize("standardize", [False, True])
def test_paths_are_certified(loss, penalty, standardize):
    problem = posed(loss, PENALTIES[penalty], standardize=standardize)
    grid = Grid(None, 6, 1e-2) if penalty != "l2" else Grid(np.geomspace(1, 1e-3, 6))
    path = solved(problem, grid, 1e-8)
    assert path.coefs.shape == (*problem.coef_shape, 6)
    assert all(c.solved for c in path.certificates)
    assert max(c.relative_gap for c in path.certificates) <= 1e-8


@each_loss
@each_non_convex
def test_non_convex_paths_are_stationary_and_claim_no_gap(loss, penalty):
    problem = posed(loss, NON_CONVEX[penalty])
    path = solved(problem, Grid(None, 6, 5e-2), 1e-7)
    for k, (alpha, certificate) in enumerate(zip(path.alphas, path.certificates, strict=True)):
        assert certificate.solved
        assert np.isnan(certificate.gap)
        assert certificate.kkt <= 1e-7
        # The fixed point of the prox, by hand.
        coef = path.coefs[..., k]
        eta = problem.design.product(coef) + path.intercepts[..., k]
        slope = problem.loss.slope(problem.response, eta, problem.weights)
        gradient = problem.design.cross(slope)
        fixed = problem.penalty.scaled_prox(coef - 0.1 * gradient, 0.1, alpha)
        assert_allclose(fixed, coef, rtol=0, atol=1e-6)
        if problem.loss.is_separable:
            assert_allclose(slope.sum(axis=0), 0, atol=1e-10)


@each_loss
@each_penalty
def test_the_gap_bounds_what_a_longer_run_gains(loss, penalty):
    problem = posed(loss, PENALTIES[penalty])
    grid = middle(problem)
    rough, fine = solved(problem, grid, 1e-3), solved(problem, grid, 1e-10)
    for k, alpha in enumerate(grid.alphas):
        values = [
            problem.objective(p.coefs[..., k], p.intercepts[..., k], alpha) for p in (rough, fine)
        ]
        assert values[0] - values[1] <= rough.certificates[k].gap + 1e-12
        assert values[0] - values[1] >= -fine.certificates[k].gap - 1e-12


@each_loss
@each_penalty
def test_nothing_enters_above_the_largest_alpha_and_something_below(loss, penalty):
    if penalty == "l2":
        pytest.skip("no alpha sets a coefficient to zero")
    problem = posed(loss, PENALTIES[penalty])
    start = solved(problem, Grid(None, 1)).alphas[0]
    path = solved(problem, Grid(np.array([1.001, 0.98]) * start), 1e-10)
    moved = path.coefs[..., 1] - path.coefs[..., 0]
    assert np.abs(moved).max() > 1e-6
    value = problem.penalty.value(path.coefs[..., 0])
    assert abs(value) <= 1e-9


@each_loss
@each_penalty
def test_the_solver_that_is_chosen_agrees(loss, penalty):
    """Compiled engines where there are any: two ways to one minimum."""
    problem = posed(loss, PENALTIES[penalty])
    if loss == "targets" and problem.is_separable:
        pytest.skip("targets that are not tied are solved one by one")
    grid = middle(problem)
    chosen = solve_path(problem, grid, Controls(1e-10, 5000))
    general = solved(problem, grid, 1e-10)
    assert_allclose(chosen.coefs, general.coefs, rtol=0, atol=2e-4)
    for k, alpha in enumerate(grid.alphas):
        values = [
            problem.objective(p.coefs[..., k], p.intercepts[..., k], alpha)
            for p in (chosen, general)
        ]
        assert_allclose(values[0], values[1], rtol=0, atol=1e-9 * max(1, abs(values[0])))


def as_cvxpy_loss(cp, name, y, v, eta):
    if name in ("squared", "targets"):
        weights = np.sqrt(v) if y.ndim == 1 else np.sqrt(v)[:, None] * np.ones(y.shape)
        return 0.5 * cp.sum_squares(cp.multiply(weights, eta - y))
    if name == "logistic":
        return v @ (cp.logistic(eta) - cp.multiply(y, eta))
    if name == "poisson":
        return v @ (cp.exp(eta) - cp.multiply(y, eta))
    if name == "gamma":
        return v @ (eta + cp.multiply(y, cp.exp(-eta)))
    if name == "tweedie":
        growth, decay = cp.exp(0.5 * eta) - 1, cp.exp(-0.5 * eta) - 1
        return 2 * v @ (growth + cp.multiply(y, decay))
    if name == "huber":
        return 0.5 * v @ cp.huber(eta - y, 1.0)
    if name == "squared hinge":
        return 0.5 * v @ cp.square(cp.pos(1 - cp.multiply(2 * y - 1, eta)))
    if name == "multinomial":
        picked = cp.sum(cp.multiply(y, eta), axis=1)
        return v @ (cp.log_sum_exp(eta, axis=1) - picked)
    total = 0.0  # Cox, Breslow
    logs = np.log(np.where(v > 0, v, 1.0))
    for time in np.unique(y[(v > 0) & (y[:, 1] == 1), 0]):
        dying = (v > 0) & (y[:, 1] == 1) & (y[:, 0] == time)
        risk = (v > 0) & (y[:, 0] >= time)
        weight = v[dying].sum()
        total += weight * (cp.log_sum_exp(eta[risk] + logs[risk]) - np.log(weight))
        total -= v[dying] @ eta[dying]
    return total


def as_cvxpy_penalty(cp, name, b):
    groups = [np.flatnonzero(g == GROUPS) for g in range(3)]
    columns = [b] if b.ndim == 1 else [b[:, k] for k in range(b.shape[1])]

    def norms(weights):
        return sum(
            w * cp.norm(cp.vec(b[g], order="F"), 2) for w, g in zip(weights, groups, strict=True)
        )

    def jumps(c):
        return cp.norm1(c[1:] - c[:-1])

    def over_edges(c):
        return cp.norm1(c[EDGES[:, 1]] - c[EDGES[:, 0]])

    sizes = np.sqrt([len(g) for g in groups])
    l1, squares = cp.sum(cp.abs(b)), 0.5 * cp.sum_squares(b)
    rows = l1 if b.ndim == 1 else cp.sum(cp.norm(b, 2, axis=1))
    gaps = LAMBDAS - np.append(LAMBDAS[1:], 0.0)
    free = sum(cp.sum(cp.multiply(FREE, cp.abs(c))) for c in columns)
    sorted_l1 = sum(
        sum(gap * cp.sum_largest(cp.abs(c), k + 1) for k, gap in enumerate(gaps)) for c in columns
    )
    variation = sum(jumps(c) for c in columns)
    on_graph = sum(over_edges(c) for c in columns)
    within_groups = 0.25 * cp.sum_squares(b[groups[0]]) + 0.5 * cp.sum_squares(b[groups[2]])
    slopes = np.linspace(0.0, 1.0, N_FEATURES)
    rising = sum(cp.sum(cp.multiply(slopes, cp.abs(c))) for c in columns)
    nuclear = cp.norm(b, 2) if b.ndim == 1 else cp.normNuc(b)
    return {
        "l1": l1,
        "l1, one free": free,
        "l2": squares,
        "elastic net": 0.5 * l1 + 0.5 * squares,
        "non-negative": l1,
        "group lasso": norms(sizes),
        "group lasso, one free": norms([0.0, 1.0, 2.0]),
        "sparse group lasso": 0.3 * l1 + 0.7 * norms(sizes),
        "multi-task": rows,
        "slope": sorted_l1,
        "fused lasso": variation + 0.5 * l1,
        "total variation": variation,
        "graph fused lasso": on_graph + 0.5 * l1,
        "nuclear": nuclear,
        "group lasso and l2": norms(sizes) + within_groups,
        "group lasso, signs": norms(sizes),
        "group lasso and l1": norms(sizes) + rising,
        "multi-task and l2": rows + squares,
        "slope and l2": sorted_l1 + squares,
        "slope, signs": sorted_l1 + l1,
        "fused lasso and l2": variation + 0.5 * l1 + squares,
        "fused lasso, signs": variation + 0.5 * l1,
        "nuclear and l2": nuclear + squares,
    }[name]


@each_loss
@each_penalty
def test_an_outside_solver_does_no_better(loss, penalty):
    cp = pytest.importorskip("cvxpy")
    problem = posed(loss, PENALTIES[penalty])
    grid = middle(problem)
    path = solved(problem, grid, 1e-9)
    y, v = problem.response, problem.weights
    for k, alpha in enumerate(grid.alphas):
        b = cp.Variable(problem.coef_shape)
        level = 0.0 if loss == "cox" else cp.Variable(problem.coef_shape[1:] or 1)
        eta = problem.design.matrix @ b
        if loss in MATRIX:
            eta = eta + np.ones((len(y), 1)) @ cp.reshape(level, (1, y.shape[1]), order="F")
        elif loss != "cox":
            eta = eta + level
        limits = [b >= 0] if penalty in SIGNED else []
        objective = as_cvxpy_loss(cp, loss, y, v, eta) + alpha * as_cvxpy_penalty(cp, penalty, b)
        outside = cp.Problem(cp.Minimize(objective), limits)
        outside.solve(solver=cp.CLARABEL)
        ours = problem.objective(path.coefs[..., k], path.intercepts[..., k], alpha)
        assert_allclose(ours, outside.value, rtol=0, atol=1e-6 * max(1.0, abs(outside.value)))
        found, expected = path.coefs[..., k], b.value
        if loss == "multinomial":
            # Where a feature is not penalised, a constant added to all classes changes nothing.
            found = found - found.mean(axis=1, keepdims=True)
            expected = expected - expected.mean(axis=1, keepdims=True)
        assert_allclose(found, expected, rtol=0, atol=5e-3)


class Capped(Penalty):
    """A penalty of a user's own, with value and prox and nothing else."""

    def value(self, coef):
        return float(np.sum(np.abs(coef)))

    def prox(self, coef, step):
        return np.sign(coef) * np.maximum(np.abs(coef) - step, 0.0)


def test_a_penalty_of_ones_own_needs_value_and_prox_only():
    ours = posed("logistic", Capped())
    grid = Grid(np.array([0.05, 0.01]))
    path = solve_path(ours, grid, Controls(1e-9))
    expected = solve_path(posed("logistic", PENALTIES["l1"]), grid, Controls(1e-9))
    assert all(c.solved and np.isnan(c.gap) for c in path.certificates)
    assert_allclose(path.coefs, expected.coefs, rtol=0, atol=1e-4)


class Shrinking(Capped):
    """It leaves no coefficient at zero."""

    def value(self, coef):
        return float(np.sum(coef**2) / 2)

    def prox(self, coef, step):
        return coef / (1 + step)


def test_its_largest_alpha_is_found_in_its_prox():
    grid = Grid(None, 5, 0.1)
    found = solve_path(posed("logistic", Capped()), grid, Controls())
    expected = solve_path(posed("logistic", PENALTIES["l1"]), grid, Controls())
    assert_allclose(found.alphas, expected.alphas, rtol=1e-9)


def test_where_no_alpha_leaves_zero_there_is_no_automatic_grid():
    with pytest.raises(ValueError, match="pass alphas"):
        solve_path(posed("logistic", Shrinking()), Grid(), Controls())

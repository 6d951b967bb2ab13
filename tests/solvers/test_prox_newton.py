"""The compiled path of other losses: judged from outside, with and without looking ahead."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

from taut import _core, losses, penalties
from taut.designs import as_design
from taut.problem import Problem
from taut.solvers import Controls, Grid
from taut.solvers.path_engine import PathEngine
from taut.solvers.prox_newton import ProxNewton

# Where Huber's own curvatures do not do, its steps contract slowly near the end.
TOL = dict.fromkeys(("logistic", "poisson", "gamma", "tweedie", "squared hinge"), 1e-9) | {
    "huber": 1e-7
}
LOSSES = {
    "logistic": losses.Logistic(),
    "poisson": losses.Poisson(),
    "gamma": losses.Gamma(),
    "tweedie": losses.Tweedie(power=1.5),
    "huber": losses.Huber(delta=0.7),
    "squared hinge": losses.SquaredHinge(),
}
PENALTIES = {
    "l1": lambda p: penalties.L1(),
    "elastic net": lambda p: penalties.ElasticNet(0.5),
    "one free, one out": lambda p: penalties.L1(weights=np.r_[0.0, np.inf, np.ones(p - 2)]),
    "non-negative": lambda p: penalties.L1() + penalties.NonNegative(),
    "box": lambda p: penalties.L1() + penalties.Box(-0.1, 0.2),
}
# More coefficients than rows at their bounds, under a majorised curvature: one strength ends early,
# and says so.
KNOWN_TO_STALL = ("huber", "box", "wide")
SHAPES = {"tall": (120, 10), "wide": (60, 150)}

every_loss = pytest.mark.parametrize("name", LOSSES)
every_penalty = pytest.mark.parametrize("penalty", PENALTIES)
every_shape = pytest.mark.parametrize("shape", SHAPES)


def data(name, shape, seed=0):
    rng = np.random.default_rng(seed)
    n_samples, n_features = SHAPES[shape]
    X = rng.standard_normal((n_samples, n_features)) + rng.standard_normal(n_features)
    eta = X[:, :4] @ [0.6, -0.5, 0.4, 0.3] - 0.2
    y = {
        "logistic": lambda: (rng.random(n_samples) < 1 / (1 + np.exp(-eta))).astype(float),
        "poisson": lambda: rng.poisson(np.exp(eta)).astype(float),
        "gamma": lambda: np.exp(eta) * rng.gamma(2.0, 0.5, n_samples),
        "tweedie": lambda: rng.poisson(np.exp(eta)) * rng.gamma(2.0, 0.5, n_samples),
        "huber": lambda: eta + rng.standard_t(2, n_samples),
        "squared hinge": lambda: (eta + rng.standard_normal(n_samples) > 0).astype(float),
    }[name]()
    return X, y


def posed(name, X, y, penalty=None, weights=None, **options):
    weights = np.ones(len(y)) if weights is None else weights
    penalty = penalties.L1() if penalty is None else penalty
    return Problem(as_design(X), y, LOSSES[name], penalty, weights / weights.sum(), **options)


def gaps(problem, solved):
    """Primal less dual, relative to the null model, by the losses' own conjugates."""
    loss, y, v = problem.loss, problem.response, problem.weights
    l1, l2, lower, upper = problem.coordinates
    offset = 0.0 if problem.offset is None else problem.offset
    null = loss.total(y, offset + loss.null_intercept(y, v, problem.offset), v)
    null -= loss.total_lowest(y, v)
    out = []
    for coef, intercept, alpha in zip(
        solved.coefs.T, solved.intercepts, solved.alphas, strict=True
    ):
        eta = offset + intercept + problem.design.product(coef)
        slope = loss.slope(y, eta, v)
        a, q = alpha * l1, alpha * l2
        primal = loss.total(y, eta, v) + a @ np.abs(coef) + 0.5 * q @ coef**2
        z = -problem.design.cross(slope)
        steep = (q == 0) & (np.abs(z) > a) & (a > 0)
        open_ends = steep & np.where(z > 0, np.isinf(upper), np.isinf(lower))
        off_bounds = steep & (coef != np.where(z > 0, upper, lower))
        # Scaled as far as the conjugate is finite, or until no coordinate is drawn to a far bound.
        duals = []
        for some in (open_ends, off_bounds):
            t = min(1.0, (a[some] / np.abs(z[some])).min()) if some.any() else 1.0
            linear = t * float(slope @ (offset + np.zeros(len(y))))
            duals.append(
                linear - loss.total_conjugate(y, t * slope, v) - conjugate(problem, alpha, t * z)
            )
        out.append((primal - max(duals)) / null)
    return np.array(out)


def conjugate(problem, alpha, z):
    """That of the penalty, from the coefficients that attain it."""
    l1, l2, lower, upper = problem.coordinates
    a, q = alpha * l1, alpha * l2
    # A coordinate without a penalty has no slope left, up to what was solved.
    z = np.where((a == 0) & (q == 0) & np.isinf(upper) & np.isinf(lower), 0.0, z)
    best = np.clip(
        np.sign(z) * np.maximum(np.abs(z) - a, 0) / np.where(q > 0, q, np.inf), lower, upper
    )
    edge = (q == 0) & (np.abs(z) > a)
    best = np.where(edge & (z > 0), np.minimum(upper, 1e300), best)
    best = np.where(edge & (z < 0), np.maximum(lower, -1e300), best)
    best = np.where(edge & (np.abs(best) == 1e300), 0.0, best)
    return np.sum(z * best - a * np.abs(best) - 0.5 * q * best**2)


@every_loss
@every_penalty
@every_shape
def test_certificates_are_true(name, penalty, shape):
    X, y = data(name, shape)
    problem = posed(name, X, y, PENALTIES[penalty](X.shape[1]))
    grid, controls = Grid(None, 15, 1e-2), Controls(TOL[name], 5000)
    solved = ProxNewton().path(problem, grid, controls)
    stalled = [c for c in solved.certificates if not c.solved]
    assert len(stalled) <= ((name, penalty, shape) == KNOWN_TO_STALL)
    claimed = np.array([c.relative_gap for c in solved.certificates])
    assert_allclose(gaps(problem, solved), claimed, atol=2 * TOL[name], rtol=1e-3)
    objectives = [
        problem.objective(*point)
        for point in zip(solved.coefs.T, solved.intercepts, solved.alphas, strict=True)
    ]
    plain = ProxNewton().path(problem, Grid(solved.alphas), controls, engine=3)
    others = [
        problem.objective(*point)
        for point in zip(plain.coefs.T, plain.intercepts, plain.alphas, strict=True)
    ]
    assert_allclose(objectives, others, rtol=1e-7, atol=20 * TOL[name])


@every_loss
@pytest.mark.parametrize("option", [{}, {"fit_intercept": False}, {"standardize": True}])
def test_sparse_is_dense_and_memory_order_is_nothing(name, option):
    X, y = data(name, "tall")
    X[np.random.default_rng(1).random(X.shape) < 0.6] = 0.0
    grid, controls = Grid(None, 10, 1e-2), Controls(1e-12, 5000)
    first = ProxNewton().path(posed(name, X, y, **option), grid, controls)
    for other in (np.asfortranarray(X), sparse.csc_array(X), sparse.csr_array(X)):
        solved = ProxNewton().path(posed(name, other, y, **option), grid, controls)
        assert_allclose(solved.alphas, first.alphas, rtol=1e-10)
        assert_allclose(solved.coefs, first.coefs, atol=1e-5)


@every_loss
def test_integer_weights_are_repeated_rows_and_zero_is_no_row(name):
    X, y = data(name, "tall")
    counts = np.random.default_rng(2).integers(0, 4, len(y))
    grid, controls = Grid(None, 8, 1e-2), Controls(1e-11, 5000)
    weighted = ProxNewton().path(posed(name, X, y, weights=counts.astype(float)), grid, controls)
    rows = np.repeat(np.arange(len(y)), counts)
    repeated = ProxNewton().path(posed(name, X[rows], y[rows]), grid, controls)
    assert_allclose(weighted.alphas, repeated.alphas, rtol=1e-8)
    assert_allclose(weighted.coefs, repeated.coefs, atol=1e-5)
    assert_allclose(weighted.intercepts, repeated.intercepts, atol=1e-5)


@every_loss
def test_a_constant_offset_moves_the_intercept_alone(name):
    X, y = data(name, "tall")
    grid, controls = Grid(None, 8, 1e-2), Controls(1e-11, 5000)
    plain = ProxNewton().path(posed(name, X, y), grid, controls)
    moved = ProxNewton().path(posed(name, X, y, offset=np.full(len(y), 0.7)), grid, controls)
    assert_allclose(moved.coefs, plain.coefs, atol=1e-5)
    assert_allclose(moved.intercepts, plain.intercepts - 0.7, atol=1e-5)


def test_squared_loss_gives_the_path_of_least_squares():
    """Prox-Newton under a constant curvature is the exact engine."""
    X, y = data("huber", "wide")
    n_samples, n_features = X.shape
    exact = PathEngine().path(
        Problem(
            as_design(X), y, losses.Squared(), penalties.L1(), np.full(n_samples, 1 / n_samples)
        ),
        Grid(None, 30, 1e-2),
        Controls(1e-12),
    )
    alphas, coefs, intercepts, *_ = _core.solve_loss_path(
        as_design(X).handle,
        y,
        np.zeros(n_samples),
        np.full(n_samples, 1 / n_samples),
        True,
        _core.compiled_loss(0),
        np.ones(n_features),
        np.zeros(n_features),
        np.full(n_features, -np.inf),
        np.full(n_features, np.inf),
        None,
        30,
        1e-2,
        1e-12,
        1000,
    )
    assert_allclose(alphas, exact.alphas, rtol=1e-10)
    assert_allclose(coefs, exact.coefs, atol=1e-8)
    assert_allclose(intercepts, exact.intercepts, atol=1e-8)


def test_separable_classes_do_not_loop():
    """Without a penalty coefficients run to infinity: the fit stops within its tolerance."""
    X, y = data("logistic", "tall")
    y = (X[:, 0] > 0).astype(float)
    problem = posed("logistic", X, y, penalties.L1(weights=np.zeros(X.shape[1])))
    solved = ProxNewton().path(problem, Grid(np.ones(1)), Controls(1e-8, 300))
    assert np.all(np.isfinite(solved.coefs))
    assert problem.objective(solved.coefs[:, 0], solved.intercepts[0], 1.0) < 1e-6


def test_counts_in_the_thousands_do_not_overflow():
    rng = np.random.default_rng(3)
    X = 3 * rng.standard_normal((200, 20))
    y = rng.poisson(np.exp(np.clip(X[:, 0] + 5, None, 12))).astype(float)
    solved = ProxNewton().path(posed("poisson", X, y), Grid(None, 20, 1e-3), Controls(1e-8, 5000))
    assert np.all(np.isfinite(solved.coefs))
    assert all(c.solved for c in solved.certificates)


@every_loss
@every_shape
@pytest.mark.parametrize("matrix", [np.asfortranarray, sparse.csc_matrix])
def test_a_start_changes_no_answer(name, shape, matrix):
    X, y = data(name, shape)
    problem = posed(name, matrix(X), y)
    alphas = Grid(None, 12, 1e-2)
    controls = Controls(TOL[name], 5000)
    cold = ProxNewton().path(problem, alphas, controls)
    rest = Grid(cold.alphas[5:])
    near = ProxNewton().path(problem, rest, replace(controls, start=cold.coefs[:, 4]))
    far = ProxNewton().path(problem, rest, replace(controls, start=cold.coefs[:, -1]))
    there = ProxNewton().path(
        problem, Grid(rest.alphas[:1]), replace(controls, start=cold.coefs[:, 5])
    )
    for warm in (near, far, there):
        assert all(c.solved for c in warm.certificates)
        assert_allclose(
            [
                problem.objective(*point)
                for point in zip(warm.coefs.T, warm.intercepts, warm.alphas, strict=True)
            ],
            [
                problem.objective(*point)
                for point in zip(cold.coefs.T[5:], cold.intercepts[5:], warm.alphas, strict=False)
            ][: len(warm.alphas)],
            atol=20 * TOL[name],
        )
    assert there.certificates[0].n_iter <= 2


def huber_problem(n_samples, n_features, delta, penalty):
    rng = np.random.default_rng(1)
    X = rng.standard_normal((n_samples, n_features))
    y = X[:, :3].sum(axis=1) + rng.standard_t(2, n_samples)
    weights = np.full(n_samples, 1 / n_samples)
    return Problem(as_design(X), y, losses.Huber(delta), penalty, weights)


def test_huber_takes_few_steps_where_most_rows_are_beyond():
    problem = huber_problem(1000, 20, 0.1, penalties.L1())
    solved = ProxNewton().path(problem, Grid(None, 50, 1e-2), Controls(1e-8))
    assert all(c.solved for c in solved.certificates)
    assert sum(c.n_iter for c in solved.certificates) < 50 * 25


def test_huber_is_solved_where_hardly_any_row_is_within():
    """The curvatures of the loss itself do not lead there."""
    problem = huber_problem(60, 80, 0.005, penalties.L2())
    solved = ProxNewton().path(problem, Grid(None, 5, 1e-2), Controls(1e-6))
    assert all(c.solved for c in solved.certificates)


def test_a_strength_of_a_wide_path_takes_a_few_steps():
    """Each begins where the last two point to, and ends with the gap that is asked for."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((150, 600))
    y = (X[:, :10].sum(axis=1) / 3 + rng.logistic(size=150) > 0).astype(float)
    solved = ProxNewton().path(posed("logistic", X, y), Grid(None, 50, 1e-2), Controls(1e-6, 1000))
    assert all(c.solved for c in solved.certificates)
    assert np.mean([c.n_iter for c in solved.certificates]) <= 6

"""The compiled path of several classes: judged from outside, in both codings."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

from taut.designs import as_design
from taut.losses import Multinomial
from taut.penalties import L1, Box, ElasticNet, NonNegative
from taut.problem import Problem
from taut.solvers import Controls, Grid
from taut.solvers.prox_newton import ProxNewton

PENALTIES = {
    "l1": lambda p: L1(),
    "elastic net": lambda p: ElasticNet(0.5),
    "one free, one out": lambda p: L1(weights=np.r_[0.0, np.inf, np.ones(p - 2)]),
    "non-negative": lambda p: L1() + NonNegative(),
    "box": lambda p: L1() + Box(-0.1, 0.2),
}
SHAPES = {"tall": (90, 7), "wide": (41, 90)}
GRID = Grid(None, 8, 0.03)
WORKING_SETS, ONE_BY_ONE, DESCENT = 2, 3, 4

every_coding = pytest.mark.parametrize("coding", ["symmetric", "reference"])
every_shape = pytest.mark.parametrize("shape", SHAPES)


def data(shape, n_classes=3, seed=0):
    random = np.random.default_rng(seed)
    n_samples, n_features = SHAPES[shape]
    X = random.normal(size=(n_samples, n_features)) + random.normal(size=n_features)
    eta = X[:, :4] @ random.normal(size=(4, n_classes)) + random.gumbel(size=(n_samples, n_classes))
    labels = np.argmax(eta, axis=1)
    labels[:n_classes] = np.arange(n_classes)
    return X, labels


def posed(X, labels, coding="symmetric", penalty=None, weights=None, **options):
    loss = Multinomial(coding)
    weights = np.ones(len(labels)) if weights is None else weights
    return Problem(
        as_design(X),
        loss.check_response(labels),
        loss,
        L1() if penalty is None else penalty,
        weights / weights.sum(),
        **options,
    )


def gaps(problem, solved):
    """Primal less dual, relative to the null model, from the definitions."""
    loss, y, v = problem.loss, problem.response, problem.weights
    l1, l2, lower, upper = (part[:, None] for part in problem.coordinates)
    base = np.zeros(y.shape) if problem.offset is None else problem.offset
    null = loss.total(y, base + loss.null_intercept(y, v, problem.offset), v)
    out = []
    for k, alpha in enumerate(solved.alphas):
        coef, intercept = solved.coefs[..., k], solved.intercepts[:, k]
        slope = loss.slope(y, base + intercept + problem.design.product(coef), v)
        z = -problem.design.cross(slope)
        a, q = alpha * l1, alpha * l2
        free = (a == 0) & (q == 0) & np.isinf(lower) & np.isinf(upper)
        z = np.where(free | (lower == upper), 0.0, z)  # up to what was solved
        steep = (q == 0) & (np.abs(z) > a) & np.isinf(np.where(z > 0, upper, lower))
        t = float(np.min((a / np.where(z == 0, 1, np.abs(z)))[steep], initial=1.0))
        excess = np.sign(z) * np.maximum(t * np.abs(z) - a, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            best = np.where(excess == 0, 0.0, np.clip(excess / q, lower, upper))
        best = np.where(np.isinf(best), 0.0, np.clip(best, lower, upper))
        conjugate = np.sum(t * z * best - a * np.abs(best) - 0.5 * q * best**2, where=a < np.inf)
        dual = t * np.sum(slope * base) - loss.total_conjugate(y, t * slope, v) - conjugate
        out.append((problem.objective(coef, intercept, alpha) - dual) / null)
    return np.array(out)


def objectives(problem, solved):
    return [
        problem.objective(solved.coefs[..., k], solved.intercepts[:, k], alpha)
        for k, alpha in enumerate(solved.alphas)
    ]


@every_coding
@every_shape
@pytest.mark.parametrize("penalty", PENALTIES)
def test_certificates_are_true(coding, penalty, shape):
    X, labels = data(shape)
    problem = posed(X, labels, coding, PENALTIES[penalty](X.shape[1]))
    solved = ProxNewton().path(problem, GRID, Controls(1e-9, 5000))
    assert all(certificate.solved for certificate in solved.certificates)
    claimed = np.array([certificate.relative_gap for certificate in solved.certificates])
    assert_allclose(gaps(problem, solved), claimed, atol=2e-9, rtol=1e-3)


@every_coding
@every_shape
@pytest.mark.parametrize("engine", [WORKING_SETS, ONE_BY_ONE, DESCENT])
@pytest.mark.parametrize("option", [{}, {"fit_intercept": False}, {"standardize": True}])
def test_engines_agree(coding, shape, engine, option):
    problem = posed(*data(shape), coding, **option)
    grid = Grid(None, 6, 0.1)
    first = ProxNewton().path(problem, grid, Controls(1e-10, 20000))
    other = ProxNewton().path(problem, Grid(first.alphas), Controls(1e-10, 20000), engine)
    assert all(certificate.solved for certificate in other.certificates)
    assert_allclose(objectives(problem, other), objectives(problem, first), rtol=1e-8)


@every_coding
@pytest.mark.parametrize(
    "kind",
    [np.asfortranarray, sparse.csc_array, sparse.csr_array, lambda X: X.astype(np.float32)],
    ids=["column-major", "csc", "csr", "float32"],
)
@pytest.mark.parametrize("engine", [WORKING_SETS, DESCENT])
def test_the_kind_of_matrix_is_nothing(coding, kind, engine):
    X, labels = data("tall")
    X[np.random.default_rng(1).random(X.shape) < 0.4] = 0.0
    X = X.astype(np.float32).astype(np.float64)
    first = ProxNewton().path(posed(X, labels, coding), GRID, Controls(1e-11, 20000))
    grid = Grid(first.alphas)
    other = ProxNewton().path(posed(kind(X), labels, coding), grid, Controls(1e-11, 20000), engine)
    assert_allclose(other.coefs, first.coefs, atol=2e-5)
    assert_allclose(other.intercepts, first.intercepts, atol=2e-5)


@every_coding
def test_integer_weights_are_repeated_rows_and_zero_is_no_row(coding):
    X, labels = data("tall")
    counts = np.random.default_rng(2).integers(0, 4, len(labels))
    X[counts == 0] = 1e6
    weighted = posed(X, labels, coding, weights=counts.astype(float))
    rows = np.repeat(np.arange(len(labels)), counts)
    repeated = posed(X[rows], labels[rows], coding)
    one, other = (ProxNewton().path(p, GRID, Controls(1e-11, 5000)) for p in (weighted, repeated))
    assert_allclose(one.alphas, other.alphas, rtol=1e-8)
    assert_allclose(one.coefs, other.coefs, atol=1e-5)
    assert_allclose(one.intercepts, other.intercepts, atol=1e-5)


def test_an_offset_of_the_classes_moves_the_intercepts_alone():
    X, labels = data("tall")
    by = np.array([0.7, -0.2, -0.5])
    plain = ProxNewton().path(posed(X, labels), GRID, Controls(1e-11, 5000))
    offset = np.tile(by, (len(labels), 1))
    moved = ProxNewton().path(posed(X, labels, offset=offset), GRID, Controls(1e-11, 5000))
    assert_allclose(moved.coefs, plain.coefs, atol=1e-5)
    assert_allclose(moved.intercepts, plain.intercepts - by[:, None], atol=1e-5)


def test_what_is_not_penalised_adds_up_to_zero():
    X, labels = data("tall")
    problem = posed(X, labels, penalty=L1(weights=np.r_[0.0, np.ones(X.shape[1] - 1)]))
    solved = ProxNewton().path(problem, GRID, Controls(1e-10, 5000))
    assert_allclose(solved.coefs[0].sum(axis=0), 0.0, atol=1e-12)
    assert_allclose(solved.intercepts.sum(axis=0), 0.0, atol=1e-12)
    assert np.all(np.abs(solved.coefs[0]).sum(axis=0) > 0)


@every_coding
def test_classes_that_a_feature_separates_end_in_a_status(coding):
    X, _ = data("tall")
    labels = np.digitize(X[:, 0], np.quantile(X[:, 0], [1 / 3, 2 / 3]))
    problem = posed(X, labels, coding)
    solved = ProxNewton().path(problem, Grid(None, 30, 1e-6), Controls(1e-7, 300))
    claimed = np.array([certificate.relative_gap for certificate in solved.certificates])
    is_solved = np.array([certificate.solved for certificate in solved.certificates])
    assert np.array_equal(is_solved, claimed <= 1e-7)
    assert is_solved[:15].all()
    assert np.all(np.isfinite(solved.coefs))
    assert_allclose(gaps(problem, solved)[is_solved], claimed[is_solved], atol=2e-7)


@every_coding
def test_far_predictors_overflow_nothing(coding):
    X, labels = data("tall")
    offset = np.zeros(posed(X, labels, coding).response.shape)
    offset[::2, 0] = 900.0
    solved = ProxNewton().path(posed(X, labels, coding, offset=offset), GRID, Controls(1e-7, 500))
    assert np.all(np.isfinite(solved.coefs))
    assert np.all(np.isfinite(solved.intercepts))


def test_a_class_without_weight_is_refused():
    X, labels = data("tall")
    problem = posed(X, labels, weights=(labels != 1).astype(float))
    assert "sample of every class" in ProxNewton().refuses(problem)

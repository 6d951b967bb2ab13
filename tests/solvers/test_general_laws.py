"""The general solver: what must not change its fits, and where one penalty is another.

Every loss with every penalty by the solver that is chosen: ``test_product_laws``.
"""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

import taut
from taut import losses
from taut.designs import as_design
from taut.penalties import (
    L1,
    L2,
    MCP,
    SCAD,
    SLOPE,
    Box,
    ElasticNet,
    FusedLasso,
    GroupLasso,
    MultiTask,
    Nuclear,
    SparseGroupLasso,
    TotalVariation,
)
from taut.problem import Problem
from taut.solution import Status
from taut.solvers import Controls, Grid, solve_path
from taut.solvers.path_engine import PathEngine
from taut.solvers.proximal_gradient import ProximalGradient

from .pairs import ALL_LOSSES, LOSSES, N_FEATURES, PENALTIES, data

each_loss = pytest.mark.parametrize("loss", LOSSES)
each_penalty = pytest.mark.parametrize(
    "penalty", ["l1", "group lasso", "slope", "fused lasso", "nuclear", "elastic net"]
)
ALPHAS = np.array([0.1, 0.02])


def general(X, y, loss, penalty, weights=None, alphas=ALPHAS, **options):
    v = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=float)
    problem = Problem(as_design(X), y, loss, penalty, v / v.sum(), **options)
    return ProximalGradient().path(problem, Grid(alphas), Controls(1e-10, 5000))


def assert_same(found, expected, atol=1e-4):
    assert all(c.solved for c in (*found.certificates, *expected.certificates))
    assert_allclose(found.coefs, expected.coefs, rtol=0, atol=atol)
    assert_allclose(found.intercepts, expected.intercepts, rtol=0, atol=atol)


@each_loss
def test_groups_of_one_are_the_lasso(loss):
    X, y, loss = data(loss)
    if y.ndim == 2 and not isinstance(loss, losses.Cox):
        found = general(X, y, loss, GroupLasso(np.arange(N_FEATURES)))
        assert_same(found, general(X, y, loss, MultiTask()))
        return
    expected = general(X, y, loss, L1())
    assert_same(general(X, y, loss, GroupLasso(np.arange(N_FEATURES))), expected)
    assert_same(general(X, y, loss, MultiTask()), expected)


@pytest.mark.parametrize("standardize", [False, True])
@pytest.mark.parametrize("fit_intercept", [False, True])
def test_the_lasso_is_that_of_the_compiled_engine(standardize, fit_intercept):
    X, y, loss = data("squared")
    X = X + np.arange(N_FEATURES)
    v = np.full(len(y), 1 / len(y))
    problem = Problem(
        as_design(X), y, loss, L1(), v, standardize=standardize, fit_intercept=fit_intercept
    )
    expected = PathEngine().path(problem, Grid(None, 8, 1e-2), Controls(1e-12))
    groups = GroupLasso(np.arange(N_FEATURES))
    for penalty in (L1(), groups, SLOPE(np.ones(N_FEATURES)), SparseGroupLasso([range(8)], 1.0)):
        found = general(
            X, y, loss, penalty, alphas=expected.alphas,
            standardize=standardize, fit_intercept=fit_intercept,
        )  # fmt: skip
        assert_same(found, expected, atol=1e-5)


@each_loss
def test_slope_with_equal_weights_is_the_lasso(loss):
    X, y, loss = data(loss)
    assert_same(general(X, y, loss, SLOPE(np.ones(N_FEATURES))), general(X, y, loss, L1()))


@each_loss
@pytest.mark.parametrize("kind", [MCP, SCAD])
def test_a_folded_concave_penalty_of_large_gamma_is_the_lasso(loss, kind):
    X, y, loss = data(loss)
    assert_same(general(X, y, loss, kind(1e9)), general(X, y, loss, L1()), atol=1e-3)


def test_one_group_of_all_shrinks_along_the_ridge_path():
    """At |b| = r the stationarity of alpha w |b| is that of a ridge of strength alpha w / r."""
    X, y, loss = data("squared")
    group = general(X, y, loss, GroupLasso([range(N_FEATURES)], weights=[1.0]), alphas=[0.1])
    strength = 0.1 / np.linalg.norm(group.coefs[:, 0])
    ridge = general(X, y, loss, L2(), alphas=[strength])
    assert_allclose(group.coefs, ridge.coefs, rtol=0, atol=1e-5)


def test_two_classes_are_logistic_regression():
    """Symmetric coefficients are half the difference each, so that |b| = |b_1| + |b_2|."""
    X, y, _ = data("logistic")
    logistic = general(X, y, losses.Logistic(), L1())
    two = general(X, losses.Multinomial().check_response(y), losses.Multinomial(), L1())
    assert_allclose(two.coefs[:, 1] - two.coefs[:, 0], logistic.coefs, rtol=0, atol=1e-4)
    assert_allclose(two.intercepts[1] - two.intercepts[0], logistic.intercepts, rtol=0, atol=1e-4)


@each_loss
@each_penalty
def test_a_weight_of_zero_deletes_a_row(loss, penalty):
    X, y, loss = data(loss)
    weights = np.random.default_rng(2).uniform(0.5, 1.5, len(y)) * (np.arange(len(y)) % 5 > 0)
    kept = weights > 0
    found = general(X, y, loss, PENALTIES[penalty], weights)
    assert_same(found, general(X[kept], y[kept], loss, PENALTIES[penalty], weights[kept]))


@each_loss
@each_penalty
def test_whole_weights_repeat_rows(loss, penalty):
    X, y, loss = data(loss)
    if isinstance(loss, losses.Cox):
        loss = losses.Cox("breslow")
    counts = np.random.default_rng(3).integers(1, 4, len(y))
    found = general(X, y, loss, PENALTIES[penalty], counts)
    repeated = np.repeat(X, counts, axis=0), np.repeat(y, counts, axis=0)
    assert_same(found, general(*repeated, loss, PENALTIES[penalty]))


@each_loss
@each_penalty
def test_the_form_of_the_matrix_does_not_matter(loss, penalty):
    X, y, loss = data(loss)
    X = X * (np.random.default_rng(4).uniform(size=X.shape) < 0.5)
    expected = general(X, y, loss, PENALTIES[penalty])
    assert_same(general(sparse.csc_array(X), y, loss, PENALTIES[penalty]), expected)
    assert_same(general(np.asfortranarray(X), y, loss, PENALTIES[penalty]), expected)


@pytest.mark.parametrize("loss", ["logistic", "poisson", "gamma", "huber", "cox", "multinomial"])
def test_a_constant_offset_is_an_intercept(loss):
    X, y, loss = data(loss)
    shape = y.shape if isinstance(loss, losses.Multinomial) else len(y)
    plain = general(X, y, loss, GroupLasso(np.arange(8) // 2))
    moved = general(X, y, loss, GroupLasso(np.arange(8) // 2), offset=np.full(shape, 0.7))
    assert_allclose(moved.coefs, plain.coefs, rtol=0, atol=1e-4)
    if isinstance(loss, losses.Cox | losses.Multinomial):
        assert_allclose(moved.intercepts, plain.intercepts, atol=1e-4)
    else:
        assert_allclose(moved.intercepts, plain.intercepts - 0.7, atol=1e-4)


@pytest.mark.parametrize("loss", ["logistic", "poisson", "huber", "cox"])
def test_a_fitted_part_as_offset_leaves_nothing_to_fit(loss):
    X, y, loss = data(loss)
    expected = general(X, y, loss, L2(), alphas=[0.1])
    # Gradient zero at the solution: less its own ridge, the offset's fit needs no more.
    slope = 0.1 * expected.coefs[:, 0]
    again = general(X, y, loss, L1(), alphas=[1.001 * np.abs(slope).max()],
                    offset=X @ expected.coefs[:, 0])  # fmt: skip
    assert not again.coefs.any()


@pytest.mark.parametrize(
    "penalty",
    [L1(), ElasticNet(0.5), GroupLasso(np.arange(400) // 4), SparseGroupLasso(np.arange(400) // 4),
     SLOPE(), MCP(groups=np.arange(400) // 4)],
    ids=repr,
)  # fmt: skip
@pytest.mark.parametrize("loss", ["squared", "logistic", "cox", "multinomial"])
def test_working_sets_give_what_all_features_give(loss, penalty, monkeypatch):
    random = np.random.default_rng(5)
    X = random.normal(size=(60, 400))
    eta = X[:, :4].sum(axis=1)
    y = {
        "squared": eta + random.normal(size=60),
        "logistic": (eta + random.normal(size=60) > 0) * 1.0,
        "cox": np.column_stack([random.exponential(size=60) * np.exp(-eta), np.ones(60)]),
        "multinomial": np.digitize(eta, [-1.0, 1.0]),
    }[loss]
    loss = losses.by_name(loss)
    y = loss.check_response(y)
    problem = Problem(as_design(X), y, loss, penalty, np.full(60, 1 / 60))
    grid, controls = Grid(None, 6, 0.2), Controls(1e-9, 5000)
    found = ProximalGradient().path(problem, grid, controls)
    monkeypatch.setattr("taut.solvers.proximal_gradient.has_model", lambda _: False)
    monkeypatch.setattr("taut.solvers.walk.blocks_of", lambda *_: None)
    expected = ProximalGradient().path(problem, grid, controls)
    assert all(c.solved for c in found.certificates)
    if penalty.is_convex:
        assert all(c.solved for c in expected.certificates)
        assert_allclose(found.coefs, expected.coefs, rtol=0, atol=1e-4)


@pytest.mark.parametrize("penalty", [None, L2(), GroupLasso([[0, 1], [2]]), Nuclear()], ids=repr)
@pytest.mark.parametrize("loss", ["logistic", "multinomial", "cox"])
def test_coefficients_that_run_away_say_so(loss, penalty):
    random = np.random.default_rng(6)
    X = random.normal(size=(50, 3))
    y = {
        "logistic": X[:, 0] > 0,
        "multinomial": np.digitize(X[:, 0], [-0.5, 0.5]),
        "cox": np.column_stack([np.exp(-X[:, 0]), np.ones(50)]),
    }[loss]
    with pytest.warns(taut.solution.ConvergenceWarning, match="without end"):
        path = taut.fit_path(X, np.asarray(y, float), loss, penalty, alphas=[0.1, 0.0])
    assert [c.status for c in path.certificates] == [Status.SOLVED, Status.UNBOUNDED]
    assert np.all(np.isfinite(path.coefs))


def test_a_penalty_in_a_chain_needs_no_groups():
    X, y, loss = data("poisson")
    free = general(X, y, loss, TotalVariation(), alphas=[1e3])
    assert np.ptp(free.coefs) < 1e-12
    assert abs(free.coefs[0, 0]) > 1e-3
    cut = general(X, y, loss, FusedLasso(1.0, weights=np.zeros(N_FEATURES - 1)))
    assert_same(cut, general(X, y, loss, L1()))


@pytest.mark.parametrize("loss", ALL_LOSSES)
@pytest.mark.parametrize("standardize", [False, True])
def test_bounds_are_kept_to_the_last_digit(loss, standardize):
    """A digit beyond them the objective is infinite; solvers have units of their own."""
    X, y, loss = data(loss)
    random, met = np.random.default_rng(8), 0
    for _ in range(3):
        lower, upper = random.uniform([[-0.3], [0.0]], [[0.0], [0.3]], (2, N_FEATURES))
        problem = Problem(
            as_design(X * random.uniform(0.1, 10.0, N_FEATURES)), y, loss, L2() + Box(lower, upper),
            np.full(len(y), 1 / len(y)), standardize=standardize,
        )  # fmt: skip
        found = solve_path(problem, Grid(np.array([1e-2, 1e-3])), Controls())
        coefs = np.moveaxis(found.coefs, 0, -1)
        assert np.all((lower <= coefs) & (coefs <= upper))
        met += np.count_nonzero((lower == coefs) | (coefs == upper))
    assert met


def test_max_iter_is_kept():
    X, y, loss = data("logistic")
    problem = Problem(as_design(X), y, loss, SLOPE(), np.full(len(y), 1 / len(y)))
    path = solve_path(problem, Grid(np.array([1e-4])), Controls(1e-12, 3))
    assert path.certificates[0].status is Status.MAX_ITER
    assert path.certificates[0].n_iter == 3

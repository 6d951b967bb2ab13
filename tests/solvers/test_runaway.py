"""Problems without a minimiser say so, whatever the solver, and no other problem does."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse
from scipy.optimize import linprog

import taut
from taut import losses
from taut.penalties import (
    L1,
    L2,
    MCP,
    SCAD,
    Box,
    GroupLasso,
    MultiTask,
    NonNegative,
    TotalVariation,
)
from taut.solution import Status

N = 80
FREE = np.r_[0.0, 0.0, np.ones(4)]
GROUPS = [0, 0, 1, 1, 2, 2]
HOLD_NOTHING = {
    "none": (None, 0.0),
    "free": (L1(weights=FREE), 0.05),
    "mcp": (MCP(), 0.02),
    "scad": (SCAD(), 0.02),
    "group mcp": (MCP(groups=GROUPS), 0.02),
    "mcp, no ridge there": (MCP() + L2(weights=FREE), 0.02),
    "open bounds": (NonNegative(), 1.0),
    "open side": (Box(-1.0, np.inf), 1.0),
    "free group": (GroupLasso(GROUPS, weights=[0.0, 1.0, 1.0]), 0.05),
}
HOLD = {
    "l1": (L1(), 0.05),
    "l2": (L2(), 0.05),
    "others free": (L1(weights=1 - FREE), 0.05),
    "bounds": (Box(-5.0, 5.0), 1.0),
    "mcp and l2": (MCP() + L2(), 0.02),
    "group scad and l2": (SCAD(groups=GROUPS) + L2(), 0.02),
    "group lasso": (GroupLasso(GROUPS), 0.05),
    "total variation": (TotalVariation(), 0.05),
}


def features():
    return np.random.default_rng(0).normal(size=(N, 6))


def separated():
    """Data on which the first feature, growing, explains ever more."""
    X, random = features(), np.random.default_rng(1)
    marked = X.copy()
    marked[:, 0] = X[:, 0] > 0.8
    zeros = np.where(marked[:, 0] > 0, 0.0, random.poisson(2.0, N))
    partly = np.where(marked[:, 0] > 0, 1.0, random.uniform(size=N) < 0.5)
    return {
        "logistic": (X, (X[:, 0] > 0) * 1.0, "logistic"),
        "logistic, in part": (marked, partly, "logistic"),
        "poisson, a cell of zeros": (-marked, zeros, "poisson"),
        "tweedie, a cell of zeros": (-marked, zeros * random.gamma(2.0, size=N), "tweedie"),
        "cox": (X, np.column_stack([np.exp(-X[:, 0]), np.ones(N)]), "cox"),
        "multinomial": (X, np.digitize(X[:, 0], [-0.5, 0.5]) * 1.0, losses.Multinomial()),
        "multinomial, reference": (
            X,
            np.digitize(X[:, 0], [-0.5, 0.5]) * 1.0,
            losses.Multinomial("reference"),
        ),
    }


def ordinary():
    X, random = features(), np.random.default_rng(2)
    eta = X[:, 0] - X[:, 1]
    times = np.ceil(5 * random.exponential(size=N) * np.exp(-0.3 * eta))
    return {
        "logistic": (X, (eta + 2 * random.logistic(size=N) > 0) * 1.0, "logistic"),
        "poisson": (X, random.poisson(np.exp(0.5 * eta)) * 1.0, "poisson"),
        "tweedie": (X, random.poisson(np.exp(0.3 * eta)) * random.gamma(2.0, size=N), "tweedie"),
        "gamma": (X, np.exp(eta) * random.gamma(2.0, size=N), "gamma"),
        "huber": (X, eta + random.standard_t(2, size=N), "huber"),
        "squared hinge": (X, (eta + random.logistic(size=N) > 0) * 1.0, "squared_hinge"),
        "squared hinge, separated": (X, (eta > 0) * 1.0, "squared_hinge"),
        "cox": (X, np.column_stack([times, random.uniform(size=N) < 0.7]), "cox"),
        "multinomial": (X, random.integers(0, 3, N) * 1.0, "multinomial"),
    }


def statuses(X, y, loss, penalty, alpha):
    path = taut.fit_path(X, y, loss, penalty, alphas=[alpha])
    assert np.all(np.isfinite(path.coefs))
    return [c.status for c in path.certificates]


@pytest.mark.filterwarnings("ignore::taut.solution.ConvergenceWarning")
@pytest.mark.parametrize("penalty", HOLD_NOTHING)
@pytest.mark.parametrize("name", separated())
def test_what_no_penalty_holds_runs_away(name, penalty):
    X, y, loss = separated()[name]
    assert statuses(X, y, loss, *HOLD_NOTHING[penalty]) == [Status.UNBOUNDED]


@pytest.mark.parametrize("penalty", HOLD)
@pytest.mark.parametrize("name", separated())
def test_what_a_penalty_holds_does_not(name, penalty):
    X, y, loss = separated()[name]
    assert statuses(X, y, loss, *HOLD[penalty]) == [Status.SOLVED]


@pytest.mark.parametrize("penalty", HOLD_NOTHING)
@pytest.mark.parametrize("name", ordinary())
def test_ordinary_data_never_do(name, penalty):
    X, y, loss = ordinary()[name]
    assert statuses(X, y, loss, *HOLD_NOTHING[penalty]) == [Status.SOLVED]


def test_matrices_of_coefficients_run_away_by_their_free_rows():
    X, y, loss = separated()["multinomial"]
    with pytest.warns(taut.solution.ConvergenceWarning, match="does not hold"):
        free = taut.fit_path(X, y, loss, MultiTask(weights=FREE), alphas=[0.05])
    assert free.certificates[0].status is Status.UNBOUNDED
    assert taut.fit_path(X, y, loss, MultiTask(), alphas=[0.05]).certificates[0].solved


@pytest.mark.filterwarnings("ignore::taut.solution.ConvergenceWarning")
def test_rows_of_weight_zero_count_for_nothing():
    X, y, _ = separated()["logistic"]
    X, y = np.vstack([X, X[:5]]), np.r_[y, 1 - y[:5]]
    weights = np.r_[np.ones(N), np.zeros(5)]
    task = {"penalty": L1(weights=FREE), "alphas": [0.05]}
    without = taut.fit_path(X, y, "logistic", sample_weight=weights, **task)
    assert without.certificates[0].status is Status.UNBOUNDED
    assert taut.fit_path(X, y, "logistic", **task).certificates[0].solved


@pytest.mark.filterwarnings("ignore::taut.solution.ConvergenceWarning")
@pytest.mark.parametrize(
    "options", [{"standardize": True}, {"fit_intercept": False}, {"offset": 1}]
)
def test_options_do_not_hide_it(options):
    X, y, _ = separated()["poisson, a cell of zeros"]
    if "offset" in options:
        options = {"offset": np.linspace(-1, 1, N)}
    for matrix in (X, sparse.csc_array(X * 1e3)):
        path = taut.fit_path(matrix, y, "poisson", L1(weights=FREE), n_alphas=3, **options)
        assert {c.status for c in path.certificates} == {Status.UNBOUNDED}


def pairs(kind, X, y):
    """Rows of which none may fall along a direction, nor all be still, by definition: every class,
    and every sample at risk, against every other one."""
    ones = np.column_stack([np.ones(len(X)), X])
    if kind == "logistic":
        return (2 * y - 1)[:, None] * ones
    if kind == "cox":
        time, event = y.T
        i, j = np.nonzero((event > 0)[:, None] & (time >= time[:, None]))
        return X[i] - X[j]
    i, j = np.nonzero(np.arange(3) != y[:, None])
    signs = np.eye(3)[y[i].astype(int)] - np.eye(3)[j]
    return (signs[:, :, None] * ones[i][:, None, :]).reshape(len(i), -1)


def has_direction(kind, X, y):
    """Separation by its definition (Albert and Anderson 1984), all rows at once."""
    if kind == "poisson":
        ones = np.column_stack([np.ones(len(X)), X])
        falls, still = -ones[y == 0], ones[y > 0]
    else:
        falls = pairs(kind, X, y)
        still = np.zeros((0, falls.shape[1]))
    found = linprog(
        -falls.sum(axis=0), -falls, np.zeros(len(falls)), still, np.zeros(len(still)), (-1, 1)
    )
    return -found.fun > 1e-7


def drawn(kind, random):
    """A few samples of integers, with one column of marks in half of the cases."""
    X = random.integers(-2, 3, size=(14, 2)).astype(float)
    if random.uniform() < 0.5:
        X[:, 0] = X[:, 0] > 0
    return X, {
        "logistic": np.r_[0.0, 1.0, random.integers(0, 2, 12)],
        "poisson": np.r_[1.0, np.maximum(random.integers(-8, 3, 13), 0)],
        "cox": np.column_stack([random.integers(1, 9, 14), np.r_[1, random.integers(0, 2, 13)]]),
        "multinomial": np.r_[0.0, 1.0, 2.0, random.integers(0, 3, 11)],
    }[kind].astype(float)


@pytest.mark.filterwarnings("ignore::taut.solution.ConvergenceWarning")
@pytest.mark.parametrize("kind", ["logistic", "poisson", "cox", "multinomial"])
def test_exactly_the_separated_ones_among_random_integers(kind):
    random, verdicts = np.random.default_rng(3), []
    for _ in range(30):
        X, y = drawn(kind, random)
        found = statuses(X, y, kind, None, 0.0)[0] is Status.UNBOUNDED
        verdicts.append((found, has_direction(kind, X, y)))
    found, expected = np.array(verdicts).T
    assert_array_equal(found, expected)
    assert 0 < np.sum(expected) < len(expected)


def test_many_rows_join_the_programme_as_they_are_violated():
    random = np.random.default_rng(4)
    X = random.normal(size=(20_000, 5))
    side = X[:, 0] + 1e-3 * X[:, 1]
    y, mixed = (side > 0) * 1.0, (side > 0) * 1.0
    inside = np.argsort(np.abs(side))[1000]
    mixed[inside] = 1 - mixed[inside]
    with pytest.warns(taut.solution.ConvergenceWarning, match="does not hold"):
        apart = taut.fit_path(X, y, "logistic", None, alphas=[0.0])
    assert apart.certificates[0].status is Status.UNBOUNDED
    together = taut.fit_path(X, mixed, "logistic", None, alphas=[0.0], max_iter=20_000)
    assert together.certificates[0].status is not Status.UNBOUNDED


def test_columns_that_are_constant_up_to_rounding_are_no_direction():
    random = np.random.default_rng(6)
    for _ in range(20):
        X = np.column_stack([np.full(6, 1e8), random.normal(size=(6, 2))])
        y = random.permutation([0.0, 0.0, 0.0, 1.0, 1.0, 1.0])
        path = taut.fit_path(X, y, "logistic", L1(weights=[0.0, 1.0, 1.0]), alphas=[0.1])
        assert path.certificates[0].status is Status.SOLVED


def test_intercepts_of_nearly_separated_classes_are_found_at_once():
    offset = 60.0 * np.random.default_rng(5).normal(size=(300, 3))
    y = np.eye(3)[np.argmax(offset, axis=1)]
    y[:4] = np.roll(y[:4], 1, axis=1)
    loss, v = losses.Multinomial(), np.full(300, 1 / 300)
    intercept = loss.null_intercept(y, v, offset)
    slopes = loss.slope(y, offset + intercept, v).sum(axis=0)
    assert np.max(np.abs(slopes)) < 1e-12

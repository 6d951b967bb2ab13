"""Folds from sufficient statistics: the same errors as from the rows, and only where that holds."""

from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

from taut.penalties import L1, L2, Box, ElasticNet
from taut.selection import cross_validation
from taut.selection.cross_validation import solve_and_validate
from taut.selection.fold_moments import gather
from taut.selection.folds import as_splits
from taut.solvers import Controls, Grid

from .problems import posed, regression, weights_for

N, P = 2000, 20
X, Y = regression(N, P)
GRID = Grid(None, 30, 1e-3)
CONTROLS = Controls(1e-10)
SHUFFLED = as_splits(5, N, 0)

FORMS = {
    "C": np.ascontiguousarray,
    "F": np.asfortranarray,
    "float32": partial(np.asarray, dtype=np.float32),
    "float32, F": partial(np.asfortranarray, dtype=np.float32),
}
PENALTIES = {
    "l1": L1(),
    "elastic net": ElasticNet(),
    "l2": L2(),
    "box": L1() + Box(-0.5, 0.5),
    "weights": L1(weights=np.resize([0.0, 1.0, np.inf, 0.3], P)),
}
OPTIONS = {
    "plain": {},
    "no intercept": {"fit_intercept": False},
    "standardised": {"standardize": True},
}


@pytest.fixture
def by_rows(monkeypatch):
    """The number of each fold that was fitted on its rows."""
    calls, ordinary = [], cross_validation._fold_errors

    def counted(*arguments):
        calls.append(len(calls))
        return ordinary(*arguments)

    monkeypatch.setattr(cross_validation, "_fold_errors", counted)
    return calls


def both_ways(make, splits, monkeypatch, by_rows):
    """Path and errors by moments and by rows, and how many folds the first left to the rows."""
    short = solve_and_validate([make()], GRID, splits, CONTROLS)
    left = len(by_rows)
    monkeypatch.setattr(cross_validation, "gather", lambda problems, splits, controls: None)
    grid = Grid(short[1].alphas)
    return short, solve_and_validate([make()], grid, splits, CONTROLS), left


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("weighted", [False, True])
def test_moments_give_what_rows_give(form, penalty, option, weighted, monkeypatch, by_rows):
    weights = weights_for(N) if weighted else None
    make = partial(posed, FORMS[form](X), Y, PENALTIES[penalty], weights, **OPTIONS[option])
    short, long, left = both_ways(make, SHUFFLED, monkeypatch, by_rows)
    assert left == 0
    assert len(by_rows) == 5
    assert_same(short, long)


def assert_same(short, long, rtol=1e-9):
    (solved,), results = short
    (expected,), reference = long
    assert_allclose(results.errors, reference.errors, rtol=rtol)
    assert_allclose(results.train_errors, reference.train_errors, rtol=rtol)
    assert_allclose(solved.coefs, expected.coefs, atol=1e-8)
    assert_allclose(solved.intercepts, expected.intercepts, atol=1e-8)
    if reference.fold_weights is None:
        assert results.fold_weights is None
    else:
        assert_allclose(results.fold_weights, reference.fold_weights)


def test_rows_that_no_fold_holds_out_train_in_all(monkeypatch, by_rows):
    rest = np.arange(N)
    splits = [(np.delete(rest, part), part) for part in (rest[:300], rest[300:900])]
    short, long, left = both_ways(partial(posed, X, Y), splits, monkeypatch, by_rows)
    assert left == 0
    assert_same(short, long)


def test_large_means_leave_the_errors_alone(monkeypatch, by_rows):
    make = partial(posed, X + 1e5, Y - 1e6)
    short, long, _ = both_ways(make, SHUFFLED, monkeypatch, by_rows)
    assert_same(short, long, rtol=1e-7)


@pytest.mark.parametrize("option", OPTIONS)
def test_a_column_that_is_constant_throughout_stays_out(option, monkeypatch, by_rows):
    changed = X.copy()
    changed[:, 3] = 0.1 if option != "no intercept" else 0.0
    make = partial(posed, changed, Y, **OPTIONS[option])
    short, long, left = both_ways(make, SHUFFLED, monkeypatch, by_rows)
    assert left == 0
    assert not short[0][0].coefs[3].any()
    assert_same(short, long)


def test_a_fold_without_variation_in_a_column_is_left_to_the_rows(monkeypatch, by_rows):
    held_out = SHUFFLED[2][1]
    changed = X.copy()
    changed[:, 3] = 7.0
    changed[held_out, 3] += np.random.default_rng(0).normal(size=len(held_out))
    short, long, left = both_ways(partial(posed, changed, Y), SHUFFLED, monkeypatch, by_rows)
    assert left == 1
    assert_same(short, long)


def test_errors_below_the_rounding_of_moments_are_left_to_the_rows(monkeypatch, by_rows):
    y = X @ np.arange(P) + 1e-6 * np.random.default_rng(0).normal(size=N)
    make = partial(posed, X, y, L1())
    grid, controls = Grid(np.array([1e-9])), Controls(1e-10)
    found = solve_and_validate([make()], grid, SHUFFLED, controls)[1]
    assert len(by_rows) == 5
    monkeypatch.setattr(cross_validation, "gather", lambda problems, splits, controls: None)
    expected = solve_and_validate([make()], grid, SHUFFLED, controls)[1]
    assert_allclose(found.errors, expected.errors, rtol=1e-6)


ROWS = np.arange(N)
REFUSED = {
    "few rows": lambda: ([posed(X[:60], Y[:60])], as_splits(5, 60)),
    "sparse": lambda: ([posed(sparse.csc_array(X), Y)], SHUFFLED),
    "several targets": lambda: ([posed(X, Y), posed(X, Y)], SHUFFLED),
    "no penalty": lambda: ([posed(X, Y, L1(weights=np.zeros(P)))], SHUFFLED),
    "a row held out twice": lambda: (
        [posed(X, Y)],
        [(np.delete(ROWS, part), part) for part in (ROWS[:500], ROWS[499:900])],
    ),
    "a row tested twice": lambda: ([posed(X, Y)], [(ROWS[500:], np.r_[ROWS[:500], 7])]),
    "a row drawn twice": lambda: ([posed(X, Y)], [(np.r_[ROWS[500:], 600], ROWS[:500])]),
    "a row in place of another": lambda: (
        [posed(X, Y)],
        [(np.r_[ROWS[501:], 600], ROWS[:500])],
    ),
    "ordered in time": lambda: ([posed(X, Y)], [(ROWS[:1000], ROWS[1000:1500])]),
}


def test_rows_may_be_counted_from_the_end(monkeypatch, by_rows):
    splits = [(np.arange(-N, -500), np.arange(-500, 0)), (ROWS[500:], ROWS[:500])]
    short, long, left = both_ways(partial(posed, X, Y), splits, monkeypatch, by_rows)
    assert left == 0
    assert_same(short, long)


@pytest.mark.parametrize("reason", REFUSED)
def test_what_moments_cannot_serve_is_refused(reason):
    assert gather(*REFUSED[reason](), Controls()) is None


def test_moments_are_gathered_once_for_the_same_folds():
    problem = posed(X, Y)
    first = gather([problem], SHUFFLED, Controls())
    assert gather([problem], SHUFFLED, Controls()) is first
    assert gather([problem], list(SHUFFLED), Controls()) is not first
    assert gather([problem.for_response(Y.copy())], SHUFFLED, Controls()) is not first

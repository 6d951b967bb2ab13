"""All engines give the same path, and an outside judge confirms what they say of it."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from taut.penalties import L1
from taut.solvers import Controls, Grid, path_engine
from taut.solvers.path_engine import PathEngine

from .registry import (
    ENGINES,
    OPTIONS,
    PENALTIES,
    PROBLEMS,
    engines_for,
    judged,
    null_objective,
    posed,
)

TOL = 1e-10
TO_THE_END = Grid(None, 9, 1e-8)

problems = pytest.mark.parametrize("name", PROBLEMS)
penalties = pytest.mark.parametrize("penalty", PENALTIES)
options = pytest.mark.parametrize("option", OPTIONS)


def solved_by_all(problem, case, tol=TOL):
    """The path of each engine, on the alphas of the first."""
    grid, paths = TO_THE_END, {}
    for engine, solve in engines_for(case).items():
        paths[engine] = solve(problem, grid, Controls(tol))
        grid = Grid(paths[engine].alphas)
    return paths


@problems
@penalties
@options
def test_engines_agree_and_their_certificates_are_true(name, penalty, option):
    case, option = PROBLEMS[name], OPTIONS[option]
    penalty, terms = PENALTIES[penalty](case.X.shape[1])
    problem = posed(case, penalty, **option)
    paths = solved_by_all(problem, case)
    for path in paths.values():
        solved = np.array([c.solved for c in path.certificates])
        assert case.hard or solved.all()
        gaps, rounding = judged(case, path, **terms, **option)
        assert np.all(np.isfinite(path.coefs))
        assert np.all(gaps[solved] <= 1.1 * TOL + rounding[solved])
        claimed = np.array([c.relative_gap for c in path.certificates])
        assert np.array_equal(solved, claimed <= TOL) or case.hard

    null = null_objective(case, problem.fit_intercept)
    first, *others = paths.values()
    for other in others:
        assert_allclose(
            objectives(problem, other), objectives(problem, first), rtol=0, atol=1e-9 * null
        )
        difference = fitted(case, other) - fitted(case, first)
        spread = np.sqrt(case.shares @ difference**2 / null)
        assert spread.max() < (1e-6 if case.hard else 1e-8)
        if case.unique and not case.hard:
            # A quadratic penalty of 1e-8 determines null directions to 8 digits only.
            early = first.alphas > 1e-5 * first.alphas[0]
            size = np.abs(first.coefs[:, early]).max()
            assert_allclose(other.coefs[:, early], first.coefs[:, early], rtol=0, atol=1e-9 * size)


def objectives(problem, path):
    triples = zip(path.coefs.T, path.intercepts, path.alphas, strict=True)
    return [problem.objective(*triple) for triple in triples]


def fitted(case, path):
    return case.X @ path.coefs + path.intercepts


@problems
@penalties
def test_engines_begin_at_the_same_alpha(name, penalty):
    case = PROBLEMS[name]
    problem = posed(case, PENALTIES[penalty](case.X.shape[1])[0])
    starts = [
        solve(problem, Grid(None, 1), Controls(TOL)).alphas[0]
        for solve in engines_for(case).values()
    ]
    assert_allclose(starts, starts[0], rtol=1e-8)


@pytest.mark.parametrize("name", ["wide", "square", "rho .99, wide", "sparse, wide"])
@penalties
def test_looking_ahead_changes_nothing(name, penalty):
    """Nor does vouching for features between two strengths."""
    case = PROBLEMS[name]
    problem = posed(case, PENALTIES[penalty](case.X.shape[1])[0])
    grid, controls = Grid(None, 60, 1e-3), Controls(TOL)
    plain = ENGINES["one by one"](problem, grid, controls)
    ahead = ENGINES["working set"](problem, grid, controls)
    assert_allclose(ahead.alphas, plain.alphas, rtol=1e-12)
    assert_allclose(ahead.coefs, plain.coefs, rtol=0, atol=1e-9 * np.abs(plain.coefs).max())
    gaps, rounding = judged(case, ahead, **PENALTIES[penalty](case.X.shape[1])[1])
    assert np.all(gaps <= 1.1 * TOL + rounding)


@pytest.mark.parametrize("name", ["tall", "wide", "sparse, wide", "zero weights, tall"])
@penalties
def test_descent_gives_the_same_path(name, penalty):
    """What takes over where a working set outgrows memory."""
    case = PROBLEMS[name]
    penalty, terms = PENALTIES[penalty](case.X.shape[1])
    problem = posed(case, penalty)
    grid, controls = Grid(None, 20, 1e-2), Controls(TOL, 100_000)
    exact = ENGINES["working set"](problem, grid, controls)
    descent = PathEngine().path(problem, grid, controls, engine=4)
    assert_allclose(descent.alphas, exact.alphas, rtol=1e-12)
    gaps, rounding = judged(case, descent, **terms)
    assert np.all(gaps <= 1.1 * TOL + rounding)
    assert all(c.solved for c in descent.certificates)
    assert_allclose(descent.coefs, exact.coefs, rtol=0, atol=1e-3 * np.abs(exact.coefs).max())


@pytest.mark.parametrize("name", ["wide", "sparse, wide"])
def test_a_working_set_that_outgrows_memory_is_left_to_descent(name, monkeypatch):
    case = PROBLEMS[name]
    problem = posed(case, L1())
    grid, controls = Grid(None, 30, 1e-2), Controls(1e-8, 100_000)
    exact = ENGINES["working set"](problem, grid, controls)
    room = (
        16 * case.X.shape[0] * case.X.shape[1] + 1
    )  # for all columns, but no Gram matrix of more than a few
    monkeypatch.setattr(path_engine, "room_for", lambda shape: room)
    limited = PathEngine().path(problem, grid, controls, engine=2)
    gaps, rounding = judged(case, limited)
    assert np.all(gaps <= 1.1e-8 + rounding)
    assert_allclose(limited.coefs, exact.coefs, rtol=0, atol=1e-2 * np.abs(exact.coefs).max())


@pytest.mark.parametrize("name", ["tall", "wide"])
def test_a_solution_does_not_depend_on_the_path_before_it(name):
    """A warm start leaves no trace."""
    problem = posed(PROBLEMS[name], L1())
    for engine in ENGINES.values():
        path = engine(problem, Grid(None, 100, 1e-4), Controls(TOL))
        for k in (1, 50, 99):
            alone = engine(problem, Grid(path.alphas[[k]]), Controls(TOL))
            assert_allclose(alone.coefs[:, 0], path.coefs[:, k], atol=1e-8)

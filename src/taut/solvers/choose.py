"""Which solver takes a problem: the first that does not refuse it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from taut.memory import require_memory
from taut.problem import Problem
from taut.solvers.base import Controls, Grid, Solved, Solver
from taut.solvers.least_squares import LeastSquares
from taut.solvers.multipliers import Multipliers
from taut.solvers.path_engine import PathEngine
from taut.solvers.prox_newton import ProxNewton
from taut.solvers.proximal_gradient import ProximalGradient
from taut.solvers.quantile import QuantileProgramme
from taut.solvers.quantile_dual import QuantileDual
from taut.solvers.ridge import Ridge, ridge_range
from taut.solvers.rounding import with_rounding
from taut.solvers.runaway import with_runaways
from taut.solvers.smooth import Smooth

__all__ = ["SOLVERS", "choose", "solve_path"]

SOLVERS: tuple[Solver, ...] = (
    LeastSquares(),
    Ridge(),
    PathEngine(),
    ProxNewton(),
    QuantileProgramme(),
    QuantileDual(),
    Multipliers(),
    Smooth(),
    ProximalGradient(),
)


def choose(problem: Problem) -> Solver:
    """The solver for a problem: the first that does not refuse it.

    Parameters
    ----------
    problem : Problem

    Returns
    -------
    Solver

    Raises
    ------
    ValueError
        No solver takes it; the message gives each one's reason.
    """
    problem, reasons = problem.on_copies, []
    for solver in SOLVERS:
        reason = solver.refuses(problem)
        if reason is None:
            return solver
        reasons.append(reason)
    if not problem.loss.is_smooth and not problem.penalty.is_convex:
        raise ValueError(
            f"no solver takes {problem.loss!r} with {problem.penalty!r}: the loss has kinks and "
            "the penalty is not convex: take a smooth loss (Huber), or a convex penalty (one that "
            "is compiled is declared so: convex=True)"
        )
    raise ValueError(
        f"no solver takes {problem.loss!r} with {problem.penalty!r}, take another loss or another "
        f"penalty: {'; '.join(reasons)}"
    )


def solve_path(problem: Problem, grid: Grid, controls: Controls) -> Solved:
    """Solve along the grid with the solver for the problem; alpha = 0 is least squares.

    Parameters
    ----------
    problem : Problem
    grid : Grid
        Strengths, or how many of them.
    controls : Controls
        Tolerance, most iterations, where to begin, and what may end it.

    Returns
    -------
    Solved

    Raises
    ------
    MemoryError
        The coefficients of the whole path would not fit.
    """
    require_memory(
        "the coefficients of {:,} features at {} alphas",
        (int(np.prod(problem.coef_shape)), grid.count),
        "take fewer alphas (n_alphas), or leave out columns",
    )
    return with_rounding(problem, _path(problem, _without_l1(problem, grid), controls))


def _path(problem, grid, controls):
    if grid.alphas is None or np.all(grid.alphas > 0):
        return _solved(problem, grid, controls)
    unpenalised = problem.without_penalty()
    zero = grid.alphas == 0
    parts = [(zero, _solved(unpenalised, Grid(grid.alphas[zero]), controls))]
    if not zero.all():
        rest = Grid(grid.alphas[~zero])
        parts.append((~zero, _solved(problem, rest, controls)))
    return _joined(grid.alphas, parts)


def _solved(problem, grid, controls):
    copies = problem.on_copies
    if copies is not problem:
        solved = _solved(copies, grid, replace(controls, start=None))
        return replace(solved, coefs=copies.design.summed(solved.coefs))
    return with_runaways(problem, choose(problem).path(problem, grid, controls))


def _without_l1(problem, grid):
    """An automatic grid for a bounded ridge, or bounds alone: no alpha zeroes anything there."""
    if grid.alphas is not None or not problem.is_separable:
        return grid
    l1, l2, *_ = problem.coordinates
    if np.any(l1) or choose(problem).has_own_grid:
        return grid
    if not np.any(l2):
        return Grid(np.ones(1))  # alpha means nothing to bounds
    return Grid(grid.below(*ridge_range(problem, grid)))


def _joined(alphas, parts):
    first = parts[0][1]
    coefs = np.empty((*first.coefs.shape[:-1], len(alphas)), order="F")
    intercepts = np.empty((*first.intercepts.shape[:-1], len(alphas)))
    certificates = np.empty(len(alphas), dtype=object)
    for where, solved in parts:
        coefs[..., where] = solved.coefs
        intercepts[..., where] = solved.intercepts
        certificates[where] = solved.certificates
    return Solved(alphas, coefs, intercepts, tuple(certificates), parts[-1][1].method)

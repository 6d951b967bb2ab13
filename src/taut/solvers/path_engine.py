"""The compiled path engine: separable penalties, least squares, whole paths."""

from __future__ import annotations

from dataclasses import replace

from taut import _core
from taut.designs.moments import CentredMoments
from taut.losses import Squared
from taut.problem import Problem
from taut.solution import Certificate, Status
from taut.solvers.base import Controls, Grid, Solved, path_of_kept_moments

__all__ = ["PathEngine"]


class PathEngine:
    """Active sets and exact Newton steps along the path (cpp/path.hpp)."""

    takes_moments = True
    has_own_grid = False

    def refuses(self, problem: Problem) -> str | None:
        if not isinstance(problem.loss, Squared):
            return f"the path engine solves least squares, not {problem.loss!r}"
        if not problem.is_separable:
            return (
                f"the path engine needs a penalty that separates over features, and "
                f"{problem.penalty!r} does not"
            )
        return None

    def path(self, problem: Problem, grid: Grid, controls: Controls, engine: int = 0) -> Solved:
        if engine == 0:
            solved = path_of_kept_moments(self, problem, grid, controls)
            if solved is not None:
                return solved
        found = _core.solve_path(
            problem.design.handle,
            problem.response,
            problem.weights,
            problem.fit_intercept,
            *problem.coordinates,
            grid.alphas,
            grid.n_alphas,
            grid.ratio(problem),
            controls.tol,
            controls.max_iter,
            engine,
            controls.cancel,
        )
        return _solved(found, controls)

    def path_of_moments(
        self, problem: Problem, centred: CentredMoments, grid: Grid, controls: Controls
    ) -> Solved:
        found = _core.solve_gram_path(
            centred.gram,
            centred.correlation,
            centred.squares,
            *problem.coordinates,
            grid.alphas,
            grid.n_alphas,
            grid.ratio(problem),
            controls.tol,
            controls.max_iter,
        )
        solved = _solved(found, controls)
        return replace(solved, intercepts=centred.response_mean - centred.mean @ solved.coefs)


def _solved(found, controls) -> Solved:
    alphas, coefs, intercepts, *measures = found
    certificates = tuple(
        Certificate(gap, relative, kkt, Status(status), n_iter, controls.tol)
        for gap, relative, kkt, status, n_iter in zip(*(m.tolist() for m in measures), strict=True)
    )
    return Solved(alphas, coefs, intercepts, certificates)

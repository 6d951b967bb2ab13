"""The compiled path engine: separable penalties, least squares, whole paths."""

from __future__ import annotations

import numpy as np

from taut import _core
from taut.losses import Squared
from taut.problem import Problem
from taut.solution import Certificate, Status
from taut.solvers.base import Controls, Grid, Solved

__all__ = ["PathEngine"]


class PathEngine:
    """Active sets and exact Newton steps along the path (cpp/path.hpp)."""

    def refuses(self, problem: Problem) -> str | None:
        if not isinstance(problem.loss, Squared):
            return f"the path engine solves least squares, not {problem.loss!r}"
        if problem.penalty.coordinates(problem.design.shape[1]) is None:
            return (
                f"the path engine needs a penalty that separates over features, and "
                f"{problem.penalty!r} does not"
            )
        return None

    def path(self, problem: Problem, grid: Grid, controls: Controls, engine: int = 0) -> Solved:
        alphas, coefs, intercepts, *measures = _core.solve_path(
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
            controls.likely,
        )
        certificates = tuple(
            Certificate(gap, relative, kkt, Status(status), n_iter, controls.tol)
            for gap, relative, kkt, status, n_iter in zip(
                *(m.tolist() for m in measures), strict=True
            )
        )
        return Solved(alphas, coefs, np.asarray(intercepts), certificates)

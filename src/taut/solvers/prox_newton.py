"""The compiled path engine for smooth losses other than least squares: prox-Newton steps."""

from __future__ import annotations

import numpy as np

from taut import _core, losses
from taut.problem import Problem
from taut.solvers.base import Controls, Grid, Solved
from taut.solvers.path_engine import (
    penalty_arrays,
    solved_by_core,
    takes_penalty,
    working_set_memory,
)
from taut.solvers.smooth import is_smooth_penalty

__all__ = ["ProxNewton"]

_MOST_AT_ONCE = 2000  # features whose Gram matrix is still cheap, where all are in the model

# The core's number of each loss, and its parameter (cpp/loss.hpp).
_COMPILED = {
    losses.Logistic: lambda loss: (1, 0.0),
    losses.Poisson: lambda loss: (2, 0.0),
    losses.Gamma: lambda loss: (3, 0.0),
    losses.Tweedie: lambda loss: _POWERS.get(loss.power, (4, float(loss.power))),
    losses.Huber: lambda loss: (5, float(loss.delta)),
    losses.SquaredHinge: lambda loss: (6, 0.0),
}
_POWERS = {1: (2, 0.0), 2: (3, 0.0)}  # Poisson and gamma


class ProxNewton:
    """Active sets and Newton steps under a line search (cpp/newton.hpp).

    References
    ----------
    Lee, J., Sun, Y. and Saunders, M. (2014). Proximal Newton-type methods for minimizing composite
    functions. SIAM Journal on Optimization 24, 1420-1443.
    """

    takes_moments = False
    has_own_grid = False

    def refuses(self, problem: Problem) -> str | None:
        if type(problem.loss) not in _COMPILED:
            names = ", ".join(kind.name for kind in _COMPILED)
            return f"prox-Newton is compiled for {names}, not for {problem.loss!r}"
        if not takes_penalty(problem):
            return (
                f"prox-Newton needs a penalty that separates over features, and "
                f"{problem.penalty!r} does not"
            )
        if problem.folded is not None and isinstance(problem.loss, losses.Huber):
            return (
                "prox-Newton meets no curvature where residuals are large, and none in "
                f"{problem.penalty!r}"
            )
        if is_smooth_penalty(problem):
            l2 = problem.coordinates.l2
            if not np.any(l2) or problem.design.shape[1] > _MOST_AT_ONCE:
                return (
                    f"prox-Newton would take all {problem.design.shape[1]} features into its "
                    f"working set, as {problem.penalty!r} keeps none at zero"
                )
        return None

    def path(self, problem: Problem, grid: Grid, controls: Controls, engine: int = 0) -> Solved:
        offset = problem.offset
        coordinates, folds = penalty_arrays(problem)
        with working_set_memory(problem) as room:
            found = _core.solve_loss_path(
                problem.design.handle,
                problem.response,
                np.zeros(len(problem.response)) if offset is None else offset,
                problem.weights,
                problem.fit_intercept,
                *_COMPILED[type(problem.loss)](problem.loss),
                *coordinates,
                grid.alphas,
                grid.n_alphas,
                grid.ratio(problem),
                controls.tol,
                controls.max_iter,
                engine,
                controls.cancel,
                room,
                *folds,
            )
        return solved_by_core(found, controls, "prox_newton")

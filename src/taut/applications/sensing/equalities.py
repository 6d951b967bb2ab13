"""The least penalty that meets the measurements exactly, by the method of multipliers."""

from __future__ import annotations

import numpy as np
from scipy.sparse.linalg import lsqr

from taut.applications.sensing.faces import exact_on_support
from taut.applications.sensing.sparse_recovery import Recovered, Task

__all__ = ["by_multipliers"]

_ROUNDS = 40
_END = 3e-3  # strength of the first lasso on the way to an equality, relative to the largest
_SUSPECT = 1e-3
_SOFTER = 0.25  # the strength of the next lasso on the way to an equality
_SETTLED = 0.02  # change of the size of a support that has been found


def by_multipliers(task: Task) -> Recovered:
    """What the lasso leaves is added to what it is asked for, until nothing is left.

    That is the method of multipliers for ``A x = y``; the residuals together are the dual point.
    A support that is right gives the solution at once: least squares on it.

    Returns
    -------
    Recovered
        The best that was found.

    Raises
    ------
    ValueError
        No signal meets the equality.

    References
    ----------
    Yin, W., Osher, S., Goldfarb, D. and Darbon, J. (2008). Bregman iterative algorithms for
    l1-minimization. SIAM Journal on Imaging Sciences 1, 143-168, theorem 3.2.
    """
    x, asked, best, fineness, size = task.zero, task.y, None, 1e-4, 0
    strength = _END * task.top
    for iteration in range(_ROUNDS):
        x = task.engine.lasso(asked, strength, x, fineness)
        left = task.residual(x)
        dual = asked - task.y + left
        now = np.count_nonzero(x)
        is_settled, size = iteration == 0 or abs(now - size) <= _SETTLED * size, now
        found = exact_on_support(task, x, dual) if is_settled else None
        if found is None:
            # The smallest change that meets the equality.
            change = lsqr(task.measurement.linear, left, atol=1e-13, btol=1e-13)[0]
            nearest = x + change
            found = task.proved(nearest, 0.0, task.residual(nearest), dual)
        best = task.better(best, found)
        if task.is_solved(best):
            # Where least squares on the support would do, it is the sparser answer.
            exact = exact_on_support(task, x, dual)
            return exact if exact is not None and task.is_solved(exact) else best
        if task.is_spent():
            return best
        if iteration == 0:
            task.require_reach()
        # The multipliers are (asked - y) / strength, and stay as the strength falls.
        softer = _SOFTER if strength > _SUSPECT * _END * task.top else 1.0
        asked, strength = task.y + softer * (asked - task.y + left), softer * strength
        fineness = max(0.3 * fineness, 0.1 * task.tol)
    return best

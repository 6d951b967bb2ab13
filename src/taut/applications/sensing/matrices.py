"""The least penalty within a bound, or at an equality, for a matrix and a weighted L1 norm.

Few entries are found by lassos, whose support tells the solution in closed form. Where there are
about as many entries as measurements, supports change too often on the way: there the dual is the
smaller problem.
"""

from __future__ import annotations

import numpy as np

from taut.applications.sensing.equalities import by_multipliers
from taut.applications.sensing.faces import exact_on_support, on_face
from taut.applications.sensing.sparse_recovery import Recovered, Task
from taut.solvers.dual_newton import proximal_points

__all__ = ["on_supports"]

_STRENGTHS = 3e-2, 3e-3, 3e-4  # of the lassos that show whether few entries will do, to the largest
_APART = 3.0  # strengths nearer to the last one than this are left out
_MANY = 0.5  # share of the measurements above which entries are many
_LENGTH = 0.03  # first length of a proximal step, relative to the largest entry
_ROOM = 1 << 24  # entries of a square matrix that are held whatever the size of A
_SMALLER = 0.25
_ROUNDS = 40
_SUSPECT = 1e-3  # strength, relative to the largest, below which the bound may be out of reach
_ROUGH = 0.1
_FAR = 1e-2  # of |y|: a distance that is no matter of rounding


def on_supports(task: Task) -> Recovered:
    """The least penalty within the bound.

    Returns
    -------
    Recovered
        The best that was found.

    Raises
    ------
    ValueError
        No signal comes as close to the measurements.
    """
    found, x, strength = _approached(task)
    if found is not None:
        return found
    ways = [_by_proximal_points] if _fits(task) else []
    if not task.noise:
        ways.append(lambda task, *_: by_multipliers(task))
    elif np.count_nonzero(x) > _MANY * len(task.y):
        ways.append(_along_faces)
    else:
        ways.insert(0, _along_faces)
    best = None
    for way in ways:
        best = task.better(best, way(task, x, strength))
        if task.is_solved(best):
            break
    return best


def _approached(task):
    """Lassos down to the strength that noise asks for, as long as their entries are few.

    For an equality each of them may have the support of the solution.
    """
    x, last = task.zero, task.first_strength() if task.noise else 0.0
    strengths = [share * task.top for share in _STRENGTHS if share * task.top > _APART * last]
    for strength in [*strengths, last] if last else strengths:
        x = task.engine.lasso(task.y, strength, x, _ROUGH if task.noise else 0.0)
        if np.count_nonzero(x) > _MANY * len(task.y):
            break
        if task.noise == 0:
            found = exact_on_support(task, x, task.residual(x))
            if found is not None and task.is_solved(found):
                return found, x, strength
    return None, x, strength


def _fits(task):
    """Whether a square matrix of the measurements is no larger than what is there already."""
    m, n = task.measurement.shape
    matrix = task.measurement.matrix
    return m <= n and m * m <= max(_ROOM, getattr(matrix, "nnz", matrix.size))


def _by_proximal_points(task, x, strength):
    measurement, best, is_reached = task.measurement, None, False
    points = proximal_points(
        measurement.matrix,
        task.y,
        task.noise,
        task.penalty,
        x,
        task.residual(x) / strength,
        _LENGTH * np.max(np.abs(x)),
    )
    for x, dual in points:
        best = task.better(best, task.proved(x, None, task.residual(x), dual))
        if task.is_solved(best):
            break
        if not is_reached and best.proof.excess > _FAR * np.linalg.norm(task.y):
            task.require_reach()
            is_reached = True
    return best


def _along_faces(task, x, strength):
    """The strength is known in closed form on a face; whether its support was right, the gap tells.

    It begins with a lasso that is a guess: only the next one is worth an exact solution.
    """
    best, low, high = None, 0.0, task.top
    for n_round in range(_ROUNDS):
        if n_round:
            x = task.engine.lasso(task.y, strength, x, 0.0)
            if np.linalg.norm(task.residual(x)) > task.noise:
                high = min(high, strength)
            else:
                low = max(low, strength)
        found, rest = on_face(task, x)
        if found is not None:
            best = task.better(best, found)
            if task.is_solved(best):
                return best
        elif strength < _SUSPECT * task.top:
            task.require_reach()
        strength = _next(strength, low, high, None if found is None else found.strength)
    if best is None:
        raise task.unreachable(rest)
    return best


def _next(strength, low, high, target):
    """The strength to try next: the one that was computed, where it lies where it must."""
    if target is not None and low < target < high and target > 0.1 * strength:
        return target
    return np.sqrt(low * high) if low > 0 else _SMALLER * min(strength, high)

"""The least penalty within a bound, or at an equality, for a matrix and a weighted L1 norm.

Rough lassos of falling strength lead to where the bound is met; from there the face of an exact one
gives strength and solution in closed form. Where it does not, the dual is the smaller problem.
"""

from __future__ import annotations

from math import ceil, log

import numpy as np

from taut.applications.sensing.equalities import by_multipliers
from taut.applications.sensing.faces import exact_on_support, next_face, on_face
from taut.applications.sensing.sparse_recovery import Recovered, Task
from taut.solvers.dual_newton import proximal_points
from taut.solvers.measured_lasso import strength_steps

__all__ = ["on_supports"]

_RATIO, _ROUGH = 1.8, 1e-3  # of strengths that follow one another; gap of the lassos on the way
_SHARES = 3e-2, 3e-3, 3e-4  # of the largest strength: where few entries meet an equality
_END = 1e-8  # where many do
_FACES = 4  # next to one another, that are tried before another lasso
_LENGTH = 0.03  # first length of a proximal step, relative to the largest entry
_ROOM = 1 << 24  # entries of a square matrix that are held whatever the size of A
_SMALLER = 0.25
_ROUNDS = 20
_SUSPECT = 1e-3  # strength, relative to the largest, below which the bound may be out of reach
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
    best, x, strength = _within(task) if task.noise else _meeting(task)
    ways = [_by_proximal_points] if _fits(task) else []
    if not task.noise:
        ways.append(lambda task, *_: by_multipliers(task))
    for way in ways:
        if best is not None and task.is_solved(best):
            break
        best = task.better(best, way(task, x, strength))
    return best


def _meeting(task):
    """An equality: few entries, or as many as there are measurements, at the end of the path."""
    x, few = task.zero, task.measurement.shape[0] // 2
    for share in _SHARES:
        strength = share * task.top
        x = task.engine.lasso(task.y, strength, x, 0.0)
        if np.count_nonzero(x) > few:
            break
        found = exact_on_support(task, x, task.residual(x))
        if found is not None and task.is_solved(found):
            return found, x, strength
    end = _path(task, strength, _END * task.top, x)[1][:, -1]
    return on_face(task, end)[0], x, strength


def _within(task):
    """A lasso's face, and those next to it, tell at which strength they meet the bound. Whether
    they do there, the gap shows: if not, the next lasso has the strength of the last face."""
    x, strength = _near_bound(task)
    best, low, high = None, 0.0, task.top
    for _ in range(_ROUNDS):
        x = task.engine.lasso(task.y, strength, x, 0.0)
        if np.linalg.norm(task.residual(x)) > task.noise:
            high = min(high, strength)
        else:
            low = max(low, strength)
        signs, target = np.sign(x), None
        for _ in range(_FACES):
            found, rest = on_face(task, signs)
            if found is None:
                break
            best, target = task.better(best, found), found.strength
            if task.is_solved(best):
                return best, x, strength
            signs = next_face(task, signs, found)
        if best is None and strength < _SUSPECT * task.top:
            task.require_reach()
        strength = _next(strength, low, high, target)
    if best is None and not _fits(task):
        raise task.unreachable(rest)
    return best, x, strength


def _near_bound(task):
    """A rough lasso near the bound, and the strength that meets it: its logarithm is nearly a
    quadratic function of that of the distance."""
    last = max(task.first_strength(), _END * task.top)
    strengths, found = _path(task, task.top, last, task.zero)
    distances = np.linalg.norm(task.y[:, None] - task.measurement.matrix @ found, axis=0)
    place = min(np.searchsorted(-distances, -task.noise), len(strengths) - 1)
    near = slice(max(place - 2, 0), place + 1)
    off, strength = np.log(distances[near] / task.noise), strengths[place]
    lowest, highest = strength, strengths[max(place - 1, 0)]
    if off[-1] > 0:  # the bound lies beyond the end of the path
        lowest, highest = _SMALLER * strength, strength
    if np.all(np.diff(off) < 0):
        curve = np.polyfit(off, np.log(strengths[near]), len(off) - 1)
        strength = float(np.clip(np.exp(curve[-1]), lowest, highest))
    return np.ascontiguousarray(found[:, place]), strength


def _path(task, top, last, start):
    """Strengths that fall to the last one, and their rough lassos, one in each column."""
    n_steps = max(ceil(log(top / last) / log(_RATIO)), 3)
    strengths = strength_steps(top, last, n_steps)
    return strengths, task.engine.lassos(task.y, strengths, start, _ROUGH)


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


def _next(strength, low, high, target):
    """The strength to try next: the one that was computed, where it lies where it must."""
    if target is not None and low < target < high and target > 0.1 * strength:
        return target
    return np.sqrt(low * high) if low > 0 else _SMALLER * min(strength, high)

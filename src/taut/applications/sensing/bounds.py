"""The least penalty within a bound on the noise; see `sparse_recovery`."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from taut.applications.sensing.equalities import by_multipliers
from taut.applications.sensing.faces import entry_weights, exact_on_support, on_face
from taut.applications.sensing.matrices import on_supports
from taut.applications.sensing.sparse_recovery import Proof, Recovered, Task
from taut.solvers.projection_steps import ProjectionSteps, Rotated, squared_rows

__all__ = ["bounded"]

_ROUNDS = 40
_SUSPECT = 1e-3  # strength, relative to the largest, below which the bound may be out of reach
_COARSE, _FINER = 3e-2, 0.3
_FEW_ROWS = 512  # of which the eigenvectors cost less than the steps that they save
_SHORTER = 2  # steps for one of the analysis form, which takes twice as many products
_PATIENCE = 15  # looks after which a support that stays is worth a solution in closed form
_NOTHING = 1e-12  # of |y|: what lies beside all signals by rounding only
_NOISE_ENTRIES, _SMALL_ENTRIES = 1.5, 2.5e-3


def bounded(task: Task) -> Recovered:
    """The least penalty within the bound.

    Returns
    -------
    Recovered
        The best that was found; its proof tells how good that is.

    Raises
    ------
    ValueError
        No signal comes as close to the measurements.
    """
    if np.linalg.norm(task.y) <= task.noise:
        return Recovered(task.zero, np.inf, Proof(0.0, 0.0, 0.0))
    if task.top == 0:  # no signal comes any closer than none
        raise task.unreachable(np.linalg.norm(task.y))
    is_explicit = task.measurement.matrix is not None
    if is_explicit and entry_weights(task) is not None:
        return on_supports(task)
    rows = None if is_explicit else squared_rows(task.measurement)
    if rows is not None:
        return _by_projections(
            task, _Orthogonal(task.measurement, rows, task.y, task.noise, np.asarray)
        )
    if task.measurement.shape[0] <= _FEW_ROWS and not (is_explicit and task.noise):
        orthogonal = _turned(task)
        if orthogonal is not None:
            return _by_projections(task, orthogonal)
    return _by_secants(task) if task.noise else by_multipliers(task)


class _Orthogonal(NamedTuple):
    """A measurement of orthogonal rows, or one that was turned until they are.

    ``back`` takes dual points to those of the task.
    """

    measurement: object
    rows: np.ndarray
    y: np.ndarray
    noise: float
    back: Callable


def _turned(task):
    """None where the bound is out of reach: a part of y lies beside all that signals explain."""
    turned = Rotated(task.measurement)
    y = task.y @ turned.vectors
    beside = task.y - turned.vectors @ y
    size = np.linalg.norm(beside)
    if size >= task.noise and size > task.slack:
        return None
    noise = np.sqrt(max(task.noise**2 - size**2, 0.0))
    least = _NOTHING * np.linalg.norm(y)

    def back(dual):
        # The dual point has the direction of the residual, of which that part is known.
        share = np.linalg.norm(dual) / noise if noise and size > least else 0.0
        return turned.vectors @ dual + share * beside

    return _Orthogonal(turned, turned.rows, y, noise, back)


def _by_projections(task, orthogonal):
    measurement, rows, y, noise, back = orthogonal
    threshold = _threshold(task, rows)
    steps = ProjectionSteps(measurement, rows, y, noise, task.penalty, threshold)
    loose, best, before, tried = task.loosened(), None, None, None
    for look, (x, turned) in enumerate(steps.run(_SHORTER * task.max_iter)):
        dual = back(turned)
        best = loose.better(best, loose.proved(x, None, task.residual(x), dual))
        is_solved, support = loose.is_solved(best), x != 0
        if is_solved and task.noise:
            break
        is_settled = look > _PATIENCE and np.array_equal(support, before)
        if (is_solved or is_settled) and not np.array_equal(support, tried):
            found, tried = _finished(task, x, dual), support
            if found is not None and task.is_solved(found):
                return found
        if is_solved:
            break
        before = support
    return best


def _finished(task, x, dual):
    """The solution of this support in closed form, where few entries may be one."""
    if task.noise == 0:
        return exact_on_support(task, x, dual)
    if entry_weights(task) is None or 2 * np.count_nonzero(x) > task.measurement.shape[0]:
        return None
    return on_face(task, x)[0]


def _threshold(task, rows):
    """Somewhat more than noise alone makes of an entry, or a small share of the largest entry."""
    m, n = task.measurement.shape
    square = rows.sum() / n  # the mean square of the norms of the columns
    entry = task.noise / np.sqrt(m * square)
    return max(_NOISE_ENTRIES * entry, _SMALL_ENTRIES * task.top / square)


def _by_secants(task: Task) -> Recovered:
    """Secants on ``|y - A x|^2``, nearly linear in the square of the strength, made ever finer."""
    strength, fineness = task.first_strength(), _COARSE
    x, best, before = task.zero, None, None
    for _ in range(_ROUNDS):
        x = task.engine.lasso(task.y, strength, x, fineness)
        residual = task.residual(x)
        square = float(residual @ residual)
        best = task.better(best, task.proved(x, strength, residual, residual))
        if task.is_solved(best) or task.is_spent():
            return best
        if square > task.noise**2 and strength < _SUSPECT * task.top:
            task.require_reach()
        off = np.sqrt(square) / task.noise
        now, target = (strength**2, square), strength / off
        if before is not None and (now[0] - before[0]) * (now[1] - before[1]) > 0:
            slope = (now[1] - before[1]) / (now[0] - before[0])
            target = np.sqrt(max(now[0] + (task.noise**2 - square) / slope, 0.0))
        before, strength = now, float(np.clip(target, 0.5 * strength, 2.0 * strength))
        # What is left of the misfit must not be an error of the lasso.
        fineness = max(min(_FINER * fineness, _FINER**2 * abs(off - 1.0)), 1e-3 * task.tol)
    if best.proof.excess > 1e-2 * task.noise:
        raise task.unreachable(best.proof.excess + task.noise)
    return best

"""The least penalty within a bound on the noise; see `sparse_recovery`."""

from __future__ import annotations

import numpy as np

from taut.applications.sensing.equalities import by_multipliers
from taut.applications.sensing.faces import entry_weights
from taut.applications.sensing.matrices import on_supports
from taut.applications.sensing.measurements import Measurement, written_down
from taut.applications.sensing.projections import Orthogonal, by_projections
from taut.applications.sensing.sparse_recovery import Proof, Recovered, Task
from taut.solvers.projection_steps import merged, rotated, squared_rows

__all__ = ["bounded"]

_ROUNDS = 40
_SUSPECT = 1e-3  # strength, relative to the largest, below which the bound may be out of reach
_COARSE, _FINER = 3e-2, 0.3
_FEW_ROWS = 512  # of which a matrix, or eigenvectors, cost less than the steps that they save
_ROOM = 1 << 20  # entries of a matrix that is written down in place of an operator
_WORTH = 50  # squared rows for a product of as much work as the path of such a matrix
_NOTHING = 1e-12  # of |y|: what lies beside all signals by rounding only


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
    if task.measurement.matrix is not None and entry_weights(task) is not None:
        return on_supports(task)
    orthogonal = _orthogonal_rows(task)
    found = None
    if orthogonal is not None:
        found = by_projections(task, orthogonal, _most_products(task))
    if found is not None and task.loosened().is_solved(found):
        return found
    if _fits(task):
        return on_supports(_as_matrix(task))
    if found is None:
        found = _by_secants(task) if task.noise else by_multipliers(task)
    return found


def _fits(task):
    """Whether a matrix in place of the operator is small, and helps."""
    m, n = task.measurement.shape
    is_small = m <= _FEW_ROWS and m * n <= _ROOM
    return is_small and task.measurement.matrix is None and entry_weights(task) is not None


def _most_products(task):
    return len(task.y) ** 2 / _WORTH if _fits(task) else np.inf


def _as_matrix(task):
    written = Measurement(written_down(task.measurement))
    return Task(written, task.y, task.penalty, task.noise, task.tol, task.max_iter, task.say)


def _orthogonal_rows(task):
    """The task for orthogonal rows, where they are or can be made so."""
    measurement, is_operator = task.measurement, task.measurement.matrix is None
    if is_operator:
        rows = squared_rows(measurement)
        if rows is not None:
            return Orthogonal(measurement, rows, task.y, task.noise, np.asarray)
        turned = merged(measurement)
        if turned.rows is not None:
            return _after(task, turned)
    few = measurement.shape[0] <= _FEW_ROWS and (is_operator or not task.noise)
    return _after(task, rotated(measurement)) if few and not _fits(task) else None


def _after(task, turned):
    """None where the bound is out of reach: a part of y lies beside all that signals explain."""
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

    return Orthogonal(turned, turned.rows, y, noise, back)


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

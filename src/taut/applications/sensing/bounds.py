"""The strength at which a bound on the noise is met; see `sparse_recovery`."""

from __future__ import annotations

import numpy as np
from scipy.sparse.linalg import lsqr

from taut.applications.sensing.sparse_recovery import Proof, Recovered, Task

__all__ = ["bounded"]

_SMALLER = 0.25
_ROUNDS = 40
_SUSPECT = 1e-3  # strength, relative to the largest, below which the bound may be out of reach
_END = 3e-3  # strength of the first lasso on the way to an equality, relative to the largest
_ROUGH = 0.1
_COARSE, _FINER = 3e-2, 0.3
_ROUNDING = 1e-11
_RESOLVED = 1e-9  # strength, relative to the largest, below which a lasso is lost in rounding
_SOFTER = 0.25  # the strength of the next lasso on the way to an equality
_SETTLED = 0.02  # change of the size of a support that has been found


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
    if is_explicit and _weights(task) is not None:
        return _along_faces(task)
    return _by_secants(task) if task.noise > 0 else _by_multipliers(task)


def _along_faces(task: Task) -> Recovered:
    """A matrix, and the L1 norm with weights w.

    As long as the support S and the signs stay, with ``s = w * signs``,

        x_S = b - strength * q,     b = (A_S'A_S)^-1 A_S'y,     q = (A_S'A_S)^-1 s,
        |y - A x|^2 = |y - A_S b|^2 + strength^2 s'q,

    so that the strength at which the bound is met is known in closed form, zero for an equality.
    Whether S was right shows in the gap.
    """
    weights, best, x = _weights(task), None, task.zero
    strength = task.first_strength() if task.noise else _END * task.top
    low, high, fineness = 0.0, task.top, _ROUGH if task.noise else 0.0
    for _ in range(_ROUNDS):
        x = task.engine.lasso(task.y, strength, x, fineness)
        if fineness:
            # The first strength is a guess: only the next one is worth an exact solution.
            fineness = 0.0
        elif np.linalg.norm(task.residual(x)) > task.noise:
            high = min(high, strength)
        else:
            low = max(low, strength)
        support = np.flatnonzero(x)
        signs = np.sign(x[support]) * weights[support]
        face = task.measurement.face(support)
        middle, inward = face.least_squares(task.y), face.solve(signs)
        rest = float(np.linalg.norm(task.y - face.product(middle)))
        target = None
        if rest <= task.noise + task.slack and len(support):
            target = np.sqrt(max(task.noise**2 - rest**2, 0.0) / (signs @ inward))
            candidate = task.zero.copy()
            candidate[support] = _rounded(middle - target * inward)
            left = task.residual(candidate)
            dual = left if task.noise else face.product(inward)
            best = task.better(best, task.proved(candidate, target, left, dual))
            if task.is_solved(best):
                return best
        elif strength < _SUSPECT * task.top:
            task.require_reach()
        strength = _next(strength, low, high, target if task.noise else None)
        if not task.noise and strength < _RESOLVED * task.top:
            break
    if not task.noise:
        # Small entries are told from zero by strengths that the engine cannot resolve; the
        # multipliers get there with larger ones.
        afresh = Task(task.measurement, task.y, task.penalty, 0.0, task.tol, task.say)
        return task.better(best, _by_multipliers(afresh))
    if best is None:
        raise task.unreachable(rest)
    return best


def _by_secants(task: Task) -> Recovered:
    """Secants on ``|y - A x|^2``, nearly linear in the square of the strength, made ever finer."""
    strength, fineness = task.first_strength(), _COARSE
    x, best, before = task.zero, None, None
    for _ in range(_ROUNDS):
        x = task.engine.lasso(task.y, strength, x, fineness)
        residual = task.residual(x)
        square = float(residual @ residual)
        best = task.better(best, task.proved(x, strength, residual, residual))
        if task.is_solved(best):
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


def _by_multipliers(task: Task) -> Recovered:
    """What the lasso leaves is added to what it is asked for, until nothing is left.

    That is the method of multipliers for ``A x = y``; the residuals together are the dual point.
    A support that is right gives the solution at once: least squares on it.

    References
    ----------
    Yin, W., Osher, S., Goldfarb, D. and Darbon, J. (2008). Bregman iterative algorithms for
    l1-minimization. SIAM Journal on Imaging Sciences 1, 143-168, theorem 3.2.
    """
    x, asked, best, fineness, size = task.zero, task.y, None, 1e-4, None
    strength = _END * task.top
    for iteration in range(_ROUNDS):
        x = task.engine.lasso(asked, strength, x, fineness)
        left = task.residual(x)
        dual = asked - task.y + left
        found = _exact_on_support(task, x, size, dual)
        if found is None:
            # The smallest change that meets the equality.
            change = lsqr(task.measurement.linear, left, atol=1e-13, btol=1e-13)[0]
            nearest = x + change
            found = task.proved(nearest, 0.0, task.residual(nearest), dual)
        best, size = task.better(best, found), np.count_nonzero(x)
        if task.is_solved(best):
            # Where least squares on the support would do, it is the sparser answer.
            exact = _exact_on_support(task, x, None, dual)
            return exact if exact is not None and task.is_solved(exact) else best
        if iteration == 0:
            task.require_reach()
        # The multipliers are (asked - y) / strength, and stay as the strength falls.
        softer = _SOFTER if strength > _SUSPECT * _END * task.top else 1.0
        asked, strength = task.y + softer * (asked - task.y + left), softer * strength
        fineness = max(0.3 * fineness, 0.1 * task.tol)
    return best


def _exact_on_support(task, x, size, dual):
    """Least squares on the support of x, where that may meet the equality and does; else None.

    The multipliers prove it, or the dual point of least norm with the right signs where x is large.
    """
    weights, support = _weights(task), np.flatnonzero(x)
    if not 0 < len(support) <= task.measurement.shape[0] // 2:
        return None
    if size is not None and abs(len(support) - size) > _SETTLED * size:
        return None
    face = task.measurement.face(support)
    candidate = task.zero.copy()
    candidate[support] = _rounded(face.least_squares(task.y))
    left = task.residual(candidate)
    if np.linalg.norm(left) > task.slack:
        return None
    found = task.proved(candidate, 0.0, left, dual)
    if task.is_solved(found) or weights is None:
        return found
    large = np.flatnonzero(candidate)
    face = task.measurement.face(large)
    signs = np.sign(candidate[large]) * weights[large]
    return task.better(found, task.proved(candidate, 0.0, left, face.product(face.solve(signs))))


def _rounded(coef):
    """Entries on the support that are zero but for rounding are zero."""
    return np.where(np.abs(coef) > _ROUNDING * np.max(np.abs(coef)), coef, 0.0)


def _next(strength, low, high, target):
    """The strength to try next: the one that was computed, where it lies where it must."""
    if target is not None and low < target < high and target > 0.1 * strength:
        return target
    return np.sqrt(low * high) if low > 0 else _SMALLER * min(strength, high)


def _weights(task):
    """Those of the L1 norm for each entry; None for other penalties."""
    n_features = task.measurement.shape[1]
    family = task.penalty.coordinates(n_features)
    return None if family is None else np.broadcast_to(family.l1, n_features)

"""Solutions of a known support, in closed form."""

from __future__ import annotations

import numpy as np

from taut.applications.sensing.sparse_recovery import Recovered, Task
from taut.solvers.polar import polar_interval

__all__ = ["entry_weights", "exact_on_support", "next_face", "on_face"]

_ROUNDING = 1e-11


def entry_weights(task: Task) -> np.ndarray | None:
    """Those of the L1 norm for each entry; None for other penalties."""
    n_features = task.measurement.shape[1]
    family = task.penalty.coordinates(n_features)
    return None if family is None else np.broadcast_to(family.l1, n_features)


def on_face(task: Task, x) -> tuple[Recovered | None, float]:
    """The point that meets the bound while the support S and the signs of x stay.

    With ``s = w * signs`` under an L1 norm of weights w,

        x_S = b - strength * q,     b = (A_S'A_S)^-1 A_S'y,     q = (A_S'A_S)^-1 s,
        |y - A x|^2 = |y - A_S b|^2 + strength^2 s'q,

    so that the strength at which the bound is met is known in closed form, zero for an equality.

    Returns
    -------
    Recovered or None
        None where no point on the support comes as close.
    float
        The distance of the closest point.
    """
    support = np.flatnonzero(x)
    signs = np.sign(x[support]) * entry_weights(task)[support]
    face = task.measurement.face(support)
    middle, inward = face.least_squares(task.y), face.solve(signs)
    rest = float(np.linalg.norm(task.y - face.product(middle)))
    if rest > task.noise + task.slack or not len(support):
        return None, rest
    strength = np.sqrt(max(task.noise**2 - rest**2, 0.0) / (signs @ inward))
    candidate = _spread(task, support, middle - strength * inward)
    left = task.residual(candidate)
    dual = left if task.noise else face.product(inward)
    return task.proved(candidate, strength, left, dual), rest


def next_face(task: Task, signs, found: Recovered) -> np.ndarray:
    """The signs that the solution on a face asks for: one step of the active-set method.

    Entries that changed sign leave; those join that are pulled harder than the strength.

    Parameters
    ----------
    signs : ndarray of shape (n,)
        Of the face, zeros elsewhere.
    found : Recovered
        What `on_face` made of them.
    """
    low, high = polar_interval(task.penalty, len(signs))
    pull = task.measurement.adjoint(task.residual(found.x)) / found.strength
    joining = (pull > high).astype(np.float64) - (pull < low)
    return np.where(signs == 0, joining, signs * (np.sign(found.x) == signs))


def exact_on_support(task: Task, x, dual) -> Recovered | None:
    """Least squares on the support of x, where that may meet the equality and does; else None.

    The dual point proves it, or the one of least norm with the right signs where x is large.
    """
    support = np.flatnonzero(x)
    if not 0 < len(support) <= task.measurement.shape[0] // 2:
        return None
    coef = task.measurement.face(support).least_squares(task.y)
    candidate = _spread(task, support, coef)
    left = task.residual(candidate)
    if np.linalg.norm(left) > task.slack:
        return None
    found = task.proved(candidate, 0.0, left, dual)
    weights = entry_weights(task)
    if task.is_solved(found) or weights is None:
        return found
    large = np.flatnonzero(candidate)
    face = task.measurement.face(large)
    signs = np.sign(candidate[large]) * weights[large]
    return task.better(found, task.proved(candidate, 0.0, left, face.product(face.solve(signs))))


def _spread(task, support, coef):
    """The signal of these entries; what is zero but for rounding is zero."""
    x = task.zero.copy()
    x[support] = np.where(np.abs(coef) > _ROUNDING * np.max(np.abs(coef)), coef, 0.0)
    return x

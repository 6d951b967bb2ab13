"""Conjugate gradients on ``(A + s I) x = b`` for many shifts ``s`` at the price of one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

__all__ = ["shifted_conjugate_gradients"]


def shifted_conjugate_gradients(
    apply: Callable[[np.ndarray], np.ndarray],
    b: np.ndarray,
    shifts: np.ndarray,
    tol: float = 1e-13,
    max_iter: int = 1000,
) -> tuple[np.ndarray, np.ndarray]:
    """Solve all systems in one sequence of products with A.

    Begun at zero, all of them search the same Krylov spaces, and their residuals are multiples of
    one another: ``zeta`` times that of the smallest shift, which is the slowest. The recurrences
    follow Jegerlehner.

    Parameters
    ----------
    apply : callable
        ``x -> A x``, A positive semidefinite.
    b : ndarray of shape (n,)
    shifts : ndarray of shape (n_shifts,)
        Positive and decreasing.
    tol : float
        Of the residual, relative to b.
    max_iter : int

    Returns
    -------
    solutions : ndarray of shape (n, n_shifts)
    n_iter : ndarray of int of shape (n_shifts,)

    References
    ----------
    Jegerlehner, B. (1996). Krylov space solvers for shifted linear systems. hep-lat/9612014.
    """
    solutions = np.zeros((len(b), len(shifts)), order="F")
    n_iter = np.zeros(len(shifts), dtype=int)
    directions = np.repeat(b[:, None], len(shifts), axis=1).copy(order="F")
    zeta, previous = np.ones((2, len(shifts)))
    residual, direction = b.copy(), b.copy()
    square = target = residual @ residual
    step, turn = 1.0, 0.0
    for _ in range(max_iter):
        # Stronger shifts are solved first: those that are not yet are the last.
        live = np.flatnonzero(zeta**2 * square > tol**2 * target)
        if len(live) == 0:
            break
        rest = slice(live[0], None)
        z, before, extra = zeta[rest], previous[rest], shifts[rest] - shifts[-1]
        product = apply(direction) + shifts[-1] * direction
        new_step = square / (direction @ product)
        new_z = (z * before * step) / (
            new_step * turn * (before - z) + before * step * (1.0 + extra * new_step)
        )
        solutions[:, rest] += directions[:, rest] * (new_step * new_z / z)
        n_iter[rest] += 1
        residual -= new_step * product
        turn, square = residual @ residual / square, residual @ residual
        directions[:, rest] *= turn * (new_z / z) ** 2
        directions[:, rest] += np.outer(residual, new_z)
        direction = residual + turn * direction
        previous[rest], zeta[rest], step = z, new_z, new_step
    return solutions, n_iter

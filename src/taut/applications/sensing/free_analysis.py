"""The analysis form where the rows of W are independent, as those of differences along a line.

Then ``W x = v`` has a solution for every v, ``x = W+ v + N z`` with N a basis of the null space,

    min P(W x)  subject to  |y - A x| <= noise

and this is a matter of v alone: z costs nothing, and takes away what A N explains. With orthonormal
Q beside the columns of A N, ``min_z |y - A x| = |Q'y - Q'A W+ v|``: the residual of a sparse v.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import qr, solve_triangular

from taut.applications.sensing.matrices import on_supports
from taut.applications.sensing.measurements import Measurement, written_down
from taut.applications.sensing.sparse_recovery import Task
from taut.penalties import L1
from taut.solvers.primal_dual import Analysed

__all__ = ["by_free_analysis"]

_ROOM = 1 << 22  # entries of matrices that are written down
_INDEPENDENT = 1e-8


def by_free_analysis(measurement, analysis, y, penalty, noise, tol, max_iter, say):
    """The solution by way of ``v = W x``.

    Parameters
    ----------
    measurement, analysis : Measurement
    y : ndarray of shape (m,)
    penalty : Penalty
    noise : float >= 0
    tol : float
    max_iter : int
    say : callable

    Returns
    -------
    Analysed or None
        None where rows of W depend on one another, the penalty is not a weighted L1 norm, or a
        matrix would be large.
    """
    family = penalty.coordinates(analysis.shape[0])
    size, n = analysis.shape
    if family is None or size > n or n * max(n, measurement.shape[0]) > _ROOM:
        return None
    rows = written_down(analysis)
    live = np.any(rows != 0, axis=1)
    weights = np.broadcast_to(family.l1, len(rows))[live]
    split = _split(rows[live])
    if split is None or not np.all((weights > 0) & (weights < np.inf)):
        return None
    inverse, null = split
    matrix = written_down(measurement)
    free = matrix @ null
    beside = qr(free)[0][:, null.shape[1] :].T
    if np.linalg.norm(beside @ y) <= max(noise, _INDEPENDENT * np.linalg.norm(y)):
        return None
    task = Task(
        Measurement(beside @ matrix @ inverse), beside @ y, L1(weights), noise, tol, max_iter, say
    )
    found = on_supports(task)
    x = inverse @ found.x
    x = x + null @ np.linalg.lstsq(free, y - matrix @ x)[0]
    objective = float(penalty.value(analysis.product(x)))
    gap = found.proof.gap + objective - found.proof.objective
    excess = max(float(np.linalg.norm(y - measurement.product(x))) - noise, 0.0)
    return Analysed(x, objective, gap, excess, 0.0, 0, ())


def _split(rows):
    """``W+`` and an orthonormal basis of the null space; None where rows are dependent."""
    size = len(rows)
    vectors, triangle = qr(rows.T)
    triangle = triangle[:size]
    diagonal = np.abs(np.diag(triangle))
    if not size or diagonal.min() <= _INDEPENDENT * diagonal.max():
        return None
    inverse = solve_triangular(triangle, vectors[:, :size].T).T
    return inverse, vectors[:, size:]

"""The systems of Newton's steps on the augmented Lagrangian, on the smaller side of X.

With the Hessian H of the loss and the derivative P of the prox a step solves

    H + c I - P / s,        c = (1 + d) / s,

of as many coordinates as there are coefficients. A prox that sets coefficients equal or to zero has
the projection ``P = U U'``, with one column of U for each piece that moves; a ridge beside it makes
the columns shorter, ``U'U = K``. With ``H = A'A``, where
A is the columns times a root of the curvature, the formula of Sherman, Morrison and Woodbury, once
for A and once for U, leaves ``G = c I + A A'``, of as many coordinates as there are rows, and with
``B = A U``

    C = (d I + (I - K) + B' G^-1 B) s / (1 + d),

of as many as there are pieces: written so, nothing cancels but in I - K. Then ``v`` is solved by

    (w - A' G^-1 A w) / c,        w = v + U t,    C t = (U'v - B' G^-1 A v) / c.
"""

from __future__ import annotations

import numpy as np
from scipy import linalg

from taut.penalties.base import Penalty
from taut.penalties.derivatives import is_tying, of_prox
from taut.problem import Problem
from taut.solvers.columns import GrowingColumns
from taut.solvers.fitted import Point

__all__ = ["direction", "side"]


def side(problem: Problem, penalty: Penalty, shape) -> int:
    """Coordinates of the larger system, for coefficients of a shape."""
    n_targets = int(np.prod(shape[1:], dtype=int))
    sides = [shape[0], problem.design.shape[0]]
    return n_targets * (min(sides) if is_tying(penalty) else shape[0])


def direction(problem: Problem, columns: GrowingColumns, here, prox, step, damping):
    """The Newton step from a point of the Lagrangian.

    Parameters
    ----------
    problem : Problem
    columns : GrowingColumns
    here : Minimum
    prox : tuple
        The penalty, and its strength alpha.
    step : float
        s.
    damping : float
        d.

    Returns
    -------
    ndarray of the shape of the coefficients

    Raises
    ------
    scipy.linalg.LinAlgError
        The system is flat in some direction, and the damping does not make up for it.
    """
    penalty, alpha = prox
    where = here.raised, here.copy, step, alpha
    force = -here.gradient.ravel()
    if side(problem, penalty, here.coef.shape) == here.coef.size:
        system = hessian(problem, columns.with_ones, here.point)
        system -= of_prox(penalty, *where) / step
        system[np.diag_indices_from(system)] += (1.0 + damping) / step
        # Symmetric: the transpose is the same, as LAPACK wants it.
        factor = linalg.cho_factor(system.T, check_finite=False, overwrite_a=True)
        move = linalg.cho_solve(factor, force, check_finite=False)
    else:
        pieces = penalty.prox_pieces(*where)
        move = _by_rows(_Rows(problem, columns, here), pieces, force, step, damping)
    return move.reshape(here.coef.shape)


def hessian(problem: Problem, with_ones, point: Point) -> np.ndarray:
    """Of the loss between columns, with the intercept at its best.

    Parameters
    ----------
    problem : Problem
    with_ones : matrix of shape (n_samples, 1 + n_columns)
        A column of ones, and the others.
    point : Point

    Returns
    -------
    ndarray of shape (n_columns * n_targets, n_columns * n_targets)
    """
    where = problem.response, point.eta, problem.weights
    gram = problem.loss.hessian_gram(*where, with_ones, with_ones)
    count = gram.shape[0] // with_ones.shape[1]
    inner = gram[count:, count:]
    if not _has_level(problem):
        return inner.copy()
    across = gram[count:, :count]
    return inner - across @ np.linalg.pinv(gram[:count, :count], hermitian=True) @ across.T


def _by_rows(rows, pieces, force, step, damping):
    curved = (1.0 + damping) / step
    gram = rows.kernel()
    gram[np.diag_indices_from(gram)] += curved
    factor = linalg.cholesky(gram.T, lower=True, check_finite=False, overwrite_a=True)
    within, of_force = rows.of_pieces(pieces), rows.product(force)
    # G^-1 = L'^-1 L^-1: halves of the products are enough, and as exact again.
    both = np.column_stack([within, of_force])
    half = linalg.solve_triangular(factor, both, lower=True, check_finite=False)
    inner = half[:, :-1].T @ half
    capacity = inner[:, :-1]
    shorter = 1.0 - np.asarray(pieces.power(2).sum(axis=0)).ravel()
    capacity[np.diag_indices_from(capacity)] += damping + shorter
    corner = linalg.cho_factor(capacity.T, check_finite=False)
    share = linalg.cho_solve(corner, pieces.T @ force - inner[:, -1], check_finite=False)
    left = half @ np.append(share, 1.0)
    back = linalg.solve_triangular(factor, left, lower=True, trans="T", check_finite=False)
    return (force + pieces @ share - rows.cross(back)) / curved


class _Rows:
    """The columns times a root of the curvature at a point, less what an intercept explains: A."""

    def __init__(self, problem: Problem, columns: GrowingColumns, here):
        self.columns, self.shape = columns, here.coef.shape
        loss, eta = problem.loss, here.point.eta
        self.row_shape = eta.shape
        self.n_targets = int(np.prod(eta.shape[1:], dtype=int))
        root = loss.hessian_root(problem.response, eta, problem.weights)
        self.root, self.level = root, None
        if _has_level(problem):
            ones = np.tile(np.eye(self.n_targets), (len(eta), 1))
            # Of symmetric classes one direction is that of a constant, which changes nothing.
            left, values, _ = np.linalg.svd(root.T @ ones, full_matrices=False)
            self.level = left[:, values > 1e-10 * values[0]]

    def kernel(self):
        """``A A'``."""
        between = np.kron(self.columns.kernel, np.eye(self.n_targets))
        half = self.root.T @ between
        return self._less_level(self._less_level(self.root.T @ half.T).T)

    def of_pieces(self, pieces):
        """``A U`` of a sparse U."""
        fits = np.empty((self.root.shape[0], pieces.shape[1]))
        for k in range(self.n_targets):
            fits[k :: self.n_targets] = self.columns.sparse_product(pieces[k :: self.n_targets])
        return self._less_level(self.root.T @ fits)

    def product(self, coef):
        """``A x``."""
        fit = self.columns.product(coef.reshape(self.shape))
        return self._less_level(self.root.T @ fit.ravel())

    def cross(self, residual):
        """``A'r``."""
        slope = self.root @ self._less_level(residual)
        return self.columns.cross(slope.reshape(self.row_shape)).ravel()

    def _less_level(self, values):
        return values if self.level is None else values - self.level @ (self.level.T @ values)


def _has_level(problem):
    return problem.fit_intercept and problem.loss.is_separable

"""``min P(x)`` subject to ``|y - A x| <= noise`` under a weighted L1 norm, by Newton on the dual.

A step of the proximal point method,

    x+ = argmin P(x) + |x - x0|^2 / (2 s)  subject to  |y - A x| <= noise,

has the solution ``x(u) = prox_sP(x0 + s A'u)``, where u maximises a concave function of as many
variables as there are measurements. Where J are the entries of x(u) that are not zero,

    gradient  y - noise u/|u| - A x(u),     Hessian  -s A_J A_J' - noise/|u| (I - uu'/|u|^2),

of which the first part changes by few columns from one step to the next. An equality makes the
problem a linear programme: once s is large enough, the proximal point is its solution (Ferris 1991,
Finite termination of the proximal point algorithm, theorem 2).
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.linalg.lapack import dpotrf, dpotrs

from taut.solvers.line_search import FARTHEST, where_slope_ends
from taut.solvers.polar import polar_interval

__all__ = ["proximal_points"]

_ROUNDS = 60
_NEWTON_STEPS = 40
_FEW, _MANY = 20, 40  # Newton steps of a round, after which s grows or falls
_GROWTH = 3.0
_NEAR = 1e-3  # what is left of the equality, against how far the round has led
_ROUNDING = 1e-12
_REGULAR = 1e-13
_SHIFTS = 20  # a hundredfold each: more than float64 has digits
_SOFT = 1e-3  # more of it, times the root of the residual's share: it falls more slowly than that


def proximal_points(matrix, y, noise, penalty, x, u, length):
    """Proximal points, one after another, with longer and longer s.

    Parameters
    ----------
    matrix : ndarray or sparse matrix of shape (m, n)
        Of full row rank.
    y : ndarray of shape (m,)
    noise : float >= 0
    penalty : Penalty
        A weighted L1 norm, but for bounds at zero.
    x : ndarray of shape (n,)
        Where to begin.
    u : ndarray of shape (m,)
        A dual point near the solution.
    length : float > 0
        The first s.

    Yields
    ------
    x, u : ndarray
        Of which x has exact zeros, and meets the bound to rounding in the end.

    References
    ----------
    Li, X., Sun, D. and Toh, K.-C. (2018). A highly efficient semismooth Newton augmented Lagrangian
    method for solving lasso problems. SIAM Journal on Optimization 28, 433-458.
    """
    point = _DualPoint(matrix, y, noise, polar_interval(penalty, len(x)), u)
    for _ in range(_ROUNDS):
        x, n_steps = point.maximised(x, length)
        yield x, point.u
        if not np.linalg.norm(point.u) < FARTHEST:  # no x comes as near as the noise
            return
        if n_steps <= _FEW:
            length *= _GROWTH
        elif n_steps >= _MANY:
            length /= _GROWTH


class _DualPoint:
    """u, with ``A'u`` and the Hessian there."""

    def __init__(self, matrix, y, noise, interval, u):
        self.matrix, self.y, self.noise, self.u = matrix, y, noise, u
        self.low, self.high = interval
        self.pulled = matrix.T @ u
        self.size = np.linalg.norm(y)
        self.hessian = _Hessian(matrix)

    def maximised(self, origin, length):
        """The proximal point of the origin, and in how many Newton steps it was found."""
        n_steps = 0
        while True:
            base = origin + length * self.pulled
            x = self._prox(base, length)
            size = max(np.linalg.norm(self.u), 1e-300)
            left = self.y - self.noise / size * self.u - self.matrix @ x
            share = np.linalg.norm(left) / self.size
            moved = np.linalg.norm(x - origin) / max(np.linalg.norm(x), 1e-300)
            ended = n_steps == _NEWTON_STEPS or not size < FARTHEST
            if share <= max(_NEAR * moved, _ROUNDING) or ended:
                return x, n_steps
            bend = self.noise / (size * length), self.u / size
            step = self.hessian.at(x != 0).solve(left, share, *bend)
            if step is None:
                return x, n_steps
            step = step / length
            turned = self.matrix.T @ step
            far = self._far(base, length, step, turned, float(left @ step))
            self.u, self.pulled = self.u + far * step, self.pulled + far * turned
            n_steps += 1

    def _prox(self, base, length):
        return base - np.clip(base, length * self.low, length * self.high)

    def _far(self, base, length, step, turned, slope):
        """How far to go: to where the derivative along the step is next to nothing."""
        rise = float(self.y @ step)

        def left(far):
            u = self.u + far * step
            cost = self.noise * float(u @ step) / np.linalg.norm(u)
            return rise - cost - turned @ self._prox(base + far * length * turned, length)

        return where_slope_ends(left, slope)


class _Hessian:
    """``A_J A_J'``, kept as J changes."""

    def __init__(self, matrix):
        self.matrix, self.chosen = matrix, np.zeros(matrix.shape[1], dtype=bool)
        self.product = np.zeros((matrix.shape[0],) * 2, order="F")

    def at(self, chosen):
        joined, gone = chosen & ~self.chosen, self.chosen & ~chosen
        if np.count_nonzero(joined | gone) >= np.count_nonzero(chosen):
            self.product = self._of(chosen)
        else:
            for change, sign in ((joined, 1.0), (gone, -1.0)):
                if change.any():
                    self.product += sign * self._of(change)
        self.chosen = chosen
        return self

    def _of(self, features):
        columns = self.matrix[:, np.flatnonzero(features)]
        product = columns @ columns.T
        return product.toarray(order="F") if sparse.issparse(product) else product

    def solve(self, target, share, bend, direction):
        """The step for ``A_J A_J' + bend (I - direction direction')``; None where J is empty.

        A little is added to the diagonal, and more where fewer columns than rows are chosen.
        """
        scale = np.trace(self.product) / len(target)
        if not 0 < scale < np.inf:
            return None
        extra = scale * (_REGULAR + _SOFT * min(share, 1.0) ** 0.5)
        for _ in range(_SHIFTS):
            shifted = np.array(self.product, order="F")
            shifted[np.diag_indices(len(target))] += extra + bend
            factor, failed = dpotrf(shifted, lower=1, overwrite_a=1)
            if not failed:
                break
            extra *= 100.0
        else:
            return None
        sides = np.column_stack([target, direction])
        plain, along = dpotrs(factor, sides, lower=1)[0].T
        # Sherman and Morrison; what is taken away stays below what was added.
        share = bend * (direction @ plain) / (1.0 - bend * (direction @ along))
        return plain + share * along

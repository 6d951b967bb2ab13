"""``min P(x)`` subject to ``A x = y`` under a weighted L1 norm: both points near it made feasible.

Steps between two projections soon end at an x whose norm is right to a millionth, and at a dual
point u that breaks its bounds by a thousandth: the gap, which has to allow for that, is all that
is left to close. The vertex itself takes a square basis, of a condition that grows with the square
of its size. A gap takes less than that: what few of its entries are left open costs next to
nothing, since they are the small ones, and without them, or with as many more, conjugate gradients
end soon, after a number of steps that does not grow with the size. So they do twice:

    dual     |u+ - u| least,  A'u+ at the slope of the norm for the largest entries of x,
             and within its polar for all others;
    primal   P(x+) - u+'A x+ + |x+ - x|^2 / (2 s) least,  A x+ = y.

The first is solved by adding those that are beyond their bounds; the second is a step of the
proximal point method, and its dual is solved by semismooth Newton steps.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from taut.solvers.line_search import where_slope_ends
from taut.solvers.polar import finite_polar_interval

__all__ = ["feasible_pair"]

_OPEN = 0.15  # share of a basis that is left open
_LENGTH = 2.0  # of the proximal step, in medians of the entries
_STEPS, _LOOK = 1000, 4  # conjugate gradients for either, and between two looks
# Shares of what is farthest beyond its bounds: when others join, and which.
_MISSED, _JOINING = 0.5, 0.1
_INEXACT = 0.3  # of what is left of the equality, that a Newton step may leave
_SOFT = 1e-3  # what is added to the diagonal, in units of that of A A'
_SHARE = 0.3  # of the tolerance, for each of the two


def feasible_pair(measurement, rows, y, penalty, x, dual, tol):
    """Points near these, feasible to the tolerance, whose gap is far smaller.

    Parameters
    ----------
    measurement : object with ``product``, ``adjoint`` and ``shape``
    rows : ndarray of shape (m,)
        The diagonal of ``A A'``, which is zero elsewhere.
    y : ndarray of shape (m,)
    penalty : Penalty
        A weighted L1 norm, but for bounds at zero.
    x : ndarray of shape (n,)
        Near the solution, with exact zeros.
    dual : ndarray of shape (m,)
        Near the dual solution, ``A'u`` in the polar of the penalty but for little.
    tol : float
        Relative: of the bounds of the dual point, and of ``A x = y``.

    Returns
    -------
    x, dual : ndarray
        As good as they got; their gap tells how good that is.

    References
    ----------
    Li, X., Sun, D. and Toh, K.-C. (2018). A highly efficient semismooth Newton augmented Lagrangian
    method for solving lasso problems. SIAM Journal on Optimization 28, 433-458.

    Mehrotra, S. and Ye, Y. (1993). Finding an interior point in the optimal face of linear
    programs. Mathematical Programming 62, 497-515.
    """
    interval = finite_polar_interval(penalty, len(x))
    normal = _Normal(measurement, rows)
    dual, pull = _dual(normal, interval, x, dual, _SHARE * tol)
    return _primal(normal, interval, y, x, pull, _SHARE * tol * np.linalg.norm(y)), dual


def _dual(normal, interval, x, dual, tol):
    """The nearest dual point, and what the adjoint makes of it."""
    low, high = interval
    slopes, sizes = np.where(x < 0, low, high), np.minimum(-low, high)
    largest = np.argsort(-np.abs(x))[: int((1.0 - _OPEN) * len(dual))]
    chosen = np.zeros(len(x), dtype=bool)
    chosen[largest] = x[largest] != 0
    pull, n_left = normal.measurement.adjoint(dual), _STEPS
    while n_left > 0:
        target = normal.measurement.product(np.where(chosen, slopes - pull, 0.0))
        for now in normal.steps(chosen, target, 0.0, n_left):
            reached = pull + now.turned
            off = np.maximum(reached - high, low - reached)
            off = np.where(chosen, np.abs(reached - slopes), off) / sizes
            missed, beyond = off[chosen].max(), off[~chosen].max()
            if missed <= max(tol, _MISSED * beyond):
                break
        dual, pull, n_left = dual + now.solution, reached, n_left - now.n_steps
        if beyond <= tol:
            break
        joining = ~chosen & (off > max(tol, _JOINING * beyond))
        slopes[joining] = np.clip(pull, low, high)[joining]
        chosen |= joining
    return dual, pull


def _primal(normal, interval, y, x, pull, slack):
    """The proximal point of x, at costs less what the dual point pays for."""
    low, high = interval
    length = _LENGTH * np.median(np.abs(x[x != 0]))
    sum_, n_left = x + length * pull, _STEPS
    while True:
        x = sum_ - np.clip(sum_, length * low, length * high)
        left = y - normal.measurement.product(x)
        size = np.linalg.norm(left)
        if size <= slack or n_left <= 0:
            return x
        for now in normal.steps(x != 0, left, _SOFT, n_left):
            if np.linalg.norm(now.left) <= _INEXACT * size:
                break
        n_left -= max(now.n_steps, 1)

        def slope_at(far, base=sum_, now=now):
            reached = base + far * now.turned
            beyond = reached - np.clip(reached, length * low, length * high)
            return y @ now.solution - now.turned @ beyond

        sum_ = sum_ + where_slope_ends(slope_at, left @ now.solution) * now.turned


class _Reached(NamedTuple):
    """How far conjugate gradients are: ``turned`` is what the adjoint makes of the solution, and
    ``left`` what it leaves of the target."""

    n_steps: int
    solution: np.ndarray
    turned: np.ndarray
    left: np.ndarray


class _Normal:
    """The equations of ``A_J A_J' + soft * D`` with ``D = A A'``, which is diagonal."""

    def __init__(self, measurement, rows):
        self.measurement, self.rows = measurement, rows

    def steps(self, chosen, target, soft, most):
        """Conjugate gradients, preconditioned by D: where they are every few steps."""
        left, solution, turned = target, np.zeros_like(target), np.zeros(len(chosen))
        direction, square = np.zeros_like(target), np.inf
        for n_steps in range(most + 1):
            if n_steps % _LOOK == 0 or n_steps == most:
                yield _Reached(n_steps, solution, turned, left)
            ahead = left / self.rows
            square, before = float(left @ ahead), square
            direction = ahead + square / before * direction
            pulled = self.measurement.adjoint(direction)
            bent = self.measurement.product(np.where(chosen, pulled, 0.0))
            bent += soft * self.rows * direction
            curvature = float(direction @ bent)
            if not curvature > 0:
                return
            far = square / curvature
            solution, turned = solution + far * direction, turned + far * pulled
            left = left - far * bent

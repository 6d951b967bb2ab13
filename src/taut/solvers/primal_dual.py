"""Primal-dual steps for ``min P(W x)`` with ``A x`` near y, through products with A and W only.

Signals are sparse after the analysis W; total variation is that of differences. With

    F(z) = 0 if |z - y| <= noise, else inf,     or     F(z) = |z - y|^2 / (2 strength),

the bounded and the penalised problem are both ``min_x P(W x) + F(A x)``, and their dual is
``max -F*(p)`` over p, and q in the polar of P, with ``A'p + W'q = 0``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

__all__ = ["Analysed", "Ball", "Square", "analysed"]

_LOOK = 20  # steps between two looks at the certificate
_POWER_STEPS = 20
_SAFETY = 0.95  # of the longest steps
_UNEVEN, _FASTER = 1.5, 0.95


class Ball(NamedTuple):
    """``|z - y| <= noise``, whose conjugate is ``y'p + noise |p|``."""

    y: np.ndarray
    noise: float

    def dual_prox(self, p, step):
        moved = p - step * self.y
        return moved * max(0.0, 1.0 - step * self.noise / max(np.linalg.norm(moved), 1e-300))

    def conjugate(self, p):
        return float(self.y @ p + self.noise * np.linalg.norm(p))

    def value(self, z):
        return 0.0

    def excess(self, z):
        return max(float(np.linalg.norm(z - self.y)) - self.noise, 0.0)


class Square(NamedTuple):
    """``|z - y|^2 / (2 strength)``, whose conjugate is ``y'p + strength/2 |p|^2``."""

    y: np.ndarray
    strength: float

    def dual_prox(self, p, step):
        return (p - step * self.y) / (1.0 + step * self.strength)

    def conjugate(self, p):
        return float(self.y @ p + 0.5 * self.strength * (p @ p))

    def value(self, z):
        return float(np.square(z - self.y).sum()) / (2.0 * self.strength)

    def excess(self, z):
        return 0.0


class _State(NamedTuple):
    """x and the dual points with their products, the balance of the steps, the norms."""

    point: tuple
    balance: float
    norms: tuple


class Analysed(NamedTuple):
    """A signal and what proves it.

    Attributes
    ----------
    x : ndarray
    objective : float
        ``P(W x) + F(A x)``; for the bounded problem the first part.
    gap : float
        That, less the value of the dual point.
    excess : float
        By how much ``|y - A x|`` exceeds the bound.
    dual_excess : float
        ``|A'p + W'q| / |W'q|``, zero for a dual point.
    n_iter : int
    state : tuple
        From where another strength can go on.
    """

    x: np.ndarray
    objective: float
    gap: float
    excess: float
    dual_excess: float
    n_iter: int
    state: tuple

    def is_within(self, tol, size):
        """Whether gap and excesses are small against objective, size and 1."""
        gap = abs(self.gap) <= tol * max(self.objective, 1e-300)
        return gap and self.excess <= tol * size and self.dual_excess <= tol


def analysed(measurement, analysis, fit, penalty, tol, max_iter, say, start=None) -> Analysed:
    """Solve the analysis form by primal-dual steps whose lengths are balanced on the way.

    Parameters
    ----------
    measurement, analysis : object with ``product``, ``adjoint`` and ``shape``
        A of shape (m, n) and W of shape (k, n).
    fit : Ball or Square
        F.
    penalty : Penalty
        A norm of k entries.
    tol : float
    max_iter : int
    say : callable
        Takes a text on how far it is.
    start : Analysed, default None
        The solution of a similar problem.

    Returns
    -------
    Analysed
        The last point; ``is_within`` tells whether it is good enough.

    References
    ----------
    Chambolle, A. and Pock, T. (2011). A first-order primal-dual algorithm for convex problems with
    applications to imaging. Journal of Mathematical Imaging and Vision 40, 120-145, algorithm 1.

    Goldstein, T., Li, M. and Yuan, X. (2015). Adaptive primal-dual splitting methods for
    statistical learning and image processing. NeurIPS, algorithm 1.
    """
    of_a, of_w = (_norm(measurement), _norm(analysis)) if start is None else start.state.norms
    # W is brought to the norm of A, and P(v) becomes P(v) / even, so that one length suits both.
    even = of_a / of_w
    longest = _SAFETY / (np.sqrt(2.0) * of_a)
    if start is None:
        x = measurement.adjoint(fit.y) / of_a**2
        z, v = measurement.product(x), even * analysis.product(x)
        p, q = np.zeros_like(z), np.zeros_like(v)
        slope = np.zeros_like(x)
        # Entries of q lie within 1 / even: the ratio of the sizes of x and q.
        balance = even * np.linalg.norm(x) / np.sqrt(len(q))
    else:
        (x, z, v, p, q, slope), balance = start.state.point, start.state.balance
    pace = 0.5
    size = float(np.linalg.norm(fit.y))
    for n_iter in range(1, max_iter + 1):
        down, up = longest * balance, longest / balance
        before = x, z, v, p, q, slope
        x = x - down * slope
        z, v = measurement.product(x), even * analysis.product(x)
        p = fit.dual_prox(p + up * (2.0 * z - before[1]), up)
        q = _in_polar(penalty, q + up * (2.0 * v - before[2]), up, even)
        slope = measurement.adjoint(p) + even * analysis.adjoint(q)
        if n_iter % _LOOK == 0 or n_iter == max_iter:
            pull = float(np.linalg.norm(measurement.adjoint(p)))
            state = _State((x, z, v, p, q, slope), balance, (of_a, of_w))
            found = _judged(fit, penalty, x, z, v / even, p, slope, pull, n_iter, state)
            if found.is_within(tol, size):
                break
            say(f"gap {abs(found.gap) / max(found.objective, 1e-300):.1e} after {n_iter} steps")
            balance, pace = _balanced(balance, pace, down, up, before, (x, z, v, p, q, slope))
    return found


def _in_polar(penalty, moved, step, even):
    """The prox of the conjugate of ``P / even``, by Moreau's identity."""
    return moved - step * penalty.prox(moved / step, 1.0 / (step * even))


def _judged(fit, penalty, x, z, analysis, p, slope, pull, n_iter, state):
    objective = penalty.value(analysis) + fit.value(z)
    gap = objective + fit.conjugate(p)
    dual_excess = float(np.linalg.norm(slope)) / max(pull, 1e-300)
    return Analysed(x, float(objective), float(gap), fit.excess(z), dual_excess, n_iter, state)


def _balanced(balance, pace, down, up, before, now):
    """Longer steps for the side that is farther from its optimality condition."""
    x, z, v, p, q, slope = (b - n for b, n in zip(before, now, strict=True))
    primal = np.linalg.norm(x / down - slope)
    dual = np.hypot(np.linalg.norm(p / up - z), np.linalg.norm(q / up - v))
    # Both in the units of the step lengths.
    primal, dual = primal * balance, dual
    if primal > _UNEVEN * dual:
        return balance / (1.0 - pace), pace * _FASTER
    if dual > _UNEVEN * primal:
        return balance * (1.0 - pace), pace * _FASTER
    return balance, pace


def _norm(operator):
    """The largest singular value, from below."""
    x = np.random.default_rng(0).standard_normal(operator.shape[1])
    for _ in range(_POWER_STEPS):
        x = operator.adjoint(operator.product(x))
        size = np.linalg.norm(x)
        if size == 0:
            return 1.0
        x /= size
    return float(np.sqrt(size))

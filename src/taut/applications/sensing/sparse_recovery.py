"""The sparsest signals that explain measurements: penalised, or with a bound on the noise.

    penalised:   min  1/2 |y - A x|^2 + strength * P(x)
    bounded:     min  P(x)   subject to   |y - A x| <= noise

A solution of the first is one of the second for ``noise = |y - A x|``, a distance that grows with
the strength: the bound is a matter of finding the strength, and an equality the end of the path.
"""

from __future__ import annotations

from copy import copy
from typing import NamedTuple

import numpy as np
from scipy.sparse.linalg import lsqr

from taut.solvers.measured_lasso import engine_for

__all__ = ["Proof", "Recovered", "Task", "penalised", "penalised_proof", "require_reach"]

_FIRST = 0.1  # strength to begin with, as a share of that at which all is zero
_SMALLER = 0.25
_CLOSE = 1e-2  # share of a small bound by which it may be exceeded on the way
_NEAREST = (2, 5)  # what LSQR calls a solution of least squares that is none of the equation
_RAY = 1e30  # length of a dual point that may be as long as it likes: nothing meets the bound
_EXACT = 1e-9  # of |y|: what is closer than that is equal


class Proof(NamedTuple):
    """``objective`` exceeds the minimum by at most ``gap``; the bound is exceeded by ``excess``."""

    objective: float
    gap: float
    excess: float


class Recovered(NamedTuple):
    """A signal, the strength whose lasso it is (0 for an equality), and what proves it."""

    x: np.ndarray
    strength: float
    proof: Proof


class Task:
    """``min P(x)`` subject to ``|y - A x| <= noise``.

    Parameters
    ----------
    measurement : Measurement
    y : ndarray of shape (m,)
    penalty : Penalty
    noise : float >= 0
    tol : float
        Relative duality gap.
    max_iter : int
        Bounds the products with an operator: four for each.
    say : callable
        Takes a text on how far it is.

    Attributes
    ----------
    top : float
        The strength from which on x is zero.
    slack : float
        By how much rounding may exceed the bound.
    """

    def __init__(self, measurement, y, penalty, noise, tol, max_iter, say):
        self.measurement, self.y, self.penalty = measurement, y, penalty
        self.noise, self.tol, self.max_iter, self.say = noise, tol, max_iter, say
        self.top = penalty.dual_norm(measurement.adjoint(y))
        self.slack = _EXACT * np.linalg.norm(y)
        self.engine = engine_for(measurement, penalty)
        self.zero = np.zeros(measurement.shape[1])

    def loosened(self) -> Task:
        """The same, where an equality need be met to the tolerance only, not to rounding."""
        loose, size = copy(self), self.tol * np.linalg.norm(self.y)
        loose.slack = max(self.slack, min(size, _CLOSE * self.noise) if self.noise else size)
        return loose

    def residual(self, x):
        return self.y - self.measurement.product(x)

    def first_strength(self):
        """Where to begin: what noise alone would ask for, or a share of the largest.

        White noise of this length is drawn onto a column by about ``noise / sqrt(m)`` times its
        norm, and the root of the mean square of the norms is that of ``A'v`` for random v.
        """
        m, n = self.measurement.shape
        probe = np.random.default_rng(0).standard_normal(m)
        pull = np.linalg.norm(self.measurement.adjoint(probe)) / np.sqrt(n)
        return min(_FIRST * self.top, 1.7 * pull * self.noise / np.sqrt(m))

    def proved(self, x, strength, residual, dual) -> Recovered:
        """x and its gap, ``P(x) - (y'd - noise |d|)`` for the dual point, scaled to feasibility.

        A strength of None is the one of which the scaled dual point tells: it times the strength is
        the residual.
        """
        reach = self.penalty.dual_norm(self.measurement.adjoint(dual))
        dual = dual / max(reach, np.linalg.norm(dual) / _RAY, 1e-300)
        if strength is None:
            strength = self.noise / max(np.linalg.norm(dual), 1e-300)
        objective = self.penalty.value(x)
        excess = np.linalg.norm(residual) - self.noise
        gap = objective - (self.y @ dual - self.noise * np.linalg.norm(dual))
        return Recovered(
            x, float(strength), Proof(float(objective), float(gap), float(max(excess, 0.0)))
        )

    def is_solved(self, found: Recovered) -> bool:
        return self.distance(found) <= self.tol

    def better(self, one: Recovered | None, other: Recovered) -> Recovered:
        best = other if one is None else min(one, other, key=self.distance)
        self.say(f"gap and excess {self.distance(best):.1e}")
        return best

    def is_spent(self) -> bool:
        """Whether there were more products than ``max_iter`` steps of the analysis form take."""
        return self.measurement.n_products > 4 * self.max_iter

    def distance(self, found):
        """From the solution: the gap, and what exceeds the bound by more than its tolerance."""
        objective, gap, excess = found.proof
        if objective == np.inf:  # beyond a bound of the penalty
            return np.inf
        slack = max(self.slack, self.tol * self.noise)
        return abs(gap) / max(objective, 1e-300) + max(excess - slack, 0.0) / slack

    def require_reach(self):
        require_reach(self.measurement, self.y, self.noise)

    def unreachable(self, nearest):
        return _unreachable(self.noise, nearest)


def require_reach(measurement, y, noise):
    """Least squares, without any penalty, comes as close as anything can.

    Raises
    ------
    ValueError
        That is not close enough.
    """
    _, reason, _, nearest, *_ = lsqr(measurement.linear, y, atol=1e-13, btol=1e-13)
    # A search that ran out of steps, on a singular operator say, proves nothing.
    if reason in _NEAREST and nearest > noise * (1.0 + 1e-6) + _EXACT * np.linalg.norm(y):
        raise _unreachable(noise, nearest)


def _unreachable(noise, nearest):
    return ValueError(
        f"noise must be a distance that some signal reaches, got {noise:.6g}: the nearest found "
        f"leaves |y - A x| = {nearest:.6g}; pass noise={1.01 * nearest:.3g} or more, or alpha= for "
        "a penalty in place of the bound"
    )


def penalised(measurement, y, penalty, strength, tol, say) -> Recovered:
    """The lasso at one strength, approached from the larger ones."""
    engine = engine_for(measurement, penalty)
    x = np.zeros(measurement.shape[1])
    now = _FIRST * penalty.dual_norm(measurement.adjoint(y))
    while now > strength:
        say(f"strength {now:.2e} on the way to {strength:.2e}")
        x = engine.lasso(y, now, x, 1e-2)
        now *= _SMALLER
    x = engine.lasso(y, strength, x, 0.5 * tol)
    return Recovered(x, strength, penalised_proof(measurement, y, penalty, x, strength))


def penalised_proof(measurement, y, penalty, x, strength) -> Proof:
    """The gap of a lasso: the residual, scaled until it is dual feasible, is the dual point."""
    residual = y - measurement.product(x)
    square = residual @ residual
    objective = 0.5 * square + strength * penalty.value(x)
    push = penalty.dual_norm(measurement.adjoint(residual))
    scale = min(1.0, strength / push) if push > 0 else 1.0
    # The dual objective is 1/2 |y|^2 - 1/2 |y - scale r|^2.
    dual = scale * (y @ residual) - 0.5 * scale**2 * square
    return Proof(float(objective), float(objective - dual), 0.0)

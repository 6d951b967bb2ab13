"""A loss under a penalty as one smooth function: the augmented Lagrangian, and its minimum.

With a copy z of the coefficients under the penalty, and a multiplier u of each, the augmented
Lagrangian of ``f(b) + alpha g(z)``, ``z = b``, is least over z where the penalty has become its
Moreau envelope at ``w = b + s u``:

    f(b) + alpha g(z) + |w - z|^2 / (2 s) - s |u|^2 / 2,        z = prox(w).

Its gradient in b is ``f'(b) + (w - z) / s``, its generalised Hessian ``f''(b) + (I - P) / s`` with
the derivative P of the prox: coefficients that are tied move together, and those at zero stay, but
for forces that speak against it. So Newton's steps find the pieces and the minimum on them at once.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import linalg
from scipy.optimize import minimize

from taut.penalties import Penalty
from taut.problem import Problem
from taut.solvers.columns import GrowingColumns
from taut.solvers.fitted import Fitted, Point
from taut.solvers.newton_system import direction, side

__all__ = ["Ended", "Lagrangian", "Minimum", "has_derivative", "takes_newton_steps"]

_LARGEST = 2000  # coordinates of a system; quasi-Newton steps beyond
_MOST_DIFFERENCES = 500  # where the prox has no derivative but that of differences
_FALL = 1e-4
_SHORTEST = 1e-6
_ROUNDING = 1e-14
_LEAST_DAMPING, _MOST_DAMPING = 1e-10, 10.0
_CALMER, _MOST_DAMPED = 0.3, 1e3  # by how much the damping changes in a step
_FULL = 0.25  # share of a step that is long enough
_MEMORY = 20


def has_derivative(penalty: Penalty) -> bool:
    """Whether its prox has one that systems can be made of."""
    part = getattr(penalty, "part", penalty)  # a sum has one if its part does
    return type(part).prox_derivative is not Penalty.prox_derivative


def takes_newton_steps(problem: Problem, penalty: Penalty, shape) -> bool:
    """Whether a system is small enough for so many coefficients, and so many proxes for one."""
    largest = _LARGEST if has_derivative(penalty) or penalty.by_coefficient else _MOST_DIFFERENCES
    return side(problem, penalty, shape) <= largest


class Minimum:
    """A point of the Lagrangian, and what it says of the problem.

    Attributes
    ----------
    coef : ndarray
        Where the loss is taken, b.
    point : Point
        What the loss is there.
    copy : ndarray
        z, the coefficients under the penalty: with its zeros and ties.
    pull : ndarray
        ``(w - z) / s``, a subgradient of the penalty at z: the next multipliers.
    gradient : ndarray
        Of the Lagrangian.
    value : float
    """

    def __init__(self, lagrangian, coef, point: Point):
        self.coef, self.point = coef, point
        self.raised = coef + lagrangian.step * lagrangian.multipliers
        self.copy = lagrangian.prox(self.raised)
        self.pull = (self.raised - self.copy) / lagrangian.step
        self.gradient = lagrangian.columns.cross(point.slope) + self.pull
        square = 0.5 * lagrangian.step * float(np.vdot(self.pull, self.pull))
        self.value = point.value + lagrangian.penalty_value(self.copy) + square


class Ended(NamedTuple):
    """A minimisation: where it ended, its steps, and their last damping."""

    minimum: Minimum
    n_steps: int
    damping: float


class Lagrangian:
    """The function of coefficients for given multipliers.

    Parameters
    ----------
    problem : Problem
        With a smooth loss.
    columns : GrowingColumns
    penalty : Penalty
        Of these columns.
    alpha : float
    multipliers : ndarray
        u, of the shape of the coefficients.
    step : float
        s.
    """

    def __init__(
        self,
        problem: Problem,
        columns: GrowingColumns,
        penalty: Penalty,
        alpha: float,
        multipliers: np.ndarray,
        step: float,
    ):
        self.problem, self.columns, self.penalty, self.alpha = problem, columns, penalty, alpha
        self.multipliers, self.step = multipliers, step

    def prox(self, raised):
        """The copy z at which the Lagrangian is least, for ``w = b + s u``."""
        return self.penalty.scaled_prox(raised, self.step, self.alpha)

    def penalty_value(self, copy):
        """Of the copy, at the strength of the problem."""
        return self.penalty.scaled_value(copy, self.alpha)

    def minimised(self, coef, level, is_enough, damping, most_steps) -> Ended:
        """From coefficients and an intercept, until multipliers can be improved.

        Parameters
        ----------
        coef : ndarray
        level : float or ndarray
        is_enough : callable
            Of a Minimum: whether it will do.
        damping : float
            Of the first step, in units of ``1 / s``.
        most_steps : int
            At least 1.

        Returns
        -------
        Ended
        """
        fitted = Fitted(self.problem, self.columns, level)
        here = Minimum(self, coef, fitted.at(coef))
        if not takes_newton_steps(self.problem, self.penalty, coef.shape):
            return Ended(*self._by_gradients(fitted, here, most_steps), damping)
        n_steps = 0
        while n_steps < most_steps:
            n_steps += 1
            share, found = self._searched(fitted, here, self._newton(here, damping))
            here = found or here
            if found is not None and is_enough(here):
                break
            if found is None and damping >= _MOST_DAMPING:
                break
            if share == 1:
                damping = max(_CALMER * damping, _LEAST_DAMPING)
            elif share < _FULL:
                # More pieces than rows can tell apart: a flat direction, with kinks at its ends,
                # along which a step is about as long as the damping allows.
                damping = min(damping * min(_FULL / share, _MOST_DAMPED), _MOST_DAMPING)
        return Ended(here, n_steps, damping)

    def _newton(self, here, damping):
        try:
            prox = self.penalty, self.alpha
            return direction(self.problem, self.columns, here, prox, self.step, damping)
        except linalg.LinAlgError:  # flat, and less than the damping makes up for
            return None

    def _searched(self, fitted, here, move):
        """The share of a step that lowers the function enough, and the point there, or None."""
        if move is None:
            return _SHORTEST, None
        slope = float(np.vdot(move, here.gradient))
        slack = _ROUNDING * abs(here.value)
        share = 1.0
        while share > _SHORTEST:
            coef = here.coef + share * move
            found = Minimum(self, coef, fitted.at(coef))
            if found.value <= here.value + _FALL * share * slope + slack:
                return share, found
            share *= 0.5
        return share, None

    def _by_gradients(self, fitted, here, most_steps):
        """With too many second derivatives: limited-memory quasi-Newton steps."""
        shape = here.coef.shape

        def function(x):
            coef = x.reshape(shape)
            now = Minimum(self, coef, fitted.at(coef))
            return now.value, now.gradient.ravel()

        found = minimize(
            function,
            here.coef.ravel(),
            jac=True,
            method="L-BFGS-B",
            options={
                "maxcor": _MEMORY,
                "maxiter": most_steps,
                "ftol": 0.0,
                "gtol": 1e-3 * np.max(np.abs(here.gradient)),
            },
        )
        coef = found.x.reshape(shape)
        return Minimum(self, coef, fitted.at(coef)), max(int(found.nit), 1)

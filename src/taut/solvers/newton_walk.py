"""The walk along a path with Newton steps on the augmented Lagrangian of loss and penalty, for
penalties that tie coefficients and losses whose slopes have kinks.

At a minimum of the Lagrangian over b the forces of the penalty at its copy z of the coefficients
are those of the loss at b. So the slopes of the loss at b are a feasible dual point, and the gap of
z is what the loss there lies above its tangent at b, of second order in ``z - b``. The forces are
also the next multipliers, and the minus gradient of the loss the first: a round begins with the
forward-backward step from where the last strength ended.
"""

from __future__ import annotations

import numpy as np

from taut.penalties.derivatives import is_tying
from taut.problem import Problem
from taut.solvers.columns import GrowingColumns
from taut.solvers.fitted import Point, settled
from taut.solvers.lagrangian import Lagrangian, Minimum, has_derivative, takes_newton_steps
from taut.solvers.scaled_penalty import on_features
from taut.solvers.walk import State, Walk, first_step

__all__ = ["NewtonWalk", "ties"]

# Coefficients; with more that no pieces tie, forward-backward steps are cheaper.
_WORTH = 800
_LONGER = 10.0  # steps of the prox, times the inverse curvature
_LEFT, _MOST_LEFT = 30.0, 0.3  # of the tolerance, and of the patience, that rounds may leave
_INNER = 0.1  # of what the loss adds to the gap: more would not help the multipliers
_DAMPING = 1e-6  # of the first step at a strength
_MOST_STEPS = 50  # Newton steps in a round
_FEW, _MANY = 3, 10  # Newton steps in a round that is easy, or hard
_SHORTEN, _LENGTHEN = 0.3, 3.0
_CONTRACTS, _CRAWLS, _GAINS = 1e-2, 0.5, 0.99  # of what was lacking before
_MOST_STILL = 8  # rounds without gain, until rounding has to explain them


def ties(problem: Problem) -> bool:
    """Whether Newton steps find their way under this penalty: its prox has a derivative."""
    return problem.penalty.is_convex and has_derivative(problem.penalty)


class NewtonWalk(Walk):
    """Rounds of the method of multipliers on each working set.

    References
    ----------
    Li, X., Sun, D. and Toh, K.-C. (2018). A highly efficient semismooth Newton augmented Lagrangian
    method for solving Lasso problems. SIAM Journal on Optimization 28, 433-458; and (2018). On
    efficiently solving the subproblems of a level-set method for fused lasso problems. SIAM Journal
    on Optimization 28, 1842-1866.

    Rockafellar, R. T. (1976). Augmented Lagrangians and applications of the proximal point
    algorithm in convex programming. Mathematics of Operations Research 1, 97-116.
    """

    def __init__(self, problem, controls):
        self.working = None
        super().__init__(problem, controls)
        self.certifier = self.judge

    def state_at(self, coef, point):
        """Its own slopes are the dual point, until rounds give a better one."""
        state = super().state_at(coef, point)
        self.dual, self.dual_pull = state.point, state.z
        return state

    def solve_on(self, features, alpha, patience, n_iter):
        """Rounds on some features; how many Newton steps, and whether rounding ended them."""
        if not len(features):
            return 1, False
        coef = self.state.coef[features]
        if not self.takes(coef.shape):
            return super().solve_on(features, alpha, patience, n_iter)
        penalty, columns = self._on(features)
        goal = min(_LEFT * patience, _MOST_LEFT) * self.tol * self.null.objective
        length, before, still = 1.0, np.inf, 0
        damping, taken, most = _DAMPING, 0, self.controls.max_iter - n_iter
        forces, point = self.dual_pull[features], self.dual
        unit = _LONGER * first_step(self.round_from(1.0, point), point, columns, coef.shape)

        def is_enough(here):
            misfit, rest = self.lacks(columns, here)
            return rest <= max(_INNER * misfit, 0.5 * goal)

        while True:
            problem = self.round_from(length, point)
            lagrangian = Lagrangian(problem, columns, penalty, alpha, forces, length * unit)
            most_steps = min(_MOST_STEPS, most - taken)
            here, steps, damping = lagrangian.minimised(
                coef, point.level, is_enough, damping, most_steps
            )
            coef, forces, point = here.coef, here.pull, here.point
            lack, taken = sum(self.lacks(columns, here)), taken + steps
            still = 0 if lack < _GAINS * before else still + 1
            if lack <= goal or taken >= most or still >= _MOST_STILL:
                break
            length *= _factor(lack / before, steps)
            before = min(lack, before)
        self._stand(problem, features, columns, here)
        return taken, lack > goal

    def takes(self, shape):
        """Whether rounds are worth it for so many coefficients."""
        is_small = np.prod(shape) <= _WORTH or is_tying(self.penalty)
        return is_small and takes_newton_steps(self.problem, self.penalty, shape)

    def round_from(self, length, point: Point) -> Problem:
        """The problem of a round, with a smooth loss, after a round that ended at a point."""
        return self.problem

    def lacks(self, columns, here: Minimum) -> tuple[float, float]:
        """About the gap of the copy: what the loss and what the penalty adds to it."""
        fit = columns.product(here.copy)
        rest = float(np.linalg.norm(here.gradient) * np.linalg.norm(here.copy))
        return self.misfit(fit, here.point), rest

    def misfit(self, fit, dual: Point) -> float:
        """What the loss at predictors lies above its tangent at a point."""
        there = settled(self.problem, fit, dual.level)
        rise = float(np.vdot(dual.slope, there.eta - dual.eta))
        return max(there.value - dual.value - rise, 0.0)

    def verdict(self, alpha):
        """Of the copy, by the dual point of the last round."""
        coef, point, pull = self.state
        slope, z = self.judge.slopes(self.dual), self.dual_pull
        if slope is not self.dual.slope:
            z = -self.all.cross(slope)
        return self.certifier.verdict(coef, alpha, point, slope, z, self.step, pull)

    def _on(self, features):
        whole = len(features) == self.n_features
        penalty = self.penalty if whole else on_features(self.penalty, features, self.n_features)
        if whole and not takes_newton_steps(self.problem, penalty, self.state.coef.shape):
            return penalty, self.all
        if self.working is None or not np.array_equal(features, self.working.features):
            self.working = GrowingColumns(self.problem, self.scale)
            self.working.append(features)
        return penalty, self.working

    def _stand(self, problem, features, columns, here):
        """At the copy, whose certificate are the slopes at the coefficients."""
        coef = np.zeros(self.problem.coef_shape)
        coef[features] = here.copy
        self.judge.problem = problem
        self.dual, self.dual_pull = here.point, -self.all.cross(here.point.slope)
        point = self.standing(columns.product(here.copy), here.point)
        self.state = State(coef, point, self.pull_at(point))

    def standing(self, fit, dual: Point) -> Point:
        """The point of predictors without an intercept."""
        return settled(self.problem, fit, dual.level)

    def pull_at(self, point: Point):
        """Minus the gradient of the loss there."""
        return -self.all.cross(point.slope)


def _factor(contraction, steps):
    """For the length of the next round: long rounds are easy, short ones bring multipliers far."""
    if contraction > _CRAWLS and steps < _MOST_STEPS:
        return _SHORTEN**2
    if steps > _MANY:
        return _LENGTHEN
    return _SHORTEN if steps <= _FEW and contraction > _CONTRACTS else 1.0

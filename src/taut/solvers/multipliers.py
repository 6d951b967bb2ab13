"""Quantile regression with any penalty that has a prox: the method of multipliers.

With r = y - offset - eta as variables of their own, and a multiplier theta_i of each, the augmented
Lagrangian is least over r where the loss has become its Moreau envelope at y - offset - eta + mu
theta: a smooth loss, with the multipliers in the offset. So each round is a path step of the walk
for smooth losses, and the slopes of the envelope are the next multipliers. They lie in the domain
of the conjugate, a dual point that certifies the solution of the problem itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import cycle

import numpy as np

from taut.losses import Loss, Quantile
from taut.losses.roots import clipped_root
from taut.problem import Problem
from taut.solution import Status
from taut.solvers.base import Controls, Grid, Solved
from taut.solvers.duality import Judge, Verdict
from taut.solvers.fitted import Fitted, Point, null_standing, settled
from taut.solvers.walk import Walk

__all__ = ["Multipliers"]

# mu, in units of the loss of the null model. What is hard to solve at one is easy at another, and
# multipliers approach their limit whichever the rounds take.
_SMOOTHINGS = (0.1, 0.03, 0.3)
_INNER = 100  # steps in a round
_SHARE = 0.1  # of the tolerance that a round may leave
_FAR = 1e3  # times the largest alpha of the envelope: nothing enters there


class Multipliers:
    """Rounds of smooth problems, each from the solution before it.

    References
    ----------
    Rockafellar, R. T. (1976). Augmented Lagrangians and applications of the proximal point
    algorithm in convex programming. Mathematics of Operations Research 1, 97-116.
    """

    takes_moments = False
    has_own_grid = False

    def refuses(self, problem: Problem) -> str | None:
        if not isinstance(problem.loss, Quantile):
            return f"the method of multipliers is that of the quantile loss, not {problem.loss!r}"
        if not problem.penalty.is_convex:
            return (
                f"multipliers of a loss with kinks say nothing under {problem.penalty!r}, which is "
                "not convex: take a smooth loss (Huber), or a convex penalty"
            )
        return None

    def path(self, problem: Problem, grid: Grid, controls: Controls) -> Solved:
        walk = _Walk(problem, controls)
        alphas = grid.alphas
        if alphas is None:
            alphas = grid.below(walk.largest_alpha(), grid.ratio(problem))
        return Solved.walked(alphas, walk.to, "multipliers")


@dataclass(frozen=True)
class _Envelope(Loss):
    """``min_s rho(s) + (r - s)^2 / (2 mu)`` of the pinball loss rho, at r = y - eta.

    Its conjugate is that of the pinball loss, plus ``mu theta^2 / 2``.
    """

    q: float
    mu: float

    # Steps need a bound on the curvature also where all residuals are large.
    @property
    def curvature_bound(self):
        return 1.0 / self.mu

    def value(self, y, eta):
        residual = np.subtract(y, eta)
        pull = np.clip(residual / self.mu, self.q - 1, self.q)
        return pull * (residual - 0.5 * self.mu * pull)

    def gradient(self, y, eta):
        return np.clip(np.subtract(eta, y) / self.mu, -self.q, 1 - self.q)

    def hessian(self, y, eta):
        pull = np.subtract(y, eta) / self.mu
        return ((pull >= self.q - 1) & (pull <= self.q)) / self.mu

    def conjugate(self, y, theta):
        return Quantile(self.q).conjugate(y, theta) + 0.5 * self.mu * np.square(theta)

    def null_intercept(self, y, v, offset=None):
        centres = y if offset is None else y - offset
        return clipped_root(centres, v, -self.q * self.mu, (1 - self.q) * self.mu)


class _Walk(Walk):
    def __init__(self, problem: Problem, controls: Controls):
        self.given, self.tol = problem, controls.tol
        self.yardstick = null_standing(problem)
        self.unit = max(self.yardstick.objective, np.finfo(np.float64).tiny)
        self.smoothings = cycle(_SMOOTHINGS)
        self.most_rounds = controls.max_iter
        smooth = replace(problem, loss=self._envelope())
        super().__init__(smooth, replace(controls, tol=_SHARE * controls.tol, max_iter=_INNER))
        self.certifier = Judge(problem, self.penalty, self.all.norm, self.yardstick, self.free)

    def largest_alpha(self):
        """Where the null model's multipliers allow it."""
        self.to(_FAR * super().largest_alpha())
        largest = super().largest_alpha()
        self.alpha = np.inf
        return largest

    def to(self, alpha):
        status, rounds = None, 0
        while status is None:
            coef, intercept, of_round = super().to(alpha)
            rounds += 1
            point, verdict = self._certified(alpha)
            if verdict.reaches(self.tol):
                status = Status.SOLVED
            elif rounds >= self.most_rounds:
                status = Status.MAX_ITER
            else:
                self._move_on(self.problem.loss if of_round.solved else self._envelope())
        intercept += point.level - self.state.point.level
        return coef, float(intercept), verdict.certificate(status, rounds, self.tol)

    def _certified(self, alpha) -> tuple[Point, Verdict]:
        """The point of the loss itself, and what the slopes of the envelope say of it."""
        coef, smooth, pull = self.state
        point = settled(self.given, self.all.product(coef), smooth.level)
        slope = self.judge.slopes(smooth)
        z = pull if slope is smooth.slope else -self.all.cross(slope)
        verdict = self.certifier.verdict(coef, alpha, point, slope, z, self.step, pull)
        # A fixed point of the prox is stationary only as far as the slopes are those of the loss.
        return point, verdict._replace(kkt=max(verdict.kkt, self._misfit(point, slope)))

    def _misfit(self, point, slope):
        """How far slopes are from those of the loss, by Fenchel and Young."""
        y, v = self.given.response, self.given.weights
        conjugate = self.given.loss.total_conjugate(y, slope, v)
        return max(point.value + conjugate - float(slope @ point.eta), 0.0) / self.unit

    def _envelope(self):
        return _Envelope(self.given.loss.q, next(self.smoothings) * self.unit)

    def _move_on(self, loss):
        """The slopes become multipliers, of the next round's envelope."""
        v = self.given.weights
        theta = np.divide(self.state.point.slope, v, out=np.zeros_like(v), where=v > 0)
        known = 0.0 if self.given.offset is None else self.given.offset
        self.problem = replace(self.problem, loss=loss, offset=known + loss.mu * theta)
        self.judge.problem = self.problem
        fitted = Fitted(self.problem, self.all, self.state.point.level)
        self.state = self.state_at(self.state.coef, fitted.at(self.state.coef))

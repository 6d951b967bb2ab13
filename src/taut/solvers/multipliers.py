"""Quantile regression with any penalty that has a prox: the method of multipliers.

With r = y - offset - eta as variables of their own, and a multiplier theta_i of each, the augmented
Lagrangian is least over r where the loss has become its Moreau envelope at y - offset - eta + mu
theta: a smooth loss, with the multipliers in the offset. So each round is a path step of the walk
for smooth losses, and the slopes of the envelope are the next multipliers. They lie in the domain
of the conjugate, a dual point that certifies the solution of the problem itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from taut.losses import Loss, Quantile
from taut.losses.roots import clipped_root
from taut.problem import Problem
from taut.solvers.base import Controls, Grid, Solved
from taut.solvers.duality import Judge
from taut.solvers.fitted import null_standing, settled
from taut.solvers.newton_walk import NewtonWalk
from taut.solvers.quantile import balanced_slopes
from taut.solvers.walk import State

__all__ = ["Multipliers"]

_SMOOTHING = 0.1  # mu, in units of the loss of the null model
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
    meets = False

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


class _Walk(NewtonWalk):
    """Multipliers of the rows, in the offset, beside those of the penalty."""

    def __init__(self, problem: Problem, controls: Controls):
        self.given = problem
        self.yardstick = null_standing(problem)
        self.unit = _SMOOTHING * max(self.yardstick.objective, np.finfo(np.float64).tiny)
        super().__init__(replace(problem, loss=_Envelope(problem.loss.q, self.unit)), controls)
        self.certifier = Judge(problem, self.penalty, self.all.norm, self.yardstick, self.free)
        self.null = self.yardstick
        if not (self.free.shape[1] or np.any(self.state.coef)):
            self._stand_at_the_null_model()

    def _stand_at_the_null_model(self):
        """Of the loss itself, whose slopes are multipliers at once."""
        point = self.yardstick.point
        self.dual = point._replace(slope=balanced_slopes(self.given, point))
        self.dual_pull = -self.all.cross(self.dual.slope)
        self.state = State(self.state.coef, point, self.dual_pull)

    def state_at(self, coef, point):
        """The point of the loss itself, for which slopes of its envelope are no proof."""
        state = super().state_at(coef, point)
        return state._replace(point=self.standing(self.all.product(coef), point))

    def largest_alpha(self):
        """Where the null model's multipliers allow it."""
        self.to(_FAR * super().largest_alpha())
        self.alpha = np.inf
        return super().largest_alpha()

    def takes(self, shape):
        return True

    def round_from(self, length, point):
        v, smoothing = self.given.weights, length * self.unit
        theta = np.divide(point.slope, v, out=np.zeros_like(v), where=v > 0)
        known = 0.0 if self.given.offset is None else self.given.offset
        loss = _Envelope(self.given.loss.q, smoothing)
        return replace(self.problem, loss=loss, offset=known + smoothing * theta)

    def misfit(self, fit, dual):
        """By Fenchel and Young."""
        there, y, v = self.standing(fit, dual), self.given.response, self.given.weights
        conjugate = self.given.loss.total_conjugate(y, dual.slope, v)
        return max(there.value + conjugate - float(dual.slope @ there.eta), 0.0)

    def standing(self, fit, dual):
        return settled(self.given, fit, dual.level)

    def pull_at(self, point):
        """Its own slopes say little where rows are met exactly."""
        return self.dual_pull

    def verdict(self, alpha):
        verdict = super().verdict(alpha)
        # A fixed point of the prox is stationary only as far as the slopes are those of the loss.
        lack = self.misfit(self.all.product(self.state.coef), self.dual)
        return verdict._replace(kkt=max(verdict.kkt, lack / self.yardstick.objective))

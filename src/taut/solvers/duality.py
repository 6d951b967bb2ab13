"""How far a point is from the optimum, for any loss and any penalty.

For slopes theta of the loss at the predictor eta, with z = -X'theta, every t in [0, 1] gives a
dual point t theta, and primal minus dual is a sum of terms that are not negative (Fenchel, Young):

    gap(t) = [L(eta) + L*(t theta) - t theta'eta]  +  [g(b) + g*(t z) - t z'b],   g = alpha penalty.

The first is zero at t = 1. The second is finite where the conjugate is: for a norm where its dual
norm of t z is at most alpha. With an intercept the slopes sum to zero; directions that the penalty
does not see must be orthogonal to them as well, and the slopes are projected so that they are.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from taut.losses.base import weighted_gram
from taut.penalties import Penalty
from taut.penalties.separable import Separable
from taut.problem import Problem
from taut.solution import Certificate, Status
from taut.solvers.fitted import Point, Standing

__all__ = ["Judge", "Verdict"]

_EXACT = 1e-12  # a slope that must be zero counts as zero up to this, in units of columns
_MOST_TOGETHER = 1000  # coefficients of several outputs that are taken together, else one by one


class Verdict(NamedTuple):
    """Gap (nan where there is none), the same relative to the null model, and KKT residual."""

    gap: float
    relative_gap: float
    kkt: float

    @property
    def measure(self) -> float:
        """What is held against the tolerance."""
        return self.kkt if np.isnan(self.gap) else self.relative_gap

    def reaches(self, tol: float) -> bool:
        return self.measure <= tol

    def certificate(self, status: Status, n_iter: int, tol: float) -> Certificate:
        return Certificate(*map(float, self), status, n_iter, tol)


class Judge:
    """Judges points of one problem.

    Parameters
    ----------
    problem : Problem
    penalty : Penalty
        In the units of the columns.
    norm : ndarray of shape (n_features,)
        Norms of the columns in these units; zero for a column without any variation.
    null : Standing
    free : ndarray of shape (n_samples, n_directions), or None
        Predictors of the directions that the penalty does not see; None where these are so many
        that no slopes but zero are orthogonal to them.
    """

    def __init__(self, problem: Problem, penalty: Penalty, norm, null: Standing, free):
        self.problem, self.penalty, self.norm, self.null = problem, penalty, norm, null
        self.free = free

    def slopes(self, point: Point):
        """The slopes of a point, orthogonal to the directions without penalty."""
        if self.free is None or self.free.shape[1] >= len(point.eta):
            return np.zeros_like(point.slope)
        if self.free.shape[1] == 0:
            return point.slope
        problem = self.problem
        basis = self.free
        if problem.fit_intercept:
            basis = np.column_stack([np.ones(len(basis)), basis])
        gram, product = self._metric(point, basis)
        size = np.sqrt(np.maximum(np.diag(gram), 0.0))[:, None]
        size[size == 0] = 1.0
        gram, slope = gram / (size * size.T), point.slope
        for _ in range(2):  # twice is enough, against rounding
            excess = (basis.T @ slope).reshape(len(gram), -1) / size
            share = np.linalg.lstsq(gram, excess, rcond=None)[0] / size
            slope = slope - product(basis @ share.reshape(basis.shape[1], *slope.shape[1:]))
        return slope

    def _metric(self, point, basis):
        """A Hessian between predictors, and as a function of one."""
        # Along it slopes stay in the domain of the conjugate: those of rows at its end hardly move,
        # and where the loss is flat, as for all classes at once, they keep their sum.
        loss, where = self.problem.loss, (self.problem.response, point.eta, self.problem.weights)
        if point.slope.ndim == 1 or basis.shape[1] * point.slope.shape[1] <= _MOST_TOGETHER:
            gram = loss.hessian_gram(*where, basis, basis)
            return gram, lambda direction: loss.hessian_product(*where, direction)
        mean = loss.curvature(*where).mean(axis=1)
        return weighted_gram(basis, mean, basis), lambda direction: mean[:, None] * direction

    def verdict(self, coef, alpha: float, point: Point, slope, z, step: float, pull=None):
        """What can be said of coefficients.

        Parameters
        ----------
        coef : ndarray of shape (n_features, ...)
        alpha : float
        point : Point
            Where ``coef`` puts the loss.
        slope, z : ndarray
            ``slopes(point)`` and minus their product with all columns.
        step : float
            Of the proximal step whose fixed points are stationary.
        pull : ndarray, default None
            Minus the gradient of the loss, where the slopes of the point had to be projected.

        Returns
        -------
        Verdict
        """
        kkt = self._kkt(coef, alpha, z if pull is None else pull, step)
        gap = self._gap(coef, alpha, point, slope, z) if self._has_gap() else np.nan
        if np.isnan(gap):
            return Verdict(np.nan, np.nan, kkt)
        return Verdict(gap, gap / self.null.objective if self.null.objective > 0 else gap, kkt)

    def _kkt(self, coef, alpha, z, step):
        fixed = self.penalty.scaled_prox(coef + step * z, step, alpha)
        violation = np.abs(fixed - coef).reshape(len(coef), -1) / step
        live = self.norm > 0
        if not live.any():
            return 0.0
        worst = np.max(violation[live].max(axis=1) / self.norm[live])
        return float(worst / self.null.norm) if self.null.norm > 0 else float(worst)

    def _has_gap(self):
        if not self.penalty.is_convex:
            return False
        penalty = self.penalty
        if not (isinstance(penalty, Separable) or penalty.is_norm or penalty.has_conjugate):
            return False
        return self.problem.loss.has_conjugate(self.problem.response)

    def _gap(self, coef, alpha, point, slope, z):
        if isinstance(self.penalty, Separable):
            gap = self._separable_gap(coef, alpha, point, slope, z)
        elif self.penalty.has_conjugate:
            scale = self.penalty.dual_share(z, alpha)
            conjugate = self.penalty.conjugate(scale * z, alpha)
            value = self.penalty.scaled_value(coef, alpha) + conjugate
            inner = scale * float(np.vdot(z, coef))
            gap = max(value - inner, 0.0) + self._misfit(point, slope, scale)
        else:
            size = self.penalty.dual_norm(z)
            scale = 1.0 if size <= alpha else alpha / size
            inner = scale * float(np.vdot(z, coef))
            value = self.penalty.scaled_value(coef, alpha)
            gap = max(value - inner, 0.0) + self._misfit(point, slope, scale)
        if np.isfinite(gap):
            return gap
        # Projected slopes may have left the domain of the conjugate; none at all are always in it.
        lowest = self.problem.loss.total_lowest(self.problem.response, self.problem.weights)
        return float(point.value - lowest + self.penalty.scaled_value(coef, alpha))

    def _separable_gap(self, coef, alpha, point, slope, z):
        terms = self.penalty.coordinates(len(coef))
        l1, l2, lower, upper = (part.reshape(-1, *[1] * (coef.ndim - 1)) for part in terms)
        a, q = alpha * l1, alpha * l2
        noise = _EXACT * self.null.norm * self.norm.reshape(a.shape)
        excess = np.maximum(np.abs(z) - a, 0.0)
        unbounded = (q == 0) & np.isinf(np.where(z > 0, upper, lower)) & (excess > noise)
        scale = float(np.min((a / np.abs(np.where(unbounded, z, 1.0)))[unbounded], initial=1.0))
        t = scale * z
        excess = np.sign(t) * np.maximum(np.abs(t) - a, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            best = np.where(q > 0, excess / q, np.where(excess > 0, upper, lower))
        best = np.where((excess == 0) | np.isinf(best), 0.0, best)
        best = np.clip(best, lower, upper)
        terms = _gain(t, best, a, q) - _gain(t, coef, a, q)
        # A coordinate whose conjugate is finite up to rounding only has none of it at zero.
        return float(np.sum(np.maximum(terms, 0.0))) + self._misfit(point, slope, scale)

    def _misfit(self, point, slope, scale):
        if scale == 1.0 and slope is point.slope:
            return 0.0
        loss, y, v = self.problem.loss, self.problem.response, self.problem.weights
        conjugate = loss.total_conjugate(y, scale * slope, v)
        rows = v > 0
        inner = scale * float(np.vdot(slope[rows], point.eta[rows]))
        return max(point.value + conjugate - inner, 0.0)


def _gain(z, coef, a, q):
    return z * coef - a * np.abs(coef) - 0.5 * q * coef**2

"""Trends of degree 1 and more, in memory proportional to the series.

With D the differences that polynomials do not feel and M the few values of a kink in them
(`splines.py`), trend and kinks are tied by ``D f = M z``, and an interior point method needs banded
systems only. The kinks that stand out at its end are solved for once more, as a spline with these
knots and signs: it is exactly smooth elsewhere. Where knots are few on a long series, D is too
close to singular for that, and they are looked for one neighbourhood after another instead.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from taut.applications.trends.interior import Banded, Dense, interior_points
from taut.applications.trends.splines import Spline, jump_operator, kink_values, moments

__all__ = ["Bending", "Bent"]

_ROUNDS = 20  # of dropping knots whose sign is not what it should be
_DEEPER = 3  # tenths of the tolerance, where kinks do not stand out yet
_FEW = 200  # knots that a search begins with
_MOST = 500  # knots of a search, whose systems are dense
_SEARCHES = 50
_PRECISE = 1e-6  # of the tolerance: kinks of neighbours in a search hardly differ


class Bent(NamedTuple):
    """A trend.

    Attributes
    ----------
    fit : ndarray of shape (n,)
    places : ndarray of int
        Samples after which pieces begin.
    gap : float
        Duality gap over ``1/2 |y - polynomial|^2``.
    """

    fit: np.ndarray
    places: np.ndarray
    gap: float


class Bending:
    """All trends of one series and order.

    Parameters
    ----------
    t : ndarray of shape (n,)
        Rising positions, a step of about 1 apart.
    y : ndarray of shape (n,)
    order : int
        At least 1.
    tol : float
        Relative duality gap.

    References
    ----------
    Kim, S.-J., Koh, K., Boyd, S. and Gorinevsky, D. (2009). l1 trend filtering. SIAM Review 51,
    339-360, section 5.
    """

    def __init__(self, t, y, order, tol):
        self.t, self.order, self.tol = t, order, tol
        polynomial = Spline(t, order, np.empty(0, dtype=int))
        self.polynomial = polynomial.basis @ polynomial.fitted(y)
        self.left = y - self.polynomial
        self.scale = 0.5 * float(self.left @ self.left)
        self._differences = jump_operator(t, order)
        self._adjoint = self._differences.T.tocsr()
        kinks = kink_values(t, order)
        self._system = Banded(self._differences @ self._adjoint, kinks, order + 1)
        self._seen = self._differences @ self.left

    @property
    def largest(self) -> float:
        """The least strength without a knot."""
        return float(np.abs(self._pulls(self.left)).max())

    def at(self, strength) -> Bent:
        """The trend of one strength of ``1/2 |y - f|^2 + strength * (sum of jumps)``."""
        if self.scale == 0:
            return Bent(self.polynomial, np.empty(0, dtype=int), 0.0)
        found = self._by_interior_points(strength)
        if found.gap > self.tol:
            start = found.places if len(found.places) <= _FEW else found.places[:0]
            found = min(found, self._by_search(strength, start), key=lambda bent: bent.gap)
        return found._replace(fit=self.polynomial + found.fit)

    def _by_interior_points(self, strength):
        target, found = 0.1 * self.tol * self.scale, None
        deepest = target * 0.1**_DEEPER
        for point in interior_points(self._system, self._seen, strength):
            if strength * point.products <= target:
                better = self._finished(point, strength)
                found = better if found is None else min(found, better, key=lambda bent: bent.gap)
                if found.gap <= self.tol or target <= deepest:
                    break
                target *= 0.1
        return self._finished(point, strength) if found is None else found

    def _finished(self, point, strength):
        """The spline with the knots that stand out, or the point as it is where that is worse."""
        dual = point.dual / max(1.0, np.abs(self._system.gathered(point.dual)).max())
        active = _active(point)
        pulled = strength * (self._adjoint @ dual)
        slopes = strength * self._system.gathered(dual)
        found = self._unfinished(point.kinks, active, strength, dual, pulled, slopes)
        places, signs = np.flatnonzero(active) + self.order, np.sign(point.kinks[active])
        fit, jumps, places = self._with_signs(places, signs, strength)
        gap = self._gap(fit, jumps, strength, pulled, slopes[places - self.order])
        return Bent(fit, places, gap) if gap <= max(found.gap, self.tol) else found

    def _with_signs(self, places, signs, strength):
        """The best trend with knots at some places, less those that would bend the other way."""
        for _ in range(_ROUNDS):
            spline = Spline(self.t, self.order, places)
            coefs = spline.fitted(self.left, strength * signs)
            jumps = spline.jumps @ coefs
            right = jumps * signs > 0
            if right.all():
                break
            places, signs, jumps = places[right], signs[right], jumps[right]
        else:
            return self._with_signs(places[:0], signs[:0], strength)
        return spline.basis @ coefs, jumps, places

    def _gap(self, fit, jumps, strength, pulled, slopes):
        """``1/2 |y - f - l D'v|^2 + sum of (l |z| - z l M'v)``: no term is negative."""
        rest = (strength * np.abs(jumps) - jumps * slopes).sum()
        return (0.5 * float(np.square(self.left - fit - pulled).sum()) + float(rest)) / self.scale

    def _unfinished(self, kinks, active, strength, dual, pulled, slopes):
        fit = self.left - pulled
        off = np.abs(self._differences @ fit - self._system.spread(kinks))
        gap = self._gap(fit, kinks, strength, pulled, slopes)
        gap += strength * float(np.abs(dual) @ off) / self.scale
        return Bent(fit, np.flatnonzero(active) + self.order, gap)

    def _by_search(self, strength, places):
        """Knots that pull too hard join, those without a jump leave, until none is missing."""
        found, tried = None, places
        for _ in range(_SEARCHES):
            fit, jumps, places = self._on(tried, strength)
            residual = self.left - fit
            pulls = self._pulls(residual)
            share = min(1.0, strength / np.abs(pulls).max())
            slopes = share * pulls[places - self.order]
            gap = self._gap(fit, jumps, strength, share * residual, slopes)
            if found is None or gap < found.gap:
                found = Bent(fit, places, gap)
            missing = _peaks(np.abs(pulls), strength) + self.order
            joined = np.union1d(places, missing)
            if gap <= self.tol or np.array_equal(joined, tried) or len(joined) > _MOST:
                break
            tried = joined
        return found

    def _on(self, places, strength):
        """The trend with knots among these places, its jumps, and where they are not zero."""
        spline = Spline(self.t, self.order, places)
        if not len(places):
            return np.zeros_like(self.left), np.empty(0), places
        free = spline.fitted(self.left)
        back = spline.solved(spline.jumps.T.toarray())
        limit = _PRECISE * self.tol * self.scale
        for point in interior_points(Dense(spline.jumps @ back), spline.jumps @ free, strength):
            if strength * point.products <= limit:
                break
        active = _active(point)
        return self._with_signs(places[active], np.sign(point.kinks[active]), strength)

    def _pulls(self, residual):
        """What each knot would gain: its kink times the residual."""
        return moments(self.t, residual, self.order)[self.order : -1]


def _active(point):
    """Which kinks are not zero in the end: where a size and its distance from zero change places.

    Their products tend to one number, so that one of the two vanishes, whatever the units are.
    """
    sizes = np.abs(point.kinks)
    return sizes > point.room * sizes.max()


def _peaks(sizes, limit):
    """Where sizes are above a limit, and above their neighbours."""
    beside = np.concatenate([[0.0], sizes, [0.0]])
    return np.flatnonzero((sizes > limit) & (sizes >= beside[:-2]) & (sizes >= beside[2:]))

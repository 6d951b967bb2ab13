"""Trends of one series: piecewise polynomials with few changes, one for each strength."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from taut.applications.trends.bending import Bending
from taut.penalties import TotalVariation

__all__ = ["TOL", "Trend", "Trends", "trends"]

TOL = 1e-8
_N_ALPHAS = 60
_RANGE = 1e-4  # of the strengths of levels


class Trend(NamedTuple):
    """A trend of one strength.

    Attributes
    ----------
    alpha : float
    fit : ndarray of shape (n,)
    knots : ndarray of int
        The first samples of new pieces.
    relative_gap : float
        Certificate; 0 where the solution is exact.
    """

    alpha: float
    fit: np.ndarray
    knots: np.ndarray
    relative_gap: float


class Trends:
    """Minimisers of ``1/(2n) |y - f|^2 + alpha * (sum of the jumps of the derivative)``.

    They come one at a time: all of a path would take as many times the memory of the series.

    Attributes
    ----------
    alphas : ndarray of shape (60,)
        Decreasing, from the least strength without a change. A piece of length l gives in at a
        strength that grows like a power of l, one higher for each order, and so does the range.
    """

    def __init__(self, solver, n_samples, unit, order):
        self.order = order
        self._solver, self._unit = solver, n_samples / unit
        largest = max(solver.largest / self._unit, np.finfo(np.float64).tiny)
        self.alphas = largest * np.geomspace(1.0, _RANGE ** (order + 1), _N_ALPHAS)

    def at(self, alpha) -> Trend:
        """The trend of one strength."""
        fit, places, gap = self._solver.at(alpha * self._unit)
        return Trend(float(alpha), fit, places + 1, gap)


def trends(t, y, order) -> Trends:
    """All trends of a series.

    Parameters
    ----------
    t : ndarray of shape (n,)
        Rising positions.
    y : ndarray of shape (n,)
    order : int
        Degree of the pieces. 0 takes the exact prox of the total variation, others an interior
        point method: both in linear memory, and time for a strength.

    References
    ----------
    Tibshirani, R. J. (2014). Adaptive piecewise polynomial estimation via trend filtering. Annals
    of Statistics 42, 285-323, equations 25 to 27.
    """
    if order == 0:
        return Trends(_Levels(y), len(y), 1.0, order)
    # Derivatives with respect to steps, not to positions, which may have any unit.
    step = float(np.median(np.diff(t)))
    return Trends(Bending((t - t[0]) / step, y, order, TOL), len(y), step**order, order)


class _Levels:
    """The exact prox of the total variation, as a solver of trends."""

    def __init__(self, y):
        self._y, self._penalty = y, TotalVariation()
        self.largest = self._penalty.dual_norm(y)

    def at(self, strength):
        fit = self._penalty.prox(self._y, strength)
        return fit, np.flatnonzero(np.diff(fit)), 0.0

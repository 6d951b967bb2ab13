"""Piecewise polynomials with given knots: least squares, and knots that are worth their price."""

from __future__ import annotations

import numpy as np

from taut.applications.trends.splines import Spline
from taut.memory import require_memory

__all__ = ["pruned", "refitted"]


def refitted(t, y, order, knots):
    """Least squares with these knots: what the penalty shrank is restored."""
    knots = np.asarray(knots, dtype=int)
    if order == 0:
        starts = np.r_[0, knots]
        lengths = np.diff(np.r_[starts, len(y)])
        return np.repeat(np.add.reduceat(y, starts) / lengths, lengths)
    spline = Spline(t, order, knots - 1)
    return spline.basis @ spline.fitted(y)


def pruned(t, y, order, knots, score):
    """The knots that are left when the cheapest is dropped as long as that improves the score.

    The penalty spreads a jump over neighbours where noise pushes the same way: such knots explain
    next to nothing beside each other. A knot has two parameters here, its jump and its place.

    Parameters
    ----------
    t, y : ndarray of shape (n,)
    order : int
    knots : ndarray of int
    score : callable
        Of the sum of squared residuals and the degrees of freedom, the smaller the better.

    Returns
    -------
    ndarray of int

    References
    ----------
    Yao, Y.-C. (1988). Estimating the number of change-points via Schwarz' criterion. Statistics &
    Probability Letters 6, 181-189.
    """
    knots = np.asarray(knots, dtype=int)
    rss = float(np.square(y - refitted(t, y, order, knots)).sum())
    pieces = (_Levels if order == 0 else _Bends)(t, y, order, knots)
    while len(pieces.knots):
        costs = pieces.costs()
        least, df = int(np.argmin(costs)), 2 * len(pieces.knots) + order + 1
        if score(rss + costs[least], df - 2) > score(rss, df):
            break
        rss += costs[least]
        pieces.drop(least)
    return pieces.knots


class _Levels:
    """Means of pieces: neighbours become one when the knot between them goes."""

    def __init__(self, t, y, order, knots):
        starts = np.r_[0, knots]
        self.knots = knots
        self._lengths = np.diff(np.r_[starts, len(y)]).astype(np.float64)
        self._means = np.add.reduceat(y, starts) / self._lengths

    def costs(self):
        """By how much the squared residuals grow without each knot, the others fitted anew."""
        lengths = self._lengths
        together = lengths[:-1] * lengths[1:] / (lengths[:-1] + lengths[1:])
        return together * np.diff(self._means) ** 2

    def drop(self, place):
        pair = slice(place, place + 2)
        mean = np.average(self._means[pair], weights=self._lengths[pair])
        self._means = np.delete(self._means, place)
        self._means[place] = mean
        total = self._lengths[pair].sum()
        self._lengths = np.delete(self._lengths, place)
        self._lengths[place] = total
        self.knots = np.delete(self.knots, place)


class _Bends:
    """Jumps z of the derivative and their covariance V: knot j costs ``z_j^2 / V_jj``.

    A knot that goes takes its row and column along by a sweep (Beaton 1964): ``z - V_j z_j / V_jj``
    and ``V - V_j V_j' / V_jj`` are those of the fit without it.
    """

    def __init__(self, t, y, order, knots):
        require_memory(
            "the covariance of {:,} knots by {:,}",
            (len(knots), len(knots)),
            "pass refit=False, or a larger alpha",
            each=24,
        )
        spline = Spline(t, order, knots - 1)
        self.knots = knots
        self._jumps = spline.jumps @ spline.fitted(y)
        self._spread = spline.jumps @ spline.solved(spline.jumps.T.toarray())

    def costs(self):
        """By how much the squared residuals grow without each knot, the others fitted anew."""
        return self._jumps**2 / np.diagonal(self._spread)

    def drop(self, place):
        share = self._spread[place] / self._spread[place, place]
        self._jumps = np.delete(self._jumps - share * self._jumps[place], place)
        self._spread -= np.outer(share, self._spread[place])
        self._spread = np.delete(np.delete(self._spread, place, axis=0), place, axis=1)
        self.knots = np.delete(self.knots, place)

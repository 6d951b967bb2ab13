"""Piecewise polynomials with given knots: least squares, and knots that are worth their price."""

from __future__ import annotations

from math import factorial

import numpy as np

__all__ = ["knot_basis", "pruned", "refitted"]


def knot_basis(t, order, places):
    """The polynomials, and for each place a function whose derivative of this order jumps there.

    Parameters
    ----------
    t : ndarray of shape (n,)
    order : int
    places : ndarray of int
        A jump lies right after the sample of this place.

    Returns
    -------
    polynomial : ndarray of shape (n, order + 1)
    basis : ndarray of shape (n, n_places)
        ``max(t - t_j, 0)^order / order!``
    """
    centred = (t - t.mean()) / max(np.ptp(t), 1e-300)
    polynomial = np.vander(centred, order + 1, increasing=True)
    ahead = t[:, None] - t[places]
    if order == 0:
        return polynomial, (ahead > 0).astype(np.float64)
    return polynomial, np.maximum(ahead, 0.0) ** order / factorial(order)


def refitted(t, y, order, knots):
    """Least squares with these knots: what the penalty shrank is restored."""
    if order == 0:
        starts = np.r_[0, knots]
        lengths = np.diff(np.r_[starts, len(y)])
        return np.repeat(np.add.reduceat(y, starts) / lengths, lengths)
    basis = np.hstack(knot_basis(t, order, np.asarray(knots, dtype=int) - 1))
    return basis @ np.linalg.lstsq(basis, y, rcond=None)[0]


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
    while len(knots):
        costs = _costs(t, y, order, knots)
        least, df = int(np.argmin(costs)), 2 * len(knots) + order + 1
        if score(rss + costs[least], df - 2) > score(rss, df):
            break
        rss, knots = rss + costs[least], np.delete(knots, least)
    return knots


def _costs(t, y, order, knots):
    """By how much the squared residuals grow without each knot, the others fitted anew."""
    if order == 0:
        starts = np.r_[0, knots]
        lengths = np.diff(np.r_[starts, len(y)])
        means = np.add.reduceat(y, starts) / lengths
        together = lengths[:-1] * lengths[1:] / (lengths[:-1] + lengths[1:])
        return together * np.diff(means) ** 2
    basis = np.hstack(knot_basis(t, order, knots - 1))
    # c_j^2 / [(B'B)^-1]_jj, with B = QR: rows of R^-1 give both.
    q, r = np.linalg.qr(basis)
    inverse = np.linalg.pinv(r)
    coef = inverse @ (q.T @ y)
    return (coef**2 / np.square(inverse).sum(axis=1))[order + 1 :]

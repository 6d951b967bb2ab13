"""Where a loss never rises: the directions of the linear predictor in which it recedes.

A convex function that does not rise far out along a ray has not risen anywhere on it. For the
losses here these directions are a cone ``falls @ d >= 0, still @ d == 0``: every row of ``falls``
is a margin (of the class observed over another, of a count of zero over its mean) whose growth
lowers the loss for ever, and every row of ``still`` one that pays in neither direction.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import sparse

__all__ = ["Recession", "differences", "recession_of_rows"]

_FAR = 300.0  # of a linear predictor, beyond all kinks; its exponential is still a number


class Recession(NamedTuple):
    """The cone, of predictors as one array ``eta.ravel()``.

    Attributes
    ----------
    falls : csr_array of shape (n_margins, eta.size)
        The loss falls strictly, and for ever, where one of these grows and none shrinks.
    still : csr_array of shape (n_still, eta.size)
    left : callable
        ``left(eta)``, for each margin: no more than what its growth will take off the loss.
    """

    falls: sparse.csr_array
    still: sparse.csr_array
    left: Callable


def recession_of_rows(loss, y, v) -> Recession:
    """The cone of a sum over samples with one predictor, read off the slopes far out.

    As slopes rise with ``eta``, a loss falls towards plus infinity for ever where its slope ends at
    zero or below. Where it is exactly zero before, the loss has reached its least value, as the
    squared hinge does beyond the margin: nothing runs away from there.
    """
    there = v > 0
    with np.errstate(all="ignore"):
        slopes = [loss.gradient(y, np.full(len(y), at)) for at in (-np.inf, -_FAR, _FAR, np.inf)]
    at_least, low, high, at_most = slopes
    down = there & (at_least >= 0) & (low > 0)
    up = there & (at_most <= 0) & (high < 0)
    falls = np.flatnonzero(down | up)
    still = np.flatnonzero(there & ~(down | up))
    signs = sparse.diags_array(np.where(up[falls], 1.0, -1.0))
    return Recession(
        sparse.csr_array(signs @ differences(falls, [], len(y))),
        differences(still, [], len(y)),
        lambda eta: np.abs(loss.slope(y, eta, v))[falls],
    )


def differences(ahead, behind, size) -> sparse.csr_array:
    """Rows ``e_ahead - e_behind`` of so many entries; nothing for a negative index."""
    ahead, behind = np.asarray(ahead, dtype=int), np.asarray(behind, dtype=int)
    rows = np.r_[np.arange(len(ahead)), np.arange(len(behind))]
    columns, signs = np.r_[ahead, behind], np.repeat([1.0, -1.0], [len(ahead), len(behind)])
    kept = columns >= 0
    return sparse.csr_array((signs[kept], (rows[kept], columns[kept])), shape=(len(ahead), size))

"""Exact prox and dual norm of the total variation of a sequence, in linear time."""

from __future__ import annotations

import numpy as np

from taut import _core

__all__ = ["chain_prox", "greatest_interval"]


def chain_prox(y, radii):
    """``argmin_x 1/2 |x - y|^2 + sum_k radii_k |x_(k+1) - x_k|``.

    Parameters
    ----------
    y : ndarray of shape (n,)
        Finite.
    radii : ndarray of shape (n - 1,)
        At least 0; inf makes neighbours equal, 0 lets them be.

    Returns
    -------
    ndarray of shape (n,)

    References
    ----------
    Johnson, N. A. (2013). A dynamic programming algorithm for the fused lasso and
    L0-segmentation. JCGS 22, 246-260.
    """
    # With r_k = y_1 + ... + y_k, S_k = x_1 + ... + x_k is the shortest string through the tube
    # |S_k - r_k| <= radii_k. It bends only around the tube, never away from the chord, so that it
    # stays as close to the chord as r does, by M: no radius beyond 2 M is ever touched. Cutting
    # them there keeps huge radii from drowning y, and turns inf into a number.
    walk = np.cumsum(y - y.mean())
    reach = 4 * (np.max(abs(walk)) + np.max(abs(y)))
    return _core.chain_prox(np.ascontiguousarray(y), np.minimum(radii, reach))


def greatest_interval(z, l1_ratio, jumps, closed):
    """Largest sum of ``z`` over an interval relative to ``l1_ratio * length`` and its two jumps.

    ``jumps`` are the costs of the n + 1 places where an interval can start or end, but for those
    that are ``closed``.

    The ratio of the interval that gains most at a price, ``sum - price * cost``, is the next
    price, until none gains (Dinkelbach 1967, On nonlinear fractional programming).
    """
    sums = np.concatenate([[0.0], np.cumsum(z)])
    lengths = l1_ratio * np.arange(len(sums))
    ratio = 0.0
    while True:
        cut = np.where(closed, np.inf, ratio * jumps)
        level = sums - ratio * lengths
        starts = level + cut
        # The best start before each end, the positions 0, ..., end - 1.
        lowest = np.minimum.accumulate(starts[:-1])
        end = 1 + int(np.argmax(level[1:] - cut[1:] - lowest))
        start = int(np.argmin(starts[:end]))
        cost = lengths[end] - lengths[start] + jumps[start] + jumps[end]
        better = float((sums[end] - sums[start]) / cost)
        if not better > ratio:
            return ratio
        ratio = better

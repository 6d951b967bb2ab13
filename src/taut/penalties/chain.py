"""Exact prox and dual norm of the total variation of a sequence, in linear time."""

from __future__ import annotations

import numpy as np

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
    low, high, last = _forward(y.tolist(), np.minimum(radii, reach).tolist())
    return np.array(_backward(low, high, last))


def _forward(y, radii):
    """Interval that holds x_k whatever follows, for each k but the last; and the last x.

    Let f_k(x) be the least cost of x_1, ..., x_k = x, without the jump that follows. The best
    x_k before x_(k+1) = x is x itself, unless f_k' is beyond +-radii_k there: then it is the point
    where f_k' = +-radii_k. So

        f_(k+1)'(x) = x - y_(k+1) + clip(f_k'(x), -radii_k, radii_k),

    piecewise linear and rising. Kept are its first and last piece, each as slope and intercept,
    and its knots in order, each with the change of both from its left to its right. Clipping
    takes knots off both ends and adds one to each: a deque in lists that start in the middle.
    """
    n = len(y)
    place, bend, lift = [0.0] * (2 * n), [0] * (2 * n), [0.0] * (2 * n)
    first, last = n, n - 1
    low, high = [], []
    left_lift = right_lift = -y[0]
    for radius, following in zip(radii, y[1:], strict=True):
        slope, intercept = 1, left_lift
        while first <= last and slope * place[first] + intercept < -radius:
            slope += bend[first]
            intercept += lift[first]
            first += 1
        lowest = (-radius - intercept) / slope
        right_slope, right_intercept = 1, right_lift
        while first <= last and right_slope * place[last] + right_intercept > radius:
            right_slope -= bend[last]
            right_intercept -= lift[last]
            last -= 1
        highest = max((radius - right_intercept) / right_slope, lowest)

        first -= 1
        place[first], bend[first], lift[first] = lowest, slope, intercept + radius
        last += 1
        place[last], bend[last], lift[last] = highest, -right_slope, radius - right_intercept
        low.append(lowest)
        high.append(highest)
        left_lift, right_lift = -radius - following, radius - following
    slope, intercept = 1, left_lift
    while first <= last and slope * place[first] + intercept < 0:
        slope += bend[first]
        intercept += lift[first]
        first += 1
    return low, high, -intercept / slope


def _backward(low, high, x):
    """Each x from the next: itself, moved into its interval."""
    xs = [x]
    for lowest, highest in zip(reversed(low), reversed(high), strict=True):
        x = min(max(x, lowest), highest)
        xs.append(x)
    return xs[::-1]


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

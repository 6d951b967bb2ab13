"""Roots of increasing functions: Newton steps that cannot leave a bracket, or exact."""

from __future__ import annotations

import numpy as np

__all__ = ["clipped_root", "increasing_root", "minimiser"]

_EPS = np.finfo(np.float64).eps
_MOST_STEPS = 200


def increasing_root(function, lower, upper):
    """Where increasing functions cross zero, all of them at once.

    Parameters
    ----------
    function : callable
        Takes an array of points, one for each function; returns values and derivatives.
    lower, upper : ndarray
        A bracket for each root.

    Returns
    -------
    ndarray
        Accurate to rounding.

    References
    ----------
    Press, W. H. et al. (2007). Numerical Recipes, 3rd edition, section 9.4 (rtsafe).
    """
    x = 0.5 * (lower + upper)
    last_step = np.asarray(upper - lower)
    for _ in range(_MOST_STEPS):
        value, slope = function(x)
        lower = np.where(value <= 0, x, lower)
        upper = np.where(value >= 0, x, upper)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            newton = x - np.divide(value, slope)
        # Newton may creep along an exponential, or leave: bisect unless it halves its own steps.
        good = (newton >= lower) & (newton <= upper) & (2 * abs(newton - x) <= abs(last_step))
        target = np.where(good, newton, 0.5 * (lower + upper))
        last_step, x = target - x, target
        if np.all(abs(last_step) <= 2 * _EPS * abs(x)):
            break
    return x


def minimiser(derivatives) -> float:
    """Where a convex function of one number is least, by the root of its derivative.

    Parameters
    ----------
    derivatives : callable
        First and second derivative at a float.

    Returns
    -------
    float
        Infinite where the derivative never changes sign.
    """
    lower, upper = -1.0, 1.0
    while derivatives(upper)[0] < 0:
        lower, upper = upper, 2 * upper
        if np.isinf(upper):
            return upper
    while derivatives(lower)[0] > 0:
        lower, upper = 2 * lower, lower
        if np.isinf(lower):
            return lower
    return float(increasing_root(derivatives, np.float64(lower), np.float64(upper)))


def clipped_root(centres, v, lower, upper) -> float:
    """The least ``b`` with ``sum_i v_i clip(b - centres_i, lower, upper) = 0``.

    Parameters
    ----------
    centres : ndarray of shape (n,)
    v : ndarray of shape (n,)
        At least 0, and one is positive.
    lower, upper : float
        Below and above 0.

    Returns
    -------
    float
    """
    # The sum is piecewise linear and rises: its slope grows by v_i at centres_i + lower, and falls
    # by as much at centres_i + upper.
    there = v > 0
    centres, v = centres[there], v[there]
    places = np.concatenate([centres + lower, centres + upper])
    order = np.argsort(places)
    places = places[order]
    slopes = np.cumsum(np.concatenate([v, -v])[order])
    sums = lower * v.sum() + np.append(0.0, np.cumsum(slopes[:-1] * np.diff(places)))
    k = min(int(np.argmax(sums >= 0)) or len(sums) - 1, len(sums) - 1)
    # No piece before the first place has a slope, and rounding may keep the last sum below zero.
    if slopes[k - 1] <= 0:
        return float(places[k])
    return float(np.clip(places[k - 1] - sums[k - 1] / slopes[k - 1], places[k - 1], places[k]))

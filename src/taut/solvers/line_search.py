"""How far to go along a direction where the derivative falls, in nearly straight pieces."""

from __future__ import annotations

__all__ = ["FARTHEST", "where_slope_ends"]

FARTHEST = 1e30
_FLAT = 0.1  # slope, as a share of that at the beginning, at which the length will do
_NARROW = 1e-4  # width of what is left to search, as a share of the length


def where_slope_ends(slope_at, slope):
    """The length at which a falling derivative is next to nothing.

    False position with Illinois' weights.

    Parameters
    ----------
    slope_at : callable
        The derivative at a length, which never rises.
    slope : float > 0
        At zero.

    Returns
    -------
    float
        ``FARTHEST`` or more where the derivative stays above zero.

    References
    ----------
    Dowell, M. and Jarratt, P. (1971). A modified regula falsi method for computing the root of an
    equation. BIT 11, 168-174.
    """
    low, at_low, high = 0.0, slope, 1.0
    at_high = slope_at(high)
    while at_high > _FLAT * slope and high < FARTHEST:
        low, at_low, high = high, at_high, 2.0 * high
        at_high = slope_at(high)
    if at_high > 0:
        return high
    far, at_far, side = high, at_high, 0
    while abs(at_far) > _FLAT * slope and high - low > _NARROW * high:
        far = low + (high - low) * at_low / (at_low - at_high)
        at_far = slope_at(far)
        if at_far > 0:
            low, at_low, at_high = far, at_far, at_high * (0.5 if side > 0 else 1.0)
        else:
            high, at_high, at_low = far, at_far, at_low * (0.5 if side < 0 else 1.0)
        side = 1 if at_far > 0 else -1
    return far

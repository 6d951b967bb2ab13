"""The polar of a norm as a set to project on: what the prox of the norm takes away."""

from __future__ import annotations

import numpy as np

__all__ = ["Interval", "finite_polar_interval", "polar_interval", "polar_projection"]

_STEEP = 1e3  # slope beyond a bound at zero, in units of the largest, in place of an infinite one

Interval = tuple[np.ndarray, np.ndarray]


def polar_interval(penalty, n_features) -> Interval | None:
    """The polar of a weighted L1 norm, ``low <= z <= high``; None for other penalties.

    A bound at zero takes one of the sides away: what pushes beyond it costs nothing.
    """
    family = penalty.coordinates(n_features)
    if family is None:
        return None
    l1, _, lower, upper = (np.broadcast_to(part, n_features) for part in family)
    return np.where(lower < 0, -l1, -np.inf), np.where(upper > 0, l1, np.inf)


def finite_polar_interval(penalty, n_features) -> Interval:
    """As ``polar_interval`` of a weighted L1 norm, steep where there was no bound."""
    low, high = polar_interval(penalty, n_features)
    steepest = _STEEP * np.max(np.abs(np.where(np.isfinite(high), high, low)))
    return np.maximum(low, -steepest), np.minimum(high, steepest)


def polar_projection(penalty, n_features):
    """A function of (v, size): the nearest point to v within ``size`` times the polar.

    By Moreau's identity ``v - prox(v)`` is that point, with the prox of ``size * penalty``.
    """
    interval = polar_interval(penalty, n_features)
    if interval is None:
        return lambda v, size: v - penalty.prox(v, size)
    low, high = (_as_short_as_can_be(side) for side in interval)
    return lambda v, size: np.clip(v, size * low, size * high)


def _as_short_as_can_be(side):
    """A number where all entries are the same: half the memory traffic of a step."""
    return side[0] if np.ptp(np.nan_to_num(side)) == 0 else side

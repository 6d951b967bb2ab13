"""Constraints as penalties: 0 where they hold, inf where they do not."""

from __future__ import annotations

from taut.penalties.checks import as_bound, as_weights, check_interval, check_lengths
from taut.penalties.separable import Separable, weighted

__all__ = ["Box", "NonNegative"]


class NonNegative(Separable):
    """Coefficients of at least 0; add it to a penalty, as in ``L1() + NonNegative()``.

    Parameters
    ----------
    weights : array of shape (n_features,), default None
        0 = unbounded, inf = excluded (coefficient fixed at 0), any other = bounded. None = 1.

    Raises
    ------
    TypeError
        ``weights`` are not real numbers.
    ValueError
        ``weights`` are negative, NaN or not one-dimensional.
    """

    def __init__(self, weights=None):
        self._set(weights=as_weights(weights))

    def _family(self):
        return weighted(self.weights, lower=0.0)


class Box(Separable):
    """Coefficients between two bounds; add it to a penalty, as in ``L2() + Box(-1, 1)``.

    Parameters
    ----------
    lower, upper : float or array of shape (n_features,)
        With ``lower <= upper``; -inf and inf stand for no bound.
    weights : array of shape (n_features,), default None
        0 = unbounded, inf = excluded (coefficient fixed at 0), any other = bounded. None = 1.

    Raises
    ------
    TypeError
        ``lower``, ``upper`` or ``weights`` are not real numbers.
    ValueError
        ``lower > upper``, a bound is NaN, ``weights`` are negative or NaN, or shapes differ.
    """

    def __init__(self, lower, upper, weights=None):
        lower, upper = as_bound("lower", lower), as_bound("upper", upper)
        weights = as_weights(weights)
        check_lengths(lower=lower, upper=upper, weights=weights)
        check_interval(lower, upper, "in Box: pass lower <= upper")
        self._set(lower=lower, upper=upper, weights=weights)

    def _family(self):
        return weighted(self.weights, lower=self.lower, upper=self.upper)

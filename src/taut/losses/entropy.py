"""p log p of probabilities close to zero, or close to one."""

from __future__ import annotations

import numpy as np
from scipy.special import xlogy

__all__ = ["p_log_p"]


def p_log_p(p, rest):
    """``p log p``, with ``rest = 1 - p`` given so that nothing is lost where p is almost one.

    Infinite where p lies outside [0, 1] by more than the rounding of numbers near one.
    """
    slack = 4 * np.finfo(np.result_type(p, rest, np.float32)).eps
    by_rest = p * np.log1p(-np.clip(rest, 0, 0.5))
    by_p = xlogy(np.maximum(p, 0), np.maximum(p, 0))
    return np.where((p < -slack) | (rest < -slack), np.inf, np.where(rest < 0.5, by_rest, by_p))

"""Below which score a row is an anomaly."""

from __future__ import annotations

import math
import numbers

import numpy as np

from taut.validation import check_positive, shown

__all__ = ["check_contamination", "for_false_alarms"]


def check_contamination(share):
    """A share of training rows that may be anomalies."""
    if not isinstance(share, numbers.Real) or not 0 < share <= 0.5:
        raise ValueError(
            f"contamination must be a number above 0 and at most 0.5, got {shown(share)}: it "
            "is the share of anomalies among the training rows, pass 0.1, say; where there "
            "are none, fit, and then calibrate on further usual rows"
        )


def for_false_alarms(scores, rate) -> float:
    """The k-th smallest score of m usual rows, with ``k <= rate * (m + 1)``.

    The rank of a further usual row among all m + 1 is uniform: it falls below the k-th smallest
    with probability at most ``k / (m + 1)`` (Laxhammar and Falkman 2010).
    """
    if check_positive(rate, "false_alarm_rate", 0.05) >= 1:
        raise ValueError(
            f"false_alarm_rate must be below 1, got {shown(rate)}: it is the share of usual "
            "rows that may be called anomalies, pass 0.05, say"
        )
    allowed = math.floor(rate * (len(scores) + 1) * (1 + 1e-12))
    if allowed < 1:
        raise ValueError(
            f"X must have at least {math.ceil(1 / rate - 1)} usual rows to hold "
            f"false_alarm_rate={rate:g}, got {len(scores)}: give more rows, or allow a higher "
            "rate"
        )
    return float(np.sort(scores)[allowed - 1])

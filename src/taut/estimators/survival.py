"""Survival data: targets, baseline hazards and concordance."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from sklearn.exceptions import DataConversionWarning

from taut.validation import check_labels, check_per_row, shown

__all__ = [
    "Baseline",
    "baseline",
    "check_entries",
    "check_strata",
    "check_times",
    "concordance",
    "with_events",
]


def with_events(y):
    """Times alone as times of events: what scikit-learn's own checks give. Not in silence.

    Warns
    -----
    DataConversionWarning
    """
    apart = isinstance(y, tuple | Mapping) or getattr(getattr(y, "dtype", None), "names", None)
    try:
        values = None if apart else np.asarray(y)
    except ValueError:  # rows of several lengths: refused where they are read
        return y
    if apart or not values.ndim or values.shape[1:] not in ((), (1,)):
        return y
    warnings.warn(
        f"y holds times alone, shape {values.shape}: taken for those of events, none of them "
        "censored; pass the tuple (time, event), with np.ones(len(time)) for event if that is so",
        DataConversionWarning,
        stacklevel=2,
    )
    return values.ravel(), np.ones(len(values))


@dataclass(frozen=True)
class Baseline:
    """Cumulative hazard at ``eta = 0``, a step function.

    Attributes
    ----------
    times : ndarray of shape (n_times,)
        Of the events, ascending.
    hazard : ndarray of shape (n_times,)
        Cumulative, from these times on.
    """

    times: np.ndarray
    hazard: np.ndarray

    def at(self, times) -> np.ndarray:
        """The cumulative hazard at some times."""
        place = np.searchsorted(self.times, times, side="right")
        return np.append(0.0, self.hazard)[place]


def baseline(y, eta, weights) -> Baseline:
    """Breslow's estimate, weight of the events over the hazards at risk, summed up to each time.

    Parameters
    ----------
    y : ndarray of shape (n_samples, 2 or 3)
        Columns time, event and, where there is any, entry.
    eta : ndarray of shape (n_samples,)
    weights : ndarray of shape (n_samples,)

    References
    ----------
    Breslow, N. (1972). Discussion of Cox, Regression models and life-tables. JRSS B 34, 216-217.
    """
    counts = weights > 0
    y, eta, weights = y[counts], eta[counts], weights[counts]
    times, place = np.unique(y[y[:, 1] == 1, 0], return_inverse=True)
    events = np.bincount(place, weights[y[:, 1] == 1], len(times))
    # Relative to the largest predictor, so that nothing overflows.
    level = eta.max() if len(eta) else 0.0
    hazards = weights * np.exp(eta - level)
    at_risk = _from(times, y[:, 0], hazards)
    if y.shape[1] > 2:
        # At risk at t: entered before t and there until t.
        at_risk = at_risk - _from(times, y[:, 2], hazards)
    # Where the events follow from X, the hazard of those left may be nothing, and this infinite.
    with np.errstate(divide="ignore", over="ignore"):
        hazard = np.exp(np.log(np.cumsum(events / at_risk)) - level)
    return Baseline(times, hazard)


def _from(times, ends, hazards):
    """Sum of the hazards whose end is at or after each time."""
    order = np.argsort(ends)
    sums = np.append(np.cumsum(hazards[order][::-1])[::-1], 0.0)
    return sums[np.searchsorted(ends[order], times, side="left")]


def concordance(y, risk, weights, strata=None) -> float:
    """Share of the comparable pairs in which the earlier event has the greater risk.

    A pair is comparable where the earlier of two times is that of an event; a censored time equal
    to it counts as later. Equal risks count one half, pairs of two strata not at all.

    Parameters
    ----------
    y : ndarray of shape (n_samples, 2)
    risk : ndarray of shape (n_samples,)
    weights : ndarray of shape (n_samples,)
        A pair counts as the product of its weights.
    strata : ndarray of shape (n_samples,), default None

    Returns
    -------
    float
        nan where there is no pair.

    References
    ----------
    Harrell, F. E., Califf, R. M., Pryor, D. B., Lee, K. L. and Rosati, R. A. (1982). Evaluating the
    yield of medical tests. JAMA 247, 2543-2546.
    """
    strata = np.zeros(len(y)) if strata is None else strata
    parts = [_pairs(y[rows], risk[rows], weights[rows]) for rows in _each(strata)]
    won, pairs = np.sum(parts, axis=0)
    return float(won / pairs) if pairs > 0 else float("nan")


def _each(strata):
    return (strata == stratum for stratum in np.unique(strata))


def _pairs(y, risk, weights):
    """Weight of the concordant pairs, and of all comparable ones."""
    ranks = np.unique(risk, return_inverse=True)[1] + 1
    later = _Tally(ranks.max())
    won = pairs = 0.0
    # From the last time back; at one time first those censored, then the events together.
    order = np.lexsort((y[:, 1], -y[:, 0]))
    ends = np.flatnonzero(np.any(np.diff(y[order][:, :2], axis=0), axis=1)) + 1
    for rows in np.split(order, ends):
        if y[rows[0], 1] == 1:
            for row in rows:
                below, equal = later.below(ranks[row] - 1), later.below(ranks[row])
                won += weights[row] * 0.5 * (below + equal)
                pairs += weights[row] * later.total
        for row in rows:
            later.add(ranks[row], weights[row])
    return won, pairs


class _Tally:
    """Weights by rank, and their sums up to a rank, each in logarithmic time (Fenwick 1994)."""

    def __init__(self, size):
        self.sums, self.total = [0.0] * (size + 1), 0.0

    def add(self, rank, weight):
        self.total += weight
        while rank < len(self.sums):
            self.sums[rank] += weight
            rank += rank & -rank

    def below(self, rank) -> float:
        """Weight of the ranks up to this one."""
        total = 0.0
        while rank > 0:
            total += self.sums[rank]
            rank -= rank & -rank
        return total


def check_strata(strata, X) -> np.ndarray:
    """A label for each row: ndarray of shape (n_samples,)."""
    labels = np.asarray(strata)
    if labels.shape != (X.shape[0],):
        raise ValueError(
            f"strata must have shape ({X.shape[0]},), got {labels.shape}: give one label for each "
            "row of X"
        )
    check_labels(labels, "strata")
    return labels


def check_entries(entry, X) -> np.ndarray:
    """The time from which each row is at risk; -inf is the start."""
    try:
        entry = np.asarray(entry, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"entry must hold numbers, got {shown(entry)}: pass the time from which each row is at "
            "risk"
        ) from error
    check_per_row(np.where(np.isneginf(entry), 0.0, entry), X, "entry")
    return entry


def check_times(times) -> np.ndarray:
    """Times to predict for: ndarray of shape (n_times,)."""
    text = f"times must be a sequence of numbers, got {shown(times)}: pass [1.0], say"
    try:
        times = np.asarray(times, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise TypeError(text) from error
    if times.ndim != 1 or np.isnan(times).any():
        raise ValueError(text)
    return times

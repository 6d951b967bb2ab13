"""Events at the same time, by Breslow's or Efron's rule."""

from __future__ import annotations

import numpy as np

__all__ = ["Ties"]


class Ties:
    """The terms of a partial likelihood, one or several for each event time.

    Breslow: one term, from the whole risk set. Efron: a term for each of the d tied events, from
    which the fraction k/d of the tied events is taken out, k = 0, ..., d - 1.

    Parameters
    ----------
    risk : RiskSets
    v : ndarray of shape (n_samples,)
        Sample weights; an event of weight zero is not there.
    efron : bool

    Attributes
    ----------
    weight : ndarray of shape (n_times,)
        Total weight of the events at each time.
    time : ndarray of int, shape (n_terms,)
        Event time of each term.
    fraction : ndarray of shape (n_terms,)
        Fraction of the tied events that is taken out.
    mean_weight : ndarray of shape (n_terms,)
        Weight of each term: that of the events over their number.
    """

    def __init__(self, risk, v, efron):
        self.n_times = risk.n_times
        of_events = v[risk.events]
        self.weight = np.bincount(risk.event_times, of_events, self.n_times)
        n_events = np.bincount(risk.event_times[of_events > 0], minlength=self.n_times)
        n_terms = n_events if efron else np.minimum(n_events, 1)
        self.time = np.repeat(np.arange(self.n_times), n_terms)
        before = np.cumsum(n_terms) - n_terms
        k = np.arange(len(self.time)) - before[self.time]
        self.fraction = k / n_terms[self.time]
        self.mean_weight = (self.weight / np.maximum(n_terms, 1))[self.time]

    def left(self, shares) -> np.ndarray:
        """What each term leaves of a risk set of which the tied events are these shares."""
        return 1 - self.fraction * np.broadcast_to(shares, self.n_times)[self.time]

    def sums(self, values) -> np.ndarray:
        """Weighted sum of the terms of each event time."""
        return np.bincount(self.time, self.mean_weight * values, self.n_times)

    def excess(self, shares) -> float:
        """Weighted sum of log ``left(shares)`` over what is left of the tied events alone."""
        return float(self.mean_weight @ (np.log(self.left(shares)) - np.log1p(-self.fraction)))

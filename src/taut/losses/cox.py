"""Cox regression: times until an event, some of them censored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy import sparse
from scipy.special import expit

from taut.losses.base import Loss, weighted_gram
from taut.losses.cox_conjugate import conjugate
from taut.losses.log_link import exp
from taut.losses.recession import Recession, differences
from taut.losses.risk_sets import risk_sets
from taut.losses.survival_target import (
    check_entries_and_strata,
    check_times_and_events,
    survival_target,
)
from taut.losses.ties import Ties

__all__ = ["Cox"]


@dataclass(frozen=True)
class Cox(Loss):
    """Negative log partial likelihood of proportional hazards, less its least possible value.

    With ``h_j = v_j exp(eta_j)``, at an event time t with risk set R(t) and d tied events D(t) of
    total weight W(t), Breslow's form contributes

        W(t) log(sum_{j in R(t)} h_j / W(t)) - sum_{i in D(t)} v_i eta_i,

    and Efron's replaces the first term by ``W(t) / d`` times the sum over k = 0, ..., d - 1 of
    ``log((sum_{R(t)} h_j - k/d sum_{D(t)} h_i) / (W(t) (1 - k/d)))``. In nats for each unit of
    weight. Dividing by W(t) makes the total proportional to the weights and never negative; without
    ties or weights it changes nothing. The log partial likelihood of R's ``survival::coxph`` with
    case weights w is ``saturated(y, w) - total(y, eta, w)``.

    ``y`` has shape (n_samples, 2 to 4): columns time, event (1, or 0 where censored), entry (left
    truncation: at risk at times t with ``entry < t <= time``; -inf for none) and stratum. Weights
    are case weights; Breslow's form, not Efron's, takes a weight of 2 for two tied events. Adding a
    constant to ``eta`` changes nothing, so there is no intercept. ``mean`` is ``exp(eta)``, the
    hazard relative to ``eta = 0``. A total costs O(n log n), the sorting being done once for each
    response.

    ``curvature`` is the exact diagonal of the Hessian, no upper bound of it; ``slope(y, eta, v) +
    v * event`` is one (``diag(p) - p p' <= diag(p)`` in every risk set).

    Parameters
    ----------
    ties : {"breslow", "efron"}, default "breslow"
        Breslow's form is the one in which a weight of 2 is the same as two rows, and that of the
        baseline hazard that predictions are made with; glmnet and scikit-survival have it, too.
        Efron's is the closer one to the exact likelihood where ties are many, and the default of
        ``coxph`` and lifelines.

    Raises
    ------
    ValueError
        ``ties`` is neither.

    References
    ----------
    Cox, D. R. (1972). Regression models and life-tables. JRSS B 34, 187-220.
    Breslow, N. (1974). Covariance analysis of censored survival data. Biometrics 30, 89-99.
    Efron, B. (1977). The efficiency of Cox's likelihood function for censored data. JASA 72,
    557-565.
    Therneau, T. M. and Grambsch, P. M. (2000). Modeling Survival Data, chapter 3.
    """

    name: ClassVar[str] = "cox"
    is_separable: ClassVar[bool] = False

    ties: str = "breslow"

    def __post_init__(self):
        if self.ties not in ("efron", "breslow"):
            raise ValueError(
                f"ties must be 'efron' or 'breslow', got {self.ties!r}: pass 'efron', which is "
                "close to the exact likelihood, or 'breslow', which is simpler and coarser"
            )

    def total(self, y, eta, v):
        risk, ties = self._parts(y, v)
        _, log_sums, shares = _at(risk, ties, eta, v)
        event, time = risk.events, risk.event_times
        # Relative to the samples with an event: what is large cancels before it is weighted.
        with np.errstate(divide="ignore", invalid="ignore"):
            lag = log_sums[time] - np.asarray(eta)[event] - np.log(ties.weight[time])
        lag[v[event] == 0] = 0.0
        return float(v[event] @ lag) + ties.excess(shares)

    def slope(self, y, eta, v):
        risk, ties = self._parts(y, v)
        expected = _expected(risk, ties, _at(risk, ties, eta, v), 1.0)
        expected[risk.events] -= v[risk.events]
        return expected

    def curvature(self, y, eta, v):
        """Diagonal of the Hessian of ``total``: exact, no upper bound (see the class)."""
        # With p the share of a sample in a risk set, sums of p (1 - p) over time and tied events.
        risk, ties = self._parts(y, v)
        log_h, log_sums, shares = _at(risk, ties, eta, v)
        left, kept = ties.left(shares), 1 - ties.fraction
        event, time = risk.events, risk.event_times
        result = np.zeros(len(log_h))
        for degree, sign in ((1, 1), (2, -1)):
            every = _log(ties.sums(left**-degree)) - degree * log_sums
            own = _log(ties.sums((1 - kept**degree) * left**-degree)) - degree * log_sums
            result += sign * exp(degree * log_h + risk.along(every))
            result[event] -= sign * exp(degree * log_h[event] + own[time])
        return np.maximum(result, 0)  # rounding, where one sample is the whole risk set

    def hessian_product(self, y, eta, v, direction):
        # diag(p) - p p' for each term, of which a constant added to the direction changes nothing.
        risk, ties = self._parts(y, v)
        above = direction - np.min(direction)
        means = np.maximum(_Shares(risk, ties, eta, v).means(above[:, None])[:, 0], 0.0)
        now = _at(risk, ties, eta, v)
        return above * _expected(risk, ties, now, 1.0) - _expected(risk, ties, now, means)

    def hessian_gram(self, y, eta, v, left, right):
        """``left' H right``; see ``Loss.hessian_gram``.

        With p the shares of the samples in the risk set of a term of weight m, the Hessian is the
        sum of ``m (diag(p) - p p')`` over the terms: a diagonal less a product of weighted means.
        The means come from plain cumulative sums, which lose digits where one sample outweighs the
        others: good for a model of the loss, not for its value.
        """
        risk, ties = self._parts(y, v)
        expected = self.slope(y, eta, v)
        expected[risk.events] += v[risk.events]
        shares = _Shares(risk, ties, eta, v)
        mean = shares.means(left)
        other = mean if right is left else shares.means(right)
        return weighted_gram(left, expected, right) - mean.T @ (ties.mean_weight[:, None] * other)

    def hessian_root(self, y, eta, v):
        every = np.eye(len(eta))
        values, vectors = np.linalg.eigh(self.hessian_gram(y, eta, v, every, every))
        return vectors * np.sqrt(np.maximum(values, 0.0))

    def total_conjugate(self, y, theta, v):
        """Convex conjugate of ``total``; inf under left truncation, where no closed form is known.

        Infinity is an upper bound as well, so a duality gap from it is valid and says nothing.
        """
        risk, ties = self._parts(y, v)
        return np.inf if risk.is_truncated else conjugate(risk, ties, theta, v)

    def has_conjugate(self, y):
        """Not under left truncation."""
        return not risk_sets(y).is_truncated

    def total_lowest(self, y, v):
        """Infimum over ``eta`` of ``total``: zero."""
        return 0.0

    def recession(self, y, v):
        """It falls where a sample gains on others at risk at its event, and loses against none.

        Where risk sets are nested it is enough that events gain on those that leave before the next
        one, and on that. Tied events stay side by side.
        """
        there = np.flatnonzero(v > 0)
        risk = risk_sets(y[there])
        if risk.is_truncated or risk.n_times == 0:
            return None
        first = np.flatnonzero(np.diff(risk.event_times, prepend=-1))
        leader = there[risk.events[first]]  # an event of each time
        tied = np.delete(np.arange(len(risk.events)), first)
        others = np.flatnonzero(risk.first <= risk.last)
        others = others[~np.isin(others, risk.events)]
        later = np.flatnonzero(~risk.begins)
        ahead = np.concatenate([leader[risk.last[others]], leader[later - 1]])
        behind = np.concatenate([there[others], leader[later]])
        return Recession(
            differences(ahead, behind, len(y)),
            differences(leader[risk.event_times[tied]], there[risk.events[tied]], len(y)),
            lambda eta: v[ahead] * expit(eta[behind] - eta[ahead]),
        )

    def saturated(self, y, w) -> float:
        """The largest log partial likelihood that any ``eta`` has, for case weights ``w``."""
        _, ties = self._parts(y, w)
        there = ties.weight > 0
        return ties.excess(0.0) - float(ties.weight[there] @ np.log(ties.weight[there]))

    def mean(self, eta):
        return exp(eta)

    def null_intercept(self, y, v, offset=None):
        """Zero: the baseline hazard takes the place of an intercept."""
        return 0.0

    def check_response(self, y, name="y"):
        """Times, events, and what else there is.

        Parameters
        ----------
        y : array-like or data frame of shape (n_samples, 2 to 4), tuple, or structured array
            Columns time, event, and where there are any entry and stratum (a number); the tuple
            ``(time, event)``; scikit-survival's structured array, or a frame. Of two columns the
            one with 0 and 1 alone holds the events; where both do, or none, it is the second.
        name : str, default "y"

        Returns
        -------
        ndarray of float64

        Raises
        ------
        TypeError
            It does not hold numbers.
        ValueError
            A time is not finite, or negative without an entry; an event is neither 0 nor 1, an
            entry not before its time, or there is no event.
        """
        y = survival_target(y, name)
        check_times_and_events(y, name)
        check_entries_and_strata(y, name)
        return y

    def _parts(self, y, v):
        risk = risk_sets(y)
        return risk, Ties(risk, v, self.ties == "efron")


def _at(risk, ties, eta, v):
    """Logs of h and of its sums over risk sets, and the share of the tied events in these."""
    log_h = eta + _log(v)
    log_sums = risk.at_risk(log_h)
    # Where all are of weight zero there is nothing to divide; no event counts there either.
    log_sums[ties.weight == 0] = 0.0
    return log_h, log_sums, np.minimum(exp(risk.at_event(log_h) - log_sums), 1)


def _expected(risk, ties, now, of_terms):
    """Sums of each sample's share of the risk sets, times the weight and a factor of each term."""
    log_h, log_sums, shares = now
    share = of_terms / ties.left(shares)
    expected = exp(log_h + risk.along(_log(ties.sums(share)) - log_sums))
    event, time = risk.events, risk.event_times
    own = _log(ties.sums(ties.fraction * share)) - log_sums
    expected[event] -= exp(log_h[event] + own[time])
    return expected


class _Shares:
    """What each sample's hazard is of what is at risk, for every term of the likelihood."""

    def __init__(self, risk, ties, eta, v):
        log_h = eta + _log(v)
        self.risk, self.ties = risk, ties
        self.hazard = exp(log_h - log_h[v > 0].max())
        self.total = self._sums(np.ones((len(eta), 1)))

    def means(self, matrix):
        """Of columns over the risk set of each term, shape (n_terms, n_columns)."""
        return self._sums(matrix) / np.maximum(self.total, np.finfo(np.float64).tiny)

    def _sums(self, matrix):
        weighed = _times(self.hazard, matrix)
        at_risk = self.risk.cumulative(weighed)[self.ties.time]
        return at_risk - self.ties.fraction[:, None] * self.risk.of_events(weighed)[self.ties.time]


def _times(weights, matrix):
    if sparse.issparse(matrix):
        return (sparse.diags_array(weights) @ matrix).toarray()
    return weights[:, None] * matrix


def _log(x):
    with np.errstate(divide="ignore"):
        return np.log(x)

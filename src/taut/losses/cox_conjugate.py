"""The convex conjugate of the Cox partial likelihood, in closed form where risk sets are nested.

Let ``u_j = theta_j + v_j [j has an event]``. At ``theta = slope(eta)`` it is ``h_j A_j``, with A_j
the hazard that j collected while at risk. Let S_t be the sum of h over the risk set at t, and C_t
the hazard up to t times S_(t+1). Then

    C_t = C_(t-1) + W_t - U_t,      C_end = 0,

with W_t the weight of the events at t and U_t the sum of u over the samples whose last time at risk
is t: all that enters as hazard leaves as u, whatever the ties. So C follows from u alone, and with
it, for each time on its own, the share of the tied events in S_t and the ratio S_(t+1) / S_t. That
is eta up to a constant for each stratum, and summing ``theta'eta - total(eta)`` by parts leaves no
product over times. The domain is ``u >= 0``, ``C >= 0``.
"""

from __future__ import annotations

import numpy as np

from taut.losses.roots import increasing_root

__all__ = ["conjugate"]

_SLACK = 1e-12  # rounding in cumulative sums, relative to the sum of the weights


def conjugate(risk, ties, theta, v) -> float:
    """``sup_eta theta'eta - total(eta)``; inf outside the domain.

    Parameters
    ----------
    risk : RiskSets
        Without left truncation.
    ties : Ties
    theta, v : ndarray of shape (n_samples,)
    """
    slack = _SLACK * np.sum(v)
    u = np.array(theta, dtype=np.float64)
    u[risk.events] += v[risk.events]
    leaves = np.where(risk.first <= risk.last, risk.last, risk.n_times)  # the last: never at risk
    leaving = np.bincount(leaves, u, risk.n_times + 1)
    remaining = np.cumsum(ties.weight - leaving[:-1])
    ends = np.append(np.diff(_strata(risk)) > 0, True)
    feasible = (
        np.all(u[v > 0] >= -slack)
        and not np.any(u[v == 0])
        and np.all(np.abs(u[leaves == risk.n_times]) <= slack)
        and np.all(remaining >= -slack)
        and np.all(np.abs(remaining[ends]) <= slack)
    )
    if not feasible:
        return np.inf
    return _value(risk, ties, np.maximum(u, 0), np.where(ends, 0, np.maximum(remaining, 0)), v)


def _strata(risk) -> np.ndarray:
    """First event time of the stratum of each event time."""
    starts = np.empty(risk.n_times, dtype=np.int64)
    starts[risk.event_times] = risk.start[risk.events]
    return starts


def _value(risk, ties, u, remaining, v) -> float:
    before = np.append(0.0, remaining[:-1])
    dying = np.bincount(risk.event_times, u[risk.events], risk.n_times)
    shares = _shares(ties, before, dying)
    hazard_sums = before + ties.sums(1 / ties.left(shares))
    remaining = np.minimum(remaining, hazard_sums)  # rounding, where nothing remains
    # h relative to the sum of the risk set in which the sample is last.
    is_at_risk = risk.first <= risk.last
    last = np.where(is_at_risk, risk.last, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = u / hazard_sums[last]
        event, time = risk.events, risk.event_times
        relative[event] = u[event] * (shares / dying)[time]
    return (
        _x_log_ratio(remaining, remaining, hazard_sums)
        + _x_log_ratio(np.where(is_at_risk, u, 0), relative, v)
        + _x_log_ratio(ties.weight, ties.weight, 1.0)
        - ties.excess(shares)
    )


def _shares(ties, before, dying) -> np.ndarray:
    """Share of the tied events in each risk set: ``dying = share * hazard`` that they collected."""
    if not np.any(ties.fraction):
        # Breslow's form, or no ties: what they collected does not depend on their share.
        hazard = before + ties.weight
        return np.divide(dying, hazard, out=np.zeros_like(dying), where=hazard > 0)

    def collected(shares):
        kept, left = 1 - ties.fraction, ties.left(shares)
        hazard = before + ties.sums(kept / left)
        return shares * hazard - dying, before + ties.sums(kept / left**2)

    return increasing_root(collected, np.zeros_like(dying), np.ones_like(dying))


def _x_log_ratio(x, numerator, denominator) -> float:
    some = x > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.sum(x[some] * np.log(np.divide(numerator, denominator)[some])))

"""Losses as textbooks print them, on complex numbers too: for derivatives by complex step.

They overflow, cancel and cost what they like; nothing here is shared with the library.
"""

from __future__ import annotations

import numpy as np

_TINY = 1e-30


def squared(y, eta):
    return (y - eta) ** 2 / 2


def logistic(y, eta):
    return np.log(1 + np.exp(eta)) - y * eta


def multinomial(y, eta):
    return np.log(np.sum(np.exp(eta), axis=-1)) - np.sum(y * eta, axis=-1)


def multinomial_with_reference(y, eta):
    return np.log(1 + np.sum(np.exp(eta), axis=-1)) - np.sum(y * eta, axis=-1)


def poisson(y, eta):
    return np.exp(eta) - y * eta


def gamma(y, eta):
    return eta + y * np.exp(-eta)


def tweedie(power):
    def loss(y, eta):
        a, b = 2 - power, 1 - power
        return np.exp(a * eta) / a - y * np.exp(b * eta) / b

    return loss


def huber(delta):
    def loss(y, eta):
        residual = y - eta
        size = residual * np.sign(np.real(residual))
        return np.where(np.real(size) <= delta, residual**2 / 2, delta * (size - delta / 2))

    return loss


def quantile(q):
    def loss(y, eta):
        residual = y - eta
        return np.where(np.real(residual) >= 0, q * residual, (q - 1) * residual)

    return loss


def squared_hinge(y, eta):
    margin = (2 * y - 1) * eta
    return np.where(np.real(margin) < 1, (1 - margin) ** 2 / 2, 0)


def cox(ties):
    """Negative log partial likelihood with case weights, one risk set after the other."""

    def loss(y, eta, weights):
        n = len(y)
        time, event = y[:, 0], y[:, 1] == 1
        entry = y[:, 2] if y.shape[1] > 2 else np.full(n, -np.inf)
        stratum = y[:, 3] if y.shape[1] > 3 else np.zeros(n)
        total = 0.0
        for s, t in {(s, t) for s, t, e in zip(stratum, time, event, strict=True) if e}:
            here = (stratum == s) & (weights > 0)
            dies = here & event & (time == t)
            at_risk = here & (entry < t) & (t <= time)
            of_dying = np.sum(weights[dies] * np.exp(eta[dies]))
            of_risk_set = np.sum(weights[at_risk] * np.exp(eta[at_risk]))
            total = total - np.sum(weights[dies] * eta[dies])
            for k in range(np.sum(dies)):
                out = k / np.sum(dies) if ties == "efron" else 0
                total = total + np.mean(weights[dies]) * np.log(of_risk_set - out * of_dying)
        return total

    return loss


def gradient(function, eta):
    """Gradient of a function of ``eta`` by complex step: exact, as nothing is subtracted."""
    eta = np.asarray(eta, dtype=np.float64)
    result = np.empty(eta.shape)
    for place in np.ndindex(eta.shape):
        step = np.zeros(eta.shape, dtype=complex)
        step[place] = _TINY * 1j
        result[place] = np.imag(function(eta + step)) / _TINY
    return result

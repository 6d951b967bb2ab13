"""Losses as the judge sees them: value, slope and convex conjugate, by their textbook forms.

``F(eta) = 1/n sum_i f(y_i, eta_i)`` everywhere; ``eta`` has shape (n_samples,), or
(n_samples, n_classes) for the multinomial loss.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit, logsumexp, softmax, xlogy


class Loss:
    """A loss that sees samples one by one."""

    has_intercept = True

    def outputs(self, y):
        """Shape of one intercept: () or (n_classes,)."""
        return ()

    def lowest(self, y):
        """The value that no ``eta`` goes below: relative gaps start there."""
        return 0.0

    def dual(self, y, eta, scale):
        """``-F*`` at ``scale`` times the gradient of F at ``eta``."""
        return -np.mean(self.conjugate(y, scale * self.slope(y, eta)))


class Squared(Loss):
    """``1/2 (y - eta)^2``."""

    def value(self, y, eta):
        return np.mean(np.square(y - eta)) / 2

    def slope(self, y, eta):
        return eta - y

    def conjugate(self, y, slope):
        return slope**2 / 2 + slope * y


class Logistic(Loss):
    """``log(1 + exp(eta)) - y eta`` for labels 0 and 1."""

    def value(self, y, eta):
        return np.mean(np.logaddexp(0, eta) - y * eta)

    def slope(self, y, eta):
        return expit(eta) - y

    def conjugate(self, y, slope):
        share = np.clip(y + slope, 0, 1)
        return xlogy(share, share) + xlogy(1 - share, 1 - share)


class Multinomial(Loss):
    """``log sum_k exp(eta_k) - eta_y`` for classes 0, 1, ...; no class is the reference."""

    def outputs(self, y):
        return (int(y.max()) + 1,)

    def value(self, y, eta):
        return np.mean(logsumexp(eta, axis=1) - eta[np.arange(len(y)), y.astype(int)])

    def slope(self, y, eta):
        return softmax(eta, axis=1) - _indicators(y)

    def conjugate(self, y, slope):
        share = np.clip(_indicators(y) + slope, 0, 1)
        return xlogy(share, share).sum(axis=1)


class Poisson(Loss):
    """``exp(eta) - y eta``."""

    def lowest(self, y):
        return np.mean(y - xlogy(y, y))

    def value(self, y, eta):
        return np.mean(np.exp(eta) - y * eta)

    def slope(self, y, eta):
        return np.exp(eta) - y

    def conjugate(self, y, slope):
        count = np.maximum(y + slope, 0)
        return xlogy(count, count) - count


class Gamma(Loss):
    """``eta + y exp(-eta)``."""

    def lowest(self, y):
        return np.mean(1 + np.log(y))

    def value(self, y, eta):
        return np.mean(eta + y * np.exp(-eta))

    def slope(self, y, eta):
        return 1 - y * np.exp(-eta)

    def conjugate(self, y, slope):
        ratio = np.maximum(1 - slope, 0)
        return xlogy(ratio, ratio / y) - ratio


class Cox(Loss):
    """Negative log partial likelihood over n, for times without ties; y: times and events.

    A term of it is ``log sum_(j in R) exp(eta_j) - eta_i``, with R the risk set of an event i.
    """

    has_intercept = False

    def value(self, y, eta):
        logits, event = _risk(y, eta)
        return np.sum(logsumexp(logits, axis=1) - eta[event]) / len(y)

    def slope(self, y, eta):
        logits, event = _risk(y, eta)
        slope = softmax(logits, axis=1).sum(axis=0)
        slope[event] -= 1
        return slope

    def dual(self, y, eta, scale):
        """A bound of ``-F*`` from below, attained at ``scale`` one.

        ``F*`` is the least negative entropy of shares, one distribution over each risk set, that
        have the gradient asked for; those at ``eta``, mixed with the unit vectors of the events,
        have ``scale`` times theirs.
        """
        logits, event = _risk(y, eta)
        share = scale * softmax(logits, axis=1)
        share[np.arange(len(event)), event] += 1 - scale
        return -np.sum(xlogy(share, share)) / len(y)


def _indicators(y):
    return np.eye(int(y.max()) + 1)[y.astype(int)]


def _risk(y, eta):
    """``eta`` of who is at risk at each event, -inf for the others; and whose events they are."""
    time, event = y[:, 0], np.flatnonzero(y[:, 1])
    return np.where(time >= time[event, None], eta, -np.inf), event

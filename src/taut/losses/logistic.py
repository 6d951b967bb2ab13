"""Logistic regression: two classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import expit, logit

from taut.losses.base import Loss
from taut.losses.checks import as_labels
from taut.losses.entropy import p_log_p

__all__ = ["Logistic"]


@dataclass(frozen=True)
class Logistic(Loss):
    """Negative log-likelihood of two classes, ``log(1 + exp(eta)) - y eta`` for y in {0, 1}.

    In nats, half the binomial deviance; the scale of scikit-learn's ``log_loss``. ``mean`` is the
    probability of class 1, ``1 / (1 + exp(-eta))``.

    References
    ----------
    Cox, D. R. (1958). The regression analysis of binary sequences. JRSS B 20, 215-242.
    """

    name: ClassVar[str] = "logistic"
    curvature_bound: ClassVar[float | None] = 0.25

    def value(self, y, eta):
        # log(1 + e^eta) = log1p(e^-|eta|) + max(eta, 0): what is large cancels before it is added.
        y, eta = np.asarray(y), np.asarray(eta)
        wrong_way = (1 - y) * np.maximum(eta, 0) + y * np.maximum(-eta, 0)
        return np.log1p(np.exp(-np.abs(eta))) + wrong_way

    def gradient(self, y, eta):
        # expit(eta) - y, without the cancellation where y is fitted well.
        y = np.asarray(y)
        return (1 - y) * expit(eta) - y * expit(np.negative(eta))

    def hessian(self, y, eta):
        curvature = expit(eta) * expit(np.negative(eta))
        return curvature + np.zeros_like(y)

    def conjugate(self, y, theta):
        # The slope expit(eta) - y = theta gives the probabilities y + theta and 1 - y - theta.
        y, theta = np.asarray(y), np.asarray(theta)
        one, zero = y + theta, (1 - y) - theta
        return p_log_p(one, zero) + p_log_p(zero, one)

    def mean(self, eta):
        return expit(eta)

    def check_response(self, y, name="y"):
        """The response, labels 0 and 1 of shape (n_samples,), both of them there."""
        return as_labels(y, name)

    def null_intercept(self, y, v, offset=None):
        share = np.average(y, weights=v)
        if offset is None or share in (0, 1):
            return float(logit(share))
        return super().null_intercept(y, v, offset)

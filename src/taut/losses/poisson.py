"""Poisson regression: counts and rates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import xlogy

from taut.losses.checks import as_response, refuse_rows
from taut.losses.log_link import LogLink, exp

__all__ = ["Poisson"]


@dataclass(frozen=True)
class Poisson(LogLink):
    """Poisson regression with a log link, ``exp(eta) - y eta``.

    In nats: half the unit deviance plus ``y - y log(y)``, as scikit-learn's ``HalfPoissonLoss``.
    ``mean`` is the expected count, ``exp(eta)``. An exposure is an offset, its logarithm.

    References
    ----------
    McCullagh, P. and Nelder, J. A. (1989). Generalized Linear Models, 2nd edition, chapter 6.
    """

    name: ClassVar[str] = "poisson"
    power: ClassVar[float] = 1.0

    def value(self, y, eta):
        return exp(eta) - np.multiply(y, eta)

    def gradient(self, y, eta):
        return exp(eta) - y

    def hessian(self, y, eta):
        return exp(eta) + np.zeros_like(y)

    def conjugate(self, y, theta):
        # (y + theta) eta - exp(eta) peaks where exp(eta) = y + theta.
        count = np.add(y, theta)
        return np.where(
            count >= 0, xlogy(np.maximum(count, 0), np.maximum(count, 0)) - count, np.inf
        )

    def check_response(self, y, name="y"):
        """The response, counts or rates >= 0 of shape (n_samples,), not all zero."""
        return as_counts(y, name)


def as_counts(y, name) -> np.ndarray:
    """Non-negative numbers, not all zero."""
    y = as_response(y, name)
    refuse_rows(y < 0, y, name, "not be negative", "correct the value, or use losses.Squared()")
    if not y.any():
        raise ValueError(
            f"{name} must hold a positive value, got zeros only: the logarithm of their mean is "
            "-inf, and there is nothing to fit"
        )
    return y

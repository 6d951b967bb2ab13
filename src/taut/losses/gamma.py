"""Gamma regression: positive amounts whose spread grows with their size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import xlogy

from taut.losses.checks import as_response, refuse_rows
from taut.losses.log_link import LogLink, exp, times

__all__ = ["Gamma"]


@dataclass(frozen=True)
class Gamma(LogLink):
    """Gamma regression with a log link, ``eta + y exp(-eta)`` for y > 0.

    Half the unit deviance plus ``1 + log(y)``, as scikit-learn's ``HalfGammaLoss``. ``mean`` is the
    expected amount, ``exp(eta)``, in units of ``y``.

    References
    ----------
    McCullagh, P. and Nelder, J. A. (1989). Generalized Linear Models, 2nd edition, chapter 8.
    """

    name: ClassVar[str] = "gamma"
    power: ClassVar[float] = 2.0

    def value(self, y, eta):
        return eta + times(y, exp(np.negative(eta)))

    def gradient(self, y, eta):
        return 1 - times(y, exp(np.negative(eta)))

    def hessian(self, y, eta):
        return times(y, exp(np.negative(eta)))

    def conjugate(self, y, theta):
        # (theta - 1) eta - y exp(-eta) peaks where y exp(-eta) = 1 - theta.
        ratio = np.subtract(1, theta)
        inside = np.maximum(ratio, 0)
        return np.where(ratio >= 0, xlogy(inside, inside / y) - inside, np.inf)

    def check_response(self, y, name="y"):
        """The response, amounts > 0 of shape (n_samples,)."""
        return as_amounts(y, name)


def as_amounts(y, name) -> np.ndarray:
    """Positive numbers."""
    y = as_response(y, name)
    fix = "correct the value, or use losses.Tweedie(power=1.5), which takes zeros, if that is one"
    refuse_rows(y <= 0, y, name, "be positive", fix)
    return y

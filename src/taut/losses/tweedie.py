"""Tweedie regression: amounts that may be exactly zero."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import xlogy

from taut.losses.checks import as_number
from taut.losses.gamma import Gamma, as_amounts
from taut.losses.log_link import LogLink, exp, times
from taut.losses.poisson import Poisson, as_counts
from taut.losses.roots import increasing_root

__all__ = ["Tweedie"]

_NOTHING = 1e-290  # an amount so small that slope over amount may overflow


@dataclass(frozen=True)
class Tweedie(LogLink):
    """Tweedie regression with a log link, variance ``mean^power``, from Poisson (1) to gamma (2).

    ``growth(2 - power) - y growth(1 - power)`` with ``growth(a) = (exp(a eta) - 1) / a``, which is
    ``eta`` at a = 0. Half the unit deviance less what does not depend on ``eta``, as scikit-learn's
    ``HalfTweedieLoss``, up to a constant. ``mean`` is ``exp(eta)``, in units of ``y``.

    Parameters
    ----------
    power : float in [1, 2], default 1.5
        Elsewhere the loss is not convex in ``eta`` under a log link: with m the mean, its second
        derivative ``m^(1 - power) ((2 - power) m + (power - 1) y)`` is negative for
        ``m > y (power - 1) / (power - 2)`` where power > 2, as for the inverse Gaussian
        distribution (3), and for ``m < y (1 - power) / (2 - power)`` where power < 1. Gamma and
        Poisson regression are consistent there, too: they ask for the right mean alone, not for
        the right variance (Gourieroux, Monfort and Trognon 1984).

    Raises
    ------
    TypeError
        ``power`` is no number.
    ValueError
        ``power`` lies outside [1, 2].

    References
    ----------
    Jørgensen, B. (1987). Exponential dispersion models. JRSS B 49, 127-162.
    Gourieroux, C., Monfort, A. and Trognon, A. (1984). Pseudo maximum likelihood methods: theory.
    Econometrica 52, 681-700.
    """

    name: ClassVar[str] = "tweedie"

    power: float = 1.5

    def __post_init__(self):
        power = as_number(self.power, "power", "pass 1.5, say")
        if 1 <= power <= 2:
            return
        fix = "2, losses.Gamma()" if power > 2 else "1, losses.Poisson()"
        raise ValueError(
            "power must lie in [1, 2], where the loss is convex under a log link and a fit can be "
            f"certified, got {self.power!r}: pass {fix}, whose means are estimated consistently "
            "whatever the variance is; power 0 with an identity link is losses.Squared()"
        )

    def value(self, y, eta):
        return _growth(2 - self.power, eta) - times(y, _growth(1 - self.power, eta))

    def gradient(self, y, eta):
        of_mean, of_y = self._powers(eta)
        return of_mean - times(y, of_y)

    def hessian(self, y, eta):
        of_mean, of_y = self._powers(eta)
        return (2 - self.power) * of_mean + (self.power - 1) * times(y, of_y)

    def conjugate(self, y, theta):
        if self.power == 1:
            return Poisson().conjugate(y, theta) + 1
        if self.power == 2:
            return Gamma().conjugate(y, theta) + y
        y, theta = np.broadcast_arrays(y, theta)
        result = self._conjugate_of_zero(theta).astype(np.result_type(y, theta))
        positive = y > _NOTHING
        result[positive] = self._conjugate_of_positive(y[positive], theta[positive])
        return result

    def check_response(self, y, name="y"):
        """The response of shape (n_samples,): amounts >= 0, not all zero; > 0 for power = 2."""
        return as_amounts(y, name) if self.power == 2 else as_counts(y, name)

    def _powers(self, eta):
        eta = np.asarray(eta)
        return exp((2 - self.power) * eta), exp((1 - self.power) * eta)

    def _conjugate_of_zero(self, theta):
        # theta eta - growth(a) peaks where exp(a eta) = theta.
        inside = np.maximum(theta, 0)
        peak = (xlogy(inside, inside) - inside + 1) / (2 - self.power)
        return np.where(theta >= 0, peak, np.inf)

    def _conjugate_of_positive(self, y, theta):
        # No closed form: solve m^(2 - p) - y m^(1 - p) = theta for the mean m = exp(eta). The root
        # is above y where theta > 0, and dropping the falling or the rising term bounds it.
        p = self.power
        y, theta = y.astype(np.float64), theta.astype(np.float64)
        reach = np.abs(theta) + y ** (2 - p)
        above = np.maximum(np.log(reach) / (2 - p), np.log(y))
        below = np.minimum((np.log(reach) - np.log(y)) / (1 - p), np.log(y))
        eta = increasing_root(
            lambda eta: (self.gradient(y, eta) - theta, self.hessian(y, eta)),
            np.where(theta > 0, np.log(y), below),
            np.where(theta > 0, above, np.log(y)),
        )
        return theta * eta - self.value(y, eta)


def _growth(rate, eta):
    eta = np.asarray(eta)
    with np.errstate(over="ignore"):
        return np.expm1(rate * eta) / rate if rate else eta

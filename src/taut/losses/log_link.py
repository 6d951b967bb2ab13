"""What losses with a log link share: predictions ``exp(eta)``, and a null model in closed form."""

from __future__ import annotations

import numpy as np

from taut.losses.base import Loss

__all__ = ["LogLink", "exp", "times"]


class LogLink(Loss):
    """Base of the losses with mean ``m = exp(eta)`` and gradient ``m^(1 - power) (m - y)``.

    These are half the unit deviances of distributions whose variance is ``mean^power``, less what
    does not depend on ``eta``.

    References
    ----------
    Jørgensen, B. (1987). Exponential dispersion models. JRSS B 49, 127-162.
    """

    power: float

    def mean(self, eta):
        return exp(eta)

    def null_intercept(self, y, v, offset=None):
        # sum_i v_i m_i^(1 - power) (m_i - y_i) = 0 is linear in exp(intercept).
        offset = np.zeros(len(y)) if offset is None else offset
        wanted = v @ (y * exp((1 - self.power) * offset))
        with np.errstate(divide="ignore"):
            return float(np.log(wanted / (v @ exp((2 - self.power) * offset))))


def exp(x):
    """Exponential; inf, without a warning, where it is too large for a float."""
    with np.errstate(over="ignore"):
        return np.exp(x)


def times(y, factor):
    """Product of amounts and a factor that may be infinite: no amount times infinity is nothing."""
    with np.errstate(invalid="ignore", over="ignore"):
        return np.where(np.equal(y, 0), np.zeros_like(factor), y * factor)

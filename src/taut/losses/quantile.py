"""Quantile regression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from taut.losses.base import Loss
from taut.losses.checks import as_number

__all__ = ["Quantile"]


@dataclass(frozen=True)
class Quantile(Loss):
    """Pinball loss of residuals r = y - eta, ``max(q r, (q - 1) r)``, in units of ``y``.

    Not smooth: ``gradient`` is a subgradient, 0 at r = 0, and ``hessian`` is zero.

    Parameters
    ----------
    q : float in (0, 1), default 0.5
        The quantile; 0.5 is the median, and the loss half the absolute error.

    Raises
    ------
    TypeError
        ``q`` is no number.
    ValueError
        ``q`` lies outside (0, 1).

    References
    ----------
    Koenker, R. and Bassett, G. (1978). Regression quantiles. Econometrica 46, 33-50.
    """

    name: ClassVar[str] = "quantile"
    is_smooth: ClassVar[bool] = False

    q: float = 0.5

    def __post_init__(self):
        fix = "pass 0.5 for the median, say"
        if not 0 < as_number(self.q, "q", fix) < 1:
            raise ValueError(f"q must lie in (0, 1), got {self.q!r}: {fix}")

    def value(self, y, eta):
        residual = np.subtract(y, eta)
        return np.maximum(self.q * residual, (self.q - 1) * residual)

    def gradient(self, y, eta):
        return np.clip(np.sign(np.subtract(eta, y)), -self.q, 1 - self.q)

    def hessian(self, y, eta):
        return np.zeros_like(np.subtract(eta, y))

    def conjugate(self, y, theta):
        theta = np.asarray(theta)
        return np.where((theta >= -self.q) & (theta <= 1 - self.q), theta * y, np.inf)

    def null_intercept(self, y, v, offset=None):
        """Weighted quantile of ``y - offset``; the smallest, where several minimise."""
        residual = y if offset is None else y - offset
        order = np.argsort(residual)
        below = np.cumsum(v[order])
        return float(residual[order[np.searchsorted(below, self.q * below[-1])]])

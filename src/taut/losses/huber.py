"""Huber's robust loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from taut.losses.base import Loss
from taut.losses.checks import as_number
from taut.losses.roots import clipped_root

__all__ = ["Huber"]


@dataclass(frozen=True)
class Huber(Loss):
    """Squares of small residuals r = y - eta, absolute values of large ones.

    ``1/2 r^2`` where ``|r| <= delta`` and ``delta |r| - 1/2 delta^2`` elsewhere, in squared units
    of ``y``. The gradient is continuous; the hessian is 1 up to delta and 0 beyond.

    Parameters
    ----------
    delta : float, default 1.0
        Where the loss turns linear, in units of ``y``; 1.345 standard deviations of the noise keep
        95 % of the efficiency of least squares where the noise is Gaussian.

    Raises
    ------
    TypeError
        ``delta`` is no number.
    ValueError
        ``delta`` is not positive and finite.

    References
    ----------
    Huber, P. J. (1964). Robust estimation of a location parameter. Annals of Mathematical
    Statistics 35, 73-101.
    """

    name: ClassVar[str] = "huber"
    curvature_bound: ClassVar[float | None] = 1.0

    delta: float = 1.0

    def __post_init__(self):
        fix = "pass 1.35 times the standard deviation of the noise, say"
        if as_number(self.delta, "delta", fix) <= 0:
            raise ValueError(f"delta must be positive, got {self.delta!r}: {fix}")

    def value(self, y, eta):
        residual = np.subtract(y, eta)
        clipped = np.clip(residual, -self.delta, self.delta)
        return clipped * (residual - 0.5 * clipped)

    def gradient(self, y, eta):
        return np.clip(np.subtract(eta, y), -self.delta, self.delta)

    def hessian(self, y, eta):
        residual = np.subtract(y, eta)
        return (np.abs(residual) <= self.delta).astype(residual.dtype)

    def conjugate(self, y, theta):
        # As for least squares, for slopes up to delta.
        theta = np.asarray(theta)
        inside = np.abs(theta) <= self.delta
        return np.where(inside, theta * (np.asarray(y) + 0.5 * theta), np.inf)

    def null_intercept(self, y, v, offset=None):
        centres = y if offset is None else y - offset
        return clipped_root(centres, v, -self.delta, self.delta)

"""Least squares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from taut.losses.base import Loss

__all__ = ["Squared"]


@dataclass(frozen=True)
class Squared(Loss):
    """Half the squared error, ``1/2 (y - eta)^2``, in squared units of ``y``."""

    name: ClassVar[str] = "squared"

    def value(self, y, eta):
        return 0.5 * np.subtract(y, eta) ** 2

    def gradient(self, y, eta):
        return np.subtract(eta, y)

    def hessian(self, y, eta):
        return np.ones_like(np.subtract(eta, y))

    def conjugate(self, y, theta):
        # theta * eta - 1/2 (y - eta)^2 peaks at eta = y + theta.
        return theta * (np.asarray(y) + 0.5 * np.asarray(theta))

"""Least squares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from taut.losses.base import Loss, weighted_gram
from taut.losses.checks import as_response

__all__ = ["Squared"]


@dataclass(frozen=True)
class Squared(Loss):
    """Half the squared error, ``1/2 (y - eta)^2``, in squared units of ``y``.

    ``y`` may hold several targets, shape (n_samples, n_targets); totals then sum over them.

    References
    ----------
    Legendre, A. M. (1805). Nouvelles méthodes pour la détermination des orbites des comètes.
    """

    name: ClassVar[str] = "squared"
    curvature_bound: ClassVar[float | None] = 1.0
    is_quadratic: ClassVar[bool] = True

    def value(self, y, eta):
        return 0.5 * np.subtract(y, eta) ** 2

    def gradient(self, y, eta):
        return np.subtract(eta, y)

    def hessian(self, y, eta):
        return np.ones_like(np.subtract(eta, y))

    def conjugate(self, y, theta):
        # theta * eta - 1/2 (y - eta)^2 peaks at eta = y + theta.
        return theta * (np.asarray(y) + 0.5 * np.asarray(theta))

    def check_response(self, y, name="y"):
        return as_response(y, name, n_dims=(1, 2))

    def hessian_gram(self, y, eta, v, left, right):
        gram = weighted_gram(left, v, right)
        return gram if np.ndim(eta) == 1 else np.kron(gram, np.eye(np.shape(eta)[1]))

    def null_intercept(self, y, v, offset=None):
        residual = y if offset is None else y - offset
        return (np.transpose(residual) * v).sum(axis=-1) / v.sum()

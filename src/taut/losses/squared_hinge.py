"""The squared hinge of support vector machines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from taut.losses.base import Loss
from taut.losses.checks import as_labels

__all__ = ["SquaredHinge"]


@dataclass(frozen=True)
class SquaredHinge(Loss):
    """Half the squared margin violation, ``1/2 max(0, 1 - s eta)^2`` with s = 2y - 1, y in {0, 1}.

    No units; half of scikit-learn's ``LinearSVC(loss="squared_hinge")`` for each sample. The
    gradient is continuous, the hessian is not: at the margin it is taken as 0. There are no
    probabilities behind this loss: ``mean`` is the label, 1.0 where ``eta > 0`` and 0.0 elsewhere.

    References
    ----------
    Cortes, C. and Vapnik, V. (1995). Support-vector networks. Machine Learning 20, 273-297.
    """

    name: ClassVar[str] = "squared_hinge"
    curvature_bound: ClassVar[float | None] = 1.0

    def value(self, y, eta):
        return 0.5 * self._violation(y, eta) ** 2

    def gradient(self, y, eta):
        return -_sign(y) * self._violation(y, eta)

    def hessian(self, y, eta):
        violation = self._violation(y, eta)
        return (violation > 0).astype(violation.dtype)

    def conjugate(self, y, theta):
        # With u = s eta and w = -s theta: -w u - 1/2 max(0, 1 - u)^2 peaks at u = 1 - w, w >= 0.
        w = -_sign(y) * theta
        return np.where(w >= 0, w * (0.5 * w - 1), np.inf)

    def mean(self, eta):
        eta = np.asarray(eta)
        return (eta > 0).astype(np.result_type(eta, np.float32))

    def check_response(self, y, name="y"):
        """The response, labels 0 and 1 of shape (n_samples,), both of them there."""
        return as_labels(y, name)

    def _violation(self, y, eta):
        return np.maximum(1 - _sign(y) * eta, 0)


def _sign(y):
    return 2 * np.asarray(y) - 1

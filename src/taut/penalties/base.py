"""What every penalty is: an immutable object with a value and a proximal map."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

__all__ = ["Coordinates", "Penalty"]


class Coordinates(NamedTuple):
    """A separable penalty, coordinate by coordinate, as the compiled core takes it.

    Stands for ``sum_j l1_j |b_j| + 1/2 l2_j b_j^2`` subject to ``lower_j <= b_j <= upper_j``;
    each array has shape (n_features,) and is float64. An excluded feature (weight inf) has
    ``lower = upper = 0``.
    """

    l1: np.ndarray
    l2: np.ndarray
    lower: np.ndarray
    upper: np.ndarray


class Penalty:
    """Base of all penalties: ``value`` and ``prox`` on NumPy and torch arrays alike.

    Subclasses are immutable: parameters are set once, in ``__init__``.
    """

    def value(self, coef):
        """Penalty at ``coef`` (alpha = 1): a float for NumPy, a 0-d tensor for torch."""
        raise NotImplementedError

    def prox(self, coef, step):
        """``argmin_b 1/2 |b - coef|^2 + step * value(b)``, of the shape and type of ``coef``."""
        raise NotImplementedError

    def coordinates(self, n_features: int) -> Coordinates | None:
        """The penalty coordinate by coordinate, or None where it does not separate."""
        return None

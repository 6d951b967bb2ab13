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

    Subclasses are immutable values: ``__init__`` checks its parameters and passes them once, in
    the order of its signature, to ``_set``. Equality, hash, repr and pickling follow from there.
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

    def _set(self, **parameters):
        vars(self).update(parameters)

    def __setattr__(self, name, value):
        kind = type(self).__name__
        raise AttributeError(f"{kind} is immutable, {name} cannot be set: make a new {kind}")

    def __delattr__(self, name):
        kind = type(self).__name__
        raise AttributeError(f"{kind} is immutable, {name} cannot be deleted: make a new {kind}")

    def __add__(self, other):
        raise TypeError(_no_sum(self, other))

    def __radd__(self, other):
        raise TypeError(_no_sum(other, self))

    def _key(self):
        # NaN is refused and -0.0 stored as 0.0, so equal bytes are equal numbers.
        values = (
            (value.shape, value.tobytes()) if isinstance(value, np.ndarray) else value
            for value in vars(self).values()
        )
        return type(self), *values

    def __eq__(self, other):
        return self._key() == other._key() if isinstance(other, Penalty) else NotImplemented

    def __hash__(self):
        return hash(self._key())

    def __repr__(self):
        shown = (
            f"{name}=array of {value.size}" if isinstance(value, np.ndarray) else f"{name}={value}"
            for name, value in vars(self).items()
            if value is not None
        )
        return f"{type(self).__name__}({', '.join(shown)})"

    # An immutable object is its own copy; pickling goes through __init__ and its checks.
    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    def __sklearn_clone__(self):
        return self

    def __reduce__(self):
        return type(self), tuple(vars(self).values())


def _no_sum(left, right):
    return (
        f"cannot add {type(left).__name__} and {type(right).__name__}: a sum keeps an exact prox "
        "only where both are convex and separable (L1, L2, ElasticNet, NonNegative, Box)"
    )

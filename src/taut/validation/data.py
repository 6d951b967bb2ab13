"""Matrices, responses and numbers for each row, by scikit-learn's checks."""

from __future__ import annotations

import numbers

import numpy as np
from sklearn.utils.validation import check_array

from taut.memory import require_copy
from taut.validation.magnitudes import check_magnitudes, check_vanishing, within_range
from taut.validation.parameters import shown
from taut.validation.trouble import explained, is_gap

__all__ = [
    "check_as_many",
    "check_features",
    "check_labels",
    "check_matrix",
    "check_per_row",
    "check_response",
    "check_targets",
    "check_weights",
]


def check_matrix(X, names=None, min_samples=2):
    """A finite two-dimensional float matrix, dense or sparse, copied only where it must be.

    Parameters
    ----------
    X : array, sparse matrix or data frame of shape (n_samples, n_features)
    names : sequence of str, default None
        Of the columns, for messages.
    min_samples : int, default 2

    Raises
    ------
    ValueError, TypeError
        It is none.
    MemoryError
        It has to be copied to be read, and the copy would not fit.
    """
    require_copy(X)
    with explained("X", X, names):
        return check_array(
            X,
            accept_sparse=["csc", "csr"],
            accept_large_sparse=True,
            dtype=[np.float64, np.float32],
            ensure_min_samples=min_samples,
            input_name="X",
        )


def check_features(X, names=None):
    """What `check_matrix` and `check_magnitudes` ask, in one pass over X where all is well."""
    plain = type(X) is np.ndarray and X.ndim == 2 and X.dtype in (np.float64, np.float32)
    if plain and len(X) >= 2 and X.size > 0 and within_range(X):
        check_vanishing("X", X, names)
        return X
    X = check_matrix(X, names)
    check_magnitudes("X", X, names)
    return X


def check_targets(y, X):
    """What `check_response` and `check_magnitudes` ask, likewise."""
    plain = type(y) is np.ndarray and y.ndim in (1, 2) and y.dtype == np.float64
    if plain and len(y) == X.shape[0] and y.size > 0 and within_range(y):
        check_vanishing("y", y)
        return y
    y = check_response(y, X)
    check_magnitudes("y", y)
    return y


def check_response(y, X):
    """A finite float64 response with one entry (or row) for each row of X."""
    if y is None:
        raise ValueError(
            "this requires y to be passed, but the target y is None: pass one number for each row "
            "of X"
        )
    fields = getattr(getattr(y, "dtype", None), "names", None)
    if fields is not None:
        raise TypeError(
            f"y must hold numbers, got a structured array with fields {', '.join(fields)}: pass "
            "y[field] for one of them; times and events go to taut.CoxRegression, or with "
            "loss='cox'"
        )
    with explained("y", y):
        y = check_array(y, ensure_2d=False, dtype=np.float64, input_name="y")
    check_as_many(y, X)
    return y


def check_as_many(y, X):
    """Refuse a target that has not one entry, or row, for each row of X."""
    if len(y) != X.shape[0]:
        raise ValueError(
            f"X and y have inconsistent numbers of samples: X has {X.shape[0]} rows, y has "
            f"{len(y)}: give y one entry for each row of X"
        )


def check_labels(labels, name):
    """Refuse labels of shape (n_samples,) that are missing, or that have no order among them."""
    gaps = np.frompyfunc(is_gap, 1, 1)(labels) if labels.dtype.kind == "O" else labels != labels
    for row in np.flatnonzero(gaps)[:1]:
        raise ValueError(
            f"{name} must hold a label for each row, got {shown(labels[row])} at row {row} "
            "(counting from 0): drop the row, or fill it in"
        )
    try:
        np.sort(labels)
    except TypeError as error:
        kinds = sorted({type(label).__name__.rstrip("_") for label in labels})
        raise ValueError(
            f"{name} must hold labels of one kind, got {' and '.join(kinds)}: turn them all into "
            "text, or into numbers"
        ) from error


def check_per_row(values, X, name):
    """A finite float64 number for each row of X."""
    with explained(name, values):
        values = check_array(values, ensure_2d=False, dtype=np.float64, input_name=name)
    if values.shape != (X.shape[0],):
        raise ValueError(
            f"{name} must have shape ({X.shape[0]},), got {values.shape}: give one number for each "
            "row of X"
        )
    return values


def check_weights(sample_weight, X) -> np.ndarray:
    """Weights over their sum; None means equal ones.

    Raises
    ------
    ValueError
        A weight is negative or not finite, all are zero, or there is not one for each row.
    """
    if sample_weight is None:
        return np.full(X.shape[0], 1.0 / X.shape[0])
    if isinstance(sample_weight, numbers.Real):
        sample_weight = np.full(X.shape[0], sample_weight)
    weights = check_per_row(sample_weight, X, "sample_weight")
    if weights.min() < 0:
        row = int(np.argmin(weights))
        raise ValueError(
            f"sample_weight must not be negative, got {weights[row]:g} for row {row}: use 0 to "
            "leave a row out"
        )
    with np.errstate(over="ignore"):
        total = weights.sum()
    if not 0 < total < np.inf:
        got = "all zeros" if total == 0 else f"weights up to {weights.max():g}"
        raise ValueError(
            f"sample_weight must have a positive and finite sum, got {got}: only their ratios "
            "count, use 1 for an ordinary row"
        )
    return weights / total

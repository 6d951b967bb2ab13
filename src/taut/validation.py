"""The edge: arguments are checked here once, and trusted from then on."""

from __future__ import annotations

import numbers
from difflib import get_close_matches

import numpy as np
from sklearn.utils.validation import check_array, check_consistent_length

__all__ = [
    "check_alphas",
    "check_choice",
    "check_flag",
    "check_matrix",
    "check_positive",
    "check_response",
    "check_weights",
]


def check_matrix(X, name="X", min_samples=2):
    """A finite two-dimensional float matrix, dense or sparse, copied only where it must be."""
    return check_array(
        X,
        accept_sparse=["csc", "csr"],
        accept_large_sparse=True,
        dtype=[np.float64, np.float32],
        ensure_min_samples=min_samples,
        input_name=name,
    )


def check_response(y, X, name="y"):
    """A finite float64 response with one entry (or row) for each row of X."""
    y = check_array(y, ensure_2d=False, dtype=np.float64, input_name=name)
    if y.ndim > 2:
        raise ValueError(f"{name} must have one or two dimensions, got shape {y.shape}")
    check_consistent_length(X, y)
    return y


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
    weights = check_array(
        sample_weight, ensure_2d=False, dtype=np.float64, input_name="sample_weight"
    )
    if weights.shape != (X.shape[0],):
        raise ValueError(
            f"sample_weight must have shape ({X.shape[0]},), got {weights.shape}: give one weight "
            "for each row of X"
        )
    if weights.min() < 0:
        row = int(np.argmin(weights))
        raise ValueError(
            f"sample_weight must not be negative, got {weights[row]:g} for row {row}: use 0 to "
            "leave a row out"
        )
    total = weights.sum()
    if not total > 0:
        raise ValueError(
            "sample_weight must have a positive sum, got all zeros: give at least one row a "
            "positive weight"
        )
    return weights / total


def check_alphas(alphas) -> np.ndarray:
    """Finite, non-negative strengths, in decreasing order."""
    alphas = np.atleast_1d(np.asarray(alphas, dtype=np.float64))
    if alphas.ndim != 1 or alphas.size == 0:
        raise ValueError(f"alphas must be a sequence of numbers, got shape {alphas.shape}")
    bad = alphas[~(np.isfinite(alphas) & (alphas >= 0))]
    if bad.size:
        raise ValueError(
            f"alphas must be finite and not negative, got {bad[0]!r}: pass strengths >= 0"
        )
    return np.ascontiguousarray(np.sort(alphas)[::-1])


def check_positive(value, name, kind=numbers.Real, zero=False, other=""):
    """A number that is positive (or zero, where that means something).

    ``other`` is what else the argument may be, checked by the caller: "or a rule".
    """
    word = "a whole number" if kind is numbers.Integral else "a number"
    word = f"{word} {other}".rstrip()
    if not isinstance(value, kind) or isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be {word}, got {value!r} of type {type(value).__name__}")
    if not np.isfinite(value) or value < 0 or (value == 0 and not zero):
        bound = ">= 0" if zero else "> 0"
        raise ValueError(f"{name} must be finite and {bound}, got {value!r}")
    return value


def check_choice(value, name, choices) -> str:
    """One of a few names."""
    if value not in choices:
        close = get_close_matches(str(value), choices, n=1)
        hint = f"did you mean {close[0]!r}?" if close else "choose from " + ", ".join(choices)
        raise ValueError(f"{name} must be one of its names, got {value!r}: {hint}")
    return value


def check_flag(value, name) -> bool:
    """True or False."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be True or False, got {value!r}")
    return bool(value)

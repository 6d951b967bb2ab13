"""What is wrong with data that scikit-learn's checks refuse: the place, the value and the fix."""

from __future__ import annotations

import math
import numbers
from contextlib import contextmanager

import numpy as np
from scipy import sparse

from taut.validation.parameters import plain, shown

__all__ = ["constant_target", "explained", "is_gap"]

_SHAPES = {"X": "(n_samples, n_features)", "y": "(n_samples,) or (n_samples, n_targets)"}
_REMEDIES = {
    "X": "drop the row, correct the value, or impute it (sklearn.impute.SimpleImputer)",
    "sample_weight": "correct the value, or use 0 to leave the row out",
}
_ENCODE = (
    "encode the column as numbers (sklearn.preprocessing.OneHotEncoder) or drop it; taut.compare "
    "encodes text by itself, as does penalties.GroupLasso('categorical')"
)
_BLOCK = 2**20  # entries that are looked through at a time


def constant_target(y) -> ValueError:
    """What to say of a target that is the same in all its rows, those of positive weight."""
    return ValueError(
        f"y must vary, got a constant, {shown(y[0])} in all {len(y)} rows of positive weight: "
        "there is nothing to explain; check the target (sklearn.dummy.DummyRegressor predicts "
        "constants)"
    )


@contextmanager
def explained(name, values, names=None):
    """Add the place, the value and the fix to what a check of some data raises.

    Parameters
    ----------
    name : str
        The argument.
    values : object
        What was given for it.
    names : sequence of str, default None
        Of its columns.

    Raises
    ------
    ValueError, TypeError
        Whatever the check raised; the message begins as it did.
    """
    try:
        yield
    except (TypeError, ValueError, OverflowError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        start = str(error).splitlines()[0].rstrip(".:")
        array = values if sparse.issparse(values) else _as_array(values)
        trouble = _wrong_entry(name, array, names) or _wrong_shape(name, array, values)
        raise kind(f"{start}: {trouble}") from error


def _as_array(values) -> np.ndarray:
    if isinstance(values, np.ndarray):
        return values
    try:
        return np.asarray(values, dtype=object)
    except ValueError:  # parts of different shapes
        return np.empty((), dtype=object)


def _wrong_entry(name, array, names) -> str | None:
    if not (array.ndim == 2 or (array.ndim == 1 and name != "X")):
        return None
    found = _first_unusable(array if array.ndim == 2 else array.reshape(-1, 1))
    if found is None:
        return None
    (row, column), value = found[:2], plain(found[2])
    where = f"row {row}"
    if array.ndim == 2:
        where += f", column {column if names is None else shown(names[column])}"
    return (
        f"first at {where} of {name} (counting from 0), which is {shown(value)}; "
        f"{_remedy(name, value)}"
    )


def _wrong_shape(name, array, values) -> str:
    got = f"{shown(values)} of type {type(values).__name__}"
    got = f"shape {array.shape}" if array.ndim else got
    sentence = f"{name} must have shape {_SHAPES.get(name, '(n_samples,)')}, got {got}"
    if hasattr(values, "collect"):
        return f"{sentence}; call .collect() on a lazy frame first"
    if array.ndim == 1 and name == "X":
        return (
            f"{sentence}. Reshape your data, with rows of one length: np.reshape(X, (-1, 1)) is a "
            "single feature, np.reshape(X, (1, -1)) a single row"
        )
    return f"{sentence}; pass an array or a data frame of that shape, with enough rows and columns"


def is_gap(value) -> bool:
    """Whether a value stands for none: None, or what differs from itself or will not say.

    pandas has three of these: nan and NaT differ from themselves, NA refuses to say.
    """
    if value is None:
        return True
    unequal = value != value
    return not isinstance(unequal, bool | np.bool_) or bool(unequal)


def _remedy(name, value) -> str:
    if name == "X" and not is_gap(value) and not isinstance(value, numbers.Real):
        return _ENCODE
    remedy = _REMEDIES.get(name, "correct the value, or drop the row")
    if name == "y" and isinstance(value, str):
        remedy += "; where y holds classes, use a classifier"
    return remedy


def _first_unusable(array):
    """Row, column and value of the first entry of a matrix that is no finite number, or None."""
    if sparse.issparse(array):
        array = array.tocoo()
        wrong = np.flatnonzero(_unusable(array.data))[:1]
        places = zip(array.row[wrong], array.col[wrong], array.data[wrong], strict=True)
        return next(places, None)
    step = max(1, _BLOCK // max(1, array.shape[1]))
    for start in range(0, len(array), step):
        block = array[start : start + step]
        wrong = _unusable(block)
        if wrong.any():
            row, column = np.unravel_index(np.argmax(wrong), wrong.shape)
            return start + row, column, block[row, column]
    return None


def _unusable(block: np.ndarray) -> np.ndarray:
    if block.dtype.kind in "biuf":
        return ~np.isfinite(block)
    return ~_is_finite_number(block.astype(object)).astype(bool)


def _finite(value) -> bool:
    try:
        return math.isfinite(float(value))
    except (TypeError, ValueError, OverflowError):
        return False


_is_finite_number = np.frompyfunc(_finite, 1, 1)

"""Is the target one that a regression can be judged on? If not: why, and what to do."""

from __future__ import annotations

import numpy as np

from taut.designs.from_frame import TableError
from taut.designs.kinds import as_numbers, is_missing, listed

__all__ = ["check_target", "numeric_target"]

_MOSTLY = 0.5


def numeric_target(name: str, values: np.ndarray, task: str | None) -> np.ndarray:
    """The target as float64 of shape (n_rows,), missing values nan.

    Raises
    ------
    TableError
        If the target holds classes, dates, or text among its numbers.
    """
    if task not in (None, "regression"):
        text = f"{task!r} is unknown: this version knows regression only; leave it out"
        raise TableError(text, "task")
    if values.dtype.kind == "O" and not _mostly_numbers(values):
        classes = listed([repr(text) for text in dict.fromkeys(values[~is_missing(values)])], 4)
        text = f"column {name!r} holds text ({classes}): {_CLASSIFICATION} Name a numeric column"
        raise TableError(text, "y")
    if values.dtype.kind == "b" and task is None:
        text = f"column {name!r} is true or false: {_CLASSIFICATION} {_AS_NUMBERS}"
        raise TableError(text, "y")
    try:
        return as_numbers(name, values)
    except TableError as error:
        raise TableError(f"{error.text}, or name another column", "y") from error


def check_target(name: str, y: np.ndarray, task: str | None) -> None:
    """Refuse a constant target, and one of two values where the task is not given."""
    low, high = y.min(), y.max()
    if low == high:
        text = f"column {name!r} is {low:g} in every row, nothing to predict: name another column"
        raise TableError(text, "y")
    if task is None and np.isin(y, (low, high)).all():
        text = (
            f"column {name!r} has only two values ({low:g} and {high:g}): {_CLASSIFICATION} "
            f"{_AS_NUMBERS}"
        )
        raise TableError(text, "y")


_CLASSIFICATION = (
    "that asks for classification, and this version compares techniques for regression only."
)
_AS_NUMBERS = (
    "Name another column, or say task='regression' (--task regression) to predict it as a number"
)


def _mostly_numbers(values: np.ndarray) -> bool:
    present = [text for text in values if text is not None]
    return not present or np.mean([_is_number(text) for text in present]) >= _MOSTLY


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True

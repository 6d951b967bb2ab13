"""Parameters and responses of losses, checked once."""

from __future__ import annotations

from numbers import Real

import numpy as np

__all__ = [
    "as_labels",
    "as_number",
    "as_numbers",
    "as_response",
    "refuse_not_finite",
    "refuse_rows",
]


def as_number(value, name, fix) -> float:
    """A finite float; ``fix`` ends the message."""
    if not isinstance(value, Real) or isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be a number, got {value!r}: {fix}")
    if not np.isfinite(value):
        raise ValueError(f"{name} must be finite, got {value!r}: {fix}")
    return float(value)


def as_numbers(y, name, fix="encode it as numbers first") -> np.ndarray:
    """A float64 array; ``fix`` ends the message."""
    try:
        return np.asarray(y, dtype=np.float64, order="C")
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"{name} must hold numbers, in rows of one length, got {_first_odd(y)}: {fix}"
        ) from error


def as_response(y, name, n_dims=(1,)) -> np.ndarray:
    """A float64 array of finite numbers, with one entry or one row for each sample."""
    y = as_numbers(y, name)
    if y.ndim not in n_dims or not y.size:
        shapes = " or ".join({1: "(n_samples,)", 2: "(n_samples, n_targets)"}[n] for n in n_dims)
        is_column = y.ndim == 2 and y.shape[1] == 1
        fix = f"pass {name}.ravel()" if is_column else "pass one entry or row for each sample"
        raise ValueError(f"{name} must have shape {shapes}, got {y.shape}: {fix}")
    refuse_not_finite(y, name)
    return y


def as_labels(y, name) -> np.ndarray:
    """Labels 0 and 1, both of them."""
    y = as_response(y, name)
    fix = "encode the classes as 0 and 1, as (y == positive_class) does"
    refuse_rows((y != 0) & (y != 1), y, name, "hold the labels 0 and 1 only", fix)
    if y.min() == y.max():
        raise ValueError(
            f"{name} must hold both labels, 0 and 1, got {y[0]:g} only: there is nothing to tell "
            "apart, add samples of the other class"
        )
    return y


def refuse_not_finite(y, name):
    """Raise for the first row that holds an infinite or missing number."""
    refuse_rows(~np.isfinite(y), y, name, "be finite", "correct the value, or drop the row")


def refuse_rows(wrong, y, name, must, fix):
    """Raise for the first row that holds a wrong entry.

    Parameters
    ----------
    wrong : ndarray of bool, of y's shape or (n_samples,)
    y : ndarray
    name, must, fix : str
        "{name} must {must}, got (the entry) at row (its row): {fix}".

    Raises
    ------
    ValueError
        Some entry is wrong.
    """
    if not wrong.any():
        return
    place = np.unravel_index(np.argmax(wrong), wrong.shape)
    column = f", column {place[1]}" if len(place) > 1 else ""
    raise ValueError(
        f"{name} must {must}, got {y[place]} at row {place[0]}{column} (counting from 0): {fix}"
    )


def _first_odd(y) -> str:
    for row, entry in enumerate(np.asarray(y, dtype=object).tolist()):
        try:
            np.asarray(entry, dtype=np.float64)
        except (TypeError, ValueError):
            return f"{entry!r} at row {row} (counting from 0)"
    return "rows of several lengths"

"""Numbers whose squares leave float64: refused at the edge, before they look like an answer.

Least squares lives on sums of squares, and of products of them. Above ``LARGEST`` a fourth power
overflows. Where all of a column stays below ``SMALLEST``, its square times a tolerance underflows:
a model of zeros would be certified as the answer.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy import sparse

from taut.validation.parameters import shown

__all__ = [
    "IN_RANGE",
    "LARGEST",
    "SMALLEST",
    "Extreme",
    "check_magnitudes",
    "check_vanishing",
    "extreme_of",
    "within_range",
]

LARGEST, SMALLEST = 1e75, 1e-75
IN_RANGE = (
    f"{SMALLEST:g} to {LARGEST:g} in size where it is largest, so that float64 can hold its squares"
)
_FIRST_ROWS = 8
_BLOCK = 1 << 18  # stored entries that are looked at together


class Extreme(NamedTuple):
    """The number that puts a column out of range, and what to do.

    Attributes
    ----------
    row : int
    value : float
        The largest of the column in size.
    remedy, factor : str
        ``divide`` or ``multiply``, and by what.
    """

    row: int
    value: float
    remedy: str
    factor: str


def extreme_of(column: np.ndarray) -> Extreme | None:
    """What is wrong with finite numbers of shape (n_samples,), or None.

    Single small numbers among ordinary ones do no harm, nor do zeros.
    """
    sizes = np.abs(column)
    row = int(np.argmax(sizes)) if len(sizes) else 0
    largest = float(sizes[row]) if len(sizes) else 0.0
    if largest == 0 or SMALLEST <= largest <= LARGEST:
        return None
    power = math.floor(math.log10(largest))
    if largest > LARGEST:
        return Extreme(row, float(column[row]), "divide", f"1e{power}")
    # 1e308 is the largest factor there is, too little to bring what is subnormal to 1.
    return Extreme(row, float(column[row]), "multiply", f"1e{min(-power, 300)}")


def within_range(values: np.ndarray) -> bool:
    """Whether all entries are finite and none too large, for certain.

    One sum of squares says both, for it is small only where all its terms are. It is not left to
    BLAS, whose threads, once used, spin for some 30 ms and keep a core from what comes next.
    """
    if values.dtype == np.float32:  # its squares may overflow, but none is too large
        with np.errstate(all="ignore"):
            return bool(np.isfinite(values.sum()))
    axes = "ij"[: values.ndim]
    return bool(np.einsum(f"{axes},{axes}->", values, values) <= LARGEST**2)


def check_magnitudes(name, values, names=None) -> None:
    """Refuse columns that are too large, or too small throughout, for their squares.

    Parameters
    ----------
    name : str
        The argument, ``"X"`` or ``"y"``.
    values : ndarray or sparse matrix of shape (n_samples,) or (n_samples, n_columns)
        Finite.
    names : sequence of str, default None
        Of the columns, for the message.

    Raises
    ------
    ValueError
        The message says where, how large, and by what to multiply or divide.
    """
    if values.dtype != np.float64:  # all of float32 lies between the bounds
        return
    stored = values.data if sparse.issparse(values) else values
    if not within_range(stored):
        _refuse_extremes(name, values, range(_as_matrix(values).shape[1]), names)
    check_vanishing(name, values, names)


def check_vanishing(name, values, names=None) -> None:
    """Refuse columns that are too small throughout, as `check_magnitudes` does."""
    if values.dtype == np.float64:
        _refuse_extremes(name, values, _small_columns(_as_matrix(values)), names)


def _refuse_extremes(name, values, suspects, names):
    for j in suspects:
        column = _as_matrix(values)[:, [j]]
        found = extreme_of((column.toarray() if sparse.issparse(column) else column)[:, 0])
        if found is None:
            continue
        place = f"row {found.row}"
        if values.ndim == 2:
            place += f", column {j if names is None else shown(names[j])}"
        what = "the column" if name == "X" else name
        then = "its coefficient" if name == "X" else "its predictions, errors and alpha"
        raise ValueError(
            f"{name} must be {IN_RANGE}, got {found.value:.3g} at {place} of {name} (counting from "
            f"0): {found.remedy} {what} by {found.factor}, and read {then} in the new unit"
        )


def _as_matrix(values):
    return values if values.ndim == 2 else values.reshape(-1, 1)


def _blocks(data):
    return (data[first : first + _BLOCK] for first in range(0, len(data), _BLOCK))


def _has_small(data):
    sizes = np.abs(data)
    return ((sizes < SMALLEST) & (sizes > 0)).any()


def _small_columns(matrix) -> np.ndarray:
    """Columns without one number of ordinary size: none of most matrices, and those of zeros."""
    if sparse.issparse(matrix):
        has_small = any(map(_has_small, _blocks(matrix.data)))
        return np.arange(matrix.shape[1] if has_small else 0)
    # Most columns show an ordinary number in their first rows, and need no further look.
    start, step = _FIRST_ROWS, 2 * _FIRST_ROWS
    small = np.flatnonzero(_are_small(matrix[:start]))
    while len(small) and start < len(matrix):
        block = matrix[start : start + step]
        block = block if len(small) == block.shape[1] else block[:, small]
        small = small[_are_small(block)]
        start, step = start + step, 2 * step
    return small


def _are_small(block):
    return (np.abs(block) < SMALLEST).all(axis=0)

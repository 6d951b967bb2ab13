"""Missing values that are written as a number: named, never changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from scipy import sparse

from taut.designs.from_frame import TableError, shown_name
from taut.designs.kinds import Note, as_numbers, base_kind, counted, listed

__all__ = ["suspected_sentinels"]

_LEAST_ROWS = 5
_LEAST_SHARE = 0.005
# Fewer distinct values are codes, where -1 beside 0 and 1 is as good as any.
_LEAST_OTHERS = 10


class _Sentinel(NamedTuple):
    """A value, how many rows have it, and the range of all others."""

    value: float
    count: int
    low: float
    high: float

    def __str__(self) -> str:
        rows = counted(self.count, "row")
        return f"{self.value:g} in {rows}, all others {self.low:g} to {self.high:g}"


def suspected_sentinels(table, kinds: Mapping[str, str], target: str, y: np.ndarray) -> list[Note]:
    """Warn of columns where one far value, repeated often, may stand for a missing one.

    Parameters
    ----------
    table : dict of str to ndarray of shape (n_rows,), or sparse matrix
    kinds : mapping of str to str
        The kind of every column.
    target : str
    y : ndarray of shape (n_rows,)
        The target as numbers; of classes, or of times, empty.

    Returns
    -------
    list of Note
    """
    if sparse.issparse(table):
        return []
    found = {target: _sentinel(y)}
    for name, values in table.items():
        if base_kind(kinds[name]) == "number":
            found[name] = _sentinel(_numbers(name, values, kinds[name]))
    found = {name: sentinel for name, sentinel in found.items() if sentinel}
    if not found:
        return []
    shown = listed([f"{shown_name(name)} ({sentinel})" for name, sentinel in found.items()])
    text = (
        f"One number far from all others, again and again: {shown}. If it stands for a missing "
        "value, empty these cells: they are taken as they are."
    )
    if target in found:
        text += f" Rows without a value of {target} are left out then."
    return [Note("warning", text, tuple(found))]


def _numbers(name: str, values: np.ndarray, kind: str) -> np.ndarray:
    try:
        return as_numbers(name, values, kind)
    except TableError:
        return np.empty(0)


def _sentinel(numbers: np.ndarray) -> _Sentinel | None:
    """The least or the greatest value, if it is whole, repeated often and unlike all others.

    Unlike: it is the only negative one, or as far from the nearest as that is from the farthest.
    """
    values, counts = np.unique(numbers[~np.isnan(numbers)], return_counts=True)
    if len(values) <= _LEAST_OTHERS:
        return None
    enough = max(_LEAST_ROWS, _LEAST_SHARE * counts.sum())
    for end, low, high in ((0, values[1], values[-1]), (-1, values[0], values[-2])):
        value, distance = values[end], abs(values[end] - (low if end == 0 else high))
        alone = value < 0 <= low or distance >= high - low
        if alone and counts[end] >= enough and value % 1 == 0:
            return _Sentinel(float(value), int(counts[end]), float(low), float(high))
    return None

"""Columns that know too much: suspected leaks of the target are named, never removed."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
from scipy import sparse
from scipy.stats import rankdata

from taut.designs.from_frame import TableError
from taut.designs.kinds import Note, as_numbers, base_kind, is_missing, names_listed

__all__ = ["suspected_leaks"]

_NEARLY_ONE = 0.999
# A name of three letters is part of too many words: age in mileage and average.
_MIN_LETTERS = 4


def suspected_leaks(table, kinds: Mapping[str, str], target: str, y: np.ndarray) -> list[Note]:
    """Warn of columns that nearly determine the target, or are called like it.

    Parameters
    ----------
    table : dict of str to ndarray of shape (n_rows,), or sparse matrix
    kinds : mapping of str to str
        The kind of every column.
    target : str
    y : ndarray of shape (n_rows,)

    Returns
    -------
    list of Note
    """
    if sparse.issparse(table):
        return []
    ranks = rankdata(y)
    determining = [
        name for name, values in table.items() if _determines(name, values, kinds[name], y, ranks)
    ]
    alike = [
        name
        for name in table
        if kinds[name] != "aside" and name not in determining and _called_alike(name, target)
    ]
    notes = []
    if determining:
        text = (
            f"Suspected leak: {_each(determining)} alone nearly determines {target}. "
            "If it is not known at the time of predicting, drop it: the scores below would be an "
            "illusion."
        )
        notes.append(Note("warning", text, tuple(determining)))
    if alike:
        text = (
            f"Suspected leak: {_each(alike)} is called like the target {target}. If it is "
            "computed from it, drop it."
        )
        notes.append(Note("warning", text, tuple(alike)))
    return notes


def _each(names: list[str]) -> str:
    return names_listed(names) if len(names) == 1 else f"each of {names_listed(names)}"


def _determines(name: str, values: np.ndarray, kind: str, y: np.ndarray, ranks) -> bool:
    present = ~is_missing(values)
    if kind == "category":
        return _explained_by_levels(values[present], y[present]) > _NEARLY_ONE
    if base_kind(kind) != "number":
        return False
    try:
        numbers = as_numbers(name, values, kind)
    except TableError:
        return False
    present = ~np.isnan(numbers)
    if present.sum() < 3:
        return False
    linear = _correlation(numbers[present], y[present])
    # Ranks find a leak behind a bend, such as the logarithm of the target.
    monotone = _correlation(rankdata(numbers[present]), ranks[present])
    return max(linear, monotone) > _NEARLY_ONE


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    a, b = a - a.mean(), b - b.mean()
    size = np.linalg.norm(a) * np.linalg.norm(b)
    return 0.0 if size == 0 else abs(float(a @ b)) / size


def _explained_by_levels(levels: np.ndarray, y: np.ndarray) -> float:
    """Share of the variance of y between levels; 0 where there are too many to mean anything."""
    _, codes = np.unique(levels.astype(str), return_inverse=True)
    counts = np.bincount(codes)
    total = ((y - y.mean()) ** 2).sum()
    if total == 0 or len(counts) * 5 > len(y):
        return 0.0
    means = np.bincount(codes, weights=y) / counts
    return 1.0 - ((y - means[codes]) ** 2).sum() / total


def _called_alike(name: str, target: str) -> bool:
    name, target = (re.sub(r"[\W_]", "", text.lower()) for text in (name, target))
    short, long = sorted((name, target), key=len)
    return len(short) >= _MIN_LETTERS and (long.startswith(short) or long.endswith(short))

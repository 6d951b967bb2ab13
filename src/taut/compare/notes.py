"""What was done with the table, in a few sentences."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy import sparse

from taut.designs.from_frame import shown_name
from taut.designs.kinds import Note, base_kind, is_missing, listed, names_listed

__all__ = ["described"]

_MANY_LEVELS = 50


def described(table, kinds: Mapping[str, str]) -> list[Note]:
    """Say what the columns were taken for and how missing values are filled.

    Parameters
    ----------
    table : dict of str to ndarray of shape (n_rows,), or sparse matrix
    kinds : mapping of str to str

    Returns
    -------
    list of Note
    """
    if sparse.issparse(table):
        return [Note("info", "A sparse table: all columns are taken as numbers, 0 where empty.")]
    notes = [
        _dates([name for name, kind in kinds.items() if base_kind(kind) == "date"]),
        _categories(table, [name for name, kind in kinds.items() if kind == "category"]),
        _missing({name: v for name, v in table.items() if kinds[name] != "aside"}),
    ]
    return [note for note in notes if note]


def _dates(names: list[str]) -> Note | None:
    parts = "year, month, day of the week and hour, as far as they vary"
    text = f"Dates turned into {parts}: {names_listed(names)}."
    return Note("info", text, tuple(names)) if names else None


def _categories(table: Mapping[str, np.ndarray], names: list[str]) -> Note | None:
    if not names:
        return None
    text = f"Categories, one feature per level: {names_listed(names)}."
    many = [name for name in names if len(set(table[name])) > _MANY_LEVELS]
    if many:
        most = f"Only the {_MANY_LEVELS - 1} most frequent levels, the rest as one"
        text += f" {most}: {names_listed(many)}."
    return Note("info", text, tuple(names))


def _missing(table: Mapping[str, np.ndarray]) -> Note | None:
    counts = {name: int(is_missing(values).sum()) for name, values in table.items()}
    counts = {name: n for name, n in sorted(counts.items(), key=lambda item: -item[1]) if n}
    if not counts:
        return None
    shown = listed([f"{shown_name(name)} ({n:,})" for name, n in counts.items()], 6)
    text = (
        f"Missing values: {shown}. Filled in by the median of the training rows, anew in every "
        "fold; missing categories are a level of their own."
    )
    return Note("info", text, tuple(counts))

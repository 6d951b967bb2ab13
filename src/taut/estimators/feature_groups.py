"""Groups of features as people name them: by place, by label, by column, by category."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from taut.designs.from_frame import did_you_mean
from taut.validation import shown

__all__ = ["labels_of"]


def labels_of(groups, n_features: int, names=None) -> np.ndarray:
    """The number of each feature's group.

    Parameters
    ----------
    groups : sequence or mapping
        One label (number or text) for each feature; or, for each group, its columns by place or by
        name, a mapping naming the groups as well. Labels are numbered in ascending order, groups
        given by their columns in the order given.
    n_features : int
    names : ndarray of str of shape (n_features,), default None
        Of the columns.

    Returns
    -------
    ndarray of int of shape (n_features,)

    Raises
    ------
    TypeError, ValueError
        ``groups`` are none of these, overlap, or do not cover the columns.
    """
    parts = list(groups.values()) if isinstance(groups, Mapping) else groups
    if not np.iterable(parts) or isinstance(parts, str):
        raise TypeError(
            f"groups must be a sequence, a mapping or 'categorical', got {shown(groups)}: pass one "
            "label for each feature, or the columns of each group"
        )
    parts = list(parts)
    if parts and not any(_is_listing(part) for part in parts):
        return _labels(parts, n_features)
    labels = np.full(n_features, -1)
    for number, part in enumerate(parts):
        columns = part if _is_listing(part) else [part]
        for column in columns:
            place = _place(column, n_features, names, f"groups[{number}]")
            if labels[place] >= 0:
                raise ValueError(
                    f"groups must not overlap, got column {shown(column)} in groups[{number}] and "
                    f"groups[{labels[place]}]: list it once, or duplicate it "
                    "(penalties.overlapping)"
                )
            labels[place] = number
        if not len(columns):
            raise ValueError(f"groups[{number}] must not be empty: leave it out")
    missing = np.flatnonzero(labels < 0)
    if missing.size:
        column = missing[0] if names is None else shown(names[missing[0]])
        raise ValueError(
            f"groups must cover the {n_features} columns of X, got none with column {column}: give "
            "it a group of its own"
        )
    return labels


def _is_listing(part) -> bool:
    return np.iterable(part) and not isinstance(part, str)


def _labels(labels, n_features):
    if len(labels) != n_features:
        raise ValueError(
            f"groups must have one label for each of the {n_features} columns of X, got "
            f"{len(labels)}: pass {n_features} labels, or a list of the columns of each group"
        )
    # Numbers in order of their size, texts by the alphabet; both at once have no order.
    if len({isinstance(label, str) for label in labels}) > 1:
        raise TypeError(
            f"groups must have labels of one type, got numbers and texts, {shown(labels)}: write "
            "all of them as text"
        )
    return np.unique(labels, return_inverse=True)[1]


def _place(column, n_features, names, where) -> int:
    if isinstance(column, str):
        if names is None:
            raise ValueError(
                f"{where} names the column {column!r}, but X has no column names: pass a data "
                "frame, or the places of the columns"
            )
        found = np.flatnonzero(names == column)
        if not found.size:
            raise ValueError(f"{where} names {column!r}: {did_you_mean(column, names)}")
        return int(found[0])
    if not isinstance(column, int | np.integer) or isinstance(column, bool | np.bool_):
        raise TypeError(
            f"{where} must hold columns by place or name, got {shown(column)}: count from 0"
        )
    if not 0 <= column < n_features:
        raise ValueError(
            f"{where} must hold places from 0 to {n_features - 1}, got {column}: X has "
            f"{n_features} columns"
        )
    return int(column)

"""Groups of features as people name them: by place, by label, by column, by category."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from taut.designs.from_frame import did_you_mean
from taut.validation import shown

__all__ = ["Members", "members_of"]


class Members(NamedTuple):
    """Who is in which group.

    Attributes
    ----------
    labels : ndarray of int of shape (n_copies,)
        The number of the group of each feature; of each copy of one where groups overlap.
    columns : ndarray of int of shape (n_copies,) or None
        The feature behind each copy; None where every feature is in one group.
    """

    labels: np.ndarray
    columns: np.ndarray | None = None


def members_of(groups, n_features: int, names=None) -> Members:
    """The groups of the features.

    Parameters
    ----------
    groups : sequence or mapping
        One label (number or text) for each feature; or, for each group, its columns by place or by
        name, a mapping naming the groups as well. Labels are numbered in ascending order, groups
        given by their columns in the order given; these may overlap.
    n_features : int
    names : ndarray of str of shape (n_features,), default None
        Of the columns.

    Returns
    -------
    Members

    Raises
    ------
    TypeError, ValueError
        ``groups`` are none of these, or do not cover the columns.
    """
    parts = list(groups.values()) if isinstance(groups, Mapping) else groups
    if not np.iterable(parts) or isinstance(parts, str):
        raise TypeError(
            f"groups must be a sequence, a mapping or 'categorical', got {shown(groups)}: pass one "
            "label for each feature, or the columns of each group"
        )
    parts = list(parts)
    if parts and not any(_is_listing(part) for part in parts):
        return Members(_labels(parts, n_features))
    listed = [part if _is_listing(part) else [part] for part in parts]
    places = [
        _places(columns, n_features, names, f"groups[{number}]")
        for number, columns in enumerate(listed)
    ]
    columns = np.concatenate(places) if places else np.zeros(0, dtype=np.intp)
    labels = np.repeat(np.arange(len(places)), [len(part) for part in places])
    counts = np.bincount(columns, minlength=n_features)
    missing = np.flatnonzero(counts == 0)
    if missing.size:
        column = missing[0] if names is None else shown(names[missing[0]])
        raise ValueError(
            f"groups must cover the {n_features} columns of X, got none with column {column}: give "
            "it a group of its own"
        )
    if counts.max(initial=0) > 1:
        return Members(labels, columns)
    return Members(labels[np.argsort(columns)])


def _places(columns, n_features, names, where) -> list[int]:
    """The columns of one group."""
    places = [_place(column, n_features, names, where) for column in columns]
    if not places:
        raise ValueError(f"{where} must not be empty: leave it out")
    if len(set(places)) < len(places):
        twice = next(c for c, p in zip(columns, places, strict=True) if places.count(p) > 1)
        raise ValueError(f"{where} must hold each column once, got {shown(twice)} twice: drop one")
    return places


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

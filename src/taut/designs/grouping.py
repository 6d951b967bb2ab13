"""Groups of features as people name them: by place, by label, by column, by category."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import narwhals as nw
import numpy as np

from taut.designs.from_frame import TableError, categories_of, did_you_mean, has_factors
from taut.validation import is_listing, names_of_groups, shown

__all__ = ["Members", "encoder_for", "features_of", "members_of", "sources_of"]


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

    @property
    def groups(self):
        """As penalties take them: a label for each feature, or the features of each group."""
        if self.columns is None:
            return self.labels
        return [self.columns[self.labels == g] for g in range(self.labels.max() + 1)]


def encoder_for(X, groups):
    """The encoder of a table whose columns are grouped, fitted; None where they are numbers.

    Parameters
    ----------
    X : array, sparse matrix or data frame of shape (n_samples, n_columns)
    groups : sequence, mapping, "categorical" or None
        None where there are no groups.

    Returns
    -------
    TableEncoder or None

    Raises
    ------
    TableError
        ``groups`` are "categorical", and X is no frame; or no column of it is of use.
    """
    is_frame = nw.dependencies.is_into_dataframe(X)
    every = isinstance(groups, str) and groups == "categorical"
    if every and not is_frame:
        raise TableError(
            f"groups='categorical' needs a data frame, got X of type {type(X).__name__}: pass a "
            "frame with columns of text, or the groups of the columns"
        )
    if groups is None or not is_frame or not (every or has_factors(X)):
        return None
    # Imported where it is needed: it costs a good part of importing all of scikit-learn.
    from taut.designs.encoder import TableEncoder

    # A type of categories says more than their values, which may be numbers.
    return TableEncoder(kinds=dict.fromkeys(categories_of(X), "category")).fit(X)


def features_of(encoder, groups) -> Members:
    """The groups of the features that a table is encoded by, from those of its columns.

    Parameters
    ----------
    encoder : TableEncoder
    groups : sequence, mapping or "categorical"
        Of the columns; "categorical" is one for each.

    Returns
    -------
    Members

    Raises
    ------
    TypeError, ValueError
        As for `members_of`, or nothing comes of the columns of a group.
    """
    names, sources = encoder.feature_names_in_, encoder.sources_
    if isinstance(groups, str) and groups == "categorical":
        order = {name: place for place, name in enumerate(dict.fromkeys(sources))}
        return Members(np.array([order[name] for name in sources]))
    labels, columns = members_of(groups, len(names), names)
    members = np.arange(len(names)) if columns is None else columns
    parts = [np.flatnonzero(sources == names[column]) for column in members]
    found, features = np.repeat(labels, [len(part) for part in parts]), np.concatenate(parts)
    empty = np.setdiff1d(labels, found)
    if empty.size:
        name, column = names_of_groups(groups)[empty[0]], members[labels == empty[0]][0]
        raise ValueError(
            f"{name} must hold a column that varies, got {names[column]!r}: leave it out of X and "
            "of the groups"
        )
    if columns is None:
        return Members(found[np.argsort(features)])
    return Members(found, features)


def sources_of(encoder) -> np.ndarray:
    """The place of the column behind each feature: ndarray of int of shape (n_features,)."""
    places = {name: place for place, name in enumerate(encoder.feature_names_in_)}
    return np.array([places[name] for name in encoder.sources_])


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
    named = isinstance(groups, Mapping)
    parts = list(groups.values()) if named else groups
    if not np.iterable(parts) or isinstance(parts, str):
        raise TypeError(
            f"groups must be a sequence, a mapping or 'categorical', got {shown(groups)}: pass one "
            "label for each feature, or the columns of each group"
        )
    parts = list(parts)
    if not parts:
        raise ValueError(
            f"groups must hold a group, got {shown(groups)}: pass one label for each of the "
            f"{n_features} columns of X, or the columns of each group"
        )
    if not named and not any(is_listing(part) for part in parts):
        return Members(_labels(parts, n_features))
    listed = [part if is_listing(part) else [part] for part in parts]
    places = [
        _places(columns, n_features, names, name)
        for columns, name in zip(listed, names_of_groups(groups), strict=True)
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


def _labels(labels, n_features):
    if len(labels) != n_features:
        raise ValueError(
            f"groups must have one label for each of the {n_features} columns of X, got "
            f"{len(labels)}: pass {n_features} labels (a column of text has one, however many "
            "features it is encoded by), or lists that name each column"
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

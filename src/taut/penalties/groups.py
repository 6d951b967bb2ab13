"""Groups of features: a partition, kept as one label per feature; or groups that overlap or go by
the names of columns, kept as they are until a problem or a table says what they stand for."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping

import numpy as np

from taut.penalties.checks import as_weights
from taut.validation import is_listing, names_of_groups

__all__ = [
    "CATEGORICAL",
    "are_labels",
    "as_group_weights",
    "as_groups",
    "groups_of",
    "no_layout",
    "on_copies",
    "overlapping",
    "regrouped",
]

# Each column of a data frame is a group, with all features that it is encoded by.
CATEGORICAL = "categorical"


class Group(tuple):
    """The columns of a group, and the label that a mapping gave it, for messages."""

    def __new__(cls, columns, label=None):
        group = super().__new__(cls, columns)
        group.group_label = label
        return group

    def __reduce__(self):
        return Group, (tuple(self), self.group_label)


_WANTED = (
    "pass one integer label per feature, or one array of column indices per group; for fits on a "
    "data frame also the names of each group's columns, or 'categorical'"
)


def as_groups(groups):
    """Label 0, 1, ... of each feature's group, read-only int64; or what is no partition, frozen.

    Labels are numbered in ascending order, groups given by their indices in the order given. Names
    become labels, or indices, once there is a table (see ``regrouped``); indices that overlap
    become labels of copies in the problem (see ``on_copies``). Both are tuples of tuples.
    """
    if isinstance(groups, str) and groups == CATEGORICAL:
        return CATEGORICAL
    _refuse_empty(groups)
    groups = _parts_of(groups)
    named = _as_named(groups)
    if named is not None:
        return named
    labels = _labels_given(groups)
    if labels is None:
        indices, owners = overlapping(groups)
        if np.bincount(indices).max() > 1:
            return tuple(
                Group(indices[owners == g].tolist(), getattr(part, "group_label", None))
                for g, part in enumerate(groups)
            )
        labels = owners[np.argsort(indices)]
    else:
        labels = np.unique(labels, return_inverse=True)[1]
    labels = labels.astype(np.int64)
    labels.setflags(write=False)
    return labels


def groups_of(penalty):
    """The groups that a penalty, or a term of a sum, had from ``as_groups``; None without any.

    What classes of a user's own mean by the name is theirs.
    """
    found = [groups_of(term) for term in getattr(penalty, "terms", ())]
    if getattr(penalty, "has_groups", False):
        found.append(penalty.groups)
    return next((groups for groups in found if groups is not None), None)


def are_labels(groups) -> bool:
    """Whether groups are a partition that a penalty knows, not names, and not overlapping."""
    return isinstance(groups, np.ndarray)


def no_layout(penalty):
    """The error of a penalty that has to be told its groups first."""
    groups = groups_of(penalty)
    if isinstance(groups, str) or _has_names(groups):
        return ValueError(
            f"groups of {penalty!r} are columns of a table, which fits look up: fit an estimator, "
            "such as taut.PenalizedRegressor, or taut.fit_path, on a data frame, or pass one "
            "integer label for each feature"
        )
    counts = np.bincount(np.concatenate(groups))
    return ValueError(
        f"groups of {penalty!r} overlap, with feature {int(np.argmax(counts > 1))} in several of "
        "them, and have no value or prox in closed form: fit them with an estimator, such as "
        "taut.PenalizedRegressor, or with taut.fit_path; or make columns, labels = "
        "penalties.overlapping(groups), and use X[:, columns] with groups=labels"
    )


def regrouped(penalty, groups, sources, n_sources):
    """The same penalty on other features.

    Parameters
    ----------
    penalty : Penalty
    groups : ndarray of shape (n_features,), or sequence of integer arrays
        Of the new features.
    sources : ndarray of int of shape (n_features,)
        The old one behind each of them, whose weight it takes where weights are not of groups.
    n_sources : int
    """
    if hasattr(penalty, "terms"):
        return type(penalty)(
            tuple(regrouped(term, groups, sources, n_sources) for term in penalty.terms)
        )
    parameters = dict(vars(penalty))
    if parameters.get("groups") is not None:
        parameters["groups"] = groups
    elif parameters.get("weights") is not None:
        if len(penalty.weights) != n_sources:
            raise ValueError(
                f"weights of {penalty!r} are for {len(penalty.weights)} columns, but X has "
                f"{n_sources}: give one weight for each column of X; what a column is encoded by "
                "takes its weight"
            )
        parameters["weights"] = penalty.weights[sources]
    return type(penalty)(**parameters)


def on_copies(penalty):
    """A penalty on copies of the features that its groups share, or None where they share none.

    Returns
    -------
    columns : ndarray of shape (n_copies,)
        The feature behind each copy.
    penalty : Penalty
        The same, on copies: its groups are a partition of these.
    """
    groups = groups_of(penalty)
    if groups is None or are_labels(groups):
        return None
    if groups is CATEGORICAL or _has_names(groups):
        raise no_layout(penalty)
    columns, labels = overlapping(groups)
    return columns, regrouped(penalty, labels, columns, columns.max() + 1)


def as_group_weights(weights, groups, name="weights"):
    """One weight in [0, inf] per group, read-only, or None."""
    weights = as_weights(weights, name, per="group")
    if weights is None or groups is CATEGORICAL:
        return weights
    n_groups = groups.max() + 1 if are_labels(groups) else len(groups)
    if weights.size != n_groups:
        raise ValueError(
            f"{name} must have one entry per group, got {weights.size} for {n_groups} groups: "
            "pass them in the order of the groups (of ascending labels)"
        )
    return weights


def overlapping(groups):
    """Columns to duplicate so that overlapping groups become a partition.

    A penalty of overlapping groups has no prox in closed form. With a copy of a shared column for
    each of its groups it has: a coefficient is then the sum over its copies, and the features that
    are not zero are a union of groups (the latent group lasso).

    Parameters
    ----------
    groups : sequence or mapping of integer arrays
        Column indices of each group; a column may be in several.

    Returns
    -------
    columns : ndarray of shape (n_copies,)
        Column of X behind each copy: fit on ``X[:, columns]``.
    labels : ndarray of shape (n_copies,)
        Group of each copy: pass it as ``groups``.

    Raises
    ------
    TypeError, ValueError
        ``groups`` are not arrays of indices, one is empty, or a feature is in none.

    References
    ----------
    Jacob, L., Obozinski, G. and Vert, J.-P. (2009). Group lasso with overlap and graph lasso.
    ICML 2009, 433-440.

    Examples
    --------
    >>> import numpy as np
    >>> columns, labels = overlapping([[0, 1], [1, 2]])
    >>> columns.tolist(), labels.tolist()
    ([0, 1, 1, 2], [0, 0, 1, 1])
    >>> of_copies = [1.0, 2.0, 3.0, 4.0]
    >>> np.bincount(columns, weights=of_copies).tolist()
    [1.0, 5.0, 4.0]
    """
    arrays = _index_arrays(_parts_of(groups))
    columns = np.concatenate(arrays)
    _check_covered(columns)
    return columns, np.repeat(np.arange(len(arrays)), list(map(len, arrays)))


def _as_named(groups):
    """Names of columns, group by group, as tuples; None where groups are something else."""
    if not isinstance(groups, list | tuple) or not any(map(is_listing, groups)):
        return None
    listed = [_listed(part) for part in groups]
    if not _has_names(listed):
        return None
    return tuple(
        Group(
            (str(c) if isinstance(c, str) else c for c in part), getattr(part, "group_label", None)
        )
        for part in listed
    )


def _has_names(groups) -> bool:
    return any(isinstance(column, str) for part in groups for column in part)


def _listed(part) -> tuple:
    if isinstance(part, Group):
        return part
    return tuple(part) if is_listing(part) else (part,)


def _parts_of(groups):
    """The groups of a mapping, each of which knows its label; others as they are."""
    if not isinstance(groups, Mapping):
        return groups
    return [Group(_listed(part), label) for label, part in groups.items()]


def _labels_given(groups):
    """Labels as an array, or None where groups are something else."""
    try:
        labels = np.asarray(groups)
    except ValueError:  # arrays of different lengths
        return None
    if labels.ndim != 1 or labels.dtype.kind == "O" or not labels.size:
        return None
    if labels.dtype.kind not in "iu":
        raise TypeError(
            f"groups must be integers, got {reprlib.repr(labels.tolist())} of dtype "
            f"{labels.dtype}: {_WANTED}"
        )
    negative = np.flatnonzero(labels < 0)
    if negative.size:
        raise ValueError(
            f"groups must have labels of at least 0, got {labels[negative[0]]} for feature "
            f"{negative[0]}: give a feature of no group a label of its own, with weight 0 to "
            "leave it unpenalised"
        )
    return labels


def _refuse_empty(groups):
    if isinstance(groups, list | tuple | Mapping) and not groups:
        raise ValueError(f"groups must hold a group, got {groups!r}: {_WANTED}")


def _index_arrays(groups):
    try:
        arrays = [np.asarray(group) for group in groups]
    except TypeError:
        arrays = []
    _refuse_empty(groups)
    if not arrays or isinstance(groups, str):
        raise TypeError(f"groups must be a sequence, got {reprlib.repr(groups)}: {_WANTED}")
    for name, indices in zip(names_of_groups(groups), arrays, strict=True):
        if indices.ndim != 1 or (indices.size and indices.dtype.kind not in "iu"):
            raise TypeError(
                f"{name} must be an array of integers, got "
                f"{reprlib.repr(indices.tolist())}: {_WANTED}"
            )
        if not indices.size:
            raise ValueError(f"{name} must not be empty: leave it out")
        if indices.min() < 0:
            raise ValueError(
                f"{name} must hold indices of at least 0, got {indices.min()}: count columns from 0"
            )
        found, counts = np.unique(indices, return_counts=True)
        if counts.max() > 1:
            raise ValueError(
                f"{name} must hold each column once, got {found[np.argmax(counts)]} "
                f"{counts.max()} times: list it once"
            )
    return arrays


def _check_covered(indices):
    missing = np.flatnonzero(np.bincount(indices) == 0)
    if missing.size:
        raise ValueError(
            f"groups must cover all features, got none with feature {missing[0]}: give it a group "
            "of its own, with weight 0 to leave it unpenalised"
        )

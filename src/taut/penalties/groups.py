"""Groups of features: a partition, kept as one label per feature, or by the names of columns."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping

import numpy as np

from taut.penalties.checks import as_weights

__all__ = [
    "CATEGORICAL",
    "are_named",
    "as_group_weights",
    "as_groups",
    "as_named",
    "overlapping",
    "regrouped",
]

# Each column of a data frame is a group, with all features that it is encoded by.
CATEGORICAL = "categorical"

_WANTED = (
    "pass one integer label per feature, or one array of column indices per group; for estimators "
    "fitted on a data frame also the names of each group's columns, or 'categorical'"
)


def as_groups(groups):
    """Label 0, 1, ... of each feature's group, read-only int64; or the names of columns, frozen.

    Labels are numbered in ascending order, groups given by their indices in the order given. Names
    become labels once there is a table (see ``regrouped``).
    """
    named = as_named(groups)
    if named is not None:
        return named
    labels = _labels_given(groups)
    if labels is None:
        labels = _partition(_index_arrays(groups))
    else:
        labels = np.unique(labels, return_inverse=True)[1]
    labels = labels.astype(np.int64)
    labels.setflags(write=False)
    return labels


def are_named(groups) -> bool:
    """Whether groups are columns of a table by their names, of which a penalty knows nothing."""
    return isinstance(groups, str | tuple)


def regrouped(penalty, labels):
    """The same penalty on groups of these labels."""
    if hasattr(penalty, "terms"):
        first, *rest = penalty.terms
        return type(penalty)((regrouped(first, labels), *rest))
    return type(penalty)(**{**vars(penalty), "groups": labels})


def as_group_weights(weights, groups, name="weights"):
    """One weight in [0, inf] per group, read-only, or None."""
    weights = as_weights(weights, name, per="group")
    if weights is None or groups is CATEGORICAL:
        return weights
    n_groups = len(groups) if are_named(groups) else groups.max() + 1
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
    groups : sequence of integer arrays
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
    columns, labels = _concatenated(_index_arrays(groups))
    _check_covered(columns)
    return columns, labels


def as_named(groups):
    """Names of columns, group by group, as tuples; None where groups are something else."""
    if isinstance(groups, str) and groups == CATEGORICAL:
        return CATEGORICAL
    parts = list(groups.values()) if isinstance(groups, Mapping) else groups
    if not isinstance(parts, list | tuple):
        return None
    listings = [np.iterable(part) and not isinstance(part, str) for part in parts]
    listed = [tuple(p) if long else (p,) for p, long in zip(parts, listings, strict=True)]
    if not any(listings) or not any(isinstance(c, str) for part in listed for c in part):
        return None
    return tuple(tuple(str(c) if isinstance(c, str) else c for c in part) for part in listed)


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


def _index_arrays(groups):
    try:
        arrays = [np.asarray(group) for group in groups]
    except TypeError:
        arrays = []
    if not arrays or isinstance(groups, str | dict):
        raise TypeError(f"groups must be a sequence, got {reprlib.repr(groups)}: {_WANTED}")
    for place, indices in enumerate(arrays):
        if indices.ndim != 1 or (indices.size and indices.dtype.kind not in "iu"):
            raise TypeError(
                f"groups[{place}] must be an array of integers, got "
                f"{reprlib.repr(indices.tolist())}: {_WANTED}"
            )
        if not indices.size:
            raise ValueError(f"groups[{place}] must not be empty: leave it out")
        if indices.min() < 0:
            raise ValueError(
                f"groups[{place}] must hold indices of at least 0, got {indices.min()}: "
                "count columns from 0"
            )
    return arrays


def _concatenated(arrays):
    return np.concatenate(arrays), np.repeat(np.arange(len(arrays)), list(map(len, arrays)))


def _partition(arrays):
    indices, owners = _concatenated(arrays)
    _check_covered(indices)
    order = np.argsort(indices, kind="stable")
    shared = np.flatnonzero(np.diff(indices[order]) == 0)
    if shared.size:
        first, second = order[shared[0]], order[shared[0] + 1]
        raise ValueError(
            f"groups must not overlap, got feature {indices[first]} in groups[{owners[first]}] "
            f"and groups[{owners[second]}]: norms of overlapping groups have no prox in closed "
            "form; list it once, or duplicate shared columns, which works with every loss: "
            "columns, labels = penalties.overlapping(groups), then X[:, columns] and groups=labels "
            "(taut.GroupLasso does so by itself, for least squares)"
        )
    return owners[order]


def _check_covered(indices):
    missing = np.flatnonzero(np.bincount(indices) == 0)
    if missing.size:
        raise ValueError(
            f"groups must cover all features, got none with feature {missing[0]}: give it a group "
            "of its own, with weight 0 to leave it unpenalised"
        )

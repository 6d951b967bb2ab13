"""Graphs of features: edge lists, and the graphs of pixels and voxels."""

from __future__ import annotations

import operator
import reprlib

import numpy as np
from scipy import sparse

__all__ = ["as_edges", "grid_edges"]

_WANTED = (
    "pass pairs of columns, (n_edges, 2), or a sparse incidence matrix, (n_edges, n_features), "
    "with one 1 and one -1 in each row"
)


def grid_edges(shape):
    """Edges between neighbours on a grid, for a total variation of images and volumes.

    Features count as ``array.ravel()`` does, the last axis fastest.

    Parameters
    ----------
    shape : sequence of int
        Of the grid, (height, width) of an image.

    Returns
    -------
    ndarray of shape (n_edges, 2)
        Pairs of features, to pass as ``edges``.

    Raises
    ------
    TypeError, ValueError
        ``shape`` are not positive integers.

    Examples
    --------
    >>> grid_edges((2, 2)).tolist()
    [[0, 2], [1, 3], [0, 1], [2, 3]]
    """
    try:
        sizes = [operator.index(size) for size in shape]
    except TypeError:
        raise TypeError(
            f"shape must be a sequence of integers, got {shape!r}: pass (height, width), say"
        ) from None
    if not sizes or min(sizes) < 1:
        raise ValueError(f"shape must hold sizes of at least 1, got {shape!r}")
    features = np.arange(np.prod(sizes)).reshape(sizes)
    along = (np.moveaxis(features, axis, 0) for axis in range(len(sizes)))
    return np.concatenate([np.stack([a[:-1], a[1:]], -1).reshape(-1, 2) for a in along])


def as_edges(edges):
    """Pairs of features, read-only int64 of shape (n_edges, 2)."""
    pairs = _of_incidence(edges) if sparse.issparse(edges) else _as_pairs(edges)
    loops = np.flatnonzero(pairs[:, 0] == pairs[:, 1])
    if loops.size:
        raise ValueError(
            f"edges must join two features, got {pairs[loops[0]].tolist()} at index {loops[0]}: "
            "leave it out"
        )
    _, first, count = np.unique(np.sort(pairs), axis=0, return_index=True, return_counts=True)
    if np.any(count > 1):
        twice = pairs[first[np.argmax(count > 1)]].tolist()
        raise ValueError(
            f"edges must differ, got {twice} more than once (either way round): list it once, "
            "with the sum of its weights"
        )
    pairs.setflags(write=False)
    return pairs


def _as_pairs(edges):
    try:
        pairs = np.array(edges)
    except ValueError:  # of different lengths
        pairs = np.empty(0)
    if pairs.ndim != 2 or pairs.shape[1] != 2 or not len(pairs):
        raise ValueError(
            f"edges must have shape (n_edges, 2), got {reprlib.repr(edges)}: {_WANTED}"
        )
    if pairs.dtype.kind not in "iu":
        raise TypeError(f"edges must be integers, got dtype {pairs.dtype}: {_WANTED}")
    negative = np.flatnonzero((pairs < 0).any(axis=1))
    if negative.size:
        raise ValueError(
            f"edges must hold features of at least 0, got {pairs[negative[0]].tolist()} at index "
            f"{negative[0]}: count columns from 0"
        )
    return pairs.astype(np.int64)


def _of_incidence(matrix):
    rows = sparse.csr_array(matrix)
    rows.eliminate_zeros()
    sizes = np.diff(rows.indptr)
    if len(sizes) and np.all(sizes == 2):
        values, features = rows.data.reshape(-1, 2), rows.indices.reshape(-1, 2)
        wrong = np.flatnonzero((abs(values) != 1).any(axis=1) | (values.sum(axis=1) != 0))
        if not wrong.size:
            return features.astype(np.int64)
        got = f"{values[wrong[0]].tolist()} in row {wrong[0]}"
    else:
        wrong = np.flatnonzero(sizes != 2)
        got = f"{sizes[wrong[0]]} entries in row {wrong[0]}" if wrong.size else "no rows"
    raise ValueError(f"edges as a sparse matrix must be an incidence matrix, got {got}: {_WANTED}")

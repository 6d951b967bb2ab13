"""Feature matrices as the compiled core reads them, copied only where they must be."""

from __future__ import annotations

from threading import Lock

import numpy as np
from scipy import sparse

from taut import _core
from taut.memory import require_copy, require_sparse_copy

__all__ = ["Design", "as_design", "product"]

_FLOATS = (np.float64, np.float32)
_BLOCK = 1 << 20  # entries that are copied at a time, where some have to be: 8 MiB


class Design:
    """A matrix of features and the core's handle on it.

    A matrix that is compressed by rows stays as it is until somebody needs its columns.

    Parameters
    ----------
    matrix : ndarray, CSC or CSR matrix of shape (n_samples, n_features)
        float64 or float32. Dense: C- or F-contiguous, read-only and memory-mapped arrays included.

    Attributes
    ----------
    lying : ndarray, CSC or CSR matrix
        As it lies in memory: enough for means, products and certificates.
    reader : taut._core.Design
        The core's handle on it, which keeps it alive.
    shape : tuple of int
    """

    __slots__ = ("_copying", "lying", "reader", "shape")

    def __init__(self, matrix):
        self.lying, self.shape = matrix, matrix.shape
        self.reader = _reader(matrix)
        self._copying = Lock()

    @property
    def matrix(self):
        """The same by columns, where it is sparse.

        Raises
        ------
        MemoryError
            The copy would not fit.
        """
        self._require_columns()
        return self.lying

    @property
    def handle(self):
        """The core's handle on ``matrix``; raises what that raises."""
        self._require_columns()
        return self.reader

    def _require_columns(self):
        with self._copying:  # once for all folds that ask side by side
            if self.by_rows:
                require_sparse_copy(self.lying)
                columns = self.lying.tocsc()
                self.reader, self.lying = _reader(columns), columns

    @property
    def is_sparse(self) -> bool:
        return sparse.issparse(self.lying)

    @property
    def by_rows(self) -> bool:
        """Whether it is sparse, and only its rows are at hand."""
        return self.is_sparse and self.lying.format == "csr"

    @property
    def size(self) -> int:
        """Number of entries, zeros included."""
        return self.shape[0] * self.shape[1]

    def product(self, coefs):
        """``X @ coefs`` in float64; coefs of shape (n_features, ...), often mostly zero rows."""
        coefs = np.asarray(coefs, dtype=np.float64)
        if coefs.ndim > 2:
            flat = self.product(coefs.reshape(len(coefs), -1))
            return flat.reshape(-1, *coefs.shape[1:])
        used = np.flatnonzero(coefs.reshape(len(coefs), -1).any(axis=1))
        if len(used) >= len(coefs) // 2 or self.by_rows:
            return product(self.lying, coefs)
        if len(used) == 0:
            return np.zeros((self.shape[0], *coefs.shape[1:]))
        coefs = coefs[used]
        if self.is_sparse:
            parts = _parts(len(used), self.lying.nnz)
            return sum(self.lying[:, used[part]] @ coefs[part] for part in parts)
        parts = _parts(self.shape[0], self.lying.size)
        return np.concatenate([self.lying[part][:, used] @ coefs for part in parts])

    def product_at(self, rows, coefs):
        """The same at some rows, of coefs of shape (n_features, n_columns)."""
        used = np.flatnonzero(coefs.any(axis=1))
        if self.is_sparse or len(used) >= len(coefs) // 2:
            return self.product(coefs)[rows]
        coefs = coefs[used]
        parts = _parts(len(rows), len(rows) * self.shape[1])
        return np.concatenate([self.lying[np.ix_(rows[part], used)] @ coefs for part in parts])

    def columns(self, features):
        """A copy of some of the columns, as they lie: ndarray or CSC matrix."""
        return self.matrix[:, features]

    def moments(self, weights):
        """Weighted means and standard deviations of the columns, each of shape (n_features,).

        Parameters
        ----------
        weights : ndarray of shape (n_samples,)
            Summing to one.
        """
        return _core.moments(self.reader, weights, True)

    def cross(self, residuals):
        """``X.T @ residuals`` in float64, of shape (n_features, ...)."""
        matrix = self.lying
        if matrix.dtype == np.float64:
            return np.asarray(matrix.T @ residuals)
        if self.is_sparse and not self.by_rows:
            parts = _parts(self.shape[1], matrix.nnz)
            return np.concatenate([matrix[:, part].T @ residuals for part in parts])
        parts = _parts(self.shape[0], matrix.size)
        return sum(matrix[part].T @ residuals[part] for part in parts)


def _reader(matrix):
    if not sparse.issparse(matrix):
        return _core.dense(matrix)
    read = _core.sparse_rows if matrix.format == "csr" else _core.sparse
    return read(matrix.data, matrix.indices, matrix.indptr, *matrix.shape)


def product(matrix, coefs):
    """``matrix @ coefs`` in float64, without a copy of the size of the matrix.

    Parameters
    ----------
    matrix : ndarray, CSC or CSR matrix of shape (n_samples, n_features)
        float32 is widened a block at a time.
    coefs : ndarray of shape (n_features,) or (n_features, k)

    Returns
    -------
    ndarray of shape (n_samples,) or (n_samples, k)
    """
    if matrix.dtype == np.float64:
        return matrix @ coefs
    if sparse.issparse(matrix) and matrix.format == "csc":
        parts = _parts(matrix.shape[1], matrix.nnz)
        return sum(matrix[:, part] @ coefs[part] for part in parts)
    parts = _parts(matrix.shape[0], matrix.size)
    return np.concatenate([matrix[part] @ coefs for part in parts])


def _parts(length, entries):
    """Slices of a length that has so many entries, each with about a block of them."""
    step = max(1, length // (1 + entries // _BLOCK))
    return [slice(first, first + step) for first in range(0, length, step)]


def as_design(X) -> Design:
    """Wrap a validated matrix; a copy is made only where the core could not read X as it lies.

    Sparse formats other than CSC and CSR become CSC, other number types float64, and arrays that
    are not contiguous contiguous. Nothing is made dense.

    Parameters
    ----------
    X : ndarray, sparse matrix or Design of shape (n_samples, n_features)
        A Design is returned as it is.

    Returns
    -------
    Design

    Raises
    ------
    MemoryError
        The copy would not fit.
    """
    if isinstance(X, Design):
        return X
    if sparse.issparse(X):
        return Design(_canonical(X))
    X = np.asarray(X)
    if X.dtype not in _FLOATS or not X.dtype.isnative:
        require_copy(X)
        X = X.astype(np.float64)
    if not (X.flags.c_contiguous or X.flags.f_contiguous):
        require_copy(X)
        X = np.asfortranarray(X)
    return Design(X)


def _canonical(X):
    if X.format in ("csr", "csc"):
        _check_indices(X)
    require_copy(X)
    if X.format != "csr" or X.dtype not in _FLOATS:
        X = X.tocsc()
    if X.dtype not in _FLOATS:
        X = X.astype(np.float64)
    if not X.has_canonical_format:
        require_sparse_copy(X)
        X = X.copy()
        X.sum_duplicates()
    if X.indices.dtype != X.indptr.dtype:
        X.indices = X.indices.astype(X.indptr.dtype)
    return X


def _check_indices(X):
    """Refuse indices that point outside of the matrix: converting it would read there."""
    n_lines, n_across = X.shape if X.format == "csr" else X.shape[::-1]
    starts, indices = X.indptr, X.indices
    sound = (
        len(starts) == n_lines + 1
        and starts[0] == 0
        and starts[-1] <= min(len(indices), len(X.data))
        and not np.any(starts[1:] < starts[:-1])
        and (not indices.size or (indices.min() >= 0 and indices.max() < n_across))
    )
    if not sound:
        raise ValueError(
            f"X must be a sound sparse matrix, got a {X.format} matrix of shape {X.shape} whose "
            "indices point outside of it: make it anew, from its rows, columns and values, say"
        )

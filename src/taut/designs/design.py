"""Feature matrices as the compiled core reads them, copied only where they must be."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from taut import _core

__all__ = ["Design", "as_design"]


class Design:
    """A matrix of features and the core's handle on it.

    Parameters
    ----------
    matrix : ndarray or CSC matrix of shape (n_samples, n_features)
        float64 or float32. Dense: C- or F-contiguous, read-only and memory-mapped arrays included.

    Attributes
    ----------
    matrix : ndarray or CSC matrix
        What the handle reads; kept alive by it.
    handle : taut._core.Design
    shape : tuple of int
    """

    __slots__ = ("handle", "matrix", "shape")

    def __init__(self, matrix):
        self.matrix = matrix
        self.shape = matrix.shape
        if sparse.issparse(matrix):
            self.handle = _core.sparse(matrix.data, matrix.indices, matrix.indptr, *matrix.shape)
        else:
            self.handle = _core.dense(matrix)

    def product(self, coefs):
        """``X @ coefs`` in float64; coefs of shape (n_features, ...), often mostly zero rows."""
        coefs = np.asarray(coefs, dtype=np.float64)
        used = np.flatnonzero(coefs.reshape(len(coefs), -1).any(axis=1))
        if len(used) < len(coefs) // 2:
            return self.matrix[:, used] @ coefs[used]
        return self.matrix @ coefs

    def moments(self, weights):
        """Weighted means and standard deviations of the columns, each of shape (n_features,).

        Parameters
        ----------
        weights : ndarray of shape (n_samples,)
            Summing to one.
        """
        return _core.moments(self.handle, weights, True)

    def cross(self, residuals):
        """``X.T @ residuals`` in float64, of shape (n_features,)."""
        return np.asarray(self.matrix.T @ residuals, dtype=np.float64)


def as_design(X) -> Design:
    """Wrap a validated matrix; a copy is made only where the core could not read X as it lies.

    Row-compressed and other sparse formats become CSC, other number types float64, and arrays
    that are not contiguous contiguous. Nothing is made dense.
    """
    if isinstance(X, Design):
        return X
    if sparse.issparse(X):
        return Design(_canonical(X))
    X = np.asarray(X)
    if X.dtype not in (np.float64, np.float32) or not X.dtype.isnative:
        X = X.astype(np.float64)
    if not (X.flags.c_contiguous or X.flags.f_contiguous):
        X = np.asfortranarray(X)
    return Design(X)


def _canonical(X):
    X = X.tocsc()
    if X.dtype not in (np.float64, np.float32):
        X = X.astype(np.float64)
    if not X.has_canonical_format:
        X = X.copy()
        X.sum_duplicates()
    if X.indices.dtype != X.indptr.dtype:
        X.indices = X.indices.astype(X.indptr.dtype)
    return X

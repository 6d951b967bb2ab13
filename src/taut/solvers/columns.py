"""Columns in units that suit a solver: centred and scaled as a view, copied for working sets."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from taut.problem import Problem
from taut.solvers.centred import column_means, column_norms

__all__ = ["ColumnStore", "Columns", "GrowingColumns", "bordered", "by_feature", "column_scale"]


def column_scale(problem: Problem) -> np.ndarray:
    """What to divide the columns by, shape (n_features,).

    A separable penalty is turned into any units by its weights, so columns get norm one, which
    suits gradient steps. Others compare features: their columns are those the problem speaks of.
    """
    if not problem.is_separable:
        return problem.scale
    norms = column_norms(problem)
    return np.where(norms > 0, norms, 1.0)


class Columns:
    """``(X - mean) / scale`` on some columns, or on all of them.

    A few columns are copied, all of them never: there the matrix itself is read.

    Parameters
    ----------
    problem : Problem
    scale : ndarray of shape (n_features,)
    features : ndarray of int, default None
        None for all.
    """

    def __init__(self, problem: Problem, scale: np.ndarray, features=None):
        self.design, self.features = problem.design, features
        mean, norm = column_means(problem), column_norms(problem)
        chosen = slice(None) if features is None else features
        # A column that is constant up to rounding would be all rounding.
        self.live = (norm > 0)[chosen]
        self.scale, self.norm = scale[chosen], (norm / scale)[chosen]
        self.mean = mean[chosen] / self.scale
        self.matrix = None if features is None else self._copied()

    def _copied(self):
        matrix = self.design.columns(self.features)
        if sparse.issparse(matrix):
            return matrix.astype(np.float64) @ sparse.diags_array(self.live / self.scale)
        matrix = np.asarray(matrix, dtype=np.float64) * (self.live / self.scale)
        matrix -= self.mean * self.live
        self.mean = np.zeros(len(self.features))
        return np.asfortranarray(matrix)

    def product(self, coef):
        """Linear predictor of coefficients in these units, of shape (n_samples, ...)."""
        if self.matrix is None:
            coef = coef * by_feature(self.live, coef)
            return self.design.product(coef / by_feature(self.scale, coef)) - self.mean @ coef
        return np.asarray(self.matrix @ coef) - (self.mean * self.live) @ coef

    def cross(self, residual):
        """The adjoint of ``product``, of shape (n_columns, ...)."""
        total = residual.sum(axis=0)
        if self.matrix is None:
            result = self.design.cross(residual)
            result = result / by_feature(self.scale, result)
        else:
            result = np.asarray(self.matrix.T @ residual)
        if np.any(self.mean):
            result = result - np.multiply.outer(self.mean, total)
        return result * by_feature(self.live, result)


class ColumnStore:
    """Columns that others join at the end; dense ones with room, so that few are moved.

    Parameters
    ----------
    first : ndarray or sparse matrix of shape (n_samples, n_columns)
    """

    def __init__(self, first):
        self._kept, self.size = first, first.shape[1]

    @property
    def matrix(self):
        """Column by column in memory."""
        if self._kept.shape[1] == self.size:
            return self._kept  # a part of a sparse matrix would be a copy
        return self._kept[:, : self.size]

    def append(self, columns):
        size = self.size + columns.shape[1]
        if sparse.issparse(self._kept):
            self._kept = sparse.hstack([self._kept, columns], format="csc")
        else:
            self._reserve(size)
            self._kept[:, self.size : size] = columns
        self.size = size

    def _reserve(self, size):
        if size <= self._kept.shape[1]:
            return
        room = max(size, 3 * self._kept.shape[1] // 2)
        wider = np.empty((len(self._kept), room), dtype=self._kept.dtype, order="F")
        wider[:, : self.size] = self.matrix
        self._kept = wider


def bordered(known, columns):
    """The symmetric matrix that begins with what is known; whole further columns are given."""
    size, old = len(columns), len(known)
    wider = np.empty((size, size))
    wider[:old, :old] = known
    wider[:, old:] = columns
    wider[old:, :old] = columns[:old].T
    return wider


class GrowingColumns:
    """Columns as `Columns` copies them, and a first one of ones; more may join at the end.

    Attributes
    ----------
    features : ndarray of int
        In the order in which they joined.
    """

    def __init__(self, problem: Problem, scale: np.ndarray):
        self.problem, self.scale = problem, scale
        self.features = np.array([], dtype=int)
        self.mean = self.norm = np.array([])
        ones = np.ones((problem.design.shape[0], 1))
        self._store = ColumnStore(sparse.csc_array(ones) if problem.design.is_sparse else ones)
        self._kernel = None

    @property
    def with_ones(self):
        """The matrix, ones first."""
        return self._store.matrix

    @property
    def matrix(self):
        """The matrix without them."""
        return self._store.matrix[:, 1:]

    def append(self, features):
        """Add columns of the design."""
        fresh = Columns(self.problem, self.scale, features)
        self._store.append(fresh.matrix)
        self.features = np.concatenate([self.features, features])
        self.mean = np.concatenate([self.mean, fresh.mean * fresh.live])
        self.norm = np.concatenate([self.norm, fresh.norm])
        self._kernel = None

    @property
    def kernel(self):
        """Products of the rows, kept until columns join; of shape (n_samples, n_samples)."""
        if self._kernel is None:
            kernel, across = self.matrix @ self.matrix.T, self.matrix @ self.mean
            kernel = kernel.toarray() if sparse.issparse(kernel) else kernel
            kernel += self.mean @ self.mean - np.add.outer(across, across)
            self._kernel = kernel
        return self._kernel

    def sparse_product(self, coefs):
        """``product`` of a sparse matrix of coefficients."""
        fits = self.matrix @ coefs
        fits = fits.toarray() if sparse.issparse(fits) else fits
        return fits - self.mean @ coefs

    def product(self, coef):
        """As ``Columns.product``."""
        return np.asarray(self.matrix @ coef) - self.mean @ coef

    def cross(self, residual):
        """As ``Columns.cross``."""
        result = np.asarray(self.matrix.T @ residual)
        if not np.any(self.mean):
            return result
        return result - np.multiply.outer(self.mean, residual.sum(axis=0))


def by_feature(values, like):
    """Numbers of the features, shaped to be multiplied with coefficients."""
    return values.reshape(-1, *[1] * (like.ndim - 1))

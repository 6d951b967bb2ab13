"""Exact leave-one-out errors of ridge regression, for all strengths from one decomposition.

Without row i the residual at row i is ``r_i / (1 - h_i)``, with r the residuals of the fit on all
rows and h the diagonal of its hat matrix. With Z = sqrt(v)(X - mean) and Z'Z = V diag(l) V', tall,
or ZZ' = U diag(l) U', wide, both follow for every alpha. See Golub, Heath & Wahba (1979),
Generalized cross-validation as a method for choosing a good ridge parameter, Technometrics 21,
215-223; Rifkin & Lippert (2007), Notes on regularized least squares, MIT-CSAIL-TR-2007-025.
Where X is sparse and alphas are few, the inverse of Z'Z + alpha or ZZ' + alpha for each of them
takes less time, since all that goes on there is products of matrices.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from taut.designs.design import product
from taut.interrupt import interruptible
from taut.memory import require_memory
from taut.problem import Problem
from taut.solvers.centred import centred_response, column_means, system_columns
from taut.solvers.products import gram_matrix, inverse, kernel_matrix
from taut.solvers.ridge import direct_spectrum

__all__ = ["leave_one_out"]

_FEW = 8  # inverses take no longer than an eigendecomposition (measured)
_BLOCK = 1 << 20  # entries of a product that are made at a time
_PRECISE = 1e-9  # smallest over largest eigenvalue that squaring a matrix leaves some digits of


def leave_one_out(problems: list[Problem], alphas) -> np.ndarray:
    """Errors at each row of the fits without that row.

    The weights of the other rows stay as they are, and are not scaled to sum to one again: in the
    objective ``sum_i w_i (y_i - b0 - x_i'b)^2 + alpha |b|^2`` leaving out a row keeps alpha.

    Parameters
    ----------
    problems : list of Problem
        With the penalty ``L2()``, for one design, weights and intercept, and several responses.
    alphas : ndarray of shape (n_alphas,)
        Positive.

    Returns
    -------
    ndarray of shape (n_samples, n_problems, n_alphas)
        Response less prediction.

    Raises
    ------
    MemoryError
        The decomposition would not fit.
    """
    problem, alphas = problems[0], np.asarray(alphas)
    n_samples, n_features = problem.design.shape
    side = min(n_samples, n_features)
    require_memory(
        "leave-one-out with its decomposition of a matrix of {:,} x {:,}",
        (side, side),
        "use folds, which need none (cv=5), or leave out rows or columns",
        each=48,
    )
    rows = (_Tall if n_features < n_samples else _Wide)(problem, alphas)
    return np.stack([rows.errors(p) for p in problems], axis=1)


class _Tall:
    """More rows than features: the hat matrix is Z (Z'Z + alpha)^-1 Z'."""

    def __init__(self, problem, alphas):
        self.mean, self.alphas = column_means(problem), alphas
        self.inverses = _inverses(problem, lambda p: gram_matrix(p)[0], alphas)
        if self.inverses is None:
            self.values, self.vectors = _feature_spectrum(problem, alphas)
            leverage = _leverage(problem, self.vectors, 1.0 / (self.values[:, None] + alphas))
        else:
            leverage = np.stack([_sparse_leverage(problem, m) for m in self.inverses], axis=1)
        self.left = 1.0 - problem.weights[:, None] * (leverage + problem.fit_intercept)

    def errors(self, problem):
        y_mean, _ = centred_response(problem)
        residual = problem.response - y_mean
        weighted = problem.weights * residual
        slope = problem.design.cross(weighted) - self.mean * weighted.sum()
        coefs = self._coefs(slope)
        fitted = problem.design.product(coefs) - self.mean @ coefs
        return (residual[:, None] - fitted) / self.left

    def _coefs(self, slope):
        if self.inverses is not None:
            return np.stack([m @ slope for m in self.inverses], axis=1)
        shrunk = 1.0 / (self.values[:, None] + self.alphas)
        return self.vectors @ ((self.vectors.T @ slope)[:, None] * shrunk)


class _Wide:
    """At least as many features as rows: with M = alpha (ZZ' + alpha)^-1, less the direction that
    the intercept fits, residuals are M y and 1 - h is M's diagonal, a sum of positive terms."""

    def __init__(self, problem, alphas):
        self.alphas = alphas
        self.inverses = _inverses(problem, _full_kernel, alphas)
        if self.inverses is None:
            values, self.vectors = _row_spectrum(problem, alphas)
            self.shares = alphas / (values[:, None] + alphas)
            self.left = np.square(self.vectors) @ self.shares
            return
        self.left = np.stack([np.diagonal(m) for m in self.inverses], axis=1) * alphas
        if problem.fit_intercept:
            size = _size(problem)
            self.left -= np.outer(problem.weights, alphas / (size + alphas))

    def errors(self, problem):
        y_mean, response = centred_response(problem)
        root, mean = np.sqrt(problem.weights)[:, None], column_means(problem)
        residual = self._residual(response)
        errors = residual / self.left
        # A row without weight is left out already: its error is that of the fit.
        absent = problem.weights == 0
        if not absent.any():
            return errors / root
        dual = root * residual / self.alphas
        coefs = problem.design.cross(dual) - np.outer(mean, dual.sum(axis=0))
        fitted = y_mean + problem.design.product(coefs) - mean @ coefs
        return np.where(
            absent[:, None],
            problem.response[:, None] - fitted,
            np.divide(errors, root, where=root > 0, out=np.zeros_like(errors)),
        )

    def _residual(self, response):
        if self.inverses is None:
            return self.vectors @ ((self.vectors.T @ response)[:, None] * self.shares)
        return np.stack([m @ response for m in self.inverses], axis=1) * self.alphas


def _inverses(problem, square, alphas):
    """``(square(problem) + alpha)^-1`` for each alpha, where that takes less than its spectrum."""
    if not sparse.issparse(problem.design.matrix) or len(alphas) > _FEW:
        return None
    matrix = square(problem)
    identity = np.eye(len(matrix))
    out = [inverse(matrix + alpha * identity) for alpha in alphas]
    # One that is singular to working precision has none.
    return None if any(found is None for found in out) else out


def _size(problem):
    """A number like the eigenvalues of the kernel: their mean."""
    deviation = problem.moments[1]
    return float(deviation @ deviation) / problem.design.shape[0] or 1.0


def _full_kernel(problem):
    """ZZ', with a share in the direction that centring takes out, where it would be singular."""
    kernel = kernel_matrix(problem)
    if problem.fit_intercept:
        root = np.sqrt(problem.weights)
        kernel += _size(problem) * np.outer(root, root)
    return kernel


def _feature_spectrum(problem, alphas):
    """Eigenvalues and eigenvectors of Z'Z."""
    spectrum = direct_spectrum(problem)
    if _is_precise(spectrum.values, alphas) or sparse.issparse(problem.design.matrix):
        return spectrum.values, spectrum.vectors
    _, singular, transposed = _decomposed(problem)
    return singular**2, transposed.T


def _row_spectrum(problem, alphas):
    """Eigenvalues and eigenvectors of ZZ', less the direction that the intercept fits."""
    spectrum = direct_spectrum(problem)
    if _is_precise(spectrum.values, alphas) or sparse.issparse(problem.design.matrix):
        return spectrum.values, spectrum.project(spectrum.vectors)
    vectors, singular, _ = _decomposed(problem)
    return singular**2, spectrum.project(vectors)


def _is_precise(values, alphas):
    return alphas.min() >= _PRECISE * values.max(initial=0.0)


def _decomposed(problem):
    matrix = system_columns(problem)
    work = 10.0 * matrix.size * min(matrix.shape)
    return interruptible(work, np.linalg.svd, matrix, False)


def _leverage(problem, vectors, shrunk):
    """Diagonals of ``X_c V diag(s) V' X_c'`` for the columns s of ``shrunk``, in blocks of rows."""
    matrix, offset = problem.design.matrix, column_means(problem) @ vectors
    n_samples = matrix.shape[0]
    out = np.empty((n_samples, shrunk.shape[1]))
    step = max(1, _BLOCK // vectors.shape[1])
    rows = matrix.tocsr() if sparse.issparse(matrix) else matrix
    for first in range(0, n_samples, step):
        part = slice(first, first + step)
        out[part] = np.square(product(rows[part], vectors) - offset) @ shrunk
    return out


def _sparse_leverage(problem, inner):
    """The diagonal of ``X_c inner X_c'``, in blocks of columns."""
    matrix, mean = problem.design.matrix, column_means(problem)
    n_samples, n_features = matrix.shape
    out, lengths = np.zeros(n_samples), np.diff(matrix.indptr)
    step = max(1, _BLOCK // n_samples)
    for first in range(0, n_features, step):
        part = slice(first, first + step)
        across = product(matrix, inner[:, part]) - mean @ inner[:, part]
        stored = slice(*matrix.indptr[[first, min(first + step, n_features)]])
        row, column = matrix.indices[stored], np.repeat(np.arange(n_features), lengths)[stored]
        terms = matrix.data[stored] * across[row, column - first]
        out += np.bincount(row, terms, n_samples) - across @ mean[part]
    return out

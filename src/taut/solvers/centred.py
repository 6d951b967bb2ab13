"""The weighted, centred system ``sqrt(v) (X - mean)`` and ``sqrt(v) (y - mean)``."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import LinearOperator

from taut.problem import Problem
from taut.solvers.memory import require_memory

__all__ = ["centred_operator", "centred_response", "column_means", "column_norms", "system_columns"]


def centred_response(problem: Problem):
    """Mean of the response (0 without intercept) and ``sqrt(v) (y - mean)``."""
    mean = float(problem.weights @ problem.response) if problem.fit_intercept else 0.0
    return mean, np.sqrt(problem.weights) * (problem.response - mean)


def column_means(problem: Problem):
    """Weighted means of the columns; zeros without an intercept."""
    if problem.fit_intercept:
        return problem.moments[0]
    return np.zeros(problem.design.shape[1])


def column_norms(problem: Problem):
    """Weighted norms of the centred columns; zero for one that is constant up to rounding."""
    mean, deviation = problem.moments
    return deviation if problem.fit_intercept else np.hypot(deviation, mean)


def system_columns(problem: Problem, columns=slice(None)):
    """Some columns of the system, as a dense float64 copy: for a few, or for a dense design."""
    matrix = problem.design.matrix[:, columns]
    n_samples, n_columns = matrix.shape
    require_memory(
        n_samples * n_columns,
        f"a dense copy of {n_samples:,} rows x {n_columns:,} columns",
        "use a penalty (Ridge, Lasso), which needs no such copy, or leave out columns",
    )
    matrix = matrix.toarray() if sparse.issparse(matrix) else matrix
    matrix = np.array(matrix, dtype=np.float64, order="F")
    matrix -= column_means(problem)[columns]
    matrix *= np.sqrt(problem.weights)[:, None]
    return matrix


def centred_operator(problem: Problem):
    """The system as an operator with columns of unit norm: nothing is copied or filled in.

    Returns
    -------
    operator : LinearOperator of shape (n_samples, n_features)
    mean : ndarray of shape (n_features,)
    scale : ndarray of shape (n_features,)
        What the columns were divided by.
    """
    matrix, root = problem.design.matrix, np.sqrt(problem.weights)
    mean, norm = column_means(problem), column_norms(problem)
    live = norm > 0
    scale = np.where(live, norm, 1.0)

    def forward(x):
        x = np.where(live, x.ravel() / scale, 0.0)
        return root * (matrix @ x - mean @ x)

    def adjoint(r):
        r = root * r.ravel()
        return np.where(live, (matrix.T @ r - mean * r.sum()) / scale, 0.0)

    return LinearOperator(matrix.shape, forward, adjoint, dtype=np.float64), mean, scale

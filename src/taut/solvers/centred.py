"""The weighted, centred system ``sqrt(v) (X - mean)`` and ``sqrt(v) (y - mean)``."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import LinearOperator

from taut.designs.design import product
from taut.memory import require_memory
from taut.problem import Problem

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
    """Some columns of the system, as a dense float64 copy: for a few, or for a dense design.

    Raises
    ------
    MemoryError
        The copy would not fit.
    """
    matrix = problem.design.matrix
    n_columns = len(np.arange(matrix.shape[1])[columns])
    require_memory(
        "a dense copy of {:,} rows x {:,} columns",
        (matrix.shape[0], n_columns),
        "leave out columns, or choose alpha by taut.CV, which needs no such copy",
        each=16,
    )
    matrix = matrix[:, columns]
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
    design, root = problem.design, np.sqrt(problem.weights)
    mean, norm = column_means(problem), column_norms(problem)
    live = norm > 0
    scale = np.where(live, norm, 1.0)

    def forward(x):
        x = np.where(live, x.ravel() / scale, 0.0)
        return root * (product(design.lying, x) - mean @ x)

    def adjoint(r):
        r = root * r.ravel()
        return np.where(live, (design.cross(r) - mean * r.sum()) / scale, 0.0)

    return LinearOperator(design.shape, forward, adjoint, dtype=np.float64), mean, scale

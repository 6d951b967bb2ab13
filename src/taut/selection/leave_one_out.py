"""Exact leave-one-out errors of ridge regression, for all strengths from one decomposition.

Without row i the residual at row i is ``r_i / (1 - h_i)``, with r the residuals of the fit on all
rows and h the diagonal of its hat matrix. With Z = sqrt(v)(X - mean) and Z'Z = V diag(l) V', tall,
or Z = U diag(sqrt(l)) V', wide, both follow for every alpha. See Golub, Heath & Wahba (1979),
Generalized cross-validation as a method for choosing a good ridge parameter, Technometrics 21,
215-223; Rifkin & Lippert (2007), Notes on regularized least squares, MIT-CSAIL-TR-2007-025.
"""

from __future__ import annotations

import numpy as np
from scipy import linalg, sparse

from taut.memory import require_memory
from taut.problem import Problem
from taut.solvers.centred import centred_response, column_means, system_columns

__all__ = ["leave_one_out"]


def leave_one_out(problem: Problem, alphas) -> np.ndarray:
    """Errors at each row of the fits without that row.

    The weights of the other rows stay as they are, and are not scaled to sum to one again: in the
    objective ``sum_i w_i (y_i - b0 - x_i'b)^2 + alpha |b|^2`` leaving out a row keeps alpha.

    Parameters
    ----------
    problem : Problem
        With the penalty ``L2()``. Problems that share a design share the decomposition.
    alphas : ndarray of shape (n_alphas,)
        Positive.

    Returns
    -------
    ndarray of shape (n_samples, n_alphas)
        Response less prediction.

    Raises
    ------
    MemoryError
        The decomposition would not fit.
    """
    if "rows" not in problem.shared:
        n_samples, n_features = problem.design.shape
        side, length = sorted((n_samples, n_features))
        # Measured: four copies of the system, and four of its products.
        require_memory(
            "leave-one-out with its dense decomposition of {:,} x {:,}",
            (length + side, side),
            "use folds, which need no such copy (cv=5), or leave out columns",
            each=32,
        )
        problem.shared["rows"] = (_Tall if n_features < n_samples else _Wide)(problem)
    return problem.shared["rows"].errors(problem, np.asarray(alphas))


class _Tall:
    """More rows than features."""

    def __init__(self, problem):
        if sparse.issparse(problem.design.matrix):
            values, vectors = linalg.eigh(_gram(problem))
        else:
            _, singular, transposed = linalg.svd(system_columns(problem), full_matrices=False)
            values, vectors = singular**2, transposed.T
        self.values = np.maximum(values, 0.0)
        self.rows = problem.design.product(vectors) - column_means(problem) @ vectors

    def errors(self, problem, alphas):
        y_mean, _ = centred_response(problem)
        residual, weights = problem.response - y_mean, problem.weights
        shrunk = 1.0 / (self.values[:, None] + alphas)
        leverage = np.square(self.rows) @ shrunk + problem.fit_intercept
        fitted = self.rows @ ((self.rows.T @ (weights * residual))[:, None] * shrunk)
        return (residual[:, None] - fitted) / (1.0 - weights[:, None] * leverage)


class _Wide:
    """At least as many features as rows: 1 - h as a sum of positive terms, exact for any alpha."""

    def __init__(self, problem):
        root = np.sqrt(problem.weights)
        if sparse.issparse(problem.design.matrix):
            values, vectors = linalg.eigh(_kernel(problem))
        else:
            vectors, singular, _ = linalg.svd(system_columns(problem), full_matrices=False)
            values = singular**2
        self.values = np.maximum(values, 0.0)
        # The intercept fits one direction in full, whatever alpha is.
        if problem.fit_intercept:
            vectors = vectors - np.outer(root, root @ vectors)
        self.vectors = vectors

    def errors(self, problem, alphas):
        y_mean, response = centred_response(problem)
        root, mean = np.sqrt(problem.weights)[:, None], column_means(problem)
        left = alphas / (self.values[:, None] + alphas)
        residual = self.vectors @ ((self.vectors.T @ response)[:, None] * left)
        errors = residual / (np.square(self.vectors) @ left)
        # A row without weight is left out already: its error is that of the fit.
        absent = problem.weights == 0
        if not absent.any():
            return errors / root
        dual = root * residual / alphas
        coefs = problem.design.cross(dual) - np.outer(mean, dual.sum(axis=0))
        fitted = y_mean + problem.design.product(coefs) - mean @ coefs
        return np.where(
            absent[:, None],
            problem.response[:, None] - fitted,
            np.divide(errors, root, where=root > 0, out=np.zeros_like(errors)),
        )


def _gram(problem):
    matrix, mean = problem.design.matrix, column_means(problem)
    weighted = sparse.diags_array(problem.weights) @ matrix
    return (matrix.T @ weighted).toarray() - np.outer(mean, mean)


def _kernel(problem):
    matrix, mean = problem.design.matrix, column_means(problem)
    across = matrix @ mean
    products = (matrix @ matrix.T).toarray() - across - across[:, None] + mean @ mean
    root = np.sqrt(problem.weights)
    return root[:, None] * products * root

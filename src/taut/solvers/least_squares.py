"""Least squares without a penalty: the solution of smallest norm."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import lsqr

from taut.problem import Problem
from taut.solution import Certificate, Status
from taut.solvers.base import Controls, Grid, Solved
from taut.solvers.centred import (
    centred_operator,
    centred_response,
    column_means,
    system_columns,
)

__all__ = ["LeastSquares"]

_EPS = np.finfo(np.float64).eps


class LeastSquares:
    """Dense: singular values (LAPACK gelsd). Sparse: LSQR (Paige & Saunders 1982).

    Where columns depend on one another the minimiser is not unique; this is the one of smallest
    Euclidean norm, as scipy.linalg.lstsq and scikit-learn's LinearRegression have it.
    """

    def refuses(self, problem: Problem) -> str | None:
        l1, l2, lower, upper = problem.coordinates
        if np.any(l1) or np.any(l2) or np.any(np.isfinite(lower)) or np.any(np.isfinite(upper)):
            return f"least squares has no penalty and no bounds; {problem.penalty!r} has"
        return None

    def path(self, problem: Problem, grid: Grid, controls: Controls) -> Solved:
        alphas = grid.below(0.0, 1.0) if grid.alphas is not None else np.zeros(1)
        solve = _iterative if sparse.issparse(problem.design.matrix) else _direct
        coef, mean, gap, n_iter = solve(problem, controls)
        certificate = _certificate(problem, coef, gap, n_iter, controls.tol)
        y_mean, _ = centred_response(problem)
        repeat = len(alphas)
        return Solved(
            alphas,
            np.repeat(coef[:, None], repeat, axis=1),
            np.repeat(y_mean - mean @ coef, repeat),
            (certificate,) * repeat,
        )


def _direct(problem, controls):
    matrix, mean = system_columns(problem), column_means(problem)
    _, response = centred_response(problem)
    # Columns of one norm: rank decisions do not depend on units. The solution of smallest norm is
    # that of the columns as given only where the rank is full, so a deficient rank is solved again.
    norms = np.sqrt(np.einsum("ij,ij->j", matrix, matrix))
    scale = np.where(norms > 0, norms, 1.0)
    coef, _, rank, singular = np.linalg.lstsq(matrix / scale, response, rcond=None)
    coef = coef / scale
    if rank < matrix.shape[1]:
        minimal, _, rank_as_given, singular_as_given = np.linalg.lstsq(matrix, response, rcond=None)
        if rank_as_given == rank:
            coef, singular, scale = minimal, singular_as_given, np.ones_like(scale)
    slope = (matrix.T @ (response - matrix @ coef)) / scale
    smallest = singular[rank - 1] if rank else np.inf
    return coef, mean, 0.5 * float(slope @ slope) / smallest**2, 1


def _iterative(problem, controls):
    operator, mean, scale = centred_operator(problem)
    _, response = centred_response(problem)
    n_samples, n_features = operator.shape
    coef, reason, n_iter, *rest = lsqr(
        operator,
        response,
        atol=_EPS,
        btol=_EPS,
        conlim=0,
        iter_lim=max(controls.max_iter, 10 * min(n_samples, n_features)),
    )
    condition = rest[3]
    residual = response - operator.matvec(coef)
    slope = operator.rmatvec(residual)
    # LSQR estimates |A| and cond(A): the smallest singular value that matters is their quotient.
    smallest = rest[2] / condition if condition > 0 else np.inf
    return coef / scale, mean, 0.5 * float(slope @ slope) / max(smallest, _EPS) ** 2, n_iter


def _certificate(problem, coef, gap, n_iter, tol):
    """P(b) - min P = 1/2 |A (A'A)^+ A'r|^2 <= 1/2 |A'r|^2 / sigma_min^2, with no gap to estimate."""
    _, response = centred_response(problem)
    null = 0.5 * float(response @ response)
    relative = gap / null if null > 0 else 0.0
    status = Status.SOLVED if relative <= tol else Status.STALLED
    kkt = _kkt(problem, coef)
    return Certificate(gap, relative, kkt, status, n_iter, tol)


def _kkt(problem, coef):
    y_mean, response = centred_response(problem)
    size = np.sqrt(float(response @ response))
    mean, norm = problem.design.moments(problem.weights)
    if not problem.fit_intercept:
        norm, mean = np.hypot(norm, mean), np.zeros_like(mean)
    residual = problem.response - y_mean - problem.design.product(coef) + mean @ coef
    slope = problem.design.cross(problem.weights * residual) - mean * (problem.weights @ residual)
    live = norm > 0
    return float(np.max(np.abs(slope[live]) / norm[live], initial=0.0) / size) if size > 0 else 0.0

"""Least squares without a penalty: the solution of smallest norm."""

from __future__ import annotations

import numpy as np
from scipy import linalg, sparse
from scipy.sparse.linalg import LinearOperator, lsqr

from taut.losses import Squared
from taut.memory import fits
from taut.problem import Problem
from taut.solution import Certificate, Status
from taut.solvers.base import Controls, Grid, Solved
from taut.solvers.centred import (
    centred_operator,
    centred_response,
    column_means,
    column_norms,
    system_columns,
)

__all__ = ["LeastSquares", "rank_and_singular_values"]

_EPS = np.finfo(np.float64).eps


class LeastSquares:
    """Dense: one orthogonal factorisation for all targets. Sparse, or where there is no room for
    the factors: LSQR (Paige & Saunders 1982).

    Where columns depend on one another the minimiser is not unique; this is the one of smallest
    Euclidean norm, as scipy.linalg.lstsq and scikit-learn's LinearRegression have it.
    """

    takes_moments = False
    has_own_grid = True

    def refuses(self, problem: Problem) -> str | None:
        if not isinstance(problem.loss, Squared):
            return f"least squares solves the squared loss, not {problem.loss!r}"
        if problem.response.ndim > 1 or not problem.is_separable:
            return "least squares without a penalty takes one target at a time"
        l1, l2, lower, upper = problem.coordinates
        if np.any(l1) or np.any(l2) or np.any(np.isfinite(lower)) or np.any(np.isfinite(upper)):
            return f"least squares has no penalty and no bounds; {problem.penalty!r} has"
        return None

    def path(self, problem: Problem, grid: Grid, controls: Controls) -> Solved:
        alphas = grid.below(0.0, 1.0) if grid.alphas is not None else np.zeros(1)
        direct = _is_direct(problem)
        solve = _direct if direct else _iterative
        coef, gap, n_iter = solve(problem, controls)
        certificate = _certificate(problem, coef, gap, n_iter, controls.tol)
        y_mean, _ = centred_response(problem)
        repeat = len(alphas)
        return Solved(
            alphas,
            np.repeat(coef[:, None], repeat, axis=1),
            np.repeat(y_mean - column_means(problem) @ coef, repeat),
            (certificate,) * repeat,
            "svd" if direct else "lsqr",
        )


def _is_direct(problem):
    side, length = sorted(problem.design.shape)
    # Measured: four copies of the system, and eight of the triangle for its singular values.
    room = fits((length + 2 * side, side), each=32)
    return room and not sparse.issparse(problem.design.matrix)


class _Factor:
    """The singular value decomposition of a matrix, by way of a QR factorisation of its long side.

    Parameters
    ----------
    matrix : ndarray of shape (n_samples, n_features)
        Overwritten.
    rank : int, default None
        How many singular values count; None counts those above rounding.
    """

    def __init__(self, matrix, rank=None):
        self.wide = matrix.shape[1] > matrix.shape[0]
        tall = matrix.T if self.wide else matrix
        self.Q, self.R = linalg.qr(tall, mode="economic", overwrite_a=True, check_finite=False)
        U, self.singular, Vt = linalg.svd(self.R, full_matrices=False, check_finite=False)
        # matrix = (Q U) S Vt, or for more columns than rows its transpose.
        self.inner, self.outer = (Vt.T, U) if not self.wide else (U, Vt.T)
        if rank is None:
            largest = self.singular[0] if len(self.singular) else 0.0
            rank = int(np.count_nonzero(self.singular > _EPS * max(matrix.shape) * largest))
        self.rank = rank

    def solve(self, response):
        """The vector of smallest norm that fits ``response`` best."""
        first = response if self.wide else self.Q.T @ response
        weights = (self.outer[:, : self.rank].T @ first) / self.singular[: self.rank]
        last = self.inner[:, : self.rank] @ weights
        return self.Q @ last if self.wide else last


def _factor(problem):
    """A factor, and what the columns were divided by.

    Columns have unit norm, so that rank does not depend on units. Where the rank falls short, the
    solution of smallest norm is that of the columns as given.
    """
    matrix, norms = system_columns(problem), column_norms(problem)
    matrix[:, norms == 0] = 0.0
    scale = np.where(norms > 0, norms, 1.0)
    factor = _Factor(matrix / scale)
    if factor.rank < matrix.shape[1]:
        return _Factor(matrix, factor.rank), np.ones_like(scale)
    return factor, scale


def rank_and_singular_values(problem: Problem):
    """Rank and singular values of the weighted, centred system, once it was solved directly.

    Returns
    -------
    tuple of int and ndarray of shape (min(n_samples, n_features),), or None
        The weights sum to one.
    """
    if "factor" not in problem.shared:
        return None
    factor, scale = problem.shared["factor"]
    if np.all(scale == 1.0):
        return factor.rank, factor.singular
    return factor.rank, linalg.svdvals(factor.R * scale)


def _direct(problem, controls):
    if "factor" not in problem.shared:
        problem.shared["factor"] = _factor(problem)
    factor, scale = problem.shared["factor"]
    _, response = centred_response(problem)
    coef = factor.solve(response) / scale
    slope = _slope(problem, coef) / scale
    smallest = factor.singular[factor.rank - 1] if factor.rank else np.inf
    return coef, 0.5 * float(slope @ slope) / smallest**2, 1


def _iterative(problem, controls):
    operator, _, scale = centred_operator(problem)
    _, response = centred_response(problem)
    scaled, n_iter, smallest = _lsqr(operator, response, controls)
    coef = _shortest(operator, scaled, scale, controls)
    slope = _slope(problem, coef) / scale
    return coef, 0.5 * float(slope @ slope) / smallest**2, n_iter


def _lsqr(operator, response, controls):
    """The solution of smallest norm, steps taken, and the smallest singular value that matters."""
    solution, _, n_iter, _, _, norm, condition, *_ = lsqr(
        operator,
        response,
        atol=_EPS,
        btol=_EPS,
        conlim=0,
        iter_lim=max(controls.max_iter, 10 * min(operator.shape)),
    )
    # LSQR estimates |A| and cond(A): the quotient is what it met as the smallest singular value.
    smallest = norm / condition if condition > 0 else np.inf
    return solution, n_iter, max(smallest, _EPS)


def _shortest(operator, scaled, scale, controls):
    """The coefficients of smallest norm with the fit of ``scaled``, those of unit-norm columns.

    They differ where columns depend on one another. The fit is in the range of A = B diag(scale),
    so that LSQR on A, as given, finds its shortest preimage.
    """
    coef = scaled / scale
    as_given = operator @ LinearOperator(
        (len(scale), len(scale)),
        lambda x: x.ravel() * scale,
        lambda x: x.ravel() * scale,
        dtype=np.float64,
    )
    shortest, *_ = _lsqr(as_given, operator.matvec(scaled), controls)
    shorter = np.linalg.norm(shortest) < (1 - 1e-8) * np.linalg.norm(coef)
    return shortest if shorter else coef


def _slope(problem, coef):
    """Z'(residual), zero at the solution; dead columns have none."""
    y_mean, _ = centred_response(problem)
    mean = column_means(problem)
    residual = problem.response - y_mean - problem.design.product(coef) + mean @ coef
    residual *= problem.weights
    slope = problem.design.cross(residual) - mean * residual.sum()
    return np.where(column_norms(problem) > 0, slope, 0.0)


def _certificate(problem, coef, gap, n_iter, tol):
    """P(b) - min P = 1/2 |A (A'A)^+ A'r|^2 <= 1/2 |A'r|^2 / sigma_min^2: no dual is needed."""
    _, response = centred_response(problem)
    squares = float(response @ response)
    relative = gap / (0.5 * squares) if squares > 0 else 0.0
    norms = column_norms(problem)
    live = norms > 0
    kkt = 0.0
    if squares > 0 and live.any():
        kkt = float(np.max(np.abs(_slope(problem, coef)[live]) / norms[live]) / np.sqrt(squares))
    status = Status.SOLVED if relative <= tol else Status.STALLED
    return Certificate(float(gap), float(relative), kkt, status, n_iter, tol)

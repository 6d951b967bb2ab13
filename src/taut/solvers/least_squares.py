"""Least squares without a penalty: the solution of smallest norm.

Where Z'Z, tall, or ZZ', wide, is well-conditioned, its Cholesky factor is all that is needed: it
costs the least, and no copy of X. What squaring Z has cost in digits comes back by refinement, each
step of which starts from residuals of X itself, as good as those of an orthogonal factorisation
(Bjorck 1987, Stability analysis of the method of seminormal equations, Linear Algebra and its
Applications 88, 31-48). Otherwise the singular value decomposition says what the rank is.
"""

from __future__ import annotations

import numpy as np
from scipy import linalg
from scipy.sparse.linalg import LinearOperator, lsqr

from taut.interrupt import interruptible
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
from taut.solvers.products import gram_matrix, kernel_matrix

__all__ = ["LeastSquares", "rank_and_singular_values"]

_EPS = np.finfo(np.float64).eps
# Of a Cholesky factor, one over its condition: each step of refinement gains the square of it over
# the precision, six digits or more.
_WELL_CONDITIONED = 1e-5
_REFINEMENTS = 4


class LeastSquares:
    """Dense: one factorisation for all targets. Sparse, or where there is no room for the factors:
    LSQR (Paige & Saunders 1982).

    Where columns depend on one another the minimiser is not unique; this is the one of smallest
    Euclidean norm, as scipy.linalg.lstsq and scikit-learn's LinearRegression have it.
    """

    takes_moments = False
    has_own_grid = True
    meets = False

    def refuses(self, problem: Problem) -> str | None:
        if not isinstance(problem.loss, Squared):
            return f"least squares solves the squared loss, not {problem.loss!r}"
        if problem.response.ndim > 1 or not problem.is_separable:
            return "least squares without a penalty takes one target at a time"
        l1, l2, lower, upper = problem.coordinates
        if np.any(l1) or np.any(l2) or np.any(np.isfinite(lower)) or np.any(np.isfinite(upper)):
            return "least squares has no penalty and no bounds"
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
    return room and not problem.design.is_sparse


class _SingularValues:
    """The singular value decomposition of the system, by way of a QR factorisation.

    Columns have unit norm, so that rank does not depend on units. Where the rank falls short, the
    solution of smallest norm is that of the columns as given.
    """

    def __init__(self, problem):
        matrix, norms = system_columns(problem), column_norms(problem)
        matrix[:, norms == 0] = 0.0
        self.scale = np.where(norms > 0, norms, 1.0)
        matrix /= self.scale
        self._decompose(matrix)
        largest = self.singular[0] if len(self.singular) else 0.0
        self.rank = int(np.count_nonzero(self.singular > _EPS * max(matrix.shape) * largest))
        if self.rank < matrix.shape[1]:
            matrix *= self.scale
            self.scale = np.ones_like(self.scale)
            self._decompose(matrix)

    def _decompose(self, matrix):
        self.wide = matrix.shape[1] > matrix.shape[0]
        tall = matrix.T if self.wide else matrix
        work = 4.0 * matrix.size * tall.shape[1]
        self.Q, self.R = interruptible(work, np.linalg.qr, tall)
        work = 20.0 * len(self.R) ** 3
        U, self.singular, Vt = interruptible(work, np.linalg.svd, self.R)
        # matrix = (Q U) S Vt, or for more columns than rows its transpose.
        self.inner, self.outer = (Vt.T, U) if not self.wide else (U, Vt.T)

    def solve(self, problem):
        """The vector of smallest norm that fits the response best."""
        _, response = centred_response(problem)
        first = response if self.wide else self.Q.T @ response
        weights = (self.outer[:, : self.rank].T @ first) / self.singular[: self.rank]
        last = self.inner[:, : self.rank] @ weights
        return (self.Q @ last if self.wide else last) / self.scale

    def gap(self, problem, coef):
        """1/2 |A (A'A)^+ A'r|^2 <= 1/2 |A'r|^2 / sigma_min^2."""
        slope = _slope(problem, coef) / self.scale
        smallest = self.singular[self.rank - 1] if self.rank else np.inf
        return 0.5 * float(slope @ slope) / smallest**2

    def singular_values(self):
        if np.all(self.scale == 1.0):
            return self.singular
        return _singular_values(self.R * self.scale)


class _Normal:
    """L L' = Z'Z for columns Z of unit norm, of full rank."""

    def __init__(self, problem):
        gram, _ = gram_matrix(problem)
        norms = column_norms(problem)
        self.live, self.scale = norms > 0, np.where(norms > 0, norms, 1.0)
        gram /= self.scale
        gram /= self.scale[:, None]
        gram[np.diag_indices_from(gram)] += ~self.live
        self.lower = _cholesky(gram)
        self.rank = int(self.live.sum())

    def solve(self, problem):
        coef = np.zeros(len(self.scale))
        for _ in range(_REFINEMENTS):
            slope = _slope(problem, coef) / self.scale
            step = linalg.cho_solve((self.lower, True), slope, check_finite=False) / self.scale
            coef += step
            if np.linalg.norm(step * self.scale) <= 4 * _EPS * np.linalg.norm(coef * self.scale):
                break
        return coef

    def gap(self, problem, coef):
        """1/2 s'(Z'Z)^-1 s for the slope s."""
        slope = _slope(problem, coef) / self.scale
        half = linalg.solve_triangular(self.lower, slope, lower=True, check_finite=False)
        return 0.5 * float(half @ half)

    def singular_values(self):
        return _singular_values(self.lower.T * np.where(self.live, self.scale, 0.0))


class _Dual:
    """L L' = ZZ' + c u u', rows independent but for u = sqrt(v), which centring takes out."""

    def __init__(self, problem):
        kernel = kernel_matrix(problem)
        self.root = np.sqrt(problem.weights) * problem.fit_intercept
        self.share = float(np.trace(kernel)) / len(kernel)
        # Rows without weight fit anything.
        kernel += self.share * (np.outer(self.root, self.root) + np.diag(problem.weights == 0))
        self.lower = _cholesky(kernel)
        self.rank = int(np.count_nonzero(problem.weights)) - int(problem.fit_intercept)

    def solve(self, problem):
        coef = np.zeros(problem.design.shape[1])
        for _ in range(_REFINEMENTS):
            residual = _residual(problem, coef)
            dual = linalg.cho_solve((self.lower, True), residual, check_finite=False)
            step = _back(problem, dual * np.sqrt(problem.weights))
            coef += step
            if np.linalg.norm(step) <= 4 * _EPS * np.linalg.norm(coef):
                break
        return coef

    def gap(self, problem, coef):
        """The response can be met: all that is left of it is gap."""
        residual = _residual(problem, coef)
        return 0.5 * float(residual @ residual)

    def singular_values(self):
        kernel = self.lower @ self.lower.T - self.share * np.outer(self.root, self.root)
        values = interruptible(2.0 * len(kernel) ** 3, np.linalg.eigvalsh, kernel)[::-1]
        return np.sqrt(np.maximum(np.where(np.arange(len(values)) < self.rank, values, 0.0), 0.0))


def _cholesky(matrix):
    """The factor of a well-conditioned matrix.

    Raises
    ------
    LinAlgError
        It is none.
    """
    lower = interruptible(float(len(matrix)) ** 3, np.linalg.cholesky, matrix)
    share, _ = linalg.lapack.dtrcon(lower, uplo="L")
    if not share > _WELL_CONDITIONED:
        raise np.linalg.LinAlgError(f"reciprocal condition {share}")
    return lower


def _singular_values(matrix):
    return interruptible(3.0 * len(matrix) ** 3, lambda: np.linalg.svd(matrix, compute_uv=False))


def _factor(problem):
    n_samples, n_features = problem.design.shape
    try:
        return (_Dual if n_features > n_samples else _Normal)(problem)
    except np.linalg.LinAlgError:
        return _SingularValues(problem)


def rank_and_singular_values(problem: Problem):
    """Rank and singular values of the weighted, centred system, once it was solved directly.

    Returns
    -------
    tuple of int and ndarray of shape (min(n_samples, n_features),), or None
        The weights sum to one.
    """
    if "factor" not in problem.shared:
        return None
    factor = problem.shared["factor"]
    return factor.rank, factor.singular_values()


def _direct(problem, controls):
    if "factor" not in problem.shared:
        problem.shared["factor"] = _factor(problem)
    factor = problem.shared["factor"]
    coef = factor.solve(problem)
    return coef, factor.gap(problem, coef), 1


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


def _residual(problem, coef):
    """sqrt(v) (y - fit), centred."""
    y_mean, _ = centred_response(problem)
    fitted = problem.design.product(coef) - column_means(problem) @ coef
    return np.sqrt(problem.weights) * (problem.response - y_mean - fitted)


def _back(problem, weighted):
    """X'r less what centring takes out; dead columns have none."""
    back = problem.design.cross(weighted) - column_means(problem) * weighted.sum()
    return np.where(column_norms(problem) > 0, back, 0.0)


def _slope(problem, coef):
    """Z'(residual), zero at the solution."""
    return _back(problem, np.sqrt(problem.weights) * _residual(problem, coef))


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

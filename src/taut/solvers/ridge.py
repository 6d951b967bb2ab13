"""Ridge regression for a whole path from one eigendecomposition.

With Z = sqrt(v)(X - mean) and D = diag(l2) the solution is (Z'Z + alpha D)^-1 Z'y. Dividing the
columns by sqrt(l2) gives D = I, and one decomposition serves every alpha: of Z'Z (features) or of
Z Z' (rows), whichever is smaller. Columns without penalty are projected out first. See Hastie,
Tibshirani & Friedman (2009), The Elements of Statistical Learning, sections 3.4.1 and 18.3.5.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import numpy as np
from scipy import linalg, sparse
from scipy.sparse.linalg import LinearOperator, cg, eigsh

from taut.designs.moments import CentredMoments
from taut.interrupt import interruptible
from taut.losses import Squared
from taut.memory import fits
from taut.problem import Problem
from taut.solvers.base import Controls, Grid, Solved, path_of_kept_moments
from taut.solvers.centred import (
    centred_operator,
    centred_response,
    column_means,
    column_norms,
    system_columns,
)
from taut.solvers.certify import certificates, judged
from taut.solvers.products import gram_matrix, kernel_matrix
from taut.solvers.shifted import shifted_conjugate_gradients

__all__ = ["Ridge", "direct_spectrum", "ridge_range"]

_LARGEST = 6000  # side of an eigendecomposition that is worth its n^3
# Of conjugate gradients for all alphas at once: where the scales of the columns differ so much that
# these are not enough, a preconditioner for each alpha does better.
_SHIFTED_STEPS = 300
_BYTES = 48  # that it takes for each entry (measured): the matrix, its vectors, LAPACK's copies


class Ridge:
    """Separable quadratic penalties without bounds."""

    takes_moments = True
    has_own_grid = True
    meets = False

    def refuses(self, problem: Problem) -> str | None:
        if not isinstance(problem.loss, Squared) or problem.response.ndim > 1:
            return f"the ridge solver solves least squares for one target, not {problem.loss!r}"
        if not problem.is_separable:
            return "the ridge solver takes quadratic penalties without bounds only"
        l1, l2, lower, upper = problem.coordinates
        if np.any(l1) or _is_bounded(lower, upper):
            return "the ridge solver takes quadratic penalties without bounds only"
        if not np.any(l2):
            return "the ridge solver needs a penalised feature; use least squares"
        return None

    def path(self, problem: Problem, grid: Grid, controls: Controls) -> Solved:
        solved = path_of_kept_moments(self, problem, grid, controls)
        if solved is not None:
            return solved
        spectrum = _spectrum(problem, grid.count)
        alphas = grid.alphas
        if alphas is None:
            alphas = grid.below(*_default_range(problem, spectrum, grid))
        coefs, n_iter = spectrum.coefs(problem, alphas)
        found = certificates(problem, alphas, coefs, n_iter, controls.tol)
        unsolved = [k for k, c in enumerate(found) if not c.solved]
        if len(unsolved) > 1 and not spectrum.direct and _has_room(problem):
            # Too ill-conditioned for a few hundred steps, which a decomposition does not mind.
            direct_spectrum(problem)
            return self.path(problem, replace(grid, alphas=alphas), controls)
        if unsolved:
            for k in unsolved:
                coefs[:, k], steps = _polish(problem, alphas[k], coefs[:, k], controls)
                n_iter[k] += steps
            found = certificates(problem, alphas, coefs, n_iter, controls.tol)
        y_mean, _ = centred_response(problem)
        method = "sparse_cg" if unsolved else spectrum.method
        return Solved(alphas, coefs, y_mean - spectrum.mean @ coefs, found, method)

    def path_of_moments(
        self, problem: Problem, centred: CentredMoments, grid: Grid, controls: Controls
    ) -> Solved:
        spectrum = _FeatureSpectrum(problem, centred.gram, centred.mean)
        alphas = grid.below(*_default_range(problem, spectrum, grid))
        coefs = spectrum.coefs_for(centred.correlation, alphas)
        found = _judged(problem, centred, alphas, coefs, controls.tol)
        intercepts = centred.response_mean - centred.mean @ coefs
        return Solved(alphas, coefs, intercepts, found, "eigen")


def _is_bounded(lower, upper):
    """Whether some coefficient has bounds other than those that exclude it."""
    excluded = (lower == 0) & (upper == 0)
    return bool(np.any((np.isfinite(lower) | np.isfinite(upper)) & ~excluded))


def _judged(problem, centred, alphas, coefs, tol):
    """Certificates from the statistics: terms h + h* - z b, with h*(z) = z^2 / (2 alpha l2).

    What rounding may have done to z = c - G b counts as gap, so that it shows.
    """
    l2 = problem.coordinates.l2
    norm = np.sqrt(np.diagonal(centred.gram))
    size = np.sqrt(centred.squares)
    slope = centred.correlation[:, None] - centred.gram @ coefs
    residual = slope - np.outer(l2, alphas) * coefs
    rounding = 4e-16 * (size + norm @ np.abs(coefs)) * norm[:, None]
    curvature = np.outer(l2, alphas) + np.where(l2 > 0, 0.0, norm**2)[:, None]
    live = norm > 0
    terms = (np.abs(residual) + rounding)[live] ** 2 / (2 * curvature[live])
    gaps = terms.sum(axis=0)
    null = 0.5 * centred.squares
    kkt = np.max(np.abs(residual[live]) / norm[live, None], axis=0, initial=0.0)
    scale = size if size > 0 else 1.0
    return tuple(
        judged(gap, gap / null if null > 0 else gap, worst / scale, 1, tol)
        for gap, worst in zip(gaps, kkt, strict=True)
    )


def _default_range(problem, spectrum, grid):
    """No alpha zeroes a ridge: start where even the strongest direction is shrunk a hundredfold.

    The eigenvalues carry the units of the columns, so the range is the same in any units.
    """
    return _range_below(spectrum.largest, problem, grid)


def _range_below(eigenvalue, problem, grid):
    return 1e2 * eigenvalue or 1.0, grid.ratio(problem, wide=1e-8, tall=1e-8)


def ridge_range(problem: Problem, grid: Grid):
    """Largest alpha and ratio of an automatic grid for a ridge that another solver takes.

    From the sum of the eigenvalues, which the largest does not exceed and which costs nothing.
    """
    penalised, _, root = _split(problem)
    total = float(np.sum((column_norms(problem)[penalised] / root) ** 2))
    return _range_below(total, problem, grid)


def _spectrum(problem, n_alphas):
    # The same penalty on the same design: one decomposition for all targets.
    penalty, spectrum = problem.shared.get("spectrum", (None, None))
    if penalty is problem.penalty:
        return spectrum
    if _has_room(problem) and not _iterating_pays(problem, n_alphas):
        return direct_spectrum(problem)
    spectrum = _NoSpectrum(problem)
    problem.shared["spectrum"] = (problem.penalty, spectrum)
    return spectrum


def _has_room(problem):
    side = min(problem.design.shape)
    return side <= _LARGEST and fits((side, side), each=_BYTES)


def _iterating_pays(problem, n_alphas):
    """Whether a product with X costs so little that hundreds are cheaper than a decomposition."""
    matrix = problem.design.lying
    if not sparse.issparse(matrix) or len(_split(problem)[1]):
        return False
    step = 4 * matrix.nnz + 6 * matrix.shape[1] * n_alphas
    # An operation on scattered or streamed numbers takes as long as some of a matrix product.
    return 2 * _SHIFTED_STEPS * step < 10.0 * min(matrix.shape) ** 3


def direct_spectrum(problem: Problem):
    """The decomposition of the smaller side, kept for all that is asked of this problem.

    Returns
    -------
    _FeatureSpectrum or _RowSpectrum
        ``values`` and ``vectors`` of Z'Z, where there are fewer features than rows, or else of ZZ'.
    """
    penalty, spectrum = problem.shared.get("spectrum", (None, None))
    if penalty is problem.penalty and spectrum.direct:
        return spectrum
    n_samples, n_features = problem.design.shape
    if n_features < n_samples:
        spectrum = _FeatureSpectrum(problem, *gram_matrix(problem))
    else:
        spectrum = _RowSpectrum(problem)
    problem.shared["spectrum"] = (problem.penalty, spectrum)
    return spectrum


def _eigen(matrix):
    """Eigenvalues of a positive semidefinite matrix, and its eigenvectors."""
    values, vectors = interruptible(10.0 * len(matrix) ** 3, np.linalg.eigh, matrix)
    return np.maximum(values, 0.0), vectors


def _split(problem):
    """Indices of penalised and of unpenalised features, and the root of the penalty weights."""
    _, l2, _, upper = problem.coordinates
    # Coefficients of constant columns would be rounding; where the moments are known, so are these.
    live = column_norms(problem) > 0 if problem.standardize else np.ones(len(l2), dtype=bool)
    penalised = np.flatnonzero((l2 > 0) & live)
    unpenalised = np.flatnonzero((l2 == 0) & (upper > 0) & live)
    return penalised, unpenalised, np.sqrt(l2[penalised])


class _FeatureSpectrum:
    """Eigenvectors of Z'Z, penalised features, after eliminating the others."""

    method = "eigen"
    direct = True

    def __init__(self, problem, gram, mean):
        self.gram, self.mean = gram, mean
        self.penalised, self.unpenalised, self.root = _split(problem)
        U, P = self.unpenalised, self.penalised
        self.inner = linalg.pinvh(self.gram[np.ix_(U, U)]) if len(U) else np.zeros((0, 0))
        self.carry = self.inner @ self.gram[np.ix_(U, P)]
        reduced = self.gram[np.ix_(P, P)] - self.gram[np.ix_(P, U)] @ self.carry
        self.values, self.vectors = _eigen(reduced / self.root / self.root[:, None])
        self.largest = self.values.max(initial=0.0)

    def coefs(self, problem, alphas):
        y_mean, _ = centred_response(problem)
        residual = problem.weights * (problem.response - y_mean)
        slope = problem.design.cross(residual) - self.mean * residual.sum()
        return self.coefs_for(slope, alphas), np.ones(len(alphas), dtype=int)

    def coefs_for(self, slope, alphas):
        """Coefficients for the slope Z'y of the null model."""
        U, P = self.unpenalised, self.penalised
        free = self.inner @ slope[U]
        target = self.vectors.T @ ((slope[P] - self.gram[np.ix_(P, U)] @ free) / self.root)
        coefs = np.zeros((len(self.mean), len(alphas)), order="F")
        coefs[P] = (self.vectors @ (target[:, None] / (self.values[:, None] + alphas))) / self.root[
            :, None
        ]
        coefs[U] = free[:, None] - self.carry @ coefs[P]
        return coefs


class _RowSpectrum:
    """Eigenvectors of Z Z', for more features than rows."""

    method = "eigen"
    direct = True

    def __init__(self, problem):
        self.penalised, self.unpenalised, self.root = _split(problem)
        self.mean = column_means(problem)
        self.others = system_columns(problem, self.unpenalised)
        # The intercept is one more unpenalised column: centring is a projection, too.
        basis = self.others
        if problem.fit_intercept:
            basis = np.column_stack([np.sqrt(problem.weights), basis])
        self.basis = linalg.orth(basis) if basis.shape[1] else basis
        kernel = kernel_matrix(problem, self.penalised, self.root)
        kernel = self.project(self.project(kernel).T)
        self.values, self.vectors = _eigen((kernel + kernel.T) / 2)
        self.largest = self.values.max(initial=0.0)

    def project(self, rows):
        """Rows less what intercept and unpenalised features explain."""
        return rows - self.basis @ (self.basis.T @ rows)

    def coefs(self, problem, alphas):
        _, response = centred_response(problem)
        target = self.vectors.T @ self.project(response)
        dual = self.project(self.vectors @ (target[:, None] / (self.values[:, None] + alphas)))
        root_v = np.sqrt(problem.weights)[:, None]
        coefs = np.zeros((len(self.mean), len(alphas)), order="F")
        slopes = problem.design.cross(root_v * dual)
        slopes -= np.outer(self.mean, (root_v * dual).sum(axis=0))
        coefs[self.penalised] = slopes[self.penalised] / self.root[:, None] ** 2
        if len(self.unpenalised):
            fitted = problem.design.product(coefs) - self.mean @ coefs
            rest = response[:, None] - root_v * fitted
            coefs[self.unpenalised] = np.linalg.lstsq(self.others, rest, rcond=None)[0]
        return coefs, np.ones(len(alphas), dtype=int)


class _NoSpectrum:
    """X is sparse, both sides are large, or memory is short: conjugate gradients do the work."""

    method = "sparse_cg"
    direct = False

    def __init__(self, problem):
        self.mean = column_means(problem)
        self.penalised, self.unpenalised, self.root = _split(problem)
        self.problem = problem

    @cached_property
    def largest(self):
        """The largest eigenvalue of Z'Z, columns over their roots, as the other sides have it."""
        if len(self.penalised) < 3:
            norms = column_norms(self.problem)[self.penalised]
            return np.sum((norms / self.root) ** 2)
        gram, ratio, _ = self._gram_operator()
        size = len(ratio)
        operator = LinearOperator((size, size), lambda x: gram(x.ravel()), dtype=np.float64)
        values = eigsh(operator, 1, v0=ratio, tol=1e-8, return_eigenvectors=False)
        return max(values[0], 0.0)

    def coefs(self, problem, alphas):
        """All alphas at once, as D = I allows; zeros to begin with where some have no penalty."""
        n_features, order = problem.design.shape[1], np.argsort(-alphas, kind="stable")
        coefs, n_iter = np.zeros((n_features, len(alphas)), order="F"), np.zeros(len(alphas), int)
        if len(self.unpenalised):
            return coefs, n_iter
        gram, ratio, scale = self._gram_operator()
        residual = centred_response(problem)[1] * np.sqrt(problem.weights)
        slope = problem.design.cross(residual) - self.mean * residual.sum()
        slope *= np.where(column_norms(problem) > 0, ratio / scale, 0.0)
        found, n_iter[order] = shifted_conjugate_gradients(
            gram, slope, alphas[order], max_iter=_SHIFTED_STEPS
        )
        coefs[:, order] = found * (ratio / scale)[:, None]
        return coefs, n_iter

    def _gram_operator(self):
        operator, _, scale = centred_operator(self.problem)
        ratio = np.zeros(len(scale))
        ratio[self.penalised] = scale[self.penalised] / self.root
        return lambda x: ratio * operator.rmatvec(operator.matvec(ratio * x)), ratio, scale


def _polish(problem, alpha, start, controls):
    """Conjugate gradients on (Z'Z + alpha D) b = Z'y from ``start``, columns of unit norm."""
    operator, _, scale = centred_operator(problem)
    _, response = centred_response(problem)
    _, l2, lower, upper = problem.coordinates
    kept = ~((lower == 0) & (upper == 0))
    ridge = alpha * l2 / scale**2
    diagonal = 1.0 + ridge

    def hessian(x):
        x = np.where(kept, x.ravel(), 0.0)
        return np.where(kept, operator.rmatvec(operator.matvec(x)) + ridge * x, x)

    size = len(start)
    target = np.where(kept, operator.rmatvec(response), 0.0)
    steps = 0

    def count(_):
        nonlocal steps
        steps += 1

    solution, _ = cg(
        LinearOperator((size, size), hessian, dtype=np.float64),
        target,
        x0=start * scale,
        rtol=1e-13,
        atol=0.0,
        maxiter=max(controls.max_iter, 1000),
        M=LinearOperator((size, size), lambda x: x.ravel() / diagonal, dtype=np.float64),
        callback=count,
    )
    return np.where(kept, solution / scale, 0.0), steps

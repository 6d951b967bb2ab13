"""Ridge regression for a whole path from one eigendecomposition.

With Z = sqrt(v)(X - mean) and D = diag(l2) the solution is (Z'Z + alpha D)^-1 Z'y. Dividing the
columns by sqrt(l2) gives D = I, and one decomposition serves every alpha: of Z'Z (features) or of
Z Z' (rows), whichever is smaller. Columns without penalty are projected out first. See Hastie,
Tibshirani & Friedman (2009), The Elements of Statistical Learning, sections 3.4.1 and 18.3.5.
"""

from __future__ import annotations

import numpy as np
from scipy import linalg, sparse
from scipy.sparse.linalg import LinearOperator, cg

from taut import _core
from taut.designs.moments import CentredMoments
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
from taut.solvers.shifted import shifted_conjugate_gradients

__all__ = ["Ridge", "ridge_range"]

_LARGEST = 6000  # side of an eigendecomposition that is worth its n^3
# Of conjugate gradients for all alphas at once: where the scales of the columns differ so much that
# these are not enough, a preconditioner for each alpha does better.
_SHIFTED_STEPS = 300
_BYTES = 48  # that it takes for each entry (measured): the matrix, its vectors, LAPACK's copies


class Ridge:
    """Separable quadratic penalties without bounds."""

    takes_moments = True
    has_own_grid = True

    def refuses(self, problem: Problem) -> str | None:
        if not isinstance(problem.loss, Squared) or problem.response.ndim > 1:
            return f"the ridge solver solves least squares for one target, not {problem.loss!r}"
        if not problem.is_separable:
            return f"the ridge solver takes quadratic penalties only, not {problem.penalty!r}"
        l1, l2, lower, upper = problem.coordinates
        excluded = (lower == 0) & (upper == 0)
        bounded = (np.isfinite(lower) | np.isfinite(upper)) & ~excluded
        if np.any(l1) or np.any(bounded):
            return f"the ridge solver takes quadratic penalties only, not {problem.penalty!r}"
        if not np.any(l2):
            return "the ridge solver needs a penalised feature; use least squares"
        return None

    def path(self, problem: Problem, grid: Grid, controls: Controls) -> Solved:
        solved = path_of_kept_moments(self, problem, grid, controls)
        if solved is not None:
            return solved
        spectrum = _spectrum(problem)
        alphas = grid.below(*_default_range(problem, spectrum, grid))
        coefs, n_iter = spectrum.coefs(problem, alphas)
        found = certificates(problem, alphas, coefs, n_iter, controls.tol)
        unsolved = [k for k, c in enumerate(found) if not c.solved]
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
    largest = 1e2 * spectrum.largest
    return (largest if largest > 0 else 1.0), grid.ratio(problem, wide=1e-8, tall=1e-8)


def ridge_range(problem: Problem, grid: Grid):
    """Largest alpha and ratio of an automatic grid for a ridge that another solver takes."""
    return _default_range(problem, _NoSpectrum(problem), grid)


def _spectrum(problem):
    # The same penalty on the same design: one decomposition for all targets.
    penalty, spectrum = problem.shared.get("spectrum", (None, None))
    if penalty is not problem.penalty:
        n_samples, n_features = problem.design.shape
        side = min(n_samples, n_features)
        if side > _LARGEST or not fits((side, side), each=_BYTES):
            spectrum = _NoSpectrum(problem)
        elif n_features <= n_samples:
            spectrum = _FeatureSpectrum(problem, *_gram(problem))
        else:
            spectrum = _RowSpectrum(problem)
        problem.shared["spectrum"] = (problem.penalty, spectrum)
    return spectrum


def _split(problem):
    """Indices of penalised and of unpenalised features, and the root of the penalty weights."""
    _, l2, _, upper = problem.coordinates
    penalised = np.flatnonzero(l2 > 0)
    unpenalised = np.flatnonzero((l2 == 0) & (upper > 0))
    return penalised, unpenalised, np.sqrt(l2[penalised])


class _FeatureSpectrum:
    """Eigenvectors of Z'Z, penalised features, after eliminating the others."""

    method = "eigen"

    def __init__(self, problem, gram, mean):
        self.gram, self.mean = gram, mean
        self.penalised, self.unpenalised, self.root = _split(problem)
        U, P = self.unpenalised, self.penalised
        self.inner = linalg.pinvh(self.gram[np.ix_(U, U)]) if len(U) else np.zeros((0, 0))
        self.carry = self.inner @ self.gram[np.ix_(U, P)]
        reduced = self.gram[np.ix_(P, P)] - self.gram[np.ix_(P, U)] @ self.carry
        self.values, self.vectors = linalg.eigh(reduced / self.root / self.root[:, None])
        self.values = np.maximum(self.values, 0.0)
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

    def __init__(self, problem):
        self.penalised, self.unpenalised, self.root = _split(problem)
        self.mean = column_means(problem)
        self.others = system_columns(problem, self.unpenalised)
        # The intercept is one more unpenalised column: centring is a projection, too.
        basis = self.others
        if problem.fit_intercept:
            basis = np.column_stack([np.sqrt(problem.weights), basis])
        self.basis = linalg.orth(basis) if basis.shape[1] else basis
        kernel = self._project(self._project(_kernel(problem, self.penalised, self.root)).T)
        self.values, self.vectors = linalg.eigh((kernel + kernel.T) / 2)
        self.values = np.maximum(self.values, 0.0)
        self.largest = self.values.max(initial=0.0)

    def _project(self, rows):
        return rows - self.basis @ (self.basis.T @ rows)

    def coefs(self, problem, alphas):
        _, response = centred_response(problem)
        target = self.vectors.T @ self._project(response)
        dual = self._project(self.vectors @ (target[:, None] / (self.values[:, None] + alphas)))
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
    """Both sides are large, or memory is short: conjugate gradients do the work."""

    method = "sparse_cg"

    def __init__(self, problem):
        self.mean = column_means(problem)
        self.penalised, self.unpenalised, self.root = _split(problem)
        # The sum of the eigenvalues, which the largest does not exceed.
        self.largest = np.sum((column_norms(problem)[self.penalised] / self.root) ** 2)

    def coefs(self, problem, alphas):
        """All alphas at once, as D = I allows; zeros to begin with where some have no penalty."""
        n_features, order = problem.design.shape[1], np.argsort(-alphas, kind="stable")
        coefs, n_iter = np.zeros((n_features, len(alphas)), order="F"), np.zeros(len(alphas), int)
        if len(self.unpenalised):
            return coefs, n_iter
        operator, _, scale = centred_operator(problem)
        ratio = np.zeros(n_features)
        ratio[self.penalised] = scale[self.penalised] / self.root

        def gram(x):
            return ratio * operator.rmatvec(operator.matvec(ratio * x))

        _, response = centred_response(problem)
        slope = ratio * operator.rmatvec(response)
        found, n_iter[order] = shifted_conjugate_gradients(
            gram, slope, alphas[order], max_iter=_SHIFTED_STEPS
        )
        coefs[:, order] = found * (ratio / scale)[:, None]
        return coefs, n_iter


def _gram(problem):
    dense = _core.gram(
        problem.design.handle, problem.response, problem.weights, problem.fit_intercept
    )
    dead = column_norms(problem) == 0
    if dense is not None:
        gram, mean = dense[0], dense[2]
        gram[dead], gram[:, dead] = 0.0, 0.0
        return gram, mean
    matrix, mean = problem.design.matrix, column_means(problem)
    product = (matrix.T @ matrix.multiply(problem.weights[:, None])).toarray()
    gram = product - np.outer(mean, mean)
    gram[dead], gram[:, dead] = 0.0, 0.0
    return gram, mean


def _kernel(problem, columns, root):
    """sum_j z_j z_j' / l2_j, in blocks of columns; centring is left to the projection if sparse."""
    matrix, root_v = problem.design.matrix, np.sqrt(problem.weights)
    if sparse.issparse(matrix):
        scaled = matrix[:, columns].multiply(1 / root).tocsc()
        return root_v[:, None] * (scaled @ scaled.T).toarray() * root_v
    n_samples, block = matrix.shape[0], 1024
    kernel = np.zeros((n_samples, n_samples))
    for first in range(0, len(columns), block):
        part = slice(first, first + block)
        z = system_columns(problem, columns[part]) / root[part]
        kernel += z @ z.T
    return kernel


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

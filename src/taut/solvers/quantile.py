"""Quantile regression with L1 or bounds, or without penalty: linear programmes and their duals.

With r = u - w, u, w >= 0 and b = c - d, c, d >= 0 the problem

    minimise  sum_i v_i (q u_i + (1 - q) w_i) + alpha sum_j l1_j (c_j + d_j)
    subject to  u_i - w_i + b0 + x_i'(c - d) = y_i - offset_i

is solved by HiGHS on the features that matter; its multipliers are the dual point that certifies
the solution on all of them. From there pivots lead to the next strength.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from taut.losses import Quantile
from taut.problem import Problem
from taut.solution import Status
from taut.solvers.base import Controls, Grid, Solved
from taut.solvers.columns import Columns, column_scale
from taut.solvers.duality import Judge
from taut.solvers.fitted import null_standing, settled
from taut.solvers.quantile_pivots import Vertex
from taut.solvers.scaled_penalty import as_given, in_units_of

__all__ = ["QuantileProgramme", "balanced_slopes"]

_VIOLATION = 1e-9  # of a feature left out, relative to what its penalty allows
_ROUNDING = 4 * np.finfo(np.float64).eps
_FEWEST = 64  # features that may always enter a programme together
_MOST_ROUNDS = 100


class QuantileProgramme:
    """Linear programmes on working sets of features.

    References
    ----------
    Koenker, R. and Bassett, G. (1978). Regression quantiles. Econometrica 46, 33-50.
    Huangfu, Q. and Hall, J. A. J. (2018). Parallelizing the dual revised simplex method.
    Mathematical Programming Computation 10, 119-142.
    """

    takes_moments = False
    has_own_grid = True
    meets = False

    def refuses(self, problem: Problem) -> str | None:
        if not isinstance(problem.loss, Quantile):
            return f"the linear programme is that of quantile regression, not of {problem.loss!r}"
        if not problem.is_separable or np.any(problem.coordinates.l2):
            return f"a linear programme takes L1 and bounds, not {problem.penalty!r}"
        return None

    def path(self, problem: Problem, grid: Grid, controls: Controls) -> Solved:
        walk = _Walk(problem, controls)
        alphas = grid.below(
            max(walk.alpha_max, np.finfo(np.float64).resolution), grid.ratio(problem)
        )
        return Solved.walked(alphas, walk.to, "highs")


class _Walk:
    def __init__(self, problem: Problem, controls: Controls):
        self.problem, self.controls = problem, controls
        self.scale = column_scale(problem)
        self.penalty = in_units_of(problem, self.scale)
        self.columns = Columns(problem, self.scale)
        self.null = null_standing(problem)
        self.terms = self.penalty.coordinates(len(self.scale))
        l1, _, lower, upper = self.terms
        self.always = np.flatnonzero((l1 == 0) & (lower < upper) | (lower > 0) | (upper < 0))
        no_directions = np.zeros((len(problem.response), 0))
        self.judge = Judge(problem, self.penalty, self.columns.norm, self.null, no_directions)
        self.working = self.always
        # Pivots know of no bounds but those that keep features out.
        bounded = np.any((np.isfinite(lower) | np.isfinite(upper)) & (lower < upper))
        known = np.where(lower < upper, l1, np.inf)
        self.vertex = None if bounded else Vertex(problem, self.columns, known)
        _, slope, _, _ = self._programme(self.always, 0.0)
        self.alpha_max = self.penalty.dual_norm(-self.columns.cross(slope))

    def to(self, alpha: float):
        """Coefficients and intercept as given, and the certificate."""
        found = self.vertex.at(alpha) if self.vertex else None
        if found is not None:
            coef, slope, n_pivots = found
            point, verdict = self._judged(alpha, coef, slope, -self.columns.cross(slope))
            if verdict.reaches(self.controls.tol):
                self.working = np.union1d(np.flatnonzero(coef), self.always)
                return self._solved(coef, point, verdict, Status.SOLVED, n_pivots)
        return self._by_programmes(alpha)

    def _by_programmes(self, alpha):
        n_iter = 0
        for _ in range(_MOST_ROUNDS):
            coef, slope, steps, in_time = self._programme(self.working, alpha)
            n_iter += steps
            z = -self.columns.cross(slope)
            missing = self._missing(z, alpha)
            if not len(missing) or not in_time:
                break
            self.working = np.union1d(self.working, missing)
        point, verdict = self._judged(alpha, coef, slope, z)
        unsolved = Status.STALLED if in_time else Status.MAX_ITER
        status = Status.SOLVED if verdict.reaches(self.controls.tol) else unsolved
        self.working = np.union1d(np.flatnonzero(coef), self.always)
        if self.vertex:
            self.vertex.stand(alpha, coef, point.level)
        return self._solved(coef, point, verdict, status, n_iter)

    def _judged(self, alpha, coef, slope, z):
        point = settled(self.problem, self.columns.product(coef), self.null.point.level)
        return point, self.judge.verdict(coef, alpha, point, slope, z, 1.0)

    def _solved(self, coef, point, verdict, status, n_iter):
        coef = as_given(self.problem, coef, self.scale)
        level = point.level - self.problem.moments[0] @ coef if self.problem.fit_intercept else 0.0
        return coef, float(level), verdict.certificate(status, n_iter, self.controls.tol)

    def _missing(self, z, alpha):
        l1, _, lower, upper = self.terms
        push = np.maximum(np.where(upper > 0, z, 0.0), np.where(lower < 0, -z, 0.0))
        beyond = push - alpha * l1
        beyond[beyond <= _VIOLATION * (alpha * l1 + self.null.norm * self.columns.norm)] = 0.0
        beyond[self.working] = 0.0
        count = max(_FEWEST, len(self.working))
        order = np.argsort(-beyond, kind="stable")[:count]
        return order[beyond[order] > 0]

    def _programme(self, features, alpha):
        """Coefficients of all features, slopes of the loss, iterations, and whether it ended."""
        problem, v = self.problem, self.problem.weights
        rows, q = v > 0, problem.loss.q
        y = problem.response if problem.offset is None else problem.response - problem.offset
        l1, _, lower, upper = (part[features] for part in self.terms)
        copied = Columns(problem, self.scale, features)
        matrix = sparse.csc_array(copied.matrix)[rows]
        unit = sparse.eye_array(int(rows.sum()), format="csc")
        level = sparse.csc_array(np.ones((int(rows.sum()), int(problem.fit_intercept))))
        n_rows, n_used, n_level = unit.shape[0], len(features), level.shape[1]
        # Errors are counted in shares of the weights, which keeps the programme well scaled.
        share = v[rows] / v.max()
        cost = np.concatenate(
            [q * share, (1 - q) * share, np.tile(alpha * l1 / v.max(), 2), np.zeros(n_level)]
        )
        bounds = np.full((len(cost), 2), (0.0, np.inf))
        bounds[2 * n_rows : 2 * n_rows + n_used, 0] = np.maximum(lower, 0.0)
        bounds[2 * n_rows : 2 * n_rows + n_used, 1] = np.maximum(upper, 0.0)
        bounds[2 * n_rows + n_used : 2 * n_rows + 2 * n_used, 0] = np.maximum(-upper, 0.0)
        bounds[2 * n_rows + n_used : 2 * n_rows + 2 * n_used, 1] = np.maximum(-lower, 0.0)
        bounds[len(cost) - n_level :, 0] = -np.inf
        size = max(float(np.max(np.abs(y[rows] - np.median(y[rows])))), np.finfo(np.float64).tiny)
        centre = float(np.median(y[rows])) if problem.fit_intercept else 0.0
        found = linprog(
            cost,
            A_eq=sparse.hstack([unit, -unit, matrix, -matrix, level], format="csc"),
            b_eq=(y[rows] - centre) / size,
            bounds=bounds / size,
            method="highs",
            options={"dual_feasibility_tolerance": 1e-10, "primal_feasibility_tolerance": 1e-10},
        )
        coef, slope = np.zeros(len(self.scale)), np.zeros(len(v))
        if found.x is None:
            return coef, slope, int(found.nit), False
        parts = found.x[2 * n_rows : 2 * n_rows + 2 * n_used] * size
        coef[features] = parts[:n_used] - parts[n_used:]
        slope[rows] = np.clip(-found.eqlin.marginals, -q * share, (1 - q) * share) * v.max()
        return coef, slope, int(found.nit), found.status == 0


def balanced_slopes(problem: Problem, point):
    """Slopes that sum to zero, where the rows that are met exactly have a choice of theirs."""
    slope, v = point.slope.copy(), problem.weights
    if not problem.fit_intercept:
        return slope
    size = np.abs(point.eta) + np.abs(problem.response)  # an offset is added with rounding
    exact = (np.abs(point.eta - problem.response) <= _ROUNDING * size) & (v > 0)
    if exact.any():
        slope[exact] -= slope.sum() * v[exact] / v[exact].sum()
    q = problem.loss.q
    return np.clip(slope, -q * v, (1 - q) * v)  # where a conjugate is finite

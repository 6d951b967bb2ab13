"""Quadratic penalties, or none, under a smooth loss: a smooth problem in all coefficients.

Working sets have nothing to offer where no coefficient is zero, and a Hessian of all features would
not fit where these are many. Limited-memory quasi-Newton steps read X and take vectors alone.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.optimize import minimize

from taut.problem import Problem
from taut.solution import Status
from taut.solvers.base import Controls, Grid, Solved
from taut.solvers.columns import Columns, column_scale
from taut.solvers.duality import Judge
from taut.solvers.fitted import Fitted, null_standing
from taut.solvers.scaled_penalty import in_units_of

__all__ = ["Smooth", "is_smooth_penalty"]

_MEMORY = 20
_CLOSER = 1e-3  # share of the tolerance
_MOST_FREE = 4000  # unpenalised features to which slopes are made orthogonal


def is_smooth_penalty(problem: Problem) -> bool:
    """Whether the penalty is quadratic or nothing, without bounds but for excluded features."""
    if not problem.is_separable:
        return False
    l1, _, lower, upper = problem.coordinates
    excluded = (lower == 0) & (upper == 0)
    return not np.any(l1) and bool(np.all(np.isinf(lower) & np.isinf(upper) | excluded))


class Smooth:
    """L-BFGS on columns of unit norm, each strength from the solution before it.

    References
    ----------
    Liu, D. C. and Nocedal, J. (1989). On the limited memory BFGS method for large scale
    optimization. Mathematical Programming 45, 503-528.
    """

    takes_moments = False
    has_own_grid = False
    meets = False

    def refuses(self, problem: Problem) -> str | None:
        if not problem.loss.is_smooth:
            return f"L-BFGS needs a smooth loss, and {problem.loss!r} is none"
        if not is_smooth_penalty(problem):
            return f"L-BFGS takes quadratic penalties without bounds, not {problem.penalty!r}"
        return None

    def path(self, problem: Problem, grid: Grid, controls: Controls) -> Solved:
        alphas = grid.below(0.0, 1.0) if grid.alphas is not None else np.zeros(1)
        walk = _Walk(problem, controls)
        found = [walk.to(float(alpha)) for alpha in alphas]
        coefs = np.stack([coef for coef, *_ in found], axis=-1)
        intercepts = np.stack([np.asarray(intercept) for _, intercept, _ in found], axis=-1)
        certificates = tuple(certificate for *_, certificate in found)
        return Solved(alphas, np.asfortranarray(coefs), intercepts, certificates, "lbfgs")


class _Walk:
    def __init__(self, problem: Problem, controls: Controls):
        self.problem, self.controls = problem, controls
        self.scale = column_scale(problem)
        self.penalty = in_units_of(problem, self.scale)
        self.columns = Columns(problem, self.scale)
        self.null = null_standing(problem)
        _, l2, _, upper = self.penalty.coordinates(len(self.scale))
        self.l2 = l2.reshape(-1, *[1] * (len(problem.coef_shape) - 1))
        self.used = np.broadcast_to((upper > 0).reshape(self.l2.shape), problem.coef_shape)
        free = np.flatnonzero((l2 == 0) & (upper > 0))
        self.judge = self._judge_for(free)
        self.judge_at_zero = self._judge_for(np.flatnonzero(upper > 0))
        self.coef = np.zeros(problem.coef_shape)
        self.fitted = Fitted(problem, self.columns, self.null.point.level)

    def _judge_for(self, free):
        directions = np.zeros((len(self.problem.response), 0))
        if len(free) >= len(directions) or len(free) > _MOST_FREE:
            directions = None  # as many as there are rows leave no slope but zero
        elif len(free):
            matrix = Columns(self.problem, self.scale, free).matrix
            directions = matrix.toarray() if sparse.issparse(matrix) else matrix
        return Judge(self.problem, self.penalty, self.columns.norm, self.null, directions)

    def to(self, alpha: float):
        """Coefficients and intercept as given, and the certificate."""
        tol = self.controls.tol
        verdict, n_iter, status = self._solved(alpha, tol)
        if status is Status.SOLVED and not np.any(alpha * self.l2):
            verdict, n_iter = self._closer(alpha, verdict, n_iter)
        coef = self.coef / self.scale.reshape(self.l2.shape)
        level = self.fitted.at(self.coef).level
        return coef, self._intercept(coef, level), verdict.certificate(status, n_iter, tol)

    def _closer(self, alpha, verdict, n_iter):
        """Coefficients without penalty go further than they were asked to: they are read to more
        digits than the root of a gap, and the last ones take few steps."""
        coef = self.coef
        closer, further, _ = self._solved(alpha, _CLOSER * self.controls.tol)
        if closer.measure <= verdict.measure:
            return closer, n_iter + further
        self.coef = coef
        return verdict, n_iter

    def _intercept(self, coef, level):
        problem = self.problem
        if not problem.fit_intercept or not problem.loss.is_separable:
            return np.zeros(problem.coef_shape[1:])
        return level - problem.moments[0] @ coef

    def _solved(self, alpha, tol):
        gradient_norm = np.sqrt(tol) * self.null.norm
        n_iter = 0
        while True:
            point = self.fitted.at(self.coef)
            verdict = self._verdict(alpha, point)
            if verdict.reaches(tol):
                return verdict, n_iter, Status.SOLVED
            if n_iter >= self.controls.max_iter:
                return verdict, n_iter, Status.MAX_ITER
            if gradient_norm < 1e-16 * self.null.norm:
                return verdict, n_iter, Status.STALLED
            n_iter += self._descend(alpha, gradient_norm, self.controls.max_iter - n_iter)
            gradient_norm *= 0.1

    def _verdict(self, alpha, point):
        judge = self.judge if alpha > 0 else self.judge_at_zero
        slope, pull = judge.slopes(point), -self.columns.cross(point.slope)
        z = pull if slope is point.slope else -self.columns.cross(slope)
        return judge.verdict(self.coef, alpha, point, slope, z, 1.0, pull)

    def _descend(self, alpha, gradient_norm, most):
        shape, used = self.problem.coef_shape, self.used
        ridge = alpha * self.l2
        # Lengths of one for the curvature of the penalty as well.
        unit = 1.0 / np.sqrt(1.0 + ridge)

        def objective(x):
            coef = np.where(used, x.reshape(shape) * unit, 0.0)
            point = self.fitted.at(coef)
            gradient = (self.fitted.gradient(point) + ridge * coef) * unit * used
            value = point.value + 0.5 * float(np.sum(ridge * coef**2))
            return value, gradient.ravel()

        found = minimize(
            objective,
            (self.coef / unit).ravel(),
            jac=True,
            method="L-BFGS-B",
            options={
                "maxcor": _MEMORY,
                "maxiter": most,
                "maxfun": 4 * most,
                "ftol": 0.0,
                "gtol": gradient_norm,
            },
        )
        self.coef = np.where(used, found.x.reshape(shape) * unit, 0.0)
        return max(int(found.nit), 1)

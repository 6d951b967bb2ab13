"""Quantile regression with a quadratic penalty, from its dual.

With ``a |b| = max over |t| <= a of t b`` for the L1 part the dual is a quadratic programme in a
box,

    minimise  theta'(y - offset) + sum_j (z_j - t_j)^2 / (2 l2_j),      z = -X'theta,
    subject to  -q v <= theta <= (1 - q) v,  |t_j| <= l1_j,  sum theta = 0,

whose coefficients are ``b = (z - t) / l2``. Interior-point steps solve it, each with one system of
the smaller side of X. A bound of zero on a coefficient opens one side of the box of its t.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import sparse

from taut.losses import Quantile
from taut.problem import Problem
from taut.solution import Status
from taut.solvers.base import Controls, Grid, Solved
from taut.solvers.columns import Columns, column_scale
from taut.solvers.duality import Judge, Verdict
from taut.solvers.fitted import null_standing, settled
from taut.solvers.interior_point import BoxProgramme
from taut.solvers.quantile import balanced_slopes
from taut.solvers.ridge import ridge_range
from taut.solvers.scaled_penalty import as_given, in_units_of

__all__ = ["QuantileDual"]

_FEWEST = 64  # features that may always enter a working set together
_FIRST_SHARE, _LAST_SHARE = 1e-3, 1e-9  # of tol, to which programmes are solved
_TINY = np.finfo(np.float64).tiny


class QuantileDual:
    """Interior-point steps in the box of the dual, on working sets where there is an L1 part.

    References
    ----------
    Portnoy, S. and Koenker, R. (1997). The Gaussian hare and the Laplacian tortoise. Statistical
    Science 12, 279-300.
    """

    takes_moments = False
    has_own_grid = True
    meets = False

    def refuses(self, problem: Problem) -> str | None:
        if not isinstance(problem.loss, Quantile):
            return f"the box dual is that of quantile regression, not of {problem.loss!r}"
        if not problem.is_separable:
            return (
                "quantile regression takes penalties that separate over features (L1, L2, "
                f"ElasticNet, bounds), and {problem.penalty!r} does not"
            )
        _, l2, lower, upper = problem.coordinates
        if np.any((l2 == 0) & (lower < upper)):
            return (
                "the box dual needs a quadratic penalty on every feature, or on none, and "
                f"{problem.penalty!r} has it on some: give them positive weights"
            )
        if np.any(np.isfinite(lower) & (lower != 0) | np.isfinite(upper) & (upper != 0)):
            return (
                "the box dual takes no bounds but zero along with a quadratic penalty, and "
                f"{problem.penalty!r} has others: leave out one of the two"
            )
        return None

    def path(self, problem: Problem, grid: Grid, controls: Controls) -> Solved:
        walk = _Walk(problem, controls)
        alphas = walk.grid(grid)
        return Solved.walked(alphas, walk.to, "interior_point")


class _Candidate(NamedTuple):
    coef: np.ndarray
    level: float
    z: np.ndarray
    verdict: Verdict


class _Walk:
    def __init__(self, problem: Problem, controls: Controls):
        self.problem, self.controls = problem, controls
        self.scale = column_scale(problem)
        self.penalty = in_units_of(problem, self.scale)
        self.columns = Columns(problem, self.scale)
        self.null = null_standing(problem)
        no_directions = np.zeros((len(problem.response), 0))
        self.judge = Judge(problem, self.penalty, self.columns.norm, self.null, no_directions)
        self.terms = self.penalty.coordinates(len(self.scale))
        l1, _, lower, upper = self.terms
        self.always = np.flatnonzero((l1 == 0) & (lower < upper))
        self.working = self.always

    def grid(self, grid: Grid):
        """Down from the smallest alpha without features, or from where a ridge shrinks them all."""
        problem = self.problem
        if np.any(problem.coordinates.l1) or grid.alphas is not None:
            slope = balanced_slopes(problem, self.null.point)
            largest = self.penalty.dual_norm(-self.columns.cross(slope))
            return grid.below(max(largest, _TINY), grid.ratio(problem))
        largest, ratio = ridge_range(problem, grid)
        # Slopes here are of size one, not of the size of the errors.
        return grid.below(largest / max(self.null.objective, _TINY), ratio)

    def to(self, alpha: float):
        """Coefficients and intercept as given, and the certificate."""
        n_iter, tol, share = 0, self.controls.tol, _FIRST_SHARE
        while True:
            best, steps = self._solved(alpha, share * tol * self.null.objective)
            n_iter += steps
            missing = self._missing(best.z, alpha)
            if best.verdict.reaches(tol) or not (len(missing) or share > _LAST_SHARE):
                break
            # Coefficients may be as far off as the root of what a programme lacks.
            share = share if len(missing) else 1e-3 * share
            self.working = np.union1d(self.working, missing)
        status = Status.SOLVED if best.verdict.reaches(tol) else Status.STALLED
        self.working = np.union1d(self.always, np.flatnonzero(best.coef))
        coef, problem = as_given(self.problem, best.coef, self.scale), self.problem
        level = best.level - problem.moments[0] @ coef if problem.fit_intercept else 0.0
        return coef, float(level), best.verdict.certificate(status, n_iter, tol)

    def _missing(self, z, alpha):
        l1, _, lower, upper = self.terms
        push = np.maximum(np.where(upper > 0, z, 0.0), np.where(lower < 0, -z, 0.0))
        beyond = np.maximum(push - alpha * l1, 0.0)
        beyond[self.working] = 0.0
        order = np.argsort(-beyond, kind="stable")[: max(_FEWEST, len(self.working))]
        return order[beyond[order] > 0]

    def _solved(self, alpha, goal):
        problem, features = self.problem, self.working
        v = problem.weights
        rows = v > 0
        l1, l2, lower, upper = (part[features] for part in self.terms)
        matrix = Columns(problem, self.scale, features).matrix
        matrix = (matrix.toarray() if sparse.issparse(matrix) else matrix)[rows]
        y = problem.response if problem.offset is None else problem.response - problem.offset
        q, a = problem.loss.q, alpha * l1
        programme = BoxProgramme(
            matrix,
            y[rows],
            alpha * l2,
            np.append(-q * v[rows], np.where(lower == 0, -np.inf, -a)),
            np.append((1 - q) * v[rows], np.where(upper == 0, np.inf, a)),
            problem.fit_intercept,
        )
        inside, fitted, steps = programme.solve(goal)
        slope = np.zeros(len(v))
        slope[rows] = inside
        z = -self.columns.cross(slope)
        # Thresholding z gives exact zeros, the programme's own coefficients more digits.
        excess = np.sign(z[features]) * np.maximum(np.abs(z[features]) - a, 0.0)
        sharp = np.clip(excess / (alpha * l2), lower, upper)
        cut = np.clip(np.where(sharp == 0, 0.0, fitted), lower, upper)
        candidates = [self._judged(alpha, slope, z, features, coef) for coef in (sharp, cut)]
        is_near = not len(self._missing(z, alpha))  # else another round follows in any case
        if is_near and not any(each.verdict.reaches(self.controls.tol) for each in candidates):
            exact, slope[rows] = programme.at_vertex(inside, sharp, a * np.sign(sharp))
            z = -self.columns.cross(slope)
            candidates.append(self._judged(alpha, slope, z, features, np.clip(exact, lower, upper)))
        return min(candidates, key=lambda candidate: candidate.verdict.measure), steps

    def _judged(self, alpha, slope, z, features, values):
        coef = np.zeros(len(self.scale))
        coef[features] = values
        point = settled(self.problem, self.columns.product(coef), self.null.point.level)
        verdict = self.judge.verdict(coef, alpha, point, slope, z, 1.0)
        return _Candidate(coef, point.level, z, verdict)

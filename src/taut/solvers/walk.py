"""A path on working sets, for any smooth loss and any penalty with a prox.

A strength is solved on the blocks of features that may matter, by forward-backward steps, and
judged on all features with one product X'R, which also shows the blocks that are missing. The next
strength begins with those that the sequential strong rule keeps, which is a forward-backward step
at the strength 2 alpha - alpha_before; the check afterwards makes up for its errors.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from taut.penalties.own import check_own
from taut.problem import Problem
from taut.solution import Status
from taut.solvers.base import Controls
from taut.solvers.columns import Columns, column_scale
from taut.solvers.duality import Judge, Verdict
from taut.solvers.fitted import Fitted, Point, balanced, null_standing
from taut.solvers.forward_backward import forward_backward
from taut.solvers.scaled_penalty import (
    as_given,
    blocks_of,
    free_directions,
    in_units_of,
    on_features,
)

__all__ = ["PATIENCE", "State", "Walk", "first_step"]

PATIENCE = 1e-2  # forward-backward steps go on until one promises less than this share of tol
_LEAST_PATIENCE = 1e-20
_FEWEST = 64  # features that may always enter a working set together
_POWER_STEPS = 12
_ROUNDING = 1e-13
_ON_THE_WAY = 1e-3  # tolerance of strengths that nobody asked for
_MOST_PARTS = 50  # of one leap: far down there is little left to find


class State(NamedTuple):
    """A point, and minus the gradient of the loss there, in the units of the columns."""

    coef: np.ndarray
    point: Point
    z: np.ndarray


class Walk:
    """Along decreasing strengths, each from the solution before it.

    References
    ----------
    Tibshirani, R. et al. (2012). Strong rules for discarding predictors in lasso-type problems.
    JRSS B 74, 245-266.
    """

    # Between strengths, in natural logarithms. Where minima are many, small steps stay with the one
    # that the path comes from; what large ones end in may be nearly flat.
    leap, folded_leap = 1.0, 0.25
    most_steps = np.inf  # forward-backward steps in a row

    def __init__(self, problem: Problem, controls: Controls):
        check_own(problem.penalty, problem.coef_shape)
        self.problem, self.controls = problem, controls
        self.scale = column_scale(problem)
        self.penalty = in_units_of(problem, self.scale)
        self.all = Columns(problem, self.scale)
        self.n_features = problem.design.shape[1]
        self.blocks = blocks_of(self.penalty, self.n_features)
        self.null = null_standing(problem)
        directions = free_directions(self.penalty, self.n_features)
        self.free = self.all.product(directions)
        self.judge = Judge(problem, self.penalty, self.all.norm, self.null, self.free)
        self.state = self._start(directions)
        start = self.state
        self.step = first_step(problem, start.point, self.all, start.coef.shape)
        self.alpha, self.tol = np.inf, controls.tol

    def _start(self, directions):
        """The null model: what is not penalised is fitted, the rest is zero."""
        coef = np.zeros(self.problem.coef_shape)
        # Bounds may keep zero out.
        coef = self.penalty.scaled_prox(coef, 1.0, 0.0)
        if directions.shape[1]:
            columns = _Given(self.free)
            fitted = Fitted(self.problem, columns, self.null.point.level)
            start = np.zeros((directions.shape[1], *coef.shape[1:]))
            goal = 1e-2 * self.controls.tol**2 * self.null.objective
            solution, _ = forward_backward(
                fitted,
                lambda x, step: x,
                lambda x: 0.0,
                start,
                first_step(self.problem, fitted.at(start), columns, start.shape),
                lambda now: now.promise <= goal,
                self.controls.max_iter,
            )
            coef = coef + directions @ solution.target
        return self.state_at(coef, Fitted(self.problem, self.all, self.null.point.level).at(coef))

    def largest_alpha(self) -> float:
        """The smallest strength at which the null model is the solution."""
        try:
            largest = self.penalty.dual_norm(self.state.z)
        except NotImplementedError:
            raise ValueError(
                f"alphas must be given for {self.penalty!r}, which leaves no coefficient at zero "
                "and so has no largest alpha: pass alphas, or define dual_norm"
            ) from None
        # Rounding must not let the feature in that decides.
        return max(largest * (1 + _ROUNDING), np.finfo(np.float64).resolution)

    def state_at(self, coef, point):
        return State(coef, point, -self.all.cross(point.slope))

    def along(self, alphas):
        """Coefficients and intercept as given, and the certificate, at each strength."""
        for alpha in map(float, alphas):
            for between in self._on_the_way(alpha):
                self.to(between, max(self.controls.tol, _ON_THE_WAY))
            yield self.to(alpha)

    def _on_the_way(self, alpha):
        """Strengths between the last one, or the largest, and one far below: steps find their way
        along them in fewer iterations than by a leap."""
        above = self.alpha
        if not np.isfinite(above):
            try:
                above = self.largest_alpha()
            except ValueError:
                return np.array([])
        if not 0 < alpha < above < np.inf:
            return np.array([])
        leap = self.leap if self.penalty.is_convex else self.folded_leap
        parts = min(np.ceil(np.log(above / alpha) / leap), _MOST_PARTS)
        return above * (alpha / above) ** (np.arange(1, parts) / parts)

    def to(self, alpha: float, tol: float | None = None):
        """The same at the next strength, up to a tolerance of its own if one is given."""
        self.tol = tol = self.controls.tol if tol is None else tol
        features = self.likely(alpha)
        patience, n_iter, status = PATIENCE, 0, None
        while status is None:
            taken, rounding_shows = self.solve_on(features, alpha, patience, n_iter)
            n_iter += taken
            verdict = self.verdict(alpha)
            missing = self.missing(features, alpha)
            if verdict.reaches(tol):
                status = Status.SOLVED
            elif n_iter >= self.controls.max_iter:
                status = Status.MAX_ITER
            elif len(missing):
                features = self.closed(np.union1d(features, missing))
            elif rounding_shows or patience < _LEAST_PATIENCE:
                status = Status.STALLED
            else:
                # Scaling the dual point to feasibility costs as much as the root of the promise.
                patience *= np.clip(0.1 * (tol / max(tol, verdict.measure)) ** 2, 1e-6, 0.1)
        return self.solved(alpha, verdict, status, n_iter)

    def solved(self, alpha, verdict, status, n_iter):
        """The walk stands at the solution for this strength."""
        self.alpha = alpha
        coef = as_given(self.problem, self.state.coef, self.scale)
        coef, intercept = balanced(self.problem, coef, self._intercept(coef))
        return coef, intercept, verdict.certificate(status, n_iter, self.controls.tol)

    def _intercept(self, coef):
        problem, level = self.problem, self.state.point.level
        # The loss may have no intercept: a constant then changes nothing.
        if not problem.fit_intercept or not problem.loss.is_separable:
            return np.zeros(problem.coef_shape[1:])
        return level - problem.moments[0] @ coef

    def verdict(self, alpha) -> Verdict:
        coef, point, pull = self.state
        slope = self.judge.slopes(point)
        z = pull if slope is point.slope else -self.all.cross(slope)
        return self.judge.verdict(coef, alpha, point, slope, z, self.step, pull)

    def _moves(self, alpha):
        """How far a forward-backward step at this strength would move each feature."""
        coef, z = self.state.coef, self.state.z
        fixed = self.penalty.scaled_prox(coef + self.step * z, self.step, alpha)
        moved = np.abs(fixed - coef).reshape(self.n_features, -1).max(axis=1)
        return moved, fixed.reshape(self.n_features, -1).any(axis=1)

    def likely(self, alpha):
        """Features to begin with."""
        if self.blocks is None:
            return np.arange(self.n_features)
        used = self.state.coef.reshape(self.n_features, -1).any(axis=1)
        moved, entering = self._moves(np.clip(2 * alpha - self.alpha, 0.5 * alpha, alpha))
        return self.closed(np.flatnonzero(used | self._first(moved * (entering & ~used), used)))

    def missing(self, features, alpha):
        """Features outside that a step would move."""
        if len(features) == self.n_features:
            return np.array([], dtype=int)
        moved, _ = self._moves(alpha)
        inside = np.zeros(self.n_features, dtype=bool)
        inside[features] = True
        return np.flatnonzero(self._first(np.where(inside, 0.0, moved), inside))

    def _first(self, moved, beside):
        """Those that would move most, about as many as there are ``beside`` them."""
        count = max(_FEWEST, int(np.count_nonzero(beside)))
        if np.count_nonzero(moved) <= count:
            return moved > 0
        return moved >= max(np.partition(moved, -count)[-count], np.finfo(np.float64).tiny)

    def closed(self, features):
        """With all features of their blocks; all features, where these are most of them."""
        chosen = self.whole_blocks(features)
        return np.arange(self.n_features) if 2 * len(chosen) > self.n_features else chosen

    def whole_blocks(self, features):
        """With all features of their blocks."""
        return np.flatnonzero(np.isin(self.blocks, self.blocks[features]))

    def solve_on(self, features, alpha, patience, n_iter):
        """Forward-backward steps on some features; how many, and whether rounding ended them."""
        if not len(features):
            return 1, False
        whole = len(features) == self.n_features
        columns = self.all if whole else Columns(self.problem, self.scale, features)
        penalty = self.penalty if whole else on_features(self.penalty, features, self.n_features)
        fitted = Fitted(self.problem, columns, self.state.point.level)
        start = self.state.coef[features]
        step = first_step(self.problem, self.state.point, columns, start.shape)
        goal = patience * self.tol * self.null.objective
        most = min(self.controls.max_iter - n_iter, self.most_steps)
        found, taken = forward_backward(
            fitted,
            lambda x, step: penalty.scaled_prox(x, step, alpha),
            lambda x: penalty.scaled_value(x, alpha),
            start,
            step,
            lambda now: now.promise <= goal,
            most,
        )
        coef = np.zeros(self.problem.coef_shape)
        coef[features] = found.target
        self.step = found.step
        self.state = self.state_at(coef, found.there)
        return taken, found.promise > goal and taken < most


class _Given:
    """A dense matrix under the verbs of columns."""

    def __init__(self, matrix):
        self.matrix = matrix

    def product(self, coef):
        return self.matrix @ coef

    def cross(self, residual):
        return self.matrix.T @ residual


def first_step(problem, point, columns, shape):
    """One over the largest curvature at a point, by power iteration; backtracking corrects it."""
    loss, y, v = problem.loss, problem.response, problem.weights
    curvature = loss.curvature(y, point.eta, v)
    if loss.curvature_bound is not None and loss.is_separable:
        rows = v.reshape(-1, *[1] * (curvature.ndim - 1))
        curvature = np.maximum(curvature, 0.1 * loss.curvature_bound * rows)
    x = np.random.default_rng(0).normal(size=shape)
    largest = 0.0
    for _ in range(_POWER_STEPS):
        size = np.linalg.norm(x)
        if size == 0:
            break
        largest = size
        x = columns.cross(curvature * columns.product(x / size))
    return 1.0 / largest if largest > 0 and np.isfinite(largest) else 1.0

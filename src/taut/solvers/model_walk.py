"""The walk along a path with prox-Newton steps: a quadratic model on the working set, minimised
exactly by the compiled core under the penalty.

The model has the exact gradient and the Hessian of the loss at a point some steps ago. The fixed
point does not depend on the Hessian, so it is taken anew only when steps no longer contract, and a
line search on the objective accepts none that does not lower it. The intercept is always at its
best, which takes its rows and columns out of the Hessian by a Schur complement.
"""

from __future__ import annotations

import numpy as np

from taut import _core, losses
from taut.penalties import (
    MCP,
    SCAD,
    SLOPE,
    Coordinates,
    GroupLasso,
    MixedSum,
    MultiTask,
    NativePenalty,
    Penalty,
    SparseGroupLasso,
)
from taut.penalties.separable import Separable
from taut.problem import Problem
from taut.solution import Status
from taut.solvers.columns import ColumnStore, GrowingColumns, bordered, by_feature
from taut.solvers.fitted import Fitted, settled
from taut.solvers.scaled_penalty import on_features
from taut.solvers.walk import PATIENCE, State, Walk

__all__ = ["Blocks", "ModelWalk", "has_folded_groups", "has_model"]

_LARGEST = 4000  # coordinates of a model; forward-backward steps go on with more
_CONTRACTS = 0.2  # share of the last step's promise below which an old Hessian will do
_ROUNDING = 1e-14
_FEW = 512  # coordinates from which on rows are as good as a Gram matrix
# Of the tolerance: Newton steps converge so fast that more costs next to nothing.
_SHARP = 1e-4
# Of the tolerance, by the root of the patience: most of it with the one that walks begin with.
_BLUNT = 8.0
_WIDEST = 8  # strengths ahead
_STEPS = 1000  # of the core on one model
_NEAR = 0.8  # share of the threshold from which a coordinate at zero may move
_NORMS = (GroupLasso, MultiTask, SparseGroupLasso)
# Their Hessians vanish, or jump, where residuals are large or margins kept.
_KINKED = (losses.Huber, losses.SquaredHinge)


def has_folded_groups(penalty: Penalty) -> bool:
    """Whether it is a folded concave one on groups, a norm less what is smooth."""
    part = _part(penalty)
    return isinstance(part, MCP | SCAD) and part.groups is not None


def has_model(problem: Problem) -> bool:
    """Whether the core minimises a quadratic under this penalty, and the loss is smooth enough."""
    loss, penalty, part = problem.loss, problem.penalty, _part(problem.penalty)
    in_blocks = type(part) in _NORMS or has_folded_groups(penalty)
    known = isinstance(part, Separable | NativePenalty) or in_blocks
    known |= isinstance(part, SLOPE) and part.weights is None
    beside = _beside(penalty, problem.design.shape[1])
    if beside is not None:
        known &= bool(np.all(np.isinf(beside.lower) & np.isinf(beside.upper)))
        known &= in_blocks or np.ptp(beside.l1) == 0
    return known and loss.is_smooth and not isinstance(loss, _KINKED)


def _part(penalty):
    """What has kinks that a model must know: of a sum, what does not separate."""
    return penalty.part if isinstance(penalty, MixedSum) else penalty


def _beside(penalty, n_features) -> Coordinates | None:
    """The rest of a sum: its ridge joins the quadratic, its L1 part the thresholds."""
    if not isinstance(penalty, MixedSum):
        return None
    return penalty.separable.coordinates(n_features)


class ModelWalk(Walk):
    """Working sets that only grow, so that their Gram matrix is kept.

    Least squares is its own model: there several strengths are solved ahead, and judged with one
    product X'R. The look-ahead doubles while all is well.
    """

    leap = folded_leap = np.inf  # Newton steps find their way

    def __init__(self, problem, controls):
        super().__init__(problem, controls)
        self.working = GrowingColumns(problem, self.scale)
        self.hessian = _Hessian(problem, self.working)
        self.rows = _Rows(problem, self.working)
        self.n_targets = int(np.prod(problem.coef_shape[1:], dtype=int))
        self.stuck_at = None
        self.rows_ended = False  # what single precision could do, at this strength
        # The last two strengths and their coefficients; the null model is the same at any.
        self.trail = [(2.0, self.state.coef), (1.0, self.state.coef)]

    def to(self, alpha, tol=None):
        self.rows_ended = False
        return super().to(alpha, tol)

    def solved(self, alpha, verdict, status, n_iter):
        self.trail = [self.trail[-1], (alpha, self.state.coef)]
        return super().solved(alpha, verdict, status, n_iter)

    def along(self, alphas):
        # A ridge makes another quadratic of every strength.
        one_by_one = isinstance(self.penalty, Separable) or self._has_ridge()
        if not self.problem.loss.is_quadratic or one_by_one:
            yield from super().along(alphas)
            return
        k, width = 0, 1
        while k < len(alphas):
            ahead = alphas[k : k + width]
            count = 0
            for solution in self._ahead(ahead):
                yield solution
                count += 1
            if count < len(ahead):
                yield self.to(float(alphas[k + count]))
                count += 1
            k += count
            width = min(2 * width, _WIDEST) if count == len(ahead) else 1

    def _ahead(self, alphas):
        """Solutions for strengths, until one needs features that are not there."""
        if len(alphas) == 1 or not self._take_in(self.likely(float(alphas[-1]))):
            return
        coef, point = self.state.coef[self.working.features], self.state.point
        model = self._model(alphas, PATIENCE)
        targets, rounds = model.minimised(point, coef)
        fits = self.working.product(targets.reshape(len(coef), -1)).reshape(
            len(point.eta), *targets.shape[1:]
        )
        points = [settled(self.problem, fits[..., i], point.level) for i in range(len(alphas))]
        slopes = np.stack([point.slope for point in points], axis=-1)
        pulls = -self.all.cross(slopes.reshape(len(slopes), -1)).reshape(
            *self.state.coef.shape, len(alphas)
        )
        for i, alpha in enumerate(map(float, alphas)):
            before = self.state
            every = np.zeros_like(before.coef)
            every[self.working.features] = targets[..., i]
            self.state = State(every, points[i], pulls[..., i])
            verdict = self.verdict(alpha)
            if not verdict.reaches(self.controls.tol):
                self.state = before
                return
            yield self.solved(alpha, verdict, Status.SOLVED, int(rounds[i]))

    def solve_on(self, features, alpha, patience, n_iter):
        if alpha == self.stuck_at or not self._take_in(features):
            return super().solve_on(features, alpha, patience, n_iter)
        taken, is_stuck = self._newton(alpha, patience, n_iter)
        if is_stuck and self._by_rows(len(self.working.features)):
            self.rows_ended, is_stuck = True, False  # their Gram matrix goes on
        native = isinstance(self.problem.loss, losses.NativeLoss) or isinstance(
            _part(self.penalty), NativePenalty
        )
        if is_stuck and native:
            # Where the Hessian jumps, or the penalty is not convex, gradient steps may still help;
            # where rounding is to blame they find that out.
            self.stuck_at, is_stuck = alpha, False
        return taken, is_stuck

    def closed(self, features):
        return self.whole_blocks(features)

    def _take_in(self, features):
        """Add features to the working set; False where it would be too large, or empty."""
        fresh = np.setdiff1d(features, self.working.features)
        count = len(self.working.features) + len(fresh)
        if count * self.n_targets > _LARGEST and not self._by_rows(count):
            return False
        if len(fresh):
            # Blocks are contiguous, as the core wants them.
            self.working.append(fresh[np.argsort(self.blocks[fresh], kind="stable")])
        return len(self.working.features) > 0

    def _model(self, alphas, patience):
        features = self.working.features
        penalty = on_features(self.penalty, features, self.n_features)
        part = _part(penalty)
        if isinstance(part, Separable):
            return _Coordinates(self, penalty, alphas, patience)
        if isinstance(part, SLOPE):
            return _Sorted(self, penalty, alphas, patience)
        if isinstance(part, NativePenalty):
            return _Native(self, penalty, alphas, patience)
        kind = _BlockRows if self._by_rows(len(features)) else Blocks
        return kind(self, penalty, alphas, patience)

    def _has_ridge(self):
        beside = _beside(self.penalty, self.n_features)
        return beside is not None and bool(np.any(beside.l2))

    def _by_rows(self, count):
        """Whether a model of so many features is better known by its rows."""
        problem = self.problem
        return (
            type(_part(self.penalty)) in _NORMS
            and not (self._has_ridge() or self.rows_ended)
            and len(problem.coef_shape) == 1
            and problem.loss.is_separable
            and not problem.design.is_sparse
            and count > min(_FEW, 0.5 * problem.design.shape[0])
        )

    def _newton(self, alpha, patience, n_iter):
        """Steps until one promises too little; how many, and whether rounding ended them."""
        model = self._model(np.array([alpha]), patience)
        goal = patience * self.controls.tol * self.null.objective
        coef, point = self.state.coef[self.working.features], self.state.point
        fitted = Fitted(self.problem, self.working, point.level)
        value = point.value + model.penalty.scaled_value(coef, alpha)
        before, stuck, steps = np.inf, False, 0
        while n_iter + steps < self.controls.max_iter:
            target, promise, is_fresh = model.step(point, coef)
            steps += 1
            # Steps below the objective's rounding still count while they contract.
            blind = promise <= _ROUNDING * abs(value)
            if not promise > 0 or (blind and is_fresh and promise >= before):
                stuck = True
                break
            found = _searched(fitted, model, coef, target - coef, value, promise, alpha)
            if found is None:
                if is_fresh:
                    stuck = True
                    break
                self.hessian.forget()
                continue
            share, coef, point, value = found
            if promise <= goal or (share == 1 and self.problem.loss.is_quadratic):
                break
            if share < 1 or promise > _CONTRACTS * before:
                self.hessian.forget()
            before = promise
        every = np.zeros_like(self.state.coef)
        every[self.working.features] = coef
        self.state = self.state_at(every, point)
        return steps, stuck


def _searched(fitted, model, coef, move, value, promise, alpha):
    """Share of the step, coefficients, point and objective; None where no share lowers it."""
    share = 1.0
    while share > 1e-8:
        there = coef + share * move
        point = fitted.at(there)
        now = point.value + model.penalty.scaled_value(there, alpha)
        # Late steps promise less than the objective's rounding, and are taken on trust.
        if now <= value - 1e-4 * share * promise + _ROUNDING * abs(value):
            return share, there, point, now
        share *= 0.5
    return None


class _Hessian:
    """Of the loss between the working columns, at a point some steps ago."""

    def __init__(self, problem, working):
        self.problem, self.working = problem, working
        self.gram = self.eta = self.profiled = None

    def forget(self):
        if not self.problem.loss.is_quadratic:
            self.eta = None

    def at(self, point):
        """The matrix, column-major, and whether it is that of the point."""
        is_fresh = self.eta is None
        if is_fresh:
            self.eta = point.eta
            self.gram = self._between(slice(None))
            self.profiled = self._without_intercept()
        elif len(self.gram) < self.working.with_ones.shape[1] * self._n_targets:
            first = len(self.gram) // self._n_targets
            self.gram = bordered(self.gram, self._between(slice(first, None)))
            self.profiled = self._without_intercept()
        return self.profiled, is_fresh

    @property
    def _n_targets(self):
        return 1 if self.eta.ndim == 1 else self.eta.shape[1]

    def _between(self, columns):
        matrix, problem = self.working.with_ones, self.problem
        right = matrix if columns == slice(None) else matrix[:, columns]
        return problem.loss.hessian_gram(problem.response, self.eta, problem.weights, matrix, right)

    def _without_intercept(self):
        k = self._n_targets
        gram = self.gram[k:, k:]
        if self.problem.fit_intercept and self.problem.loss.is_separable:
            across = self.gram[k:, :k]
            if np.any(across):
                gram = gram - across @ np.linalg.pinv(self.gram[:k, :k], hermitian=True) @ across.T
        # It is symmetric: the rows of one are the columns of the other.
        return np.ascontiguousarray(gram).T


class _Rows:
    """The working columns times the root of the loss's curvature at a point, without what an
    intercept explains of them, in single precision: their products are the Hessian."""

    def __init__(self, problem, working):
        self.problem, self.working = problem, working
        self.stack = None
        self.unit = 1.0  # that the matrix comes in

    def at(self, point):
        """The matrix, column-major, at this very point."""
        loss = self.problem.loss
        if self.stack is None or not loss.is_quadratic:
            self.curvature = loss.curvature(self.problem.response, point.eta, self.problem.weights)
            self.unit = np.max(self.working.norm, initial=0.0) or 1.0
            self.stack = ColumnStore(np.empty((len(self.curvature), 0), dtype=np.float32))
        if self.stack.size < len(self.working.features):
            self.stack.append(self._weighed(self.working.matrix[:, self.stack.size :]))
        return self.stack.matrix

    def _weighed(self, matrix):
        root = np.sqrt(self.curvature) / self.unit
        mean = 0.0
        if self.problem.fit_intercept:
            mean = self.curvature @ matrix / (self.curvature.sum() or 1.0)
        return (matrix - mean) * root[:, None]


class _Model:
    """The quadratic model on the working set, as the core takes it.

    It is solved until its objective is wrong by less than ``patience * tol`` of the null model's,
    or its stationarity by about the root of that: the gap feels the latter, since the dual point
    has to be scaled until it is feasible.
    """

    def __init__(self, walk, penalty, alphas, patience):
        self.walk, self.penalty, self.patience = walk, penalty, patience
        self.tol = walk.controls.tol
        self.alphas = np.ascontiguousarray(alphas, dtype=np.float64)
        self.part = _part(penalty)
        self.beside = _beside(penalty, len(walk.working.features))
        self.ridge = 0.0 if self.beside is None else self.beside.l2

    def step(self, point, coef):
        """Coefficients at the minimum, by how much the objective falls at first along the way
        there, and whether the curvature is that of the point."""
        z = self.pull(point, coef)
        targets, left, _, is_fresh = self.solve(point, coef, z)
        target = targets[:, 0].reshape(coef.shape)
        return target, float(np.vdot(z - left[:, 0].reshape(coef.shape), target - coef)), is_fresh

    def minimised(self, point, coef):
        """Coefficients at the minimum for each strength, on the last axis, and rounds taken."""
        targets, _, rounds, _ = self.solve(point, coef, self.pull(point, coef))
        return targets.reshape(*coef.shape, len(self.alphas)), rounds

    def pull(self, point, coef):
        """Minus the gradient of the loss and of the ridge."""
        z = -self.walk.working.cross(point.slope)
        if not np.any(self.ridge):
            return z
        return z - by_feature(self.alphas[0] * self.ridge, coef) * coef

    def gram(self, point, coef):
        """The Hessian of both, and whether it is that of the point."""
        gram, is_fresh = self.walk.hessian.at(point)
        if np.any(self.ridge):
            gram = gram.copy(order="F")
            gram[np.diag_indices_from(gram)] += self._repeated(self.alphas[0] * self.ridge)
        return gram, is_fresh

    def _repeated(self, values):
        return np.ascontiguousarray(np.repeat(values, self.walk.n_targets), dtype=np.float64)


class _Coordinates(_Model):
    """Under a separable penalty, at one strength."""

    def solve(self, point, coef, z):
        """On the coordinates that may move, until no other wants to."""
        walk = self.walk
        gram, is_fresh = walk.hessian.at(point)
        beta, z = coef.ravel(), z.ravel()
        parts = self.penalty.coordinates(len(walk.working.features))
        noise = 8e-16 * walk.working.norm * walk.null.norm + 1e-300
        parts = np.array([self._repeated(part) for part in (*parts, noise)])
        threshold = self.alphas[0] * parts[0]
        chosen = (beta != 0) | (np.abs(z) > _NEAR * threshold)
        while True:
            some = np.flatnonzero(chosen)
            found, _, rounds = _core.solve_coordinates(
                np.asfortranarray(gram[np.ix_(some, some)]),
                beta[some],
                z[some],
                *np.ascontiguousarray(parts[:, some]),
                self.alphas,
                walk.null.objective,
                self.tol,
                _STEPS,
            )
            goal = beta.copy()
            goal[some] = found[:, 0]
            left = z - gram[:, some] @ (goal - beta)[some]
            missing = ~chosen & (np.abs(left) > threshold)
            if not missing.any():
                return goal[:, None], left[:, None], rounds, is_fresh
            chosen |= missing


class _Sorted(_Model):
    """Under the sorted norm."""

    def solve(self, point, coef, z):
        walk = self.walk
        gram, is_fresh = self.gram(point, coef)
        lambdas, _ = self.part._aligned(coef)
        if self.beside is not None:
            lambdas = lambdas + self.beside.l1
        found = _core.solve_sorted(
            gram,
            coef.ravel(),
            np.ascontiguousarray(z).ravel(),
            lambdas,
            self.alphas,
            walk.null.objective,
            np.sqrt(self.patience) * self.tol,
            _STEPS,
        )
        return *found, is_fresh


class _Native(_Model):
    """Under the compiled prox of a user."""

    def solve(self, point, coef, z):
        walk = self.walk
        gram, is_fresh = self.gram(point, coef)
        _, weights = self.penalty.group_layout(len(walk.working.features))
        value, prox = self.part.functions
        # Stationarity is the root of a promise; a part in 1e14 of the response is rounding.
        goal = max(np.sqrt(self.patience) * self.tol, 1e-14) * walk.null.norm
        found = _core.solve_native(
            gram,
            coef.ravel(),
            np.ascontiguousarray(z).ravel(),
            prox.address,
            value.address,
            self._repeated(weights),
            self.alphas,
            goal,
            _STEPS,
        )
        return *found, is_fresh


class Blocks(_Model):
    """Under norms of groups, from the Gram matrix."""

    def solve(self, point, coef, z):
        gram, is_fresh = self.gram(point, coef)
        found = _core.solve_blocks(
            gram,
            coef.ravel(),
            np.ascontiguousarray(z).ravel(),
            *self._groups(),
            self.alphas,
            _SHARP * self.tol,
            _STEPS,
        )
        return *found, is_fresh

    def _groups(self):
        # Groups joined one after another, and the labels of a working set begin at zero.
        n_targets = self.walk.n_targets
        labels, weights = self.penalty.group_layout(len(self.walk.working.features))
        starts = np.flatnonzero(np.diff(labels, prepend=-1, append=-1)) * n_targets
        order = labels[starts[:-1] // n_targets]
        ratio = getattr(self.part, "l1_ratio", 0.0)
        entries = np.where(np.isfinite(weights) & (weights > 0), ratio, 0.0)[labels]
        if self.beside is not None:
            entries = entries + self.beside.l1
        weights = np.ascontiguousarray(((1 - ratio) * weights)[order])
        return starts.astype(np.int64), weights, self._repeated(entries)


class _BlockRows(Blocks):
    """The same from the rows, where coordinates are many.

    In units in which the largest column and the response have norm one: single precision ends at
    1e38.
    """

    def solve(self, point, coef, z):
        walk, rows = self.walk, self.walk.rows
        matrix = rows.at(point)
        column, response = rows.unit, walk.null.norm or 1.0
        came, (before, _) = zip(*walk.trail, strict=True)
        found, left, rounds = _core.solve_block_rows(
            matrix,
            coef * (column / response),
            z / (column * response),
            before[walk.working.features] * (column / response),
            np.array(came) / (column * response),
            *self._groups(),
            self.alphas / (column * response),
            _BLUNT * np.sqrt(self.patience) * self.tol * walk.null.objective / response**2,
            _STEPS,
        )
        return found * (response / column), left * (column * response), rounds, True

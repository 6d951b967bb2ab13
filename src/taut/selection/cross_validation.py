"""Cross-validation of a whole path: folds are weight vectors over one design."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, ClassVar

import numpy as np
from sklearn.utils import check_random_state

from taut.losses import Cox, Logistic, Multinomial, SquaredHinge
from taut.memory import fits
from taut.path import settled_grid, solve_targets
from taut.problem import Problem
from taut.selection.errors import mean_errors, mean_squares
from taut.selection.fold_moments import FoldMoments, gather
from taut.selection.folds import as_splits, check_folds
from taut.selection.rule import Choice, Rule
from taut.solvers import Controls, Grid, solve_path
from taut.solvers.choose import choose
from taut.solvers.threads import side_by_side
from taut.validation import check_choice, check_positive, check_ratio, shown

__all__ = ["CV", "CVResults", "FoldPath", "Folds", "cross_validate", "share"]

_RULES = ("min", "1se")
_MEETING = 4  # folds on one core
_CLASSES = (Logistic, Multinomial, SquaredHinge)  # whose folds hold every class


@dataclass(frozen=True, repr=False)
class CVResults:
    """Errors along the path, fold by fold.

    Attributes
    ----------
    alphas : ndarray of shape (n_alphas,)
    errors, train_errors : ndarray of shape (n_alphas, n_folds)
        Mean deviances on the held-out and on the training rows: squared errors for least squares.
    fold_weights : ndarray of shape (n_folds,) or None
        Weight of each fold's held-out rows, where samples are weighted.
    """

    alphas: np.ndarray
    errors: np.ndarray
    train_errors: np.ndarray
    fold_weights: np.ndarray | None = None

    @cached_property
    def mean(self) -> np.ndarray:
        return np.average(self.errors, axis=1, weights=self.fold_weights)

    @cached_property
    def standard_error(self) -> np.ndarray:
        """Of the mean, from the spread over folds; zero where there is a single fold.

        Infinite where a mean is, as where a model predicts counts beyond the largest number.
        """
        n_folds = self.errors.shape[1]
        if n_folds < 2:
            return np.zeros(len(self.alphas))
        known = np.isfinite(self.mean)
        with np.errstate(over="ignore"):
            squares = np.square(self.errors[known] - self.mean[known, None])
        variance = np.full(len(known), np.inf)
        variance[known] = np.average(squares, axis=1, weights=self.fold_weights) / (n_folds - 1)
        return np.sqrt(variance)

    @property
    def index_min(self) -> int:
        """Least mean error; the strongest penalty among equals."""
        return int(np.argmin(self.mean))

    @property
    def index_1se(self) -> int:
        """Strongest penalty whose error is within one standard error of the least.

        Breiman, L., Friedman, J., Olshen, R. and Stone, C. (1984). Classification and regression
        trees, section 3.4.3.
        """
        best = self.index_min
        return int(np.argmax(self.mean <= self.mean[best] + self.standard_error[best]))

    @property
    def alpha_min(self) -> float:
        return float(self.alphas[self.index_min])

    @property
    def alpha_1se(self) -> float:
        return float(self.alphas[self.index_1se])

    def __repr__(self):
        n_alphas, n_folds = self.errors.shape
        return (
            f"CVResults({n_alphas} alphas, {n_folds} folds, "
            f"alpha_min={self.alpha_min:.4g}, alpha_1se={self.alpha_1se:.4g})"
        )


@dataclass(frozen=True)
class CV(Rule):
    """Choose the strength by cross-validation.

    Parameters
    ----------
    folds : int, splitter or iterable of (train, test), default 5
        A number of folds, each with equal shares of the classes, or of the rows with an event.
    rule : {"min", "1se"}, default "min"
        Least error, or the strongest penalty within one standard error of it.
    random_state : int, default None
        Shuffles the rows before they are cut into ``folds``; None keeps their order.
    n_alphas : int, default None
        How many strengths to choose from; None is what the model takes, 100 as a rule.
    alpha_min_ratio : float in (0, 1), default None
        Smallest over largest strength; None is 1e-4 for more rows than features, else 1e-2.

    Raises
    ------
    ValueError, TypeError
        An argument is none of these.

    References
    ----------
    Breiman, L., Friedman, J., Olshen, R. and Stone, C. (1984). Classification and regression trees.
    Wadsworth, section 3.4.3 (the one-standard-error rule).

    Examples
    --------
    >>> import taut
    >>> model = taut.Lasso(alpha=taut.CV(folds=10, rule="1se"))
    """

    results_name: ClassVar[str] = "cv_results_"

    folds: Any = 5
    rule: str = "min"
    random_state: Any = None
    n_alphas: int | None = None
    alpha_min_ratio: float | None = None

    def __post_init__(self):
        check_folds(self.folds)
        if self.n_alphas is not None:
            check_positive(self.n_alphas, "n_alphas", 100)
        if self.alpha_min_ratio is not None:
            check_ratio(self.alpha_min_ratio, "alpha_min_ratio")
        check_choice(self.rule, "rule", _RULES)
        try:
            check_random_state(self.random_state)
        except ValueError as error:
            raise ValueError(
                "random_state must be None or a whole number from 0 to 4294967295, got "
                f"{shown(self.random_state)}: pass 0, say"
            ) from error

    def __repr__(self):
        # Pairs of row indices, such as those of grouped folds, would fill pages.
        listed = isinstance(self.folds, (list, tuple))
        folds = f"<{len(self.folds)} pairs of rows>" if listed else repr(self.folds)
        grid = [
            f", {name}={getattr(self, name)!r}"
            for name in ("n_alphas", "alpha_min_ratio")
            if getattr(self, name) is not None
        ]
        text = f"CV(folds={folds}, rule={self.rule!r}, random_state={self.random_state!r}"
        return text + "".join(grid) + ")"

    def choose(self, problems, grid: Grid, controls: Controls, groups=None) -> Choice:
        splits = self.splits(problems, groups)
        solved, results = solve_and_validate(problems, self._finer(grid), splits, controls)
        return Choice(solved, self.index(results), results)

    def splits(self, problems: Sequence[Problem], groups=None):
        """The folds, as pairs of row indices; of classes and events each has equal shares."""
        y = (
            np.column_stack([p.response for p in problems])
            if problems[1:]
            else problems[0].response
        )
        stratify = isinstance(problems[0].loss, (*_CLASSES, Cox))
        if isinstance(problems[0].loss, Cox):
            y = y[:, 1]
        elif stratify and y.ndim == 2:
            y = y @ np.arange(1, y.shape[1] + 1)  # indicators, none of them for a reference
        return as_splits(self.folds, len(y), self.random_state, y, groups, stratify=stratify)

    def index(self, results: CVResults) -> int:
        """The place of the strength that these errors choose."""
        return results.index_min if self.rule == "min" else results.index_1se

    def _finer(self, grid: Grid) -> Grid:
        """The automatic grid of the model, as long and as wide as this rule has it."""
        own = {"n_alphas": self.n_alphas, "alpha_min_ratio": self.alpha_min_ratio}
        return replace(grid, **{name: value for name, value in own.items() if value is not None})


def solve_and_validate(problems: Sequence[Problem], grid: Grid, splits, controls: Controls):
    """The path on all rows, and its errors on each fold at the same alphas, side by side.

    Statistics of all rows, where they serve, are the sum of those of the folds.

    Returns
    -------
    solved : list of Solved
    results : CVResults
    """
    moments = gather(problems, splits, controls)
    grid = settled_grid(problems, grid, controls)
    if grid.alphas is None:
        solved = solve_targets(problems, grid, controls)
        folds = Folds(problems, splits, moments)
        return solved, folds.validated(solved[0].alphas, controls)
    folds = Folds(problems, splits, moments)
    paths = [partial(solve_path, problem, grid) for problem in problems]
    jobs = [*paths, *folds.jobs(grid.alphas)]
    found = side_by_side(jobs, controls, problems[0].design.size, folds.seats)
    return found[: len(paths)], folds.results(grid.alphas, found[len(paths) :])


def cross_validate(problems: Sequence[Problem], alphas, splits, controls: Controls) -> CVResults:
    """Errors of the path on each fold, all fitted on the same alphas.

    Parameters
    ----------
    problems : sequence of Problem
        One per target, on the same design and weights; errors are averaged over targets.
    alphas : ndarray of shape (n_alphas,)
        Decreasing.
    splits : list of (train, test) row indices
    controls : Controls

    Returns
    -------
    CVResults

    Raises
    ------
    ValueError
        A fold's training or test rows all have zero weight.
    """
    folds = Folds(problems, splits, gather(problems, splits, controls))
    return folds.validated(np.asarray(alphas), controls)


class Folds:
    """The folds of one cross-validation: what to solve on each, and what comes of it.

    Parameters
    ----------
    problems : sequence of Problem
        One per target, on the same design and weights.
    splits : list of (train, test) row indices
    moments : FoldMoments, default None
        Where statistics of the folds serve.
    """

    def __init__(self, problems, splits, moments: FoldMoments | None = None):
        self.problems, self.splits = problems, splits
        self.weights, self.moments = problems[0].weights, moments
        # Every fold is looked at before the first is fitted; held together, the weights of many
        # folds would outgrow X.
        self.held_out = self._sums()[:, 1]

    def _sums(self):
        """The weight of each fold's parts, shape (n_folds, 2)."""
        folds = range(len(self.splits))
        if self.moments is None:
            return np.array([[part.sum() for part in self._parts(k)] for k in folds])
        for k in folds:
            _require_weight(self.moments.weights[k].min(), k)
        return self.moments.weights

    def _parts(self, k):
        return (share(self.weights, rows, k) for rows in self.splits[k])

    def jobs(self, alphas) -> list:
        """One call per fold, of (controls) -> training errors, held-out errors."""
        return [partial(self._errors, k, alphas) for k in range(len(self.splits))]

    @property
    def seats(self) -> int:
        """Folds that are solved on one core at a time: more than one where they read all of X again
        and again, and can do so together."""
        problem = self.problems[0]
        waits = self.moments is None and not problem.design.is_sparse and choose(problem).meets
        return _MEETING if waits and _have_room(problem) else 1

    def path(self, k) -> FoldPath:
        """That of the k-th fold, from its rows."""
        return FoldPath(self.problems, *self._parts(k))

    def _errors(self, k, alphas, controls):
        if self.moments is not None:
            found = self.moments.errors(k, self.problems[0], alphas, controls)
            if found is not None:
                return found
        return _fold_errors(self.problems, alphas, controls, *self._parts(k))

    def validated(self, alphas, controls) -> CVResults:
        """Errors of all folds, solved side by side."""
        size = self.problems[0].design.size
        return self.results(alphas, side_by_side(self.jobs(alphas), controls, size, self.seats))

    def results(self, alphas, found) -> CVResults:
        """Of what the calls have returned."""
        train_errors, errors = (np.column_stack(part) for part in zip(*found, strict=True))
        weighted = np.ptp(self.weights) > 0
        return CVResults(alphas, errors, train_errors, self.held_out if weighted else None)


class FoldPath:
    """The path of one fold, each target fitted on the rows themselves; it can go on later.

    Parameters
    ----------
    problems : sequence of Problem
        One per target, on the same design and weights.
    training, testing : ndarray of shape (n_samples,)
        Weights of the rows.
    """

    def __init__(self, problems, training, testing):
        fold = replace(problems[0], weights=training / training.sum(), shared={})
        self._problems = problems
        self._fits = [fold.for_response(problem.response) for problem in problems]
        for problem in self._fits:
            _require_model(problem)
        self._starts = [None] * len(problems)
        self._parts = training, testing
        self._found = np.empty((2, 0))

    def errors(self, alphas, controls: Controls) -> np.ndarray:
        """Training and held-out errors, of shape (2, n_alphas).

        Strengths that an earlier call has solved have to come first, and are not solved again.
        """
        rest = alphas[self._found.shape[1] :]
        if len(rest):
            parts = [self._go_on(k, Grid(rest), controls) for k in range(len(self._fits))]
            self._found = np.column_stack([self._found, np.mean(parts, axis=0)])
        return self._found[:, : len(alphas)]

    def _go_on(self, k, grid, controls):
        solved = solve_path(self._fits[k], grid, replace(controls, start=self._starts[k]))
        self._starts[k] = solved.coefs[..., -1]
        if solved.squares is None:
            return mean_errors(self._problems[k], solved, self._parts)
        held_out = mean_squares(self._problems[k], solved, self._parts[1])
        return np.stack([solved.squares, held_out])


def _fold_errors(problems, alphas, controls, training, testing):
    """Training and held-out errors of one fold that need not go on."""
    return FoldPath(problems, training, testing).errors(alphas, controls)


def share(weights, rows, fold):
    """The sample weights of some rows, zero elsewhere; a row drawn twice counts twice."""
    share = weights * np.bincount(rows % len(weights), minlength=len(weights))
    _require_weight(share.sum(), fold)
    return share


def _have_room(problem):
    """Whether the working sets of all that meet fit, on a few cores."""
    n_samples, n_features = problem.design.shape
    size = min(2 * n_samples, n_features)
    return fits((4 * _MEETING * (2 * n_samples + 4 * size), size))


def _require_model(problem):
    """Rows of one class, or without one, have no model: what is rare is never predicted."""
    if isinstance(problem.loss, Cox) and not problem.response[problem.weights > 0, 1].any():
        raise ValueError(
            "cv must leave events to train on, but a fold's training rows have none: use fewer "
            "folds, a splitter that is stratified by events, or more rows with an event"
        )
    if problem.fit_intercept and not np.all(np.isfinite(problem.null_intercept)):
        raise ValueError(
            "cv must leave rows of every class, and counts that are not all zero, to train on, but "
            "a fold's training rows lack them, so that its intercept is infinite: use fewer folds, "
            "a stratified splitter, or more rows of what is rare"
        )


def _require_weight(total, fold):
    if not total > 0:
        raise ValueError(
            f"folds must leave weight on both sides, but fold {fold} has a part whose rows all "
            "have sample_weight 0: use fewer folds or shuffle them"
        )

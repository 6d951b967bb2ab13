"""Cross-validation of a whole path: folds are weight vectors over one design."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from sklearn.utils import check_random_state

from taut.path import solve_targets
from taut.problem import Problem
from taut.selection.errors import mean_squared_errors
from taut.selection.fold_moments import fold_errors, gather
from taut.selection.folds import as_splits, check_folds
from taut.selection.rule import Choice, Rule
from taut.selection.threads import side_by_side
from taut.solvers import Controls, Grid, solve_path
from taut.validation import check_choice, shown

__all__ = ["CV", "CVResults", "cross_validate", "share"]

_RULES = ("min", "1se")


@dataclass(frozen=True)
class CVResults:
    """Errors along the path, fold by fold.

    Attributes
    ----------
    alphas : ndarray of shape (n_alphas,)
    errors, train_errors : ndarray of shape (n_alphas, n_folds)
        Mean squared errors on the held-out and on the training rows.
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
        """Of the mean, from the spread over folds; zero where there is a single fold."""
        n_folds = self.errors.shape[1]
        if n_folds < 2:
            return np.zeros(len(self.alphas))
        squares = np.square(self.errors - self.mean[:, None])
        return np.sqrt(np.average(squares, axis=1, weights=self.fold_weights) / (n_folds - 1))

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


@dataclass(frozen=True)
class CV(Rule):
    """Choose the strength by cross-validation.

    Parameters
    ----------
    folds : int, splitter or iterable of (train, test), default 5
    rule : {"min", "1se"}, default "min"
        Least error, or the strongest penalty within one standard error of it.
    random_state : int, default None
        Shuffles the rows before they are cut into ``folds``; None keeps their order.

    Raises
    ------
    ValueError, TypeError
        An argument is none of these.

    Examples
    --------
    >>> import taut
    >>> model = taut.Lasso(alpha=taut.CV(folds=10, rule="1se"))
    """

    results_name: ClassVar[str] = "cv_results_"

    folds: Any = 5
    rule: str = "min"
    random_state: Any = None

    def __post_init__(self):
        check_folds(self.folds)
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
        return f"CV(folds={folds}, rule={self.rule!r}, random_state={self.random_state!r})"

    def choose(self, problems, grid: Grid, controls: Controls, groups=None) -> Choice:
        y = (
            np.column_stack([p.response for p in problems])
            if problems[1:]
            else problems[0].response
        )
        splits = as_splits(self.folds, len(y), self.random_state, y, groups)
        solved, results = solve_and_validate(problems, grid, splits, controls)
        index = results.index_min if self.rule == "min" else results.index_1se
        return Choice(solved, index, results)


def solve_and_validate(problems: Sequence[Problem], grid: Grid, splits, controls: Controls):
    """The path on all rows, and its errors on each fold at the same alphas.

    What the two can share they share: statistics of all rows are the sum of those of the folds, and
    folds begin with the features that the path on all rows used.

    Returns
    -------
    solved : list of Solved
    results : CVResults
    """
    gather(problems, splits)
    solved = solve_targets(problems, grid, controls)
    return solved, cross_validate(problems, solved[0].alphas, splits, controls)


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

    Raises
    ------
    ValueError
        A fold's training or test rows all have zero weight.
    """
    grid, weights = Grid(np.asarray(alphas)), problems[0].weights
    moments = gather(problems, splits)
    errors = np.empty((len(alphas), len(splits)))
    train_errors = np.empty_like(errors)
    # Every fold is looked at before the first is fitted; held together, the weights of many folds
    # would outgrow X.
    shares = ([share(weights, rows, k).sum() for rows in pair] for k, pair in enumerate(splits))
    fold_weights = np.array([held_out for _, held_out in shares])

    def one(k, controls):
        found = moments and fold_errors(problems[0], moments[k], grid.alphas, controls)
        parts = (share(weights, rows, k) for rows in splits[k])
        return found or _fold_errors(problems, grid, controls, *parts)

    found = side_by_side(one, len(splits), controls, np.prod(problems[0].design.shape))
    for k, pair in enumerate(found):
        train_errors[:, k], errors[:, k] = pair
    weighted = np.ptp(weights) > 0
    return CVResults(grid.alphas, errors, train_errors, fold_weights if weighted else None)


def _fold_errors(problems, grid, controls, training, testing):
    """Training and held-out errors of one fold, each target fitted on the rows themselves."""
    fold = replace(problems[0], weights=training / training.sum(), shared={})
    parts = []
    for problem in problems:
        solved = solve_path(fold.for_response(problem.response), grid, controls)
        parts.append(mean_squared_errors(problem, solved, (training, testing)))
    return tuple(np.mean(parts, axis=0))


def share(weights, rows, fold):
    """The sample weights of some rows, zero elsewhere; a row drawn twice counts twice."""
    share = weights * np.bincount(rows % len(weights), minlength=len(weights))
    if not share.sum() > 0:
        raise ValueError(
            f"folds must leave weight on both sides, but fold {fold} has a part whose rows all "
            "have sample_weight 0: use fewer folds or shuffle them"
        )
    return share

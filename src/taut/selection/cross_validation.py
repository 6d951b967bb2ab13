"""Cross-validation of a whole path: folds are weight vectors over one design."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from taut.problem import Problem
from taut.selection.folds import as_splits
from taut.selection.rule import Choice, Rule
from taut.solvers import Controls, Grid, Solved, solve_path

__all__ = ["CV", "CVResults", "cross_validate"]

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
    ValueError
        ``rule`` is none of these.

    Examples
    --------
    >>> import taut
    >>> model = taut.Lasso(alpha=taut.CV(folds=10, rule="1se"))
    """

    folds: Any = 5
    rule: str = "min"
    random_state: Any = None

    def __post_init__(self):
        if self.rule not in _RULES:
            raise ValueError(f"rule must be one of {_RULES}, got {self.rule!r}")

    def choose(self, problem: Problem, solved: Solved, controls: Controls, groups=None) -> Choice:
        n_samples = problem.design.shape[0]
        splits = as_splits(self.folds, n_samples, self.random_state, problem.response, groups)
        results = cross_validate(problem, solved.alphas, splits, controls)
        return Choice(results.index_min if self.rule == "min" else results.index_1se, results)


def cross_validate(problem: Problem, alphas, splits, controls: Controls) -> CVResults:
    """Errors of the path on each fold, all fitted on the same alphas.

    Parameters
    ----------
    problem : Problem
    alphas : ndarray of shape (n_alphas,)
        Decreasing.
    splits : list of (train, test) row indices
    controls : Controls

    Raises
    ------
    ValueError
        A fold's training or test rows all have zero weight.
    """
    errors = np.empty((len(alphas), len(splits)))
    train_errors = np.empty_like(errors)
    fold_weights = np.empty(len(splits))
    for k, (train, test) in enumerate(splits):
        training, testing = _share(problem, train, k), _share(problem, test, k)
        fold = replace(problem, weights=training / training.sum(), shared={})
        solved = solve_path(fold, Grid(np.asarray(alphas)), controls)
        train_errors[:, k], errors[:, k] = _errors(problem, solved, (training, testing))
        fold_weights[k] = testing.sum()
    weighted = np.ptp(problem.weights) > 0
    return CVResults(np.asarray(alphas), errors, train_errors, fold_weights if weighted else None)


def _share(problem, rows, fold):
    """The sample weights of some rows, zero elsewhere; a row drawn twice counts twice."""
    counts = np.bincount(rows % len(problem.weights), minlength=len(problem.weights))
    weights = problem.weights * counts
    if not weights.sum() > 0:
        raise ValueError(
            f"folds must leave weight on both sides, but fold {fold} has a part whose rows all "
            "have sample_weight 0: use fewer folds or shuffle them"
        )
    return weights


def _errors(problem, solved, weightings, block=16):
    """Weighted mean of twice the loss (the squared error), per alpha; a block of alphas at a time."""
    out = np.empty((len(weightings), len(solved.alphas)))
    for first in range(0, len(solved.alphas), block):
        part = slice(first, first + block)
        eta = problem.design.product(solved.coefs[:, part]) + solved.intercepts[part]
        cost = 2.0 * problem.loss.value(problem.response[:, None], eta)
        for row, weights in zip(out, weightings, strict=True):
            row[part] = weights @ cost / weights.sum()
    return out

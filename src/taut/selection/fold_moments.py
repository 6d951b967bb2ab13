"""Cross-validation from sufficient statistics: one pass over the rows for all folds.

Every fold's training statistics are those of the whole less those of its held-out rows, and paths
and errors follow from p-sized numbers. Rounding limits this where the errors are tiny against the
response or a column hardly varies in a fold; such folds are left to the ordinary way.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, reduce
from operator import add

import numpy as np

from taut.designs.moments import CentredMoments, Moments
from taut.memory import fits
from taut.problem import Problem
from taut.solvers import Controls, Grid
from taut.solvers.choose import choose
from taut.solvers.products import row_moments, stretches_of

__all__ = ["FoldMoments", "gather"]

_LEAST_ERROR = 1e-8  # of the squared response: below it, rounding shows in y'y - 2 c'b + b'Gb
_LEAST_VARIATION = 1e-8  # of a column in the training rows, against all rows


@dataclass(frozen=True, eq=False)
class FoldMoments:
    """Moments of all rows, of those that each fold holds out, and the problem that all rows pose.

    Attributes
    ----------
    total : Moments
    held_out : list of Moments
    whole : CentredMoments
    """

    total: Moments
    held_out: list[Moments]
    whole: CentredMoments

    @cached_property
    def weights(self) -> np.ndarray:
        """Of the training and of the held-out rows, shape (n_folds, 2)."""
        held_out = np.array([part.weight for part in self.held_out])
        return np.column_stack([self.total.weight - held_out, held_out])

    def errors(self, fold: int, problem: Problem, alphas, controls: Controls):
        """Training and held-out errors along the path of one fold.

        Returns
        -------
        tuple of two ndarrays of shape (n_alphas,), or None
            None where rounding would show.
        """
        held_out = self.held_out[fold]
        training = (self.total - held_out).centred(problem.fit_intercept)
        variation, reference = np.diagonal(training.gram), np.diagonal(self.whole.gram)
        constant = self.whole.constant
        if np.any((variation < _LEAST_VARIATION * reference) & ~constant):
            return None
        training = training.without(constant)
        deviation = np.sqrt(np.diagonal(training.gram))
        posed = replace(problem, shared={"moments": (training.mean, deviation)})
        grid = Grid(np.asarray(alphas))
        solved = choose(problem).path_of_moments(posed, training, grid, controls)
        if not all(c.solved for c in solved.certificates):
            return None
        errors = training.mean_squared_errors(solved.coefs)
        if errors.min() < _LEAST_ERROR * training.squares:
            return None
        return errors, held_out.mean_squared_errors(solved.coefs, solved.intercepts)


def gather(problems, splits, controls: Controls) -> FoldMoments | None:
    """Moments of each fold, or None where they do not serve.

    They are kept for other penalties on the same splits, and their sum for the path on all rows.
    """
    problem = problems[0]
    if len(problems) > 1 or not _worth(problem) or not _has_room(problem, len(splits)):
        return None
    kept = problem.shared.get("folds")
    if kept is not None and kept[0] is splits and kept[1] is problem.response:
        return kept[2]
    groups = _partition(splits, problem.design.shape[0])
    if groups is None:
        return None
    parts = row_moments(problem, groups, int(groups.max()) + 1, controls)
    total = reduce(add, parts)
    folds = FoldMoments(total, parts[: len(splits)], total.centred(problem.fit_intercept))
    problem.shared["folds"] = (splits, problem.response, folds)
    whole = folds.whole
    problem.shared["centred"] = (problem.response, whole.without(whole.constant))
    return folds


def _worth(problem):
    n_samples, n_features = problem.design.shape
    return (
        n_samples >= max(200, 2 * n_features)
        and n_features <= 2000
        and not problem.design.is_sparse
        and choose(problem).takes_moments
    )


def _has_room(problem, n_folds):
    # A matrix for each fold and each of its stretches, one for the whole, and what the paths of a
    # few folds work with.
    side = problem.design.shape[1] + 1
    gathered = stretches_of(problem) * (n_folds + 1)
    return fits((max(2 * n_folds, gathered) + 20, side, side))


def _partition(splits, n_samples):
    """The fold that holds each row out (rows that none does: one more), if each fold trains on all
    the rest."""
    groups = np.full(n_samples, len(splits), dtype=np.int32)
    for k, (train, test) in enumerate(splits):
        used = np.zeros(n_samples, dtype=bool)
        used[train], used[test] = True, True
        # As many entries as rows, and every row among them: each is there once.
        once = len(train) + len(test) == n_samples and used.all()
        if not once or np.any(groups[test] != len(splits)):
            return None
        groups[test] = k
    return groups

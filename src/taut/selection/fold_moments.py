"""Cross-validation from sufficient statistics: one pass over the rows for all folds.

Every fold's training statistics are those of the whole less those of its held-out rows, and paths
and errors follow from p-sized numbers. Rounding limits this where the errors are tiny against the
response or a column hardly varies in a fold; such folds are left to the ordinary way.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import sparse

from taut import _core
from taut.designs.moments import Moments
from taut.losses import Squared
from taut.problem import Problem
from taut.solution import Status
from taut.solvers import Controls
from taut.solvers.choose import choose
from taut.solvers.path_engine import PathEngine

__all__ = ["fold_errors", "gather"]

_LEAST_ERROR = 1e-8  # of the squared response: below it, rounding shows in y'y - 2 c'b + b'Gb
_LEAST_VARIATION = 1e-8  # of a column in the training rows, against all rows


def gather(problem: Problem, splits) -> list[tuple[Moments, Moments]] | None:
    """Training and held-out moments of each fold, or None where they do not serve."""
    n_samples, n_features = problem.design.shape
    worth = n_features <= 2000 and n_samples >= 5 * n_features and n_samples >= 1000
    if not worth or sparse.issparse(problem.design.matrix):
        return None
    if not isinstance(problem.loss, Squared) or not isinstance(choose(problem), PathEngine):
        return None
    groups = _partition(splits, n_samples, problem.weights)
    if groups is None:
        return None
    parts = Moments.of_groups(
        problem.design, problem.response, groups, len(splits) + 1, problem.weights
    )
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return [(total - held_out, held_out) for held_out in parts[:-1]]


def _partition(splits, n_samples, weights):
    """The fold that holds each row out (rows that none does: one more), if each fold trains on all
    the rest."""
    groups = np.full(n_samples, len(splits), dtype=np.int32)
    for k, (train, test) in enumerate(splits):
        if np.any(groups[test] != len(splits)):
            return None
        groups[test] = k
        rest = np.ones(n_samples, dtype=bool)
        rest[test] = False
        if len(train) != np.count_nonzero(rest) or not rest[train].all():
            return None
    return groups


def fold_errors(problem: Problem, moments, alphas, controls: Controls):
    """Training and held-out errors along the path of one fold, or None where rounding would show.

    Returns
    -------
    tuple of two ndarrays of shape (n_alphas,), or None
    """
    training, held_out = moments
    centred = training.centred(problem.fit_intercept)
    whole = (training + held_out).centred(problem.fit_intercept)
    variation, reference = np.diagonal(centred.gram), np.diagonal(whole.gram)
    constant = reference <= 1e-28 * whole.mean**2
    if np.any((variation < _LEAST_VARIATION * reference) & ~constant):
        return None
    deviation = np.sqrt(np.where(constant, 0.0, variation))
    fold = replace(problem, shared={"moments": (centred.mean, deviation)})
    gram = centred.gram.copy()
    gram[constant], gram[:, constant] = 0.0, 0.0
    _, coefs, _, _, _, _, status, _ = _core.solve_gram_path(
        gram,
        np.where(constant, 0.0, centred.correlation),
        centred.squares,
        *fold.coordinates,
        np.asarray(alphas, dtype=np.float64),
        controls.tol,
        controls.max_iter,
    )
    if np.any(np.asarray(status) != Status.SOLVED):
        return None
    intercepts = centred.response_mean - centred.mean @ coefs
    errors = training.mean_squared_errors(coefs, intercepts)
    if errors.min() < _LEAST_ERROR * centred.squares:
        return None
    return errors, held_out.mean_squared_errors(coefs, intercepts)

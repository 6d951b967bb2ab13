"""Cross-validation from sufficient statistics: one pass over the rows for all folds.

Every fold's training statistics are those of the whole less those of its held-out rows, and paths
and errors follow from p-sized numbers. Rounding limits this where the errors are tiny against the
response or a column hardly varies in a fold; such folds are left to the ordinary way.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
from scipy import sparse

from taut.designs.moments import Moments
from taut.memory import fits
from taut.problem import Problem
from taut.selection.threads import how_many, side_by_side
from taut.solvers import Controls, Grid
from taut.solvers.choose import choose

__all__ = ["fold_errors", "gather"]

_LEAST_ERROR = 1e-8  # of the squared response: below it, rounding shows in y'y - 2 c'b + b'Gb
_MOST = 8  # stretches of rows, each with matrices for every fold
_LEAST_VARIATION = 1e-8  # of a column in the training rows, against all rows


def gather(problems, splits, controls: Controls) -> list[tuple[Moments, Moments]] | None:
    """Training and held-out moments of each fold, or None where they do not serve.

    They are kept for the next call with the same splits, and their sum for the path on all rows.
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
    parts = _of_groups(problem, groups, len(splits) + 1, controls)
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    folds = [(total - held_out, held_out) for held_out in parts[:-1]]
    problem.shared["folds"] = (splits, problem.response, folds)
    whole = total.centred(problem.fit_intercept)
    problem.shared["centred"] = (problem.response, whole.without(whole.constant))
    return folds


def _of_groups(problem, groups, n_groups, controls):
    """Moments of each group, from stretches of rows side by side."""
    design = problem.design
    shift = np.append(design.cross(problem.weights), problem.weights @ problem.response)

    def stretch(rows, controls):
        part = np.full_like(groups, -1)
        part[rows] = groups[rows]
        return Moments.of_groups(
            design, problem.response, part, n_groups, problem.weights, shift, controls.cancel
        )

    rows = np.array_split(np.arange(len(groups)), min(how_many(design.size), _MOST))
    jobs = [partial(stretch, part) for part in rows]
    stretches = side_by_side(jobs, controls, design.size)
    return [sum(parts[1:], parts[0]) for parts in zip(*stretches, strict=True)]


def _worth(problem):
    n_samples, n_features = problem.design.shape
    return (
        n_samples >= max(200, 2 * n_features)
        and n_features <= 2000
        and not sparse.issparse(problem.design.matrix)
        and choose(problem).takes_moments
    )


def _has_room(problem, n_folds):
    # Two matrices for each fold, or one for each of its stretches, one for the whole, and what the
    # paths of a few folds work with.
    side = problem.design.shape[1] + 1
    gathered = min(how_many(problem.design.size), _MOST) * (n_folds + 1)
    return fits((max(2 * n_folds, gathered) + 20, side, side))


def _partition(splits, n_samples):
    """The fold that holds each row out (rows that none does: one more), if each fold trains on all
    the rest."""
    groups = np.full(n_samples, len(splits), dtype=np.int32)
    for k, (train, test) in enumerate(splits):
        uses = np.bincount(np.concatenate([train, test]) % n_samples, minlength=n_samples)
        if np.any(uses != 1) or np.any(groups[test] != len(splits)):
            return None
        groups[test] = k
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
    constant = whole.constant
    if np.any((variation < _LEAST_VARIATION * reference) & ~constant):
        return None
    centred = centred.without(constant)
    deviation = np.sqrt(np.diagonal(centred.gram))
    fold = replace(problem, shared={"moments": (centred.mean, deviation)})
    solver, grid = choose(problem), Grid(np.asarray(alphas))
    solved = solver.path_of_moments(fold, centred, grid, controls)
    if not all(c.solved for c in solved.certificates):
        return None
    coefs, intercepts = solved.coefs, solved.intercepts
    errors = training.mean_squared_errors(coefs, intercepts)
    if errors.min() < _LEAST_ERROR * centred.squares:
        return None
    return errors, held_out.mean_squared_errors(coefs, intercepts)

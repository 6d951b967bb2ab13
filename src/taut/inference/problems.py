"""A matrix and a target as a lasso problem, and the same problem on halves of its rows."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import chain

import numpy as np

from taut import losses
from taut.designs import as_design
from taut.designs.from_frame import names_of
from taut.losses import Logistic, Multinomial, SquaredHinge
from taut.penalties import L1
from taut.problem import Problem
from taut.progress import tracked
from taut.solvers import Controls, Grid, solve_path
from taut.solvers.threads import side_by_side
from taut.validation import check_as_many, check_matrix, check_response, check_weights

__all__ = ["complementary_halves", "paths_on", "sizes_of", "stated"]

_TOGETHER = 10  # paths after which progress is told


def stated(X, y, loss=None):
    """The lasso of y on standardised columns, X not copied, and the names of the columns.

    Parameters
    ----------
    X : array, sparse matrix or data frame of shape (n_samples, n_features)
    y : array of shape (n_samples,)
    loss : str or Loss, default None
        None takes least squares for numbers; texts and truth values are labels, of classes that
        the logistic or multinomial loss tells apart.

    Returns
    -------
    problem : Problem
    names : ndarray of str or None
    """
    names = names_of(X)
    X = check_matrix(X, names, min_samples=4)
    loss, y = _loss_and_response(X, y, loss)
    if isinstance(loss, losses.Squared) and np.ptp(y) == 0:
        raise ValueError(
            f"y must vary, got {y[0] + 0.0:g} in all {len(y)} rows: there is nothing to explain; "
            "check the target"
        )
    weights = check_weights(None, X)
    problem = Problem(as_design(X), y, loss, L1(), weights, standardize=True)
    if not np.any(problem.moments[1] > 0):
        raise ValueError(
            f"X must vary, got {X.shape[1]} columns that are all constant: there is nothing to "
            "choose from; check the features"
        )
    return problem, names


def _loss_and_response(X, y, loss):
    if loss is None and _are_labels(y):
        labels, y = np.unique(np.asarray(y).astype(str), return_inverse=True)
        _refuse_rare(labels, np.bincount(y))
        loss = Logistic() if len(labels) <= 2 else Multinomial()
    loss = losses.by_name("squared" if loss is None else loss)
    if isinstance(loss, losses.Squared):
        y = check_response(y, X)
        if y.ndim > 1:
            raise ValueError(
                f"y must have one target, got shape {y.shape}: select features for each column"
            )
        return loss, np.ascontiguousarray(y)
    y = loss.check_response(y)
    check_as_many(y, X)
    return loss, np.ascontiguousarray(y)


def _refuse_rare(labels, counts):
    """Halves and folds have to hold every class."""
    if len(labels) < 2:
        raise ValueError(
            f"y must hold at least two classes, got {str(labels[0])!r} in all {counts[0]} rows: "
            "there is nothing to tell apart, add rows of another class"
        )
    rarest = int(np.argmin(counts))
    if counts[rarest] < 2:
        raise ValueError(
            f"y must hold every class at least twice, got {str(labels[rarest])!r} in one row only: "
            "its features cannot be held against other rows, add some or drop the class"
        )


def _are_labels(y):
    """Texts or truth values; numbers may come as objects, too."""
    values = np.asarray(y)
    if values.dtype.kind == "O":
        return bool(values.size) and all(isinstance(value, str | bool) for value in values.flat)
    return values.dtype.kind in "USb"


def complementary_halves(problem: Problem, n_pairs, random):
    """Pairs of halves of the rows that share none, as masks of shape (2 * n_pairs, n_samples).

    Halves of labelled rows hold every class in its proportion, or some would have one class only.

    References
    ----------
    Shah, R. D. and Samworth, R. J. (2013). Variable selection with error control: another look at
    stability selection. JRSS B 75, 55-80.
    """
    n_samples = problem.design.shape[0]
    masks = np.zeros((2 * n_pairs, n_samples), dtype=bool)
    labels = None
    if isinstance(problem.loss, (Logistic, Multinomial, SquaredHinge)):
        response = problem.response
        labels = response.argmax(axis=1) if response.ndim == 2 else response
    size = n_samples // 2
    for k in range(n_pairs):
        order = random.permutation(n_samples)
        if labels is None:
            first, second = order[:size], order[size : 2 * size]
        else:
            order = order[np.argsort(labels[order], kind="stable")]
            first, second = order[0::2], order[1::2]
        masks[2 * k, first] = masks[2 * k + 1, second] = True
    return masks


def paths_on(problem: Problem, masks, alphas, verbose):
    """The path on the rows of each mask, side by side: other rows have weight zero."""
    jobs = [partial(_path_on, problem, mask, Grid(alphas)) for mask in masks]
    starts = tracked(range(0, len(jobs), _TOGETHER), verbose, "halves of the rows")
    blocks = [
        side_by_side(jobs[start : start + _TOGETHER], Controls(), problem.design.size)
        for start in starts
    ]
    return list(chain.from_iterable(blocks))


def _path_on(problem, mask, grid, controls):
    weights = mask / mask.sum()
    return solve_path(replace(problem, weights=weights, shared={}), grid, controls)


def sizes_of(problem: Problem, coefs):
    """Sizes of standardised coefficients, summed over outputs: shape (n_features, n_alphas)."""
    sizes = np.abs(coefs) if coefs.ndim == 2 else np.abs(coefs).sum(axis=1)
    return sizes * problem.moments[1][:, None]

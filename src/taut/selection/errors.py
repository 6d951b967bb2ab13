"""Errors of a path on weighted rows."""

from __future__ import annotations

import numpy as np

from taut.losses import Squared
from taut.problem import Problem
from taut.solvers import Solved

__all__ = ["mean_errors", "mean_squares"]

_BLOCK = 1 << 22  # predictions that are held at a time
_ALPHAS = 25  # alphas at a time: features that are used at the last of a path are not at the first


def mean_errors(problem: Problem, solved: Solved, weightings) -> np.ndarray:
    """Weighted means of the deviance along a path: twice the loss above the least it can be.

    For least squares that is the squared error, averaged over targets.

    Parameters
    ----------
    problem : Problem
    solved : Solved
    weightings : sequence of ndarray of shape (n_samples,)

    Returns
    -------
    ndarray of shape (n_weightings, n_alphas)
    """
    out = np.empty((len(weightings), len(solved.alphas)))
    for part in _stretches(len(solved.alphas), problem.response.size):
        eta = problem.design.product(solved.coefs[..., part]) + solved.intercepts[..., part]
        if problem.offset is not None:
            eta += problem.offset.reshape(-1, *[1] * (eta.ndim - 1))
        out[:, part] = _deviances(problem, eta, weightings)
    return out / np.array([weights.sum() for weights in weightings])[:, None]


def mean_squares(problem: Problem, solved: Solved, weights) -> np.ndarray:
    """Weighted means of squared errors of one target along a path, at the rows that have weight.

    Parameters
    ----------
    problem : Problem
        Least squares.
    solved : Solved
    weights : ndarray of shape (n_samples,)

    Returns
    -------
    ndarray of shape (n_alphas,)
    """
    rows = np.flatnonzero(weights)
    y, shares = problem.response[rows, None], weights[rows] / weights.sum()

    def mean(part):
        eta = problem.design.product_at(rows, solved.coefs[:, part]) + solved.intercepts[part]
        return shares @ np.square(y - eta)

    return np.concatenate([mean(part) for part in _stretches(len(solved.alphas), len(rows))])


def _stretches(n_alphas, n_values):
    """Strengths at a time, where each has so many predictors."""
    block = min(_ALPHAS, max(1, _BLOCK // n_values))
    return [slice(first, first + block) for first in range(0, n_alphas, block)]


def _deviances(problem, eta, weightings):
    """Of each column of predictors, summed over the rows under each weighting."""
    loss, y = problem.loss, problem.response
    if loss.is_separable and eta.ndim == 2:
        above = loss.value(y[:, None], eta)
        if loss.has_conjugate(y):
            above = above - np.asarray(loss.lowest(y))[..., None]
        return 2.0 * np.array([_sum(above, weights) for weights in weightings])
    joint_targets = eta.shape[1] if isinstance(loss, Squared) and y.ndim == 2 else 1
    return [_total_above(loss, y, eta, weights) / joint_targets for weights in weightings]


def _sum(above, weights):
    with np.errstate(invalid="ignore"):
        total = weights @ above
    if np.all(np.isfinite(total)):
        return total
    # A row of no weight counts for nothing, also where its loss overflows.
    rows = weights > 0
    return weights[rows] @ above[rows]


def _total_above(loss, y, eta, weights):
    lowest = loss.total_lowest(y, weights)
    totals = [loss.total(y, eta[..., k], weights) - lowest for k in range(eta.shape[-1])]
    return 2.0 * np.array(totals)

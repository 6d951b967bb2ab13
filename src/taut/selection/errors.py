"""Errors of a path on weighted rows."""

from __future__ import annotations

import numpy as np

from taut.problem import Problem
from taut.solvers import Solved

__all__ = ["mean_squared_errors"]

_BLOCK = 1 << 22  # predictions that are held at a time: all alphas, unless the rows are many


def mean_squared_errors(problem: Problem, solved: Solved, weightings) -> np.ndarray:
    """Weighted means of twice the loss (the squared error) along a path.

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
    block = max(1, _BLOCK // len(problem.response))
    for first in range(0, len(solved.alphas), block):
        part = slice(first, first + block)
        eta = problem.design.product(solved.coefs[:, part]) + solved.intercepts[part]
        cost = 2.0 * problem.loss.value(problem.response[:, None], eta)
        for row, weights in zip(out, weightings, strict=True):
            row[part] = weights @ cost / weights.sum()
    return out

"""What rounding the intercept costs, as part of the certificate.

The core works on columns that it has centred, where a mean of 1e13 does no harm. What is handed
back is a model of the columns as given: b0 = mean(y) - sum_j mean_j b_j, a float64. With k columns
far from zero and means over n rows it is wrong by about

    delta = eps / 2 (k + 2 + 2 log2 n) (|b0| + sum_j |mean_j b_j|)

(Higham 2002, Accuracy and Stability of Numerical Algorithms, eqs. 3.5 and 4.6; weights that sum to
one are the second sum over rows). The slope with respect to
b0 is zero at the optimum, so the objective exceeds that of the exact intercept by L delta^2 / 2,
where L is the curvature of the loss.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
from scipy import sparse

from taut.problem import Problem
from taut.solution import Certificate, Status
from taut.solvers.base import Solved
from taut.solvers.fitted import null_standing

__all__ = ["with_rounding"]

_EPS = np.finfo(np.float64).eps
# A column whose values differ by this share of their size has a spread s of about as much: then
# |mean b| eps is below 1e-9 |s b|, and its square is nothing beside any tolerance.
_FAR = 1e-6
_LOOKS = 8  # at so many values of each column; more only to spare columns that need no correction
_NOTHING = 1e-9  # of the linear predictor of a loss other than least squares


def with_rounding(problem: Problem, solved: Solved) -> Solved:
    """The same solutions; their certificates include the rounding of the intercept."""
    if not problem.fit_intercept or not problem.loss.is_separable:
        return solved
    columns, level = _far_columns(problem)
    if len(columns) == 0 and not _is_far(problem.response):
        return solved
    size = np.abs(solved.intercepts) + np.tensordot(level, np.abs(solved.coefs[columns]), 1)
    roundings = len(columns) + 2 + 2 * np.log2(len(problem.weights))
    delta = 0.5 * _EPS * roundings * size
    null = null_standing(problem).objective
    certificates = [
        _with_gap(certificate, _rise(problem, solved, delta, k), null)
        for k, certificate in enumerate(solved.certificates)
    ]
    return replace(solved, certificates=tuple(certificates))


def _is_far(response):
    """Whether its mean dwarfs its spread: the intercept is about as large."""
    looks = response[_looks(len(response))].ravel().tolist()
    highest, lowest = max(looks), min(looks)
    return highest - lowest <= _FAR * max(abs(highest), abs(lowest))


def _far_columns(problem):
    """Columns whose means are far beyond their spread, and about how large these are.

    A few values of each column tell: where they differ, so does the column.
    """
    if problem.design.by_rows and _no_column_is_full(problem.design.lying):
        return np.zeros(0, dtype=int), np.zeros(0)
    matrix = problem.design.matrix
    if sparse.issparse(matrix):
        # A column with a zero in it has a spread of the size of its mean.
        full = np.flatnonzero(np.diff(matrix.indptr) == matrix.shape[0])
        firsts = matrix.indptr[full]
        looks = np.array([matrix.data[firsts + row] for row in _looks(matrix.shape[0])])
    else:
        rows = np.flatnonzero(problem.weights)
        rows = rows[_looks(len(rows))]
        # Two values do for nearly all of them.
        full, _ = _alike(matrix[rows[[0, -1]]])
        looks = matrix[np.ix_(rows, full)]
    far, size = _alike(looks)
    far, size = far[size > 0], size[size > 0]
    return full[far], size


def _alike(looks):
    """Columns whose values, one row for each look, hardly differ; and how large they are."""
    looks = np.asarray(looks, dtype=np.float64)
    highest, lowest = looks.max(axis=0), looks.min(axis=0)
    size = np.maximum(np.abs(highest), np.abs(lowest))
    alike = np.flatnonzero(highest - lowest <= _FAR * size)
    return alike, size[alike]


def _no_column_is_full(rows):
    """Whether the rows that are looked at show a zero in every column."""
    looks = rows[_looks(rows.shape[0])]
    return np.bincount(looks.indices, minlength=1).max() < looks.shape[0]


@lru_cache(maxsize=16)
def _looks(length):
    count = min(length, _LOOKS)
    return np.arange(count) * (length - 1) // max(count - 1, 1)


def _rise(problem, solved, delta, k):
    """How much the objective may have risen by an intercept that is wrong by ``delta``."""
    loss, delta = problem.loss, delta[..., k]
    if loss.curvature_bound is not None:
        with np.errstate(over="ignore"):
            return 0.5 * loss.curvature_bound * float(np.sum(np.square(delta)))
    if np.max(delta) < _NOTHING:
        return 0.0
    eta = problem.design.product(solved.coefs[..., k]) + solved.intercepts[..., k]
    if problem.offset is not None:
        eta = eta + problem.offset
    if not loss.is_smooth:
        return float(np.abs(loss.slope(problem.response, eta, problem.weights)).sum() * delta)
    curvature = loss.curvature(problem.response, eta, problem.weights)
    return 0.5 * float(np.sum(curvature * np.square(delta)))


def _with_gap(certificate: Certificate, rise: float, null: float) -> Certificate:
    relative = certificate.relative_gap + (rise / null if null > 0 else rise)
    lost = certificate.solved and relative > certificate.tol
    status = Status.STALLED if lost else certificate.status
    return replace(certificate, gap=certificate.gap + rise, relative_gap=relative, status=status)

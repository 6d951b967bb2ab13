"""The Gram matrix and the kernel of the weighted, centred system, without a copy of it."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import numpy as np
from scipy import sparse
from scipy.linalg.blas import dsyrk

from taut import _core
from taut.designs.moments import Moments, Rows, near_means
from taut.interrupt import interruptible
from taut.problem import Problem
from taut.solvers.base import Controls
from taut.solvers.centred import column_means, column_norms, system_columns
from taut.solvers.threads import how_many, side_by_side

__all__ = ["gram_matrix", "inverse", "kernel_matrix", "row_moments", "shift_of", "stretches_of"]

_ENTRIES = 1 << 20  # of the system, that are made at a time
_MOST = 8  # stretches of rows, each with matrices of its own


def row_moments(problem: Problem, groups, n_groups, controls: Controls) -> list[Moments]:
    """Moments of each group of rows, from stretches of them side by side.

    Parameters
    ----------
    problem : Problem
        Of a dense design and one target.
    groups : ndarray of shape (n_samples,), of int32
        The group of each row, negative for none.
    n_groups : int
    controls : Controls

    Raises
    ------
    MemoryError
        The products of all columns, for each group and stretch, would not fit.
    """
    rows = Rows(problem.design, problem.response, problem.weights, shift_of(problem))

    def stretch(first, last, controls):
        part = np.full_like(groups, -1)
        part[first:last] = groups[first:last]
        return Moments.of_groups(rows, part, n_groups, controls.cancel)

    n_samples, n_stretches = len(groups), stretches_of(problem)
    bounds = [n_samples * k // n_stretches for k in range(n_stretches + 1)]
    jobs = [partial(stretch, *ends) for ends in pairwise(bounds)]
    found = side_by_side(jobs, controls, problem.design.size)
    return [Moments.joined(parts) for parts in zip(*found, strict=True)]


def stretches_of(problem: Problem) -> int:
    """Stretches of rows whose moments are gathered at a time."""
    return min(how_many(problem.design.size), _MOST)


def shift_of(problem: Problem):
    """What its moments are gathered about."""
    if not problem.fit_intercept:
        return np.zeros(problem.design.shape[1] + 1)
    return near_means(problem.design, problem.response, problem.weights)


def gram_matrix(problem: Problem):
    """``Z'Z`` of shape (n_features, n_features), and the means of the columns.

    Columns that are constant up to rounding have none but zeros.
    """
    offered = _core.gram(
        problem.design.handle, problem.response, problem.weights, problem.fit_intercept
    )
    if offered is not None:
        gram, _, mean = offered
    else:
        mean = column_means(problem)
        gram = _sparse_gram(problem.design.matrix, problem.weights)
        gram -= np.outer(mean, mean)
    dead = column_norms(problem) == 0
    gram[dead], gram[:, dead] = 0.0, 0.0
    return gram, mean


def _sparse_gram(matrix, weights):
    """X'VX a few columns at a time: what is weighted is a copy."""
    n_features = matrix.shape[1]
    gram = np.empty((n_features, n_features))
    step = max(1, n_features * _ENTRIES // max(matrix.nnz, 1))
    for first in range(0, n_features, step):
        part = matrix[:, first : first + step].astype(np.float64)
        part.data *= weights[part.indices]
        gram[:, first : first + step] = (matrix.T @ part).toarray()
    return gram


def kernel_matrix(problem: Problem, columns=None, root=None):
    """``sum_j z_j z_j' / root_j^2`` over some columns, of shape (n_samples, n_samples)."""
    n_samples, n_features = problem.design.shape
    columns = np.arange(n_features) if columns is None else columns
    root = np.ones(len(columns)) if root is None else root
    if sparse.issparse(problem.design.matrix):
        return _sparse_kernel(problem, columns, root)
    block = max(1, min(256, _ENTRIES // n_samples))
    kernel = np.zeros((n_samples, n_samples), order="F")
    for first in range(0, len(columns), block):
        part = slice(first, first + block)
        z = system_columns(problem, columns[part])
        z /= root[part]
        kernel = dsyrk(1.0, z, beta=1.0, c=kernel, overwrite_c=True)
    return np.triu(kernel) + np.triu(kernel, 1).T


def _sparse_kernel(problem, columns, root):
    """Centred afterwards: with weights that sum to one, their root is a unit vector u, and the
    centred system is (I - u u') times the other."""
    u = np.sqrt(problem.weights)
    scaled = problem.design.matrix[:, columns].multiply(1 / root).tocsc()
    kernel = (scaled @ scaled.T).toarray()
    kernel *= u[:, None]
    kernel *= u
    if problem.fit_intercept:
        across = kernel @ u
        kernel -= np.outer(across, u)
        kernel -= np.outer(u, across - u * (u @ across))
    return kernel


def inverse(matrix):
    """The inverse of a symmetric positive definite matrix; None where it is none in float64."""
    work = float(len(matrix)) ** 3
    return interruptible(work, _core.inverse, matrix, abandon=lambda: None)

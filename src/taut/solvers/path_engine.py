"""The compiled path engine: separable penalties, least squares, whole paths."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import partial

import numpy as np

from taut import _core
from taut.designs.moments import CentredMoments
from taut.interrupt import interruptible
from taut.losses import Squared
from taut.memory import fits, out_of_memory, room_for
from taut.problem import Problem
from taut.solution import Certificate, Status
from taut.solvers.base import Cancel, Controls, Grid, Solved, path_of_kept_moments
from taut.solvers.products import row_moments
from taut.solvers.threads import one_at_a_time

__all__ = [
    "PathEngine",
    "penalty_arrays",
    "solved_by_core",
    "start_within",
    "takes_penalty",
    "working_set_memory",
]


_STATUSES = tuple(Status)
_MANY, _FEW = 5000, 2000  # rows and features
_CROWD, _FEW_ALPHAS = 500, 12  # features and strengths
_LOOK, _MINOR = 100, 0.2  # features that are looked at, and the share that may matter
_SHORT_CALLS = 1 << 31  # multiplications of all pairs of rows
_SMALL_SET = 5  # of the core's engines


class PathEngine:
    """Active sets and exact Newton steps along the path (cpp/path.hpp)."""

    takes_moments = True
    has_own_grid = False
    meets = True

    def refuses(self, problem: Problem) -> str | None:
        if not isinstance(problem.loss, Squared):
            return f"the path engine solves least squares, not {problem.loss!r}"
        if problem.response.ndim > 1:
            return "the path engine takes one target at a time"
        if not takes_penalty(problem):
            return (
                f"the path engine needs a penalty that separates over features, and "
                f"{problem.penalty!r} does not"
            )
        return None

    def path(self, problem: Problem, grid: Grid, controls: Controls, engine: int = 0) -> Solved:
        if engine == 0:
            few = _few_matter(problem, grid)
            if not few:
                _keep_moments(problem, controls)
            solved = path_of_kept_moments(self, problem, grid, controls)
            if solved is not None:
                return solved
            engine = _SMALL_SET if few else _engine(problem)
        cancel = controls.cancel or Cancel()
        coordinates, folds = penalty_arrays(problem)
        design = problem.design.handle  # a copy, maybe: it comes before room is looked for
        with working_set_memory(problem) as room, _threads_of(problem):
            found, squares = interruptible(
                _operations(problem, grid),
                partial(_core.solve_path, meeting=controls.meeting),
                design,
                problem.response,
                problem.weights,
                problem.fit_intercept,
                *coordinates,
                grid.alphas,
                grid.n_alphas,
                grid.ratio(problem),
                controls.tol,
                controls.max_iter,
                engine,
                cancel,
                room,
                start_within(coordinates, controls),
                *folds,
                abandon=cancel.set,
            )
        solved = solved_by_core(found, controls, "active_set")
        return replace(solved, squares=None if np.isnan(squares).any() else squares)

    def path_of_moments(
        self, problem: Problem, centred: CentredMoments, grid: Grid, controls: Controls
    ) -> Solved:
        coordinates, folds = penalty_arrays(problem)
        found = _core.solve_gram_path(
            centred.gram,
            centred.correlation,
            centred.squares,
            *coordinates,
            grid.alphas,
            grid.n_alphas,
            grid.ratio(problem),
            controls.tol,
            controls.max_iter,
            *folds,
        )
        solved = solved_by_core(found, controls, "active_set")
        return replace(solved, intercepts=centred.response_mean - centred.mean @ solved.coefs)


def _threads_of(problem):
    """One thread of BLAS for a wide matrix of few rows, whose products are over before a second one
    has begun: it would spin all the while, and keep everything waiting where another process has
    its core."""
    n_samples, n_features = problem.design.shape
    wide = n_samples < n_features and not problem.design.is_sparse
    few = wide and float(n_samples) ** 2 * n_features <= _SHORT_CALLS
    return one_at_a_time(problem.design.size) if few else nullcontext()


def _few_matter(problem, grid):
    """Whether few strengths are asked for, and most features correlate too little with the response
    to matter at any: products of all pairs of features would take longer than the path.

    A guess, from some of the features. Not by BLAS: its threads spin for a while once used, and
    keep a core from what comes next.
    """
    n_samples, n_features = problem.design.shape
    tall = _CROWD < n_features <= n_samples and not problem.design.is_sparse
    if not tall or grid.alphas is None or grid.count > _FEW_ALPHAS:
        return False
    response = problem.response
    if problem.fit_intercept:
        response = response - np.average(response, weights=problem.weights)
    some = slice(None, None, n_features // _LOOK)
    slopes = np.einsum("ij,i->j", problem.design.matrix[:, some], problem.weights * response)
    (l1, *_), _ = penalty_arrays(problem)
    return np.mean(np.abs(slopes) > grid.alphas.min() * l1[some]) < _MINOR


def _keep_moments(problem, controls):
    """Statistics that will do for the path, where rows are so many that nothing else counts."""
    n_samples, n_features = problem.design.shape
    tall = n_samples >= max(_MANY, 4 * n_features) and n_features <= _FEW
    kept = "centred" in problem.shared and problem.shared["centred"][0] is problem.response
    if not tall or kept or problem.design.is_sparse:
        return
    rows = row_moments(problem, np.zeros(n_samples, dtype=np.int32), 1, controls)[0]
    centred = rows.centred(problem.fit_intercept)
    problem.shared["centred"] = (problem.response, centred.without(centred.constant))


def takes_penalty(problem: Problem) -> bool:
    """Whether the core's paths take the penalty: on each entry, convex or folded."""
    return problem.is_separable or problem.folded is not None


def penalty_arrays(problem: Problem):
    """Coordinates as the core takes them, and how their slopes fall; nothing for convex ones."""
    return problem.folded or (problem.coordinates, ())


def start_within(coordinates, controls: Controls, n_targets: int = 1):
    """Coefficients to begin with, inside their bounds, one target after another; None for none."""
    if controls.start is None:
        return None
    _, _, lower, upper = coordinates
    start = np.asarray(controls.start, dtype=np.float64).reshape(-1, n_targets)
    return np.clip(start.T, lower, upper).ravel()


def _operations(problem, grid):
    """Of one factorisation, or of a path by way of correlations: what has to be waited for."""
    size = getattr(problem.design.matrix, "nnz", problem.design.size)
    return float(min(problem.design.shape)) ** 3 + 10.0 * size * grid.count


def _engine(problem):
    """The core's own choice (0), or working sets (2) where there is no room for X'X.

    It would hold the Gram matrix and the inverse of the active block, with copies as that grows.
    """
    n_samples, n_features = problem.design.shape
    tall = n_features <= n_samples
    return 2 if tall and not fits((n_features, n_features), each=40) else 0


@contextmanager
def working_set_memory(problem: Problem):
    """What a working set may take, in bytes, and words for where it did not do.

    It hardly ever outgrows twice the number of rows.
    """
    n_samples, n_features = problem.design.shape
    size = min(2 * n_samples, n_features)
    try:
        yield room_for((2 * n_samples + 4 * size, size))
    except MemoryError as error:
        # The core says no more than that: how many features a path needs shows on the way.
        raise out_of_memory(
            f"the working set, which takes in more of the {n_features:,} features as alpha "
            f"falls, with their {n_samples:,} rows and their Gram matrix,",
            "stop at a larger alpha (alpha_min_ratio, or alphas), take fewer alphas, or fit a "
            "subset of the columns",
        ) from error


def solved_by_core(found, controls: Controls, method: str) -> Solved:
    """What the core's paths return, as `Solved`."""
    alphas, coefs, intercepts, *measures = found
    certificates = tuple(
        Certificate(gap, relative, kkt, _STATUSES[status], n_iter, controls.tol)
        for gap, relative, kkt, status, n_iter in zip(*(m.tolist() for m in measures), strict=True)
    )
    return Solved(alphas, coefs, intercepts, certificates, method)

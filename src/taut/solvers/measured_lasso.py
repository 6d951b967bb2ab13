"""``min 1/2 |z - A x|^2 + strength * P(x)`` at one strength after another, whatever A is kept as.

Each engine has ``lasso(z, strength, start, tol)``: x within a relative duality gap, from a start
that is the better the nearer.
"""

from __future__ import annotations

import numpy as np

from taut.designs import as_design
from taut.designs.moments import CentredMoments
from taut.losses import Squared
from taut.penalties import L1, Box
from taut.problem import Problem
from taut.solvers.base import Controls, Grid
from taut.solvers.choose import solve_path
from taut.solvers.spectral_steps import SpectralSteps

__all__ = ["engine_for"]

_EXACT = 1e-10  # relative duality gap of the path engine, whatever is asked for
_FEWEST = 16
_NEARLY = 0.9  # of the pull that makes an entry join: so that it need not be asked again
_DROPPING = 12  # rounds after which no column leaves a working set again
_SHARE = 16  # a working set begins with at most so many times fewer columns than there are rows


def engine_for(measurement, penalty):
    """The engine that suits the measurement and the penalty.

    Parameters
    ----------
    measurement : object with ``product``, ``adjoint`` and ``shape``
        A; where it has a ``matrix``, that, and its ``gathered`` columns.
    penalty : Penalty
    """
    if measurement.matrix is None:
        return SpectralSteps(measurement, penalty)
    if penalty.coordinates(measurement.shape[1]) is None:
        return _Explicit(measurement, penalty)
    return _WorkingSet(measurement, penalty)


class _Explicit:
    """A matrix, and a penalty on groups: the path engine as it is."""

    def __init__(self, measurement, penalty):
        self.matrix, self.penalty = measurement.matrix, penalty

    def lasso(self, z, strength, start, tol):
        return _solved(_stated(self.matrix, None, z, self.penalty), strength)


class _WorkingSet:
    """A matrix, and a penalty that sees entries one by one.

    The path engine solves the columns that may be in the support; one product with A' tells which
    are missing; to a tolerance those that are drawn little harder than the strength may be. The
    next strength begins with those that the sequential strong rule keeps
    (Tibshirani et al. 2012, Strong rules for discarding predictors, equation 12).
    """

    def __init__(self, measurement, penalty):
        self.measurement = measurement
        parts = penalty.coordinates(measurement.shape[1])
        self.l1, _, self.lower, self.upper = (
            np.broadcast_to(part, measurement.shape[1]) for part in parts
        )
        self.seen = None

    def lasso(self, z, strength, start, tol):
        chosen = start != 0
        if self.seen is None or self.seen[1] < strength:  # a path that begins, anew
            pull = self._pull(z)
            self.seen = pull, pull.max()
        pull, before = self.seen
        self._enlarge(chosen, pull, 2.0 * strength - before)
        dropping = _DROPPING
        while True:
            features = np.flatnonzero(chosen)
            columns, gram = self.measurement.gathered.at(features)
            bounds = Box(self.lower[features], self.upper[features])
            penalty = L1(self.l1[features]) + bounds
            coef = _solved(_stated(columns, gram, z, penalty), strength)
            pull = self._pull(z - columns @ coef)
            self.seen = pull, strength
            if not np.any((pull > strength * (1.0 + max(tol, 1e-9))) & ~chosen):
                x = np.zeros(len(chosen))
                x[features] = coef
                return x
            # As long as the objective falls no support comes back; below what the engine resolves
            # it need not fall: sets that only grow come to an end all the same.
            if dropping:
                chosen[features[coef == 0]] = False
                dropping -= 1
            self._enlarge(chosen, pull, _NEARLY * strength)

    def _pull(self, residual):
        return _pull_of(self.measurement.adjoint(residual), self.lower, self.upper) / self.l1

    def _enlarge(self, chosen, pull, least):
        """Choose those that are pulled harder than this, the hardest where they are many."""
        count = max(_FEWEST, np.count_nonzero(chosen), self.measurement.shape[0] // _SHARE)
        wanted = np.flatnonzero((pull > max(least, 0.0)) & ~chosen)
        if len(wanted) > count:
            wanted = wanted[np.argpartition(-pull[wanted], count)[:count]]
        chosen[wanted] = True


def _pull_of(push, lower, upper):
    """How strongly entries at zero are drawn to where they may go."""
    return np.maximum(np.where(upper > 0, push, 0.0), np.where(lower < 0, -push, 0.0))


def _stated(matrix, gram, z, penalty):
    """``1/(2m) |z - A x|^2 + alpha * penalty``, with A'A where it is known."""
    n_samples, n_features = matrix.shape
    shared = {}
    if gram is not None:
        products, squares = matrix.T @ z / n_samples, float(z @ z) / n_samples
        nothing = np.zeros(n_features)
        moments = CentredMoments(gram / n_samples, products, squares, nothing, 0.0)
        shared["centred"] = z, moments
    weights = np.full(n_samples, 1.0 / n_samples)
    design = as_design(matrix)
    return Problem(design, z, Squared(), penalty, weights, fit_intercept=False, shared=shared)


def _solved(problem, strength):
    # Whoever asked proves the result, and warns of that.
    alphas = np.array([strength / len(problem.response)])
    return solve_path(problem, Grid(alphas), Controls(_EXACT)).coefs[:, 0]

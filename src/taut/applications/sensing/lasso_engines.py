"""``min 1/2 |z - A x|^2 + strength * P(x)`` at one strength after another, for `sparse_recovery`.

Each engine has ``lasso(z, strength, start, tol)``: x within a relative duality gap, from a start
that is the better the nearer.
"""

from __future__ import annotations

import warnings
from collections import deque

import numpy as np

from taut.path import fit_path
from taut.penalties import L1, Box
from taut.solution import ConvergenceWarning

__all__ = ["engine_for", "pull_of"]

_EXACT = 1e-10  # relative duality gap of the path engine, whatever is asked for
_FEWEST = 16
_NEARLY = 0.9  # of the pull that makes an entry join: so that it need not be asked again
_SHARE = 16  # a working set begins with at most so many times fewer columns than there are rows
_MAX_ITER = 3000
_MEMORY = 5
_FALL = 1e-5


def engine_for(measurement, penalty):
    """The engine that suits the measurement and the penalty."""
    if measurement.matrix is None:
        return _Implicit(measurement, penalty)
    if penalty.coordinates(measurement.shape[1]) is None:
        return _Explicit(measurement, penalty)
    return _WorkingSet(measurement, penalty)


class _Explicit:
    """A matrix, and a penalty on groups: the path engine as it is."""

    def __init__(self, measurement, penalty):
        self.matrix, self.penalty = measurement.matrix, penalty

    def lasso(self, z, strength, start, tol):
        return _fitted(self.matrix, z, strength, self.penalty)


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
        if self.seen is None:
            pull = self._pull(z)
            self.seen = pull, pull.max()
        pull, before = self.seen
        self._enlarge(chosen, pull, 2.0 * strength - before)
        while True:
            features = np.flatnonzero(chosen)
            columns = self.measurement.columns(features)
            bounds = Box(self.lower[features], self.upper[features])
            coef = _fitted(columns, z, strength, L1(self.l1[features]) + bounds)
            pull = self._pull(z - columns @ coef)
            self.seen = pull, strength
            if not np.any((pull > strength * (1.0 + max(tol, 1e-9))) & ~chosen):
                x = np.zeros(len(chosen))
                x[features] = coef
                return x
            # The objective falls with every round, so that no support comes back.
            chosen[features[coef == 0]] = False
            self._enlarge(chosen, pull, _NEARLY * strength)

    def _pull(self, residual):
        return pull_of(self.measurement.adjoint(residual), self.lower, self.upper) / self.l1

    def _enlarge(self, chosen, pull, least):
        """Choose those that are pulled harder than this, the hardest where they are many."""
        count = max(_FEWEST, np.count_nonzero(chosen), self.measurement.shape[0] // _SHARE)
        wanted = np.flatnonzero((pull > max(least, 0.0)) & ~chosen)
        if len(wanted) > count:
            wanted = wanted[np.argpartition(-pull[wanted], count)[:count]]
        chosen[wanted] = True


class _Implicit:
    """An operator, and any penalty with a prox: proximal gradient steps of Barzilai and Borwein.

    Two products a step. The objective may rise now and then, but stays below the largest of the
    last few.

    References
    ----------
    Wright, S. J., Nowak, R. D. and Figueiredo, M. (2009). Sparse reconstruction by separable
    approximation. IEEE TSP 57, 2479-2493.
    """

    def __init__(self, measurement, penalty):
        self.measurement, self.penalty = measurement, penalty
        self.curvature = None

    def lasso(self, z, strength, start, tol):
        x = start
        residual = z - self.measurement.product(x) if np.any(x) else z
        values = deque(maxlen=_MEMORY)
        for _ in range(_MAX_ITER):
            push = self.measurement.adjoint(residual)
            if self.curvature is None:
                bent = self.measurement.product(push)
                self.curvature = float(bent @ bent) / max(float(push @ push), 1e-300)
            cost = strength * self.penalty.value(x)
            values.append(0.5 * residual @ residual + cost)
            if _gap(z, residual, cost, self.penalty.dual_norm(push), strength) <= tol * values[-1]:
                break
            x, residual, moved, change = self._step(x, residual, push, strength, max(values))
            if moved == 0:
                break
            self.curvature = max(change / moved, 1e-10)
        return x

    def _step(self, x, residual, push, strength, most):
        """The next point and residual; the squares of the step and of what it does to A x."""
        while True:
            step = 1.0 / self.curvature
            following = self.penalty.scaled_prox(x + step * push, step, strength)
            direction = following - x
            moved = float(direction @ direction)
            change = self.measurement.product(direction)
            left = residual - change
            value = 0.5 * left @ left + strength * self.penalty.value(following)
            if moved == 0 or value <= most - 0.5 * _FALL * self.curvature * moved:
                return following, left, moved, float(change @ change)
            if self.curvature * moved <= 1e-15 * abs(most):  # rounding
                return x, residual, 0.0, 0.0
            self.curvature *= 2.0


def pull_of(push, lower, upper):
    """How strongly entries at zero are drawn to where they may go."""
    return np.maximum(np.where(upper > 0, push, 0.0), np.where(lower < 0, -push, 0.0))


def _gap(z, residual, cost, push, strength):
    """Of the lasso, with the scaled residual as the dual point; see ``penalised_proof``."""
    scale = min(1.0, strength / push) if push > 0 else 1.0
    square = residual @ residual
    return 0.5 * square + cost - scale * (z @ residual) + 0.5 * scale**2 * square


def _fitted(matrix, z, strength, penalty):
    # fit_path divides the squared error by the number of rows.
    alphas = [strength / len(z)]
    with warnings.catch_warnings():
        # Whoever asked proves the result, and warns of that.
        warnings.simplefilter("ignore", ConvergenceWarning)
        path = fit_path(matrix, z, penalty=penalty, alphas=alphas, fit_intercept=False, tol=_EXACT)
    return path.coefs[:, 0]

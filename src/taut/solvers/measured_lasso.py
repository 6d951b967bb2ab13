"""``min 1/2 |z - A x|^2 + strength * P(x)`` at one strength after another, whatever A is kept as.

Each engine has ``lasso(z, strength, start, tol)``: x within a relative duality gap, from a start
that is the better the nearer. That of a matrix has ``lassos(z, strengths, start, tol)``, too.
"""

from __future__ import annotations

import numpy as np

from taut.designs import as_design
from taut.losses import Squared
from taut.problem import Problem
from taut.solvers.base import Controls, Grid
from taut.solvers.choose import solve_path
from taut.solvers.spectral_steps import SpectralSteps

__all__ = ["engine_for", "strength_steps"]

_EXACT = 1e-10  # relative duality gap of the path engine, where another tolerance would not do
_STEPS = 4  # on the way to a strength from where all is zero


def engine_for(measurement, penalty):
    """The engine that suits the measurement and the penalty.

    Parameters
    ----------
    measurement : object with ``product``, ``adjoint`` and ``shape``
        A; where it has a ``matrix``, that.
    penalty : Penalty
    """
    if measurement.matrix is None:
        return SpectralSteps(measurement, penalty)
    return _Explicit(measurement, penalty)


class _Explicit:
    """A matrix: the path engine."""

    def __init__(self, measurement, penalty):
        self.design, self.penalty = as_design(measurement.matrix), penalty

    def lasso(self, z, strength, start, tol):
        strengths = np.array([strength])
        if not np.any(start):
            top = self.penalty.dual_norm(self.design.matrix.T @ z)
            strengths = strengths if strength >= top else strength_steps(top, strength, _STEPS)
        return self.lassos(z, strengths, start, _EXACT)[:, -1]

    def lassos(self, z, strengths, start, tol):
        """Of shape (n, len(strengths)); the strengths fall."""
        m = len(z)
        weights = np.full(m, 1.0 / m)
        problem = Problem(
            self.design, z, Squared(), self.penalty, weights, fit_intercept=False, shared={}
        )
        # Whoever asked proves the result, and warns of that.
        controls = Controls(tol, start=start if np.any(start) else None)
        return solve_path(problem, Grid(strengths / m), controls).coefs


def strength_steps(top, strength, n_steps):
    """From below the largest down to this strength, in equal ratios."""
    return np.geomspace(top, strength, n_steps + 1)[1:]

"""Proximal gradient steps of Barzilai and Borwein's lengths, for a quadratic behind an operator.

A matrix that is known by its products has no columns to gather: what remains are steps along the
gradient, whose length is the inverse of the curvature along the step before.
"""

from __future__ import annotations

from collections import deque

import numpy as np

__all__ = ["SpectralSteps"]

_MAX_ITER = 3000
_MEMORY = 5
_FALL = 1e-5
_ROUNDING = 1e-15


class SpectralSteps:
    """The lasso at one strength after another, through products with A and its adjoint only.

    Two products a step, where one of `forward_backward` takes three; on partial cosine transforms
    that needs more than twice as many in all. The objective may rise now and then, but stays below
    the largest of the last few. The curvature that was found last is where the next strength
    begins.

    Parameters
    ----------
    measurement : object with ``product`` and ``adjoint``
    penalty : Penalty
        A norm, but for bounds at zero.

    References
    ----------
    Wright, S. J., Nowak, R. D. and Figueiredo, M. (2009). Sparse reconstruction by separable
    approximation. IEEE TSP 57, 2479-2493.
    """

    def __init__(self, measurement, penalty):
        self.measurement, self.penalty = measurement, penalty
        self.curvature = None

    def lasso(self, z, strength, start, tol):
        """x within this relative duality gap, from a start that is the better the nearer."""
        x, cost = start, strength * self.penalty.value(start)
        residual = z - self.measurement.product(x) if np.any(x) else z
        values = deque(maxlen=_MEMORY)
        for _ in range(_MAX_ITER):
            push = self.measurement.adjoint(residual)
            if self.curvature is None:
                bent = self.measurement.product(push)
                self.curvature = float(bent @ bent) / max(float(push @ push), 1e-300)
            values.append(0.5 * residual @ residual + cost)
            if _gap(z, residual, cost, self.penalty.dual_norm(push), strength) <= tol * values[-1]:
                break
            taken = self._step(x, residual, push, strength, max(values))
            if taken is None:
                break
            x, residual, cost, bent = taken
            self.curvature = max(bent, 1e-10)
        return x

    def _step(self, x, residual, push, strength, most):
        """The next point, its residual and cost, and the curvature on the way there.

        None where rounding hides what is left to gain.
        """
        while True:
            step = 1.0 / self.curvature
            following = self.penalty.scaled_prox(x + step * push, step, strength)
            direction = following - x
            moved = float(direction @ direction)
            if moved == 0:
                return None
            change = self.measurement.product(direction)
            left, cost = residual - change, strength * self.penalty.value(following)
            if 0.5 * left @ left + cost <= most - 0.5 * _FALL * self.curvature * moved:
                return following, left, cost, float(change @ change) / moved
            if self.curvature * moved <= _ROUNDING * most:
                return None
            self.curvature *= 2.0


def _gap(z, residual, cost, push, strength):
    """Of the lasso; the dual point is the residual, scaled until it is feasible."""
    scale = min(1.0, strength / push) if push > 0 else 1.0
    square = residual @ residual
    return 0.5 * square + cost - scale * (z @ residual) + 0.5 * scale**2 * square

"""A primal-dual interior point method for quadratics on a box, in the dual of an l1 penalty.

    min_z,f  1/2 |y - f|^2 + l |z|_1,  D f = M z        max_v  l y'D'v - 1/2 |l D'v|^2,  |M'v| <= 1

The trend is ``f = y - l D'v``; every Newton step is one system in ``l D D' + M diag(w) M'``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import linalg, sparse

from taut.applications.trends.splines import bands, definite

__all__ = ["Banded", "Dense", "Point", "interior_points"]

_MAX_ITER = 60
_SHORTEN = 0.995  # of the way to the border


class Banded:
    """``D D'`` and M of few diagonals.

    Parameters
    ----------
    square, kinks : sparse arrays of shape (n_rows, n_rows)
    width : int
        Diagonals of ``D D'`` on each side of the main one; M has no more.
    """

    def __init__(self, square, kinks, width):
        self.kinks, self.width = kinks, width
        self._adjoint = kinks.T.tocsr()
        self._square = square
        self._bands = bands(square, width)

    def square(self, v):
        """``D D' v``."""
        return self._square @ v

    def spread(self, z):
        """``M z``, from kinks to differences."""
        return self.kinks @ z

    def gathered(self, v):
        """``M' v``, what the penalty bounds."""
        return self._adjoint @ v

    def solver(self, strength, weights):
        """A function that solves ``(strength D D' + M diag(weights) M') v = right``."""
        inner = self.kinks @ sparse.diags_array(weights) @ self._adjoint
        system = strength * self._bands + bands(inner, self.width)
        factor = definite(system, system[0], linalg.cholesky_banded)
        return lambda right: linalg.cho_solve_banded((factor, True), right, check_finite=False)


class Dense:
    """A small ``D D'``, and the identity for M.

    Parameters
    ----------
    square : ndarray of shape (n_rows, n_rows)
    """

    def __init__(self, square):
        self._square = square

    def square(self, v):
        """``D D' v``."""
        return self._square @ v

    def spread(self, z):
        """``z`` itself."""
        return z

    gathered = spread

    def solver(self, strength, weights):
        """A function that solves ``(strength D D' + diag(weights)) v = right``."""
        system = strength * self._square + np.diag(weights)
        factor = definite(system, np.einsum("ii->i", system), linalg.cholesky)
        return lambda right: linalg.cho_solve((factor, True), right, check_finite=False)


class Point(NamedTuple):
    """A dual point, its distances from both borders, and their multipliers.

    Attributes
    ----------
    dual : ndarray of shape (n_rows,)
    above, below : ndarray of shape (n_rows,)
        ``1 - M'v`` and ``1 + M'v``, positive.
    up, down : ndarray of shape (n_rows,)
        Positive; the kinks are their difference.
    """

    dual: np.ndarray
    above: np.ndarray
    below: np.ndarray
    up: np.ndarray
    down: np.ndarray

    @property
    def kinks(self) -> np.ndarray:
        """z, of shape (n_rows,)."""
        return self.up - self.down

    @property
    def room(self) -> np.ndarray:
        """The distance from the nearer border, of shape (n_rows,)."""
        return np.minimum(self.above, self.below)

    @property
    def products(self) -> float:
        """Over the strength, the duality gap of a point whose kinks are those of its trend."""
        return float(self.above @ self.up + self.below @ self.down)

    def moved(self, step, length) -> Point:
        """The point so far along a step."""
        return Point(*(value + length * part for value, part in zip(self, step, strict=True)))

    def reach(self, step) -> float:
        """The share of a step that leads to a border, at most 1."""
        ratios = [
            np.max(-part / value, initial=0.0)
            for value, part in zip(self[1:], step[1:], strict=True)
        ]
        return 1.0 / max(1.0, *ratios)


def interior_points(system, seen, strength):
    """Points ever nearer to the optimum, until rounding has its way.

    Parameters
    ----------
    system : Banded or Dense
    seen : ndarray of shape (n_rows,)
        ``D y``.
    strength : float
        The l of the objective, > 0.

    Yields
    ------
    Point
        Strictly within the borders.

    References
    ----------
    Mehrotra, S. (1992). On the implementation of a primal-dual interior point method. SIAM Journal
    on Optimization 2, 575-601.
    """
    up = np.maximum(seen, 0.0) + np.abs(seen).mean()
    ones = np.ones_like(up)
    point = Point(np.zeros_like(up), ones, ones, up, up - seen)
    for _ in range(_MAX_ITER):
        step, length = _step(system, seen, strength, point)
        point = point.moved(step, length)
        inside = min(part.min() for part in point[1:]) > 0
        if not (inside and np.isfinite(point.dual).all()):
            return
        yield point


def _step(system, seen, strength, point):
    """To the centre, as far as a look along the straight way says."""
    weights = point.up / point.above + point.down / point.below
    solve = system.solver(strength, weights)
    residual = system.spread(point.kinks) - seen + strength * system.square(point.dual)

    def direction(above, below):
        """Towards products of these sizes."""
        up, down = above / point.above - point.up, below / point.below - point.down
        dual = solve(-residual - system.spread(up - down))
        along = system.gathered(dual)
        up, down = up + point.up / point.above * along, down - point.down / point.below * along
        return Point(dual, -along, along, up, down)

    straight = direction(0.0, 0.0)
    size = point.products
    left = point.moved(straight, point.reach(straight)).products / size
    centre = left**3 * size / (2 * len(weights))
    # Second order: what the straight step would add to the products.
    step = direction(centre - straight.above * straight.up, centre - straight.below * straight.down)
    return step, min(1.0, _SHORTEN * point.reach(step))

"""``min P(x)`` subject to ``A x = y`` under a weighted L1 norm: simplex steps from a point nearby.

A basis B is as many columns as there are measurements, and its vertex ``x_B = B^-1 y``. With the
slopes of the norm there, the dual point is ``B'u = slopes``; where ``A'u`` is within the polar of
the norm, the vertex is the solution. If not, the entry that is farthest outside joins. While it
grows, the others move along a line, on which the norm is convex, and straight but where one of them
is zero: each of these adds to the slope, and the one from which on the norm rises leaves.

Columns C that have joined since the basis was factorised, at places of which E are unit vectors,
make of it

    B + (C - B E) E' = B (I + (W - E) E'),     W = B^-1 C,

so that the factor serves on, with as many equations beside it as columns have joined.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import LinAlgError
from scipy.linalg.lapack import dgetrf, dgetrs

from taut.solvers.polar import finite_polar_interval

__all__ = ["solution_near"]

_SHARE, _MORE = 8, 100  # exchanges at most: rows by the one, and the other
_ROUNDING = 1e-9


def solution_near(measurement, y, penalty, x, dual):
    """The solution, where few exchanges lead to it from the basis that x and a dual point show.

    Parameters
    ----------
    measurement : object with ``product``, ``adjoint`` and ``shape``
        A of shape (m, n), of full row rank. Some m x m numbers are held.
    y : ndarray of shape (m,)
    penalty : Penalty
        A weighted L1 norm, but for bounds at zero.
    x : ndarray of shape (n,)
        Near the solution, with exact zeros.
    dual : ndarray of shape (m,)
        Near a multiple of the dual solution.

    Returns
    -------
    (x, dual) or None
        None where the columns depend on one another, or the exchanges were too many.

    References
    ----------
    Barrodale, I. and Roberts, F. D. K. (1973). An improved algorithm for discrete l1 linear
    approximation. SIAM Journal on Numerical Analysis 10, 839-848.

    Bixby, R. E. and Saltzman, M. J. (1994). Recovering an optimal LP basis from an interior point
    solution. Operations Research Letters 15, 169-178.
    """
    low, high = finite_polar_interval(penalty, len(x))
    pull = measurement.adjoint(dual)
    nearness = np.maximum(pull / high, pull / low)
    chosen = np.lexsort((-nearness, -np.abs(x)))[: len(y)]
    try:
        vertex = _Vertex(measurement, y, (low, high), chosen)
        for _ in range(vertex.basis.room):
            if vertex.is_least():
                return vertex.point()
            vertex.exchange()
    except LinAlgError:
        pass
    return None


class _Vertex:
    """A basis, the entries there, and the slopes of the norm at them."""

    def __init__(self, measurement, y, interval, chosen):
        self.measurement, self.y, self.chosen = measurement, y, chosen
        self.low, self.high = interval
        columns = np.empty((len(y),) * 2, order="F")
        for place, feature in enumerate(chosen):
            columns[:, place] = self._column(feature)
        self.basis = _Basis(columns, len(y) // _SHARE + _MORE)
        self.values = self.basis.solve(y)
        self.slopes = np.where(self.values < 0, self.low[chosen], self.high[chosen])

    def is_least(self):
        """Whether no entry outside of the basis makes the norm fall."""
        self.dual = self.basis.solve_transposed(self.slopes)
        self.pull = self.measurement.adjoint(self.dual)
        self.outside = np.maximum(self.pull - self.high, self.low - self.pull)
        self.outside[self.chosen] = 0.0
        self.joining = int(np.argmax(self.outside))
        return self.outside[self.joining] <= _ROUNDING * self.high.max()

    def point(self):
        x = np.zeros(len(self.low))
        x[self.chosen] = self.basis.solve(self.y)
        return x, self.dual

    def exchange(self):
        """The entry that is farthest outside joins, and goes to where the norm is least."""
        change = self.basis.solve(self._column(self.joining))
        sign = np.sign(self.pull[self.joining])
        crossed, place, length = self._crossings(-sign * change)
        features = self.chosen[crossed]
        self.slopes[crossed] = self.low[features] + self.high[features] - self.slopes[crossed]
        self.values -= sign * length * change
        self.values[place] = sign * length
        self.slopes[place] = (self.high if sign > 0 else self.low)[self.joining]
        self.chosen[place] = self.joining
        self.basis.replace(place, change)

    def _crossings(self, rate):
        """Places that change sign on the way, the one that ends it there, and how far that is."""
        size = np.abs(rate)
        falling = (rate * self.slopes < 0) & (size > _ROUNDING * size.max())
        places = np.flatnonzero(falling)
        lengths = np.abs(self.values[places]) / size[places]
        order = np.argsort(lengths)
        places = places[order]
        features = self.chosen[places]
        bends = (self.high[features] - self.low[features]) * size[places]
        last = np.searchsorted(np.cumsum(bends), self.outside[self.joining])
        if last == len(places):
            raise LinAlgError("rounding hides where the norm begins to rise")
        return places[:last], places[last], lengths[order[last]]

    def _column(self, feature):
        unit = np.zeros(len(self.low))
        unit[feature] = 1.0
        return self.measurement.product(unit)


class _Basis:
    """A square matrix, some columns of which are replaced.

    Parameters
    ----------
    columns : ndarray of shape (m, m)
        In Fortran's order; overwritten.
    room : int
        Columns that may be replaced.
    """

    def __init__(self, columns, room):
        self.factor, self.swaps, failed = dgetrf(columns, overwrite_a=1)
        if failed:
            raise LinAlgError("the columns depend on one another")
        self.room, self.count = room, 0
        self.joined, self.places = np.empty((len(columns), room), order="F"), np.empty(room, int)

    def solve(self, target):
        solution = dgetrs(self.factor, self.swaps, target)[0]
        joined, places = self._joined()
        shares = np.linalg.solve(joined[places], solution[places])
        solution -= joined @ shares
        solution[places] = shares
        return solution

    def solve_transposed(self, target):
        target, (joined, places) = target.copy(), self._joined()
        mine, target[places] = target[places], 0.0
        target[places] = np.linalg.solve(joined[places].T, mine - joined.T @ target)
        return dgetrs(self.factor, self.swaps, target, trans=1)[0]

    def replace(self, place, solution):
        """By the column of which ``solve`` made this solution."""
        joined, places = self._joined()
        column = solution.copy()
        column[places] = 0.0
        column += joined @ solution[places]
        known = np.flatnonzero(places == place)
        slot = known[0] if len(known) else self.count
        self.joined[:, slot], self.places[slot] = column, place
        self.count = max(self.count, slot + 1)

    def _joined(self):
        return self.joined[:, : self.count], self.places[: self.count]

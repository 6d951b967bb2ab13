"""Quantile regression under L1 from one strength to the next: the parametric simplex method.

At a vertex as many rows E are met exactly as there are coefficients that are not zero, A, and an
intercept. With M the columns A, and of ones, on the rows E,

    M b = y_E,        M' theta_E = -(the same of the other rows) - alpha (l_A sign(b_A), 0),

so that coefficients stay while alpha falls, and the slopes theta_E move along a line. Where one of
them comes to the end of its interval the row leaves E, and where ``|z_j| = alpha l_j`` feature j
joins A. Coefficients then move along an edge, on which the objective stays, until another row is
met or one of them is zero: there the next vertex is.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import linalg

from taut.problem import Problem
from taut.solvers.columns import Columns

__all__ = ["Vertex"]

_EXACT = 1e-9  # of the largest residual: rows met up to rounding
_SINGULAR = 1e-13
_MOST = 500  # pivots to the next strength; a programme of its own is cheaper than more


class _Place(NamedTuple):
    """What a vertex knows: its system, coefficients, residuals, slopes and where these go."""

    factor: tuple
    coef: np.ndarray
    residual: np.ndarray
    slope: np.ndarray
    turn: np.ndarray


class _Event(NamedTuple):
    """A row that leaves, by its place, or a feature that joins; the sign of its move."""

    row: int | None
    feature: int | None
    sign: float


class Vertex:
    """A solution at one strength, from which pivots lead to smaller ones.

    Parameters
    ----------
    problem : Problem
        Quantile loss.
    columns : Columns
        All of them.
    l1 : ndarray of shape (n_features,)
        Weights of the penalty, in the units of the columns; inf keeps a feature at zero.

    References
    ----------
    Li, Y. and Zhu, J. (2008). L1-norm quantile regression. Journal of Computational and Graphical
    Statistics 17, 163-185.
    """

    def __init__(self, problem: Problem, columns: Columns, l1):
        self.problem, self.columns, self.l1 = problem, columns, l1
        self.y = problem.response if problem.offset is None else problem.response - problem.offset
        v, q = problem.weights, problem.loss.q
        self.there, self.low, self.high = v > 0, -q * v, (1 - q) * v
        self.is_vertex = False

    def stand(self, alpha: float, coef, level: float) -> None:
        """At coefficients and an intercept that solve the problem at a strength.

        Where they are no vertex, or several in one, no pivot leads on from them.
        """
        residual = self.y - level - self.columns.product(coef)
        met = np.abs(residual) <= _EXACT * np.max(np.abs(residual[self.there]), initial=0.0)
        self.alpha, self.rows = alpha, np.flatnonzero(met & self.there)
        self.used = np.flatnonzero((coef != 0) | (self.l1 == 0))
        self.signs = np.sign(coef[self.used])
        ones = [np.ones(len(self.y))] if self.problem.fit_intercept else []
        self.is_vertex = len(self.rows) == len(self.used) + len(ones) > 0
        if self.is_vertex:
            self.matrix = np.column_stack(ones + [self._column(j) for j in self.used])
            self.sides = np.where(residual > 0, self.low, self.high) * ~met

    def at(self, alpha: float):
        """The solution at a strength below: coefficients, slopes of the loss, number of pivots.

        None where pivots do not lead there.
        """
        n_pivots = 0
        while self.is_vertex and alpha <= self.alpha and n_pivots < _MOST:
            try:
                place = self._place()
            except linalg.LinAlgError:
                break
            fall, event = self._first_event(place)
            if fall >= self.alpha - alpha:
                coef = np.zeros(len(self.l1))
                coef[self.used] = place.coef
                slope = place.slope - (self.alpha - alpha) * place.turn
                self.alpha = alpha
                return coef, slope, n_pivots
            self.alpha -= fall
            self.is_vertex = self._pivot(place, event)
            n_pivots += 1
        self.is_vertex = False
        return None

    def _column(self, feature):
        one = Columns(self.problem, self.columns.scale, np.array([feature]))
        return one.product(np.ones(1))

    def _place(self):
        factor = linalg.lu_factor(self.matrix[self.rows], check_finite=False)
        pivots = np.abs(np.diag(factor[0]))
        if not np.min(pivots) > _SINGULAR * np.max(pivots):
            raise linalg.LinAlgError("rows that are met depend on one another")
        values = linalg.lu_solve(factor, self.y[self.rows], check_finite=False)
        residual = self.y - self.matrix @ values
        residual[self.rows] = 0.0
        pull = np.zeros((len(values), 2))
        pull[len(values) - len(self.used) :, 1] = -self.l1[self.used] * self.signs
        pull[:, 0] = self.alpha * pull[:, 1] - self.matrix.T @ self.sides
        slopes = np.zeros((len(self.y), 2))
        slopes[:, 0] = self.sides
        slopes[self.rows] = linalg.lu_solve(factor, pull, trans=1, check_finite=False)
        return _Place(factor, values[len(values) - len(self.used) :], residual, *slopes.T)

    def _first_event(self, place):
        """How far alpha falls until it, and what it is."""
        slope, turn = place.slope[self.rows], place.turn[self.rows]
        room = np.where(turn < 0, self.high[self.rows] - slope, slope - self.low[self.rows])
        to_leave = _quotients(room, np.abs(turn))
        z, drift = -self.columns.cross(np.column_stack([place.slope, place.turn])).T
        outside = np.isfinite(self.l1)
        outside[self.used] = False
        outside, sides = np.flatnonzero(outside), np.array([[1.0], [-1.0]])
        l1 = self.l1[outside]
        to_join = _quotients(self.alpha * l1 - sides * z[outside], l1 - sides * drift[outside])
        leaves, joins = np.min(to_leave), np.min(to_join, initial=np.inf)
        if leaves <= joins:
            row = int(np.argmin(to_leave))
            return leaves, _Event(row, None, -np.sign(turn[row]))
        side, feature = np.unravel_index(np.argmin(to_join), to_join.shape)
        return joins, _Event(None, outside[feature], float(sides[side, 0]))

    def _pivot(self, place, event):
        """Along the edge that an event opens; whether it ends in another vertex."""
        if event.feature is None:
            joining, right = 0.0, np.zeros(len(self.rows))
            right[event.row] = event.sign
        else:
            joining = event.sign * self._column(event.feature)
            right = -joining[self.rows]
        move = linalg.lu_solve(place.factor, right, check_finite=False)
        drift = self.matrix @ move + joining
        drift[self.rows] = 0.0
        to_meet = _quotients(place.residual, drift, self.there & (place.residual * drift > 0))
        change, first = move[len(move) - len(self.used) :], len(move) - len(self.used)
        falls = (change * self.signs < 0) & (self.l1[self.used] > 0)
        to_zero = _quotients(-place.coef, change, falls)
        meets, ends = np.min(to_meet), np.min(to_zero, initial=np.inf)
        if not min(meets, ends) < np.inf:
            return False
        if event.feature is None:
            row = self.rows[event.row]
            self.sides[row] = (self.high if event.sign > 0 else self.low)[row]
            self.rows = np.delete(self.rows, event.row)
        else:
            self.used = np.append(self.used, event.feature)
            self.signs = np.append(self.signs, event.sign)
            self.matrix = np.column_stack([self.matrix, event.sign * joining])
        if meets <= ends:
            row = int(np.argmin(to_meet))
            self.rows = np.append(self.rows, row)
            self.sides[row] = 0.0
        else:
            gone = int(np.argmin(to_zero))
            self.used, self.signs = np.delete(self.used, gone), np.delete(self.signs, gone)
            self.matrix = np.delete(self.matrix, first + gone, axis=1)
        return len(self.rows) == self.matrix.shape[1] > 0


def _quotients(distance, rate, moves=None):
    """Distances over rates, at least 0; inf where nothing moves that way."""
    moves = rate > 0 if moves is None else moves
    result = np.full(np.shape(rate), np.inf)
    np.divide(distance, rate, out=result, where=moves)
    return np.maximum(result, 0.0)

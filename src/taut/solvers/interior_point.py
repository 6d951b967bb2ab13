"""A convex quadratic programme in a box, by interior-point steps."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import linalg

__all__ = ["BoxProgramme"]

_MOST_STEPS = 100
_TO_THE_WALL = 0.995  # share of the way to the nearest wall of the box that a step may go
_AWAY = 1e3  # times what the nearest point lacks: rounding has taken over
_TINY = np.finfo(np.float64).tiny


class _State(NamedTuple):
    """A point inside the box, its distances from the walls, and the forces of these.

    The distances are carried along: the difference of x and a wall nearby would be all rounding.
    """

    x: np.ndarray
    level: float
    to_low: np.ndarray
    to_high: np.ndarray
    low_force: np.ndarray
    high_force: np.ndarray

    @property
    def slack(self) -> float:
        return float(self.low_force @ self.to_low + self.high_force @ self.to_high)

    def moved(self, step, change: _State) -> _State:
        return _State(*(now + step * by for now, by in zip(self, change, strict=True)))


class BoxProgramme:
    """``minimise y'theta + sum_j (x_j'theta + t_j)^2 / (2 l2_j)`` for (theta, t) in a box.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
    y : ndarray of shape (n_samples,)
    l2 : ndarray of shape (n_features,)
        Positive.
    lowest, highest : ndarray of shape (n_samples + n_features,)
        The box of theta, finite, and of t.
    balanced : bool
        Whether theta has to sum to zero.

    References
    ----------
    Mehrotra, S. (1992). On the implementation of a primal-dual interior point method. SIAM Journal
    on Optimization 2, 575-601.
    """

    def __init__(self, X, y, l2, lowest, highest, balanced):
        self.X, self.l2, self.lowest, self.highest, self.balanced = X, l2, lowest, highest, balanced
        self.n = len(y)
        self.cost = np.append(y, np.zeros(len(l2)))
        # A box without room holds no variable.
        self.there = lowest < highest
        self.has_low = np.isfinite(lowest) & self.there
        self.has_high = np.isfinite(highest) & self.there
        self.pairs = max(int(self.has_low.sum() + self.has_high.sum()), 1)
        self.ones = np.zeros(len(self.cost))
        self.ones[: self.n] = 1.0 if balanced else 0.0

    def coef(self, x):
        """``-(X'theta + t) / l2``: the coefficients whose dual this is."""
        return -(self.X.T @ x[: self.n] + x[self.n :]) / self.l2

    def solve(self, goal: float):
        """Theta, coefficients, and how many steps it took to come within ``goal`` of the minimum.

        Where rounding ends the steps earlier, the nearest point is returned: close to walls,
        systems are so ill-conditioned that a step leads away.
        """
        state, count = self._start(), 0
        nearest, least = state, np.inf
        while count < _MOST_STEPS:
            residual = self._residual(state)
            force = (residual - state.low_force + state.high_force)[self.there]
            lack = max(state.slack, float(np.abs(force) @ np.abs(state.x[self.there])))
            if lack < least:
                nearest, least = state, lack
            if least <= goal or not lack < _AWAY * least:
                break
            try:
                system = _Bordered(self, self._curvature(state))
            except linalg.LinAlgError:
                break
            state, count = self._advanced(state, residual, system), count + 1
        return nearest.x[: self.n], self.coef(nearest.x), count

    def at_vertex(self, theta, coef, walls):
        """The solution, where a point nearby shows which walls it lies at.

        Rows whose theta is between its walls are met exactly, ``x_i'b + b0 = y_i``; coefficients
        that are not zero have their t at the wall given. What is left is one linear system, without
        the products of near and far walls that cost interior points half of their digits.

        Parameters
        ----------
        theta : ndarray of shape (n_samples,)
        coef, walls : ndarray of shape (n_features,)
            With t at ``walls`` where the coefficient is not zero.

        Returns
        -------
        coef : ndarray of shape (n_features,)
        theta : ndarray of shape (n_samples,)
        """
        low, high = self.lowest[: self.n], self.highest[: self.n]
        used = np.flatnonzero(coef)
        errors = self.cost[: self.n] - self.X @ coef
        if self.balanced:
            middle = np.minimum(theta - low, high - theta)
            errors = errors - errors[np.argmax(middle)]
        size = np.mean(np.abs(errors)) + _TINY
        share = (theta - low) / (high - low)
        met = np.flatnonzero(np.minimum(share, 1 - share) > np.abs(errors) / size)
        theta = np.where(share < 0.5, low, high)
        theta[met] = 0.0
        n_used, end = len(used), len(used) + len(met)
        below = np.zeros((end + self.balanced,) * 2)
        below[n_used:end, :n_used] = self.X[np.ix_(met, used)]
        below[end:, n_used:end] = 1.0
        system = below + below.T
        system[range(n_used), range(n_used)] = self.l2[used]
        right = [-(self.X[:, used].T @ theta) - walls[used], self.cost[met]]
        right = np.concatenate([*right, np.full(int(self.balanced), -np.sum(theta))])
        found = linalg.lstsq(system, right, lapack_driver="gelsy", check_finite=False)[0]
        theta[met] = np.clip(found[n_used:end], low[met], high[met])
        exact = np.zeros(len(coef))
        exact[used] = found[:n_used]
        return exact, theta

    def _start(self):
        """In the middle of the box, coefficients as close to zero as that allows."""
        n, low, high = self.n, self.lowest, self.highest
        theta = 0.5 * (low + high)[:n]
        width = np.minimum((high - low)[n:], np.mean((high - low)[:n]))
        t = np.clip(-(self.X.T @ theta), low[n:] + 0.1 * width, high[n:] - 0.1 * width)
        x = np.append(theta, np.where(self.there[n:], t, 0.0))
        y = self.cost[:n]
        centre = float(np.median(y)) if self.balanced else 0.0
        size = np.mean(np.abs(y - centre)) + _TINY
        to_low = np.where(self.has_low, x - low, 1.0)
        to_high = np.where(self.has_high, high - x, 1.0)
        return _State(x, -centre, to_low, to_high, size * self.has_low, size * self.has_high)

    def _residual(self, state):
        coef = self.coef(state.x)
        return self.cost - np.append(self.X @ coef, coef) + state.level * self.ones

    def _curvature(self, state):
        walls = state.low_force / state.to_low + state.high_force / state.to_high
        return np.where(self.there, walls, np.inf)

    def _advanced(self, state, residual, system):
        """A step straight to the optimum shows how much to keep to the centre (Mehrotra)."""
        nothing = np.zeros_like(state.x)
        straight = self._change(state, residual, system, nothing, nothing)
        after = state.moved(self._longest(state, straight), straight).slack
        centre = state.slack / self.pairs * min((after / state.slack) ** 3, 1.0)
        change = self._change(
            state,
            residual,
            system,
            centre - straight.to_low * straight.low_force,
            centre - straight.to_high * straight.high_force,
        )
        return state.moved(self._longest(state, change), change)

    def _change(self, state, residual, system, low_product, high_product):
        """The Newton step to walls whose products of distance and force are as given."""
        low = np.where(self.has_low, low_product, 0.0)
        high = np.where(self.has_high, high_product, 0.0)
        right = low / state.to_low - high / state.to_high - residual
        x, level = system.solve(np.where(self.there, right, 0.0), -float(self.ones @ state.x))
        to_low, to_high = x * self.has_low, -x * self.has_high
        low_force = (low - state.low_force * to_low) / state.to_low - state.low_force
        high_force = (high - state.high_force * to_high) / state.to_high - state.high_force
        return _State(
            x, level, to_low, to_high, low_force * self.has_low, high_force * self.has_high
        )

    def _longest(self, state, change):
        """The longest step that stays inside."""
        share = 1.0
        for now, by in zip(state[2:], change[2:], strict=True):
            falling = by < 0
            limit = np.min(now[falling] / -by[falling], initial=np.inf)
            share = min(share, _TO_THE_WALL * float(limit))
        return share


class _Bordered:
    """Solves with the Hessian plus a diagonal, bordered by the sum; the system is of the smaller
    side of X."""

    def __init__(self, programme: BoxProgramme, curvature):
        self.p = programme
        n, X = programme.n, programme.X
        self.curvature = np.where(programme.there, curvature, 0.0)
        self.loose = 1.0 / np.maximum(curvature, _TINY)
        self.diagonal = programme.l2 + self.loose[n:]
        self.tall = X.shape[1] <= n
        if self.tall:
            system = X.T @ (self.loose[:n, None] * X)
            system[np.diag_indices_from(system)] += self.diagonal
        else:
            system = (X / self.diagonal) @ X.T
            system[np.diag_indices_from(system)] += curvature[:n]
        if not np.all(np.isfinite(system)):
            raise linalg.LinAlgError("the walls are nearer than rounding")
        self.factor = linalg.cho_factor(system, check_finite=False, overwrite_a=True)
        self.border = self._without_border(programme.ones) if programme.balanced else None

    def _without_border(self, right):
        """Eliminated and refined twice: walls that are near and far at once cost digits."""
        x = self._eliminated(right)
        for _ in range(2):
            x = x + self._eliminated(np.where(self.p.there, right - self._times(x), 0.0))
        return x

    def _times(self, x):
        n, X = self.p.n, self.p.X
        slopes = (X.T @ x[:n] + x[n:]) / self.p.l2
        return self.curvature * x + np.append(X @ slopes, slopes)

    def _eliminated(self, right):
        n, X, rows, rest = self.p.n, self.p.X, right[: self.p.n], right[self.p.n :]
        loose = self.loose[n:]
        if self.tall:
            # (D + M'M / l2) w = right with M = -[X', 1]: eliminate w for u = M w / l2.
            scaled = self.loose * right
            h = -(X.T @ scaled[:n] + scaled[n:])
            u = linalg.cho_solve(self.factor, h, check_finite=False)
            return scaled + self.loose * np.append(X @ u, u)
        # Eliminate the entries of w that belong to t, which have a diagonal of their own.
        h = rows - X @ (loose / self.diagonal * rest)
        slopes = linalg.cho_solve(self.factor, h, check_finite=False)
        return np.append(slopes, loose / self.diagonal * (self.p.l2 * rest - X.T @ slopes))

    def solve(self, right, imbalance):
        x = self._without_border(right)
        if self.border is None:
            return x, 0.0
        level = (self.p.ones @ x - imbalance) / (self.p.ones @ self.border)
        return x - level * self.border, float(level)

"""The loss as a function of coefficients, with the intercept always at its best."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from taut.losses import Multinomial
from taut.problem import Problem
from taut.solvers.columns import Columns

__all__ = ["Fitted", "Point", "Standing", "balanced", "null_standing", "settled"]

_EPS = np.finfo(np.float64).eps
_NEWTON_STEPS = 20
_LAST_STEP = 1e-8
_FLAT = 1e-3  # stands for no curvature, as in cpp/loss.hpp
_FARTHEST = 20.0  # a Newton step of an intercept beyond this is not to be trusted


class Point(NamedTuple):
    """Where coefficients put the loss: its value, the intercept, and slopes for each row."""

    value: float
    level: np.ndarray | float
    eta: np.ndarray
    slope: np.ndarray


class Fitted:
    """``min over b0 of sum_i v_i loss(y_i, offset_i + b0 + x_i'c)``, smooth and convex in ``c``.

    By the envelope theorem its gradient is X'slope at the best intercept. There the slopes sum to
    zero, which is what a dual point needs.

    Parameters
    ----------
    problem : Problem
    columns : Columns
    level : float or ndarray
        An intercept to begin with.
    """

    def __init__(self, problem: Problem, columns: Columns, level=0.0):
        self.problem, self.columns, self.level = problem, columns, level

    def at(self, coef) -> Point:
        """The loss at coefficients, after its intercept is found."""
        point = settled(self.problem, self.columns.product(coef), self.level)
        if np.all(np.isfinite(point.level)):
            self.level = point.level
        return point

    def gradient(self, point: Point):
        """With respect to the coefficients."""
        return self.columns.cross(point.slope)


def settled(problem: Problem, fit, level) -> Point:
    """The point of a linear predictor without intercept, starting from the intercept ``level``."""
    loss, y, v = problem.loss, problem.response, problem.weights
    base = fit if problem.offset is None else fit + problem.offset
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        level = _best_level(problem, base, level) if problem.fit_intercept else 0.0
        eta = base + level
        return Point(loss.total(y, eta, v), level, eta, loss.slope(y, eta, v))


def _best_level(problem, base, level):
    """Newton steps from the last intercept; the loss's own search where they do not arrive."""
    loss, y, v = problem.loss, problem.response, problem.weights
    if loss.is_separable:
        for _ in range(_NEWTON_STEPS):
            slope = loss.slope(y, base + level, v)
            total = slope.sum(axis=0)
            if np.all(np.abs(total) <= 2 * _EPS * np.abs(slope).sum(axis=0)):
                return level
            change = _newton_step(problem, base + level, total)
            if not np.all(np.abs(change) <= _FARTHEST):
                break
            level = level + change
            # The error after a Newton step is about the square of the step.
            if np.all(np.abs(change) <= _LAST_STEP * (1 + np.abs(level))):
                return level
    if not np.all(np.isfinite(base[v > 0])):
        return level
    return level + loss.null_intercept(y, v, base + level)


def _newton_step(problem, eta, total):
    loss, y, v = problem.loss, problem.response, problem.weights
    if not isinstance(loss, Multinomial):
        return -total / loss.curvature(y, eta, v).sum(axis=0)
    try:
        return loss.newton_step(eta, v, total)
    except np.linalg.LinAlgError:
        return np.full(len(total), np.inf)


def balanced(problem: Problem, coefs, intercepts):
    """Of the many solutions of symmetric classes the one that adds up to zero where it may.

    A constant for all classes changes no probability, so that nothing else determines intercepts,
    and coefficients that are not penalised, but to a constant.

    Parameters
    ----------
    problem : Problem
        Solutions of losses other than that of symmetric classes come back as they are.
    coefs : ndarray of shape (n_features, n_classes, ...)
    intercepts : ndarray of shape (n_classes, ...)
    """
    if not isinstance(problem.loss, Multinomial) or problem.loss.has_reference:
        return coefs, intercepts
    if problem.is_separable:
        l1, l2, lower, upper = problem.coordinates
        free = (l1 == 0) & (l2 == 0) & np.isinf(lower) & np.isinf(upper)
        coefs = coefs.copy()
        coefs[free] -= coefs[free].mean(axis=1, keepdims=True)
    return coefs, intercepts - intercepts.mean(axis=0)


class Standing(NamedTuple):
    """The null model: the yardstick of certificates.

    ``objective`` is what its loss is above the least that any predictor has; where that is not
    known, what a Newton step of every row by itself promises to take off it, which is the same for
    squares. ``norm`` is the root of the weighted mean square of its slopes.
    """

    point: Point
    objective: float
    norm: float


def null_standing(problem: Problem) -> Standing:
    """The model of an intercept alone."""
    shape = (problem.design.shape[0], *problem.coef_shape[1:])
    level = problem.null_intercept if problem.fit_intercept else 0.0
    point = settled(problem, np.zeros(shape), level)
    rows = problem.weights > 0
    squares = np.sum(point.slope[rows] ** 2, axis=tuple(range(1, point.slope.ndim)))
    norm = float(np.sqrt(np.sum(squares / problem.weights[rows])))
    return Standing(point, max(_above_lowest(problem, point), 0.0), norm)


def _above_lowest(problem, point):
    loss, y, v = problem.loss, problem.response, problem.weights
    if loss.has_conjugate(y) or not loss.is_separable:
        return float(point.value - loss.total_lowest(y, v))
    there = v > 0
    curvature = loss.hessian(y, point.eta)[there]
    curvature = np.where(curvature > 0, curvature, _FLAT)
    return 0.5 * float(np.sum(point.slope[there] ** 2 / (v[there] * curvature)))

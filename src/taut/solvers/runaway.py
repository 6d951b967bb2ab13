"""Coefficients that run away: whether a problem has no minimiser, shown by a direction.

A convex objective ``F = loss + alpha penalty`` that never rises along ``d`` from one point does so
from none: ``d`` is a direction of recession, ``lim [F(x + t d) - F(x)] / t <= 0`` (Rockafellar
1970, theorems 8.5 and 8.6). Both parts are bounded from below, so neither can make up for the
other, and ``d`` recedes for both. Where the loss falls strictly along ``d`` from every point, as a
margin that grows makes it, no point is a minimiser; where there is no such direction, one exists,
for ``F`` is constant along all directions of recession (theorem 27.1).

The penalty recedes in what it does not see: unpenalised features, the level of a chain, the open
side of bounds. A folded concave one is flat beyond ``gamma alpha w``: it does so in blocks that are
there already, as long as they do not come back. That is a statement on the point: from there on the
objective falls for ever, and it is no local minimum either.

A cone of the loss (``Loss.recession``) and one of the penalty, both polyhedral: whether they meet
where a margin grows is a linear programme (Konis 2007), with one unknown for each flat coefficient.
A fit that ran away has often found the direction itself. Else rows join the programme as they are
violated: what has no direction on some of them has none on all.

References
----------
Rockafellar, R. T. (1970). Convex Analysis. Princeton University Press.

Albert, A. and Anderson, J. A. (1984). On the existence of maximum likelihood estimates in logistic
regression models. Biometrika 71, 1-10.

Konis, K. (2007). Linear programming algorithms for detecting separated data in binary logistic
regression models. DPhil thesis, University of Oxford.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from taut.losses.recession import Recession
from taut.problem import Problem
from taut.solution import Status
from taut.solvers.base import Solved
from taut.solvers.columns import Columns, by_feature, column_scale
from taut.solvers.fitted import null_standing
from taut.solvers.scaled_penalty import free_directions, in_units_of

__all__ = ["with_runaways"]

_EXACT = 1e-9  # of the largest gain, and that of the direction: less is rounding
_SLACK = 1e-10  # of the linear programme
_LOOSE = 10.0  # times what a certificate leaves open: a margin with less to gain may be running
_SINGULAR = 1e-7
_LARGEST = 1 << 25  # entries of the columns without penalty, copied
_MOST = 2000  # unknowns of the linear programme
_ROUNDS = 20
_STEPS = 20_000


def with_runaways(problem: Problem, solved: Solved) -> Solved:
    """The same solutions; the status of those that stand on the way to infinity says so."""
    every, look = range(len(solved.certificates)), _Look(problem)
    # What recedes in a convex problem does so at any strength; the last fit has gone furthest.
    looks = [[k] for k in every] if _is_folded(problem) else [every]
    away = [k for strengths in looks if look.runs_away(solved, strengths[-1]) for k in strengths]
    if not away:
        return solved
    certificates = list(solved.certificates)
    for k in away:
        certificates[k] = replace(certificates[k], status=Status.UNBOUNDED)
    return replace(solved, certificates=tuple(certificates))


def _is_folded(problem):
    return hasattr(problem.penalty, "flat_sides")


class _Look:
    """At the solutions of one problem."""

    def __init__(self, problem: Problem):
        self.problem = problem

    @cached_property
    def cone(self) -> Recession | None:
        return self.problem.loss.recession(self.problem.response, self.problem.weights)

    @cached_property
    def null(self) -> float:
        return null_standing(self.problem).objective

    def runs_away(self, solved: Solved, k: int) -> bool:
        problem = self.problem
        if problem.loss.is_quadratic:
            return False
        coef, intercept = solved.coefs[..., k], solved.intercepts[..., k]
        flat = _flat_part(problem, coef, float(solved.alphas[k]))
        if not np.any(flat.down | flat.up) or self.cone is None or not self.cone.falls.shape[0]:
            return False
        if _recedes(self.cone, self._own(flat.own, intercept)):
            return True
        eta = problem.design.product(coef) + intercept
        left = self.cone.left(eta if problem.offset is None else eta + problem.offset)
        certificate = solved.certificates[k]
        measure = certificate.kkt if np.isnan(certificate.gap) else certificate.relative_gap
        held = left > _LOOSE * max(measure, certificate.tol) * self.null
        programme = _programme(problem, flat)
        return programme is not None and programme.meets(self.cone, left, held)

    def _own(self, coef, intercept):
        """The predictor of a direction of size one."""
        own = self.problem.design.product(coef) + intercept
        mean, deviation = self.problem.moments
        size = np.sum(np.abs(intercept)) + np.sum((np.abs(mean) + deviation) @ np.abs(coef))
        return own.ravel() / size if size > 0 else own.ravel()


def _recedes(cone: Recession, direction) -> bool:
    """Whether the loss falls along a direction of size one, by its predictor, and never rises."""
    gains, moves = cone.falls @ direction, cone.still @ direction
    top = np.max(gains, initial=0.0)
    rounding = _EXACT * top
    stays = np.max(np.abs(moves), initial=0.0) <= rounding
    return bool(top > _EXACT and np.min(gains) >= -rounding and stays)


class _Flat(NamedTuple):
    """Where the penalty is flat.

    ``basis`` spans the directions in the units of the columns, None for the features themselves;
    each may go down, or up. ``own`` are the coefficients of the fit that lie in these directions.
    """

    basis: np.ndarray | None
    down: np.ndarray
    up: np.ndarray
    own: np.ndarray


def _flat_part(problem, coef, alpha) -> _Flat:
    if problem.is_separable:
        l1, l2, lower, upper = (by_feature(part, coef) for part in problem.coordinates)
        free = (l1 == 0) & (l2 == 0)
        return _of_features(coef, free & (lower == -np.inf), free & (upper == np.inf))
    scale = column_scale(problem)
    given = coef * by_feature(scale, coef)
    if _is_folded(problem):
        # Entries that do not come back keep the norm of their block from falling.
        labels, weights = problem.penalty.group_layout(len(coef))
        free = by_feature(weights[labels] == 0, coef)
        down, up = problem.penalty.flat_sides(given, alpha)
        return _of_features(coef, down & (free | (coef <= 0)), up & (free | (coef >= 0)))
    basis = free_directions(in_units_of(problem, scale), len(coef))
    both = np.ones((basis.shape[1], *coef.shape[1:]), dtype=bool)
    return _Flat(basis, both, both, _directed(basis, given) / by_feature(scale, coef))


def _directed(basis, coef):
    return np.tensordot(basis, np.tensordot(basis.T, coef, 1), 1)


def _of_features(coef, down, up):
    down, up = np.broadcast_to(down, coef.shape), np.broadcast_to(up, coef.shape)
    return _Flat(None, down, up, np.where(np.where(coef > 0, up, down), coef, 0.0))


def _programme(problem, flat: _Flat) -> _Programme | None:
    """None where it would be too large."""
    shape = (flat.down.shape[0], -1)
    down, up = flat.down.reshape(shape), flat.up.reshape(shape)
    used = np.flatnonzero(np.any(down | up, axis=1))
    n_samples, scale = problem.design.shape[0], column_scale(problem)
    if n_samples * len(used) > _LARGEST or len(used) * down.shape[1] > _MOST:
        return None
    if flat.basis is None:
        matrix = Columns(problem, scale, used).matrix
        down, up = down[used], up[used]
    else:
        matrix = Columns(problem, scale).product(flat.basis)
    if sparse.issparse(matrix):
        size = abs(matrix).max(axis=0).toarray().ravel()
        matrix = sparse.csc_array(matrix @ sparse.diags_array(1.0 / np.where(size > 0, size, 1.0)))
    else:
        size = np.max(np.abs(matrix), axis=0)
        matrix = matrix / np.where(size > 0, size, 1.0)
    if problem.fit_intercept and problem.loss.is_separable:
        ones, both = np.ones((n_samples, 1)), np.ones((1, down.shape[1]), dtype=bool)
        stack = sparse.hstack if sparse.issparse(matrix) else np.hstack
        matrix = stack([matrix, ones])
        down, up = np.vstack([down, both]), np.vstack([up, both])
    return _Programme(matrix, down, up)


class _Programme:
    """Margins that grow as much as they can within a box of directions, while none shrinks.

    Parameters
    ----------
    matrix : ndarray or sparse matrix of shape (n_samples, n_directions)
        Their predictors, with a column of ones where there is an intercept.
    down, up : ndarray of bool, shape (n_directions, n_targets)
    """

    def __init__(self, matrix, down, up):
        self.matrix, self.n_targets = matrix, down.shape[1]
        self.bounds = np.column_stack([-1.0 * down.ravel(), 1.0 * up.ravel()])
        self.few = 4 * len(self.bounds) + 64

    def meets(self, cone: Recession, left, held) -> bool:
        """Whether there is such a direction; rows that are ``held`` have no part in one."""
        margins = _largest(left, self.few)  # those that fit worst say most
        still = np.linspace(0, cone.still.shape[0] - 1, min(self.few, cone.still.shape[0]))
        still = np.unique(still.astype(int))
        if self._is_pinned(cone.falls[margins[held[margins]]], cone.still[still]):
            return False
        gains = cone.falls.T @ np.full(len(left), 1 / len(left))
        cost = -self._across(sparse.csr_array(gains[None, :]))
        cost = (cost.toarray() if sparse.issparse(cost) else cost).ravel()
        for _ in range(_ROUNDS):
            direction = self._best(cost, cone.falls[margins], cone.still[still])
            if direction is None:
                return False
            if _recedes(cone, direction):
                return True
            fell = self._worst(np.minimum(cone.falls @ direction, 0.0), margins)
            moved = self._worst(cone.still @ direction, still)
            if not len(fell) and not len(moved):
                return False  # but for rounding all of them keep
            margins, still = np.append(margins, fell), np.append(still, moved)
        return False

    def _is_pinned(self, falls, still):
        """Whether rows that cannot move leave no direction at all."""
        across = self._across(sparse.vstack([falls, still], format="csr"))
        across = across.toarray() if sparse.issparse(across) else across
        across = across[:, np.any(self.bounds, axis=1)]
        if len(across) < across.shape[1]:
            return False
        singular = np.linalg.svd(across, compute_uv=False)
        return singular[-1] > _SINGULAR * singular[0]

    def _across(self, rows):
        """Rows of the cone as functions of directions."""
        parts = [
            rows[:, target :: self.n_targets] @ self.matrix for target in range(self.n_targets)
        ]
        if not sparse.issparse(self.matrix):
            return np.stack(parts, axis=-1).reshape(rows.shape[0], len(self.bounds))
        order = np.arange(len(self.bounds)).reshape(-1, self.n_targets).T.ravel()
        return sparse.csc_array(sparse.hstack(parts))[:, np.argsort(order)]

    def _best(self, cost, falls, still):
        """The predictor of the best direction; None where none gains."""
        falls, still = self._across(falls), self._across(still)
        found = linprog(
            cost,
            A_ub=-falls,
            b_ub=np.zeros(falls.shape[0]),
            A_eq=still,
            b_eq=np.zeros(still.shape[0]),
            bounds=self.bounds,
            options={"primal_feasibility_tolerance": _SLACK, "maxiter": _STEPS},
        )
        if found.status != 0 or not -found.fun > _SLACK:
            return None
        return (self.matrix @ found.x.reshape(-1, self.n_targets)).ravel()

    def _worst(self, values, known):
        """Rows that break the cone most and are not known, beyond rounding."""
        size = np.abs(values)
        size[known] = 0.0
        worst = _largest(size, self.few)
        return worst[size[worst] > _SLACK]


def _largest(values, count):
    return (
        np.argpartition(-values, count)[:count] if count < len(values) else np.arange(len(values))
    )

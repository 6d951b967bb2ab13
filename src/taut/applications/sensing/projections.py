"""The least penalty within a bound, for orthogonal rows: projections, and how they end.

The steps are soon near the solution, and long on the way from there. What they show by then is
enough for other means, each of which looks at every point that they pass by.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from taut.applications.sensing.faces import entry_weights, exact_on_support, on_face
from taut.applications.sensing.sparse_recovery import Recovered, Task
from taut.solvers.basis_pivots import solution_near
from taut.solvers.feasible_pair import feasible_pair
from taut.solvers.projection_steps import ProjectionSteps

__all__ = ["Orthogonal", "by_projections"]

_SHORTER = 2  # steps for one of the analysis form, which takes twice as many products
_PATIENCE = 15  # looks after which a support that stays is worth a solution in closed form
_LEAP, _NEAR = 35, 1e-2  # times the tolerance, but no more than that: a gap that a pair may close
_SOONER = 0.7  # share of that gap, where it failed, that is worth another
_PAIR = 1000  # products that it takes
_SQUARE = 1 << 24  # entries of a basis that is held
_PACE = 256  # cubed measurements by entries, of a basis, for a product of as much work
_NOISE_ENTRIES, _SMALL_ENTRIES = 1.5, 2.5e-3


class Orthogonal(NamedTuple):
    """A measurement of orthogonal rows, or one that was turned until they are.

    ``back`` takes dual points to those of the task.
    """

    measurement: object
    rows: np.ndarray
    y: np.ndarray
    noise: float
    back: Callable


def by_projections(task: Task, orthogonal: Orthogonal, most_products: float) -> Recovered:
    """The least penalty within the bound, an equality met to the tolerance.

    Returns
    -------
    Recovered
        The best that was found, within so many products, and a look.
    """
    measurement, rows, y, noise, back = orthogonal
    threshold = _threshold(task, rows)
    steps = ProjectionSteps(measurement, rows, y, noise, task.penalty, threshold)
    loose, best = task.loosened(), None
    endings = _Face(task, orthogonal), _Pair(loose, orthogonal), _Basis(task, orthogonal)
    for x, turned in steps.run(_SHORTER * task.max_iter):
        here = loose.proved(x, None, task.residual(x), back(turned))
        best, is_solved = loose.better(best, here), loose.is_solved(here)
        for ending in endings:
            found = ending.found(here, turned, is_solved)
            if found is not None and ending.task.is_solved(found):
                return found
        if is_solved or task.measurement.n_products > most_products:
            break
    return best


def _threshold(task, rows):
    """Somewhat more than noise alone makes of an entry, or a small share of the largest entry."""
    m, n = task.measurement.shape
    square = rows.sum() / n  # the mean square of the norms of the columns
    entry = task.noise / np.sqrt(m * square)
    return max(_NOISE_ENTRIES * entry, _SMALL_ENTRIES * task.top / square)


class _Face:
    """Few entries: the solution of their support in closed form, where that stays, or where an
    equality is met but for the tolerance."""

    def __init__(self, task, orthogonal):
        self.task, self.back = task, orthogonal.back
        self.before, self.tried, self.n_looks = None, None, 0

    def found(self, here, turned, is_solved):
        x, support = here.x, here.x != 0
        is_settled = self.n_looks > _PATIENCE and np.array_equal(support, self.before)
        self.before, self.n_looks = support, self.n_looks + 1
        is_due = not self.task.noise if is_solved else is_settled
        if not is_due or np.array_equal(support, self.tried):
            return None
        self.tried = support
        if self.task.noise == 0:
            return exact_on_support(self.task, x, self.back(turned))
        if entry_weights(self.task) is None or 2 * np.count_nonzero(x) > len(self.task.y):
            return None
        return on_face(self.task, x)[0]


class _Pair:
    """About as many entries as equalities: feasible points nearby, once these are near enough."""

    def __init__(self, task, orthogonal):
        self.task, self.orthogonal = task, orthogonal
        is_open = not task.noise and entry_weights(task) is not None
        self.near = min(_LEAP * task.tol, _NEAR) if is_open else 0.0

    def found(self, here, turned, is_solved):
        task, (measurement, rows, y, _, back) = self.task, self.orthogonal
        is_full, gap = 2 * np.count_nonzero(here.x) > len(y), _relative_gap(here)
        if is_solved or gap > self.near or not is_full:
            return None
        x, dual = feasible_pair(measurement, rows, y, task.penalty, here.x, turned, task.tol)
        found = task.proved(x, 0.0, task.residual(x), back(dual))
        self.near = gap * min(_SOONER, task.tol / max(task.distance(found), task.tol))
        return found


class _Basis:
    """As many entries as equalities: the vertex, where its matrix is held and cheaper.

    Writing it down takes a product for each row: no sooner than the steps have taken as many is it
    tried.
    """

    def __init__(self, task, orthogonal):
        self.task, self.orthogonal = task, orthogonal
        m = len(orthogonal.y)
        is_held = not task.noise and m**2 <= _SQUARE and entry_weights(task) is not None
        self.due = m if is_held else np.inf

    def found(self, here, turned, is_solved):
        task, (measurement, _, y, _, back) = self.task, self.orthogonal
        if is_solved or task.measurement.n_products <= self.due:
            return None
        is_cheaper = self._is_cheaper(_relative_gap(here))
        near = solution_near(measurement, y, task.penalty, here.x, turned) if is_cheaper else None
        self.due = 2 * task.measurement.n_products
        if near is None:
            return None
        x, dual = near
        return task.proved(x, 0.0, task.residual(x), back(dual))

    def _is_cheaper(self, gap):
        """Than the way to a pair. The gap falls about as the square of the products so far."""
        m, n = self.task.measurement.shape
        left = np.sqrt(gap / (_LEAP * self.task.tol)) - 1.0
        return m + m**3 / (_PACE * n) < self.task.measurement.n_products * left + _PAIR


def _relative_gap(here):
    return abs(here.proof.gap) / max(here.proof.objective, 1e-300)

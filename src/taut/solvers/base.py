"""What solvers take and give: a problem and a grid of strengths in, certified paths out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from taut._core import Cancel, Meeting
from taut.problem import Problem
from taut.solution import Certificate
from taut.validation import check_positive

__all__ = ["Cancel", "Controls", "Grid", "Meeting", "Solved", "Solver", "path_of_kept_moments"]


@dataclass(frozen=True)
class Grid:
    """Penalty strengths: given, or ``n_alphas`` down from the smallest at which nothing enters."""

    alphas: np.ndarray | None = None
    n_alphas: int = 100
    alpha_min_ratio: float | None = None

    @property
    def count(self) -> int:
        return self.n_alphas if self.alphas is None else len(self.alphas)

    def ratio(self, problem: Problem, wide: float = 1e-2, tall: float = 1e-4) -> float:
        if self.alpha_min_ratio is not None:
            return self.alpha_min_ratio
        n_samples, n_features = problem.design.shape
        return tall if n_samples > n_features else wide

    def below(self, alpha_max: float, ratio: float) -> np.ndarray:
        """The strengths, in geometric steps from ``alpha_max`` where none were given."""
        if self.alphas is not None:
            return self.alphas
        if self.n_alphas == 1:
            return np.array([alpha_max])
        return alpha_max * ratio ** (np.arange(self.n_alphas) / (self.n_alphas - 1))


@dataclass(frozen=True)
class Controls:
    """When to stop, and where to begin.

    Attributes
    ----------
    tol : float
        Relative duality gap at which a solution counts as solved.
    max_iter : int
        Most iterations for one strength.
    cancel : Cancel or None
        Ends the solve early once it is set; for solves in several threads.
    start : ndarray of shape (n_features,) or (n_features, n_outputs), default None
        Coefficients to begin with, where a solver can make use of them; None for its own start.
    meeting : Meeting or None
        Solves in several threads, on one core, that pass over X together.
    """

    tol: float = 1e-6
    max_iter: int = 1000
    cancel: Cancel | None = None
    start: np.ndarray | None = None
    meeting: Meeting | None = None

    @classmethod
    def checked(cls, tol, max_iter) -> Controls:
        """From what a user gave."""
        return cls(
            float(check_positive(tol, "tol", cls.tol, zero=True)),
            int(check_positive(max_iter, "max_iter", cls.max_iter)),
        )


@dataclass(frozen=True)
class Solved:
    """Solutions along a grid.

    Attributes
    ----------
    alphas : ndarray of shape (n_alphas,)
    coefs : ndarray of shape (n_features, n_alphas) or (n_features, n_outputs, n_alphas)
    intercepts : ndarray of shape (n_alphas,) or (n_outputs, n_alphas)
    certificates : tuple of Certificate
    method : str
        How they were found, by scikit-learn's word where it has one: "svd", "eigen", "lsqr",
        "sparse_cg", "active_set", "prox_newton", "proximal_gradient", "lbfgs", "highs",
        "interior_point" or "multipliers".
    squares : ndarray of shape (n_alphas,) or None
        Weighted means of squared residuals, where the solver of least squares knows them.
    """

    alphas: np.ndarray
    coefs: np.ndarray
    intercepts: np.ndarray
    certificates: tuple[Certificate, ...]
    method: str
    squares: np.ndarray | None = None

    @classmethod
    def walked(cls, alphas, to: Callable, method: str) -> Solved:
        """One alpha after the other, by ``to(alpha)``: coefficients, intercept, certificate."""
        coefs, intercepts, certificates = zip(*map(to, map(float, alphas)), strict=True)
        coefs = np.asfortranarray(np.column_stack(coefs))
        return cls(alphas, coefs, np.array(intercepts), certificates, method)


class Solver(Protocol):
    """A way to solve some problems.

    Attributes
    ----------
    takes_moments : bool
        Whether it has a ``path_of_moments(problem, centred, grid, controls)`` that needs the
        sufficient statistics alone; a solution that their rounding may have spoilt says that it is
        not solved.
    has_own_grid : bool
        Whether it chooses an automatic grid itself where no penalty sets coefficients to zero.
    meets : bool
        Whether several paths of it on one core pass over X together (`Controls.meeting`).
    """

    takes_moments: bool
    has_own_grid: bool
    meets: bool

    def refuses(self, problem: Problem) -> str | None:
        """Why this solver cannot take the problem and what can, or None."""

    def path(self, problem: Problem, grid: Grid, controls: Controls) -> Solved:
        """Solve along the grid."""


def path_of_kept_moments(solver, problem: Problem, grid: Grid, controls: Controls):
    """The path from statistics that were gathered for something else, or None."""
    response, centred = problem.shared.get("centred", (None, None))
    if response is not problem.response:
        return None
    solved = solver.path_of_moments(problem, centred, grid, controls)
    return solved if all(c.solved for c in solved.certificates) else None

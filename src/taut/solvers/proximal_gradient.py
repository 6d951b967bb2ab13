"""Any smooth loss with any penalty that has a prox: whole paths on working sets."""

from __future__ import annotations

import numpy as np

from taut.problem import Problem
from taut.solvers.base import Controls, Grid, Solved
from taut.solvers.folded_walk import FoldedWalk
from taut.solvers.model_walk import ModelWalk, has_folded_groups, has_model
from taut.solvers.newton_walk import NewtonWalk, ties
from taut.solvers.walk import Walk

__all__ = ["ProximalGradient"]


class ProximalGradient:
    """Working sets over features or groups; within, steps of a quadratic model where there is one
    (``model_walk``), forward-backward steps elsewhere (``walk``)."""

    takes_moments = False
    has_own_grid = False
    meets = False

    def refuses(self, problem: Problem) -> str | None:
        if not problem.loss.is_smooth:
            return f"proximal gradient needs a smooth loss, and {problem.loss!r} is none"
        return None

    def path(self, problem: Problem, grid: Grid, controls: Controls) -> Solved:
        walk = _walk_for(problem)(problem, controls)
        alphas = grid.alphas
        if alphas is None:
            alphas = grid.below(walk.largest_alpha(), grid.ratio(problem))
        coefs = np.zeros((*problem.coef_shape, len(alphas)), order="F")
        intercepts = np.zeros((*problem.coef_shape[1:], len(alphas)))
        certificates = []
        for k, solution in enumerate(walk.along(alphas)):
            coefs[..., k], intercepts[..., k], certificate = solution
            certificates.append(certificate)
        return Solved(alphas, coefs, intercepts, tuple(certificates), "proximal_gradient")


def _walk_for(problem):
    if has_model(problem):
        return FoldedWalk if has_folded_groups(problem.penalty) else ModelWalk
    return NewtonWalk if ties(problem) else Walk

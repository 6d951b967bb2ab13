"""Proxes after a step of an optimiser, in place and in the metric of that step.

The penalties say what they are in the vocabulary of the compiled core, coordinates or groups; here
that is kept on the device of the parameter.
"""

from __future__ import annotations

from taut.nn.prox.folded import FoldedProx
from taut.nn.prox.groups import EntriesThenGroupsProx, GroupsProx, ridge_of
from taut.nn.prox.jobs import Job, Prox
from taut.nn.prox.max_norm import MaxNorm, MaxNormProx
from taut.nn.prox.metric import Workspace
from taut.nn.prox.separable import SeparableProx
from taut.penalties import MCP, SCAD, GroupLasso, MixedSum, MultiTask, SparseGroupLasso

__all__ = ["prox_of"]


class PenaltyProx(Prox):
    """What ``scaled_prox`` of a penalty gives: for one step, or for those of each entry."""

    has_core = has_kernels = False

    def __init__(self, penalty):
        self.penalty = penalty

    @staticmethod
    def together(jobs: list[Job]) -> None:
        for job in jobs:
            coef, penalty = job.view.coef, job.prox.penalty
            step = job.metric._replace(moments=job.view.moments).inverse()
            coef.copy_(penalty.scaled_prox(coef, step, job.strength))


def prox_of(penalty, n_features: int, adaptive: bool, workspace: Workspace) -> Prox:
    """``prox(coef, metric, strength)``, which writes over ``coef``.

    It gives ``argmin_b 1/2 (b - coef)' D (b - coef) + strength * penalty(b)``, D being a `Metric`,
    of which one without moments stands for a single step; others are for ``adaptive`` optimisers.

    Raises
    ------
    TypeError
        The penalty has no closed form for steps that differ from coordinate to coordinate.
    ValueError
        The penalty is for another number of features.
    """
    if penalty.coordinates(n_features) is not None:
        return SeparableProx(penalty, n_features)
    if isinstance(penalty, GroupLasso | MultiTask):
        return GroupsProx(penalty, n_features, workspace)
    if isinstance(penalty, SparseGroupLasso):
        return EntriesThenGroupsProx.of_sparse_groups(penalty, n_features, workspace)
    if isinstance(penalty, MaxNorm):
        return MaxNormProx(penalty)
    if isinstance(penalty, MCP | SCAD) and penalty.groups is None:
        return FoldedProx(penalty, n_features)
    if not adaptive or penalty._by_entry:
        return PenaltyProx(penalty)
    if isinstance(penalty, MixedSum) and ridge_of(penalty.separable, n_features) is not None:
        part, separable = penalty.part, penalty.separable
        if isinstance(part, GroupLasso | MultiTask):
            return EntriesThenGroupsProx(separable, part, n_features, workspace)
        if isinstance(part, SparseGroupLasso):
            make = EntriesThenGroupsProx.of_sparse_groups
            return make(part, n_features, workspace, separable)
    raise TypeError(
        f"penalty {penalty!r} has no prox in closed form where an adaptive optimiser gives each "
        "coordinate a step of its own: use SGD; or L1, L2, ElasticNet, NonNegative, Box, "
        "GroupLasso, MultiTask, SparseGroupLasso, MCP or SCAD without groups, which have one, as "
        "their sums do where a ridge beside groups has no weights"
    )

"""Proxes after a step of an optimiser, in place and in the metric of that step.

The penalties say what they are in the vocabulary of the compiled core, coordinates or groups; here
that is kept on the device of the parameter.
"""

from __future__ import annotations

from taut.nn.prox.folded import FoldedProx
from taut.nn.prox.groups import GroupsProx, SparseGroupsProx
from taut.nn.prox.max_norm import MaxNorm
from taut.nn.prox.metric import Workspace
from taut.nn.prox.separable import SeparableProx
from taut.penalties import MCP, SCAD, GroupLasso, MultiTask, SparseGroupLasso

__all__ = ["prox_of"]


def prox_of(penalty, n_features: int, adaptive: bool, workspace: Workspace):
    """``prox(coef, metric, strength)``, which may write over ``coef``.

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
        return SeparableProx(penalty, n_features, workspace)
    if isinstance(penalty, GroupLasso | MultiTask):
        return GroupsProx(penalty, n_features, workspace)
    if isinstance(penalty, SparseGroupLasso):
        return SparseGroupsProx(penalty, n_features, workspace)
    if isinstance(penalty, MaxNorm):
        return lambda coef, metric, strength: coef.mul_(penalty.factors(coef))
    if isinstance(penalty, MCP | SCAD) and penalty.groups is None:
        return FoldedProx(penalty, n_features)
    if not adaptive:
        return lambda coef, metric, strength: penalty.scaled_prox(coef, metric.inverse(), strength)
    raise TypeError(
        f"penalty {type(penalty).__name__} has no prox in closed form where an adaptive optimiser "
        "gives each coordinate a step of its own: use SGD, or one of L1, L2, ElasticNet, "
        "NonNegative, Box, GroupLasso, MultiTask, SparseGroupLasso, and MCP or SCAD without groups"
    )

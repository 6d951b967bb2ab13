"""Penalties: immutable objects that every solver, and any torch optimiser, understands."""

from taut.penalties.base import Coordinates, Penalty
from taut.penalties.bounds import Box, NonNegative
from taut.penalties.folded_concave import MCP, SCAD
from taut.penalties.folded_sum import FoldedSum
from taut.penalties.fused_lasso import FusedLasso
from taut.penalties.graph import grid_edges
from taut.penalties.group_lasso import GroupLasso, MultiTask, SparseGroupLasso
from taut.penalties.groups import overlapping
from taut.penalties.mixed_sum import MixedSum
from taut.penalties.native import NativePenalty
from taut.penalties.norms import L1, L2, ElasticNet
from taut.penalties.nuclear import Nuclear
from taut.penalties.separable import Separable, Sum
from taut.penalties.slope import SLOPE
from taut.penalties.total_variation import TotalVariation

__all__ = [
    "L1",
    "L2",
    "MCP",
    "SCAD",
    "SLOPE",
    "Box",
    "Coordinates",
    "ElasticNet",
    "FoldedSum",
    "FusedLasso",
    "GroupLasso",
    "MixedSum",
    "MultiTask",
    "NativePenalty",
    "NonNegative",
    "Nuclear",
    "Penalty",
    "Separable",
    "SparseGroupLasso",
    "Sum",
    "TotalVariation",
    "grid_edges",
    "overlapping",
]

"""Penalties: immutable objects that every solver, and any torch optimiser, understands."""

from taut.penalties.base import Coordinates, Penalty
from taut.penalties.bounds import Box, NonNegative
from taut.penalties.norms import L1, L2, ElasticNet
from taut.penalties.separable import Separable, Sum

__all__ = [
    "L1",
    "L2",
    "Box",
    "Coordinates",
    "ElasticNet",
    "NonNegative",
    "Penalty",
    "Separable",
    "Sum",
]

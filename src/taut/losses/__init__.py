"""Losses: what a prediction costs, sample by sample."""

from taut.losses.base import Loss
from taut.losses.registry import by_name
from taut.losses.squared import Squared

__all__ = ["Loss", "Squared", "by_name"]

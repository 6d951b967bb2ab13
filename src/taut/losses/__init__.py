"""Losses: what a prediction costs."""

from taut.losses.base import Loss
from taut.losses.cox import Cox
from taut.losses.gamma import Gamma
from taut.losses.huber import Huber
from taut.losses.logistic import Logistic
from taut.losses.multinomial import Multinomial
from taut.losses.native import NativeLoss
from taut.losses.poisson import Poisson
from taut.losses.quantile import Quantile
from taut.losses.registry import by_name
from taut.losses.squared import Squared
from taut.losses.squared_hinge import SquaredHinge
from taut.losses.tweedie import Tweedie

__all__ = [
    "Cox",
    "Gamma",
    "Huber",
    "Logistic",
    "Loss",
    "Multinomial",
    "NativeLoss",
    "Poisson",
    "Quantile",
    "Squared",
    "SquaredHinge",
    "Tweedie",
    "by_name",
]

"""Who must keep the laws. A new penalty or loss joins by adding one line."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from taut.losses import Loss, Squared
from taut.penalties import L1, L2, Box, ElasticNet, NonNegative, Penalty

N_FEATURES = 5
WEIGHTS = [0.0, 0.3, 1.0, 4.0, np.inf]


class PenaltyCase(NamedTuple):
    """A penalty for N_FEATURES features; ``value(c b) = c^degree value(b)``, None = no such law."""

    penalty: Penalty
    degree: int | None = None


PENALTIES = [
    PenaltyCase(L1(), degree=1),
    PenaltyCase(L1(weights=WEIGHTS), degree=1),
    PenaltyCase(L1(weights=[0.0] * N_FEATURES), degree=1),
    PenaltyCase(L2(), degree=2),
    PenaltyCase(L2(weights=WEIGHTS), degree=2),
    PenaltyCase(ElasticNet()),
    PenaltyCase(ElasticNet(l1_ratio=0.3, weights=WEIGHTS)),
    PenaltyCase(ElasticNet(l1_ratio=0.0), degree=2),
    PenaltyCase(ElasticNet(l1_ratio=1.0, weights=WEIGHTS), degree=1),
    PenaltyCase(NonNegative(), degree=1),
    PenaltyCase(NonNegative(weights=WEIGHTS), degree=1),
    PenaltyCase(Box(-1.0, 2.0)),
    PenaltyCase(Box(-np.inf, np.inf), degree=1),
    PenaltyCase(Box([-1.0, 0.5, -np.inf, 2.0, -3.0], [1.0, 1.5, 0.0, 2.0, np.inf])),
    PenaltyCase(Box(0.5, 1.5, weights=WEIGHTS)),
    PenaltyCase(L1() + NonNegative(), degree=1),
    PenaltyCase(L1(weights=WEIGHTS) + L2(weights=WEIGHTS[::-1])),
    PenaltyCase(ElasticNet(l1_ratio=0.8) + Box(-0.5, 1.0) + NonNegative(weights=WEIGHTS)),
    PenaltyCase(L1() + Box(0.5, 3.0)),
]


class LossCase(NamedTuple):
    """A loss, with the interval its targets lie in."""

    loss: Loss
    targets: tuple[float, float]


LOSSES = [
    LossCase(Squared(), targets=(-100.0, 100.0)),
]

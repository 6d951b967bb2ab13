"""The prox of MCP and SCAD, entry by entry, in the metric of a step."""

from __future__ import annotations

import numpy as np
import torch

from taut.nn.prox.in_memory import InMemory
from taut.nn.prox.metric import Metric

__all__ = ["FoldedProx"]


class FoldedProx:
    """In place where the core reaches the weights; else what ``scaled_prox`` of the penalty gives.

    A slope that falls by ``fall`` beyond a knot moves the soft threshold of ``z`` outwards, by a
    factor ``1 / (1 - fall / D)`` from the knot on and as far as ``z``: see ``Fold`` in
    ``cpp/step_prox.hpp``.
    """

    def __init__(self, penalty, n_features: int):
        self.penalty, self.aligned = penalty, {}
        coordinates, folds = penalty.folded_coordinates(n_features)
        excluded = coordinates.lower == coordinates.upper
        slopes = np.where(excluded, np.inf, coordinates.l1)
        self.fall, self.slopes = float(folds.fall[0]), (slopes, folds.knot)
        if all((part == part[0]).all() for part in self.slopes):
            self.slopes = tuple(part[:1] for part in self.slopes)

    def __call__(self, coef: torch.Tensor, metric: Metric, strength: float) -> torch.Tensor:
        laid = InMemory.of(coef, metric) if strength else None
        if laid is None:
            return self.penalty.scaled_prox(coef, metric.inverse(), strength)
        laid.shrink_folds(metric.length, strength, self.fall, *self._in(laid.coef.dtype))
        return coef

    def _in(self, dtype):
        if dtype not in self.aligned:
            self.aligned[dtype] = [np.ascontiguousarray(part, dtype) for part in self.slopes]
        return self.aligned[dtype]

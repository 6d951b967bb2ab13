"""The prox of ``l1 |b| + l2/2 b^2`` on an interval, in the metric of a step."""

from __future__ import annotations

import numpy as np
import torch

from taut.nn.prox.in_memory import InMemory
from taut.nn.prox.metric import Metric, Workspace
from taut.penalties.arrays import like

__all__ = ["SeparableProx"]


class SeparableProx:
    """In place, coordinate by coordinate: see ``Separable.prox``.

    With D on the diagonal, one coordinate minimises ``D/2 (b - z)^2 + l1 |b| + l2/2 b^2``, which is

        b = soft(D z, l1) / (D + l2),

    put back into the interval.
    """

    def __init__(self, penalty, n_features: int, workspace: Workspace):
        family = penalty.coordinates(n_features)
        slopes = family.l1, family.l2
        self.is_shared = all((part == part[0]).all() for part in slopes)
        self.slopes = [float(part[0]) for part in slopes] if self.is_shared else slopes
        bounds = family.lower, family.upper
        self.bounds = bounds if np.isfinite(bounds).any() else None
        self.has_slopes = any(part.any() for part in slopes)
        self.workspace, self.aligned = workspace, {}

    def __call__(self, coef: torch.Tensor, metric: Metric, strength: float) -> torch.Tensor:
        amount = strength * metric.length
        if amount and self.has_slopes:
            laid = InMemory.of(coef, metric)
            if laid is not None:
                laid.shrink_slopes(amount, *self._in_memory(laid.coef.dtype))
            else:
                self._shrink_by_tensors(coef, metric, amount)
        if self.bounds is not None:
            lower, upper = self._aligned("bounds", coef)
            torch.minimum(torch.maximum(coef, lower, out=coef), upper, out=coef)
        return coef

    def _in_memory(self, dtype):
        if dtype not in self.aligned:
            self.aligned[dtype] = [np.atleast_1d(part).astype(dtype) for part in self.slopes]
        return self.aligned[dtype]

    def _shrink_by_tensors(self, coef, metric, amount):
        slopes = self.slopes if self.is_shared else self._aligned("slopes", coef)
        l1, l2 = (amount * part for part in slopes)
        if metric.moments is None:
            self._shrink(coef, l1, l2)
        else:
            self._shrink_in_metric(coef, metric, l1, l2)

    def _shrink_in_metric(self, coef, metric, l1, l2):
        diagonal = metric.diagonal(*self.workspace.take(coef, 1))
        if not self.is_shared:
            # A coordinate without slopes keeps every bit.
            self._shrink(coef, l1 / diagonal, l2 / diagonal)
            return
        # The fewest passes through memory.
        _soften(coef.mul_(diagonal), l1)
        coef.div_(diagonal.add_(l2) if l2 else diagonal)

    def _shrink(self, coef, l1, l2):
        """For a step of 1."""
        if self.is_shared:
            _soften(coef, l1)
        else:
            coef.sub_(torch.clamp(coef, -l1, l1))
        if not self.is_shared or l2:
            coef.div_(1 + l2)

    def _aligned(self, name, coef):
        key = name, coef.dtype, coef.device, coef.ndim
        if key not in self.aligned:
            self.aligned[key] = [like(part, coef) for part in getattr(self, name)]
        return self.aligned[key]


def _soften(coef, l1: float):
    if l1:
        torch.ops.aten.softshrink.out(coef, l1, out=coef)

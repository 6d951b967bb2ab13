"""The metric of an optimiser's step."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch

__all__ = ["Metric", "Workspace"]


class Metric(NamedTuple):
    """A diagonal D before ``1/2 (b - z)' D (b - z)``: ``D = (root(moments) + shift) / length``.

    Attributes
    ----------
    length : float
        The step itself where ``moments`` is None, which stands for ``D = 1 / length``.
    moments : tensor of the shape of the coefficients, default None
    shift : float, default 0.0
    root : callable, default torch.sqrt
        A function of torch that takes ``out``; `torch.abs` where the moments are no squares.
    """

    length: float
    moments: torch.Tensor | None = None
    shift: float = 0.0
    root: Callable = torch.sqrt

    def diagonal(self, out: torch.Tensor) -> torch.Tensor:
        """``length * D``, written to ``out``: a factor less is a pass through memory less."""
        found = self.root(self.moments, out=out)
        return found.add_(self.shift) if self.shift else found

    def inverse(self) -> float | torch.Tensor:
        """Steps: the reciprocals of D."""
        if self.moments is None:
            return self.length
        return self.length / (self.root(self.moments) + self.shift)


class Workspace:
    """Memory for the intermediate results of one parameter, kept for the next one.

    To ask the system for it anew would cost as much time as the arithmetic.
    """

    def __init__(self):
        self.kept = {}

    def take(self, tensor: torch.Tensor, count: int) -> list[torch.Tensor]:
        """Tensors of the shape and the order in memory of ``tensor``, with any entries."""
        strides = tensor.stride()
        # With the gaps of a tensor that is part of another.
        size = 1 + sum((n - 1) * step for n, step in zip(tensor.shape, strides, strict=True))
        key = tensor.dtype, tensor.device, count
        if key not in self.kept or len(self.kept[key][0]) < size:
            self.kept[key] = list(tensor.new_empty(count, size))
        return [room.as_strided(tensor.shape, strides) for room in self.kept[key]]

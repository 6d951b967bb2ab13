"""The metric of an optimiser's step."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch

__all__ = ["Metric", "Workspace", "diagonals"]


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

    @property
    def form(self) -> Callable | None:
        """What is done with the moments: parameters of one form can be worked on together."""
        return None if self.moments is None else self.root

    def stiffer(self, slope: float) -> Metric:
        """With ``D + slope`` in place of D."""
        if self.moments is None:
            return self._replace(length=self.length / (1 + self.length * slope))
        return self._replace(shift=self.shift + self.length * slope)

    def inverse(self) -> float | torch.Tensor:
        """Steps: the reciprocals of D."""
        if self.moments is None:
            return self.length
        return self.length / (self.root(self.moments) + self.shift)


def diagonals(jobs) -> list[torch.Tensor] | None:
    """``length * D`` of jobs whose metrics have one form, or None where they have no moments."""
    root, moments = jobs[0].metric.root, [job.view.moments for job in jobs]
    if moments[0] is None:
        return None
    found = _ROOTS[root](moments)
    if any(job.metric.shift for job in jobs):
        torch._foreach_add_(found, [job.metric.shift for job in jobs])
    return found


_ROOTS = {torch.sqrt: torch._foreach_sqrt, torch.abs: torch._foreach_abs}


class Workspace:
    """What the proxes of one optimiser keep from step to step, made when it is first asked for."""

    def __init__(self):
        self.kept = {}

    def keep(self, key, make: Callable):
        if key not in self.kept:
            self.kept[key] = make()
        return self.kept[key]

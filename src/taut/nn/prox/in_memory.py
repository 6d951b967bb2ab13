"""Weights in the memory of the processor, as the compiled core takes them: no copies, one pass.

A chain of tensor operations reads and writes all weights once for each of them, which next to a
training step of a small network is a lot; the core does it all while an entry is at hand. What does
not lie in such a way, on another device say, is left to torch.
"""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import NamedTuple

import numpy as np
import torch

from taut import _core
from taut.nn.prox import on_gpu
from taut.nn.prox.metric import Metric

__all__ = ["InMemory", "Places", "View"]

_DTYPES = torch.float32, torch.float64


class InMemory(NamedTuple):
    """Coefficients and moments as arrays on the same memory.

    Attributes
    ----------
    coef : ndarray of shape (before, n_features, after)
        In the order of memory, whichever axis of a parameter holds the features.
    moments : ndarray of shape (n_coefs,) or None
    """

    coef: np.ndarray
    moments: np.ndarray | None

    @classmethod
    def of(cls, coef: torch.Tensor, moments: torch.Tensor | None) -> InMemory | None:
        """None where the core cannot reach them: gaps, other devices and other precisions."""
        if coef.device.type != "cpu" or coef.dtype not in _DTYPES:
            return None
        places = Places.of(coef, moments)
        if places is None:
            return None
        if moments is not None:
            moments = moments.detach().numpy().transpose(places.order).reshape(-1)
        weights = coef.detach().numpy().transpose(places.order).reshape(places.shape)
        return cls(weights, moments)

    def shrink_slopes(self, metric: Metric, amount: float, l1: np.ndarray, l2: np.ndarray) -> None:
        """The prox of ``amount (l1 |b| + l2/2 b^2)``, slopes of each feature or one for all."""
        squared = metric.root is torch.sqrt
        _core.shrink_slopes(self.coef, self.moments, squared, metric.shift, amount, l1, l2)

    def shrink_folds(self, metric: Metric, strength, fall: float, l1, knots) -> None:
        """The prox of slopes that fall: see ``taut.penalties.base.Folds``."""
        length, squared = metric.length, metric.root is torch.sqrt
        of_step = self.coef, self.moments, squared, metric.shift
        _core.shrink_folds(*of_step, length * strength, strength, length * fall, l1, knots)

    def shrink_groups(self, metric: Metric, amount: float, weights, labels) -> None:
        """The prox of ``amount`` times norms of groups; without labels each feature is one."""
        squared = metric.root is torch.sqrt
        _core.shrink_groups(self.coef, self.moments, squared, metric.shift, amount, weights, labels)

    def clip(self, lower: np.ndarray, upper: np.ndarray) -> None:
        """Into the interval of each feature, or one for all."""
        coef = self.coef
        np.clip(coef, lower[:, None], upper[:, None], out=coef, casting="same_kind")

    def exclude(self, features: np.ndarray) -> None:
        self.coef[:, features] = 0


class View(NamedTuple):
    """Coefficients with their features along axis 0, and the moments of their metric.

    Attributes
    ----------
    coef, moments : tensors of one shape, the moments None where the metric has none
    laid : InMemory
        None where the core does not reach them.
    places : Places
        Where kernels find them on a GPU; None where they do not.
    """

    coef: torch.Tensor
    moments: torch.Tensor | None
    laid: InMemory | None
    places: Places | None = None

    @classmethod
    def of(cls, coef: torch.Tensor, moments: torch.Tensor | None) -> View:
        return cls(coef, moments, InMemory.of(coef, moments))

    @classmethod
    def staying(cls, coef: torch.Tensor, moments: torch.Tensor | None) -> View:
        """Of memory that stays from step to step, so that tables of addresses are worth it."""
        view, places = cls.of(coef, moments), None
        if coef.device.type in on_gpu.DEVICES and coef.dtype == torch.float32:
            places = Places.of(coef, moments)
        return view._replace(places=places)


class Places(NamedTuple):
    """The axes in the order of memory, and how many numbers are before, along and after axis 0."""

    order: tuple[int, ...]
    shape: tuple[int, int, int]

    @classmethod
    def of(cls, coef: torch.Tensor, moments: torch.Tensor | None) -> Places | None:
        """None where there are gaps, or moments lie in another way."""
        if moments is not None and (
            moments.device != coef.device
            or moments.dtype != coef.dtype
            or moments.stride() != coef.stride()
        ):
            return None
        return _places(coef.shape, coef.stride())


@lru_cache(maxsize=1024)
def _places(shape, strides) -> Places | None:
    """The axes in the order of memory, and how they meet around axis 0; None where there are gaps.

    Kept, since every step asks again.
    """
    order = tuple(sorted(range(len(shape)), key=strides.__getitem__, reverse=True))
    size = 1
    for axis in reversed(order):
        if shape[axis] != 1 and strides[axis] != size:
            return None
        size *= shape[axis]
    place = order.index(0)
    before, after = ([shape[axis] for axis in part] for part in (order[:place], order[place + 1 :]))
    return Places(order, (prod(before), shape[0], prod(after)))

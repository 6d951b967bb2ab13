"""Numbers of the features of a penalty, as the core and as torch take them."""

from __future__ import annotations

import numpy as np
import torch

from taut.penalties.arrays import like

__all__ = ["Features"]


class Features:
    """One number for each feature, or one for all.

    Attributes
    ----------
    are_one : bool
    one : float
        That of the first feature.
    any : bool
        Whether one of them is not zero.
    """

    def __init__(self, numbers: np.ndarray, are_one: bool):
        self.numbers, self.are_one, self.kept = numbers, are_one, {}
        self.one, self.any = float(numbers[0]), bool(numbers.any())

    @classmethod
    def all(cls, *parts: np.ndarray) -> list[Features]:
        """Parts of one penalty, each one number for all features where the others are, too."""
        are_one = all((part == part[0]).all() for part in parts)
        return [cls(part[:1] if are_one else part, are_one) for part in parts]

    def in_memory(self, dtype) -> np.ndarray:
        """For the core, which takes one number or as many as there are features."""
        if dtype not in self.kept:
            self.kept[dtype] = np.ascontiguousarray(self.numbers, dtype)
        return self.kept[dtype]

    def of(self, coef: torch.Tensor) -> torch.Tensor:
        """One for each coefficient, in the order that ``coef`` has in memory.

        Lists of tensors are worked on in one go only where all of them have the same shapes.
        """
        key = coef.dtype, coef.device, coef.stride()
        if key not in self.kept:
            self.kept[key] = torch.empty_like(coef).copy_(like(self.numbers, coef))
        return self.kept[key]

    def on(self, coef: torch.Tensor, n_features: int) -> torch.Tensor:
        """One for each feature in any case, of the device and dtype of ``coef``."""
        numbers = np.broadcast_to(self.numbers, n_features).copy()
        return torch.as_tensor(numbers, dtype=coef.dtype, device=coef.device)

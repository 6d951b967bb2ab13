"""Residual blocks that are left out at random while a network is trained."""

from __future__ import annotations

import torch
from torch import nn

__all__ = ["StochasticDepth"]


class StochasticDepth(nn.Module):
    """Drop the branch of a residual block for whole samples, and scale it up for the others.

    In expectation nothing changes, so that all branches are simply there at prediction.

    Parameters
    ----------
    rate : float in [0, 1)
        Probability of leaving the branch out.

    References
    ----------
    Huang, G., Sun, Y., Liu, Z., Sedra, D. and Weinberger, K. (2016). Deep networks with stochastic
    depth. ECCV 2016, equation 2, with the survivors rescaled at training rather than at prediction.
    """

    def __init__(self, rate: float):
        super().__init__()
        self.rate = rate

    def forward(self, branch: torch.Tensor) -> torch.Tensor:
        """``branch`` is of shape (n_samples, ...)."""
        if not (self.training and self.rate):
            return branch
        shape = (len(branch),) + (1,) * (branch.ndim - 1)
        kept = torch.rand(shape, device=branch.device, dtype=branch.dtype) >= self.rate
        return branch * kept / (1 - self.rate)

    def extra_repr(self) -> str:
        return f"rate={self.rate}"

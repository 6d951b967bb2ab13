"""Training on without shrinkage: what is zero stays zero, and the rest is free."""

from __future__ import annotations

import numpy as np
from torch import nn

from taut.nn.prox.weights import weights_of
from taut.penalties import L1

__all__ = ["keep_zeros"]


def keep_zeros(module: nn.Module) -> dict:
    """Penalties that hold a network's zeros and leave its other weights alone.

    A penalty that selects also shrinks what it selects. As in the relaxed lasso, a few epochs
    without it take the shrinkage back, on the weights that it has found.

    Parameters
    ----------
    module : torch.nn.Module
        Trained under a penalty.

    Returns
    -------
    dict
        For a new `taut.nn.proximal`: each weight that has zeros, with those excluded.

    Raises
    ------
    TypeError
        ``module`` is no module.
    ValueError
        No weight is zero.

    References
    ----------
    Meinshausen, N. (2007). Relaxed lasso. Computational Statistics and Data Analysis 52, 374-393.

    Examples
    --------
    >>> net = nn.Linear(4, 2)
    >>> _ = net.weight.data[0].zero_()
    >>> list(keep_zeros(net).values())
    [L1(weights=array of 8)]
    """
    if not isinstance(module, nn.Module):
        raise TypeError(
            f"module must be a torch.nn.Module, got {type(module).__name__}: pass the network"
        )
    zeros = {weight: (weight == 0).detach().cpu().numpy() for weight in weights_of(module)}
    found = {
        weight: L1(weights=np.where(zero, np.inf, 0.0).ravel())
        for weight, zero in zeros.items()
        if zero.any()
    }
    if not found:
        raise ValueError("module has no weight that is zero: train it under a penalty first")
    return found

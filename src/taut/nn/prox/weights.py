"""Which parameters of a network are weights: neither biases nor the scales of normalisations."""

from __future__ import annotations

from torch import nn

from taut.validation import check_positive

__all__ = ["decay_groups", "weights_of"]

_NORMALISATIONS = (
    nn.modules.batchnorm._NormBase,
    nn.GroupNorm,
    nn.LayerNorm,
    nn.LocalResponseNorm,
    *([nn.RMSNorm] if hasattr(nn, "RMSNorm") else []),  # torch 2.4
)


def weights_of(module: nn.Module) -> list[nn.Parameter]:
    """Matrices and kernels of a module: what penalties and weight decay are for.

    Biases, scales and shifts of normalisations, and other parameters of fewer than two axes are
    left out: they move no information from unit to unit, and shrinking them only costs fit.

    Parameters
    ----------
    module : torch.nn.Module

    Returns
    -------
    list of torch.nn.Parameter
        Each once, in the order of ``module.parameters()``.
    """
    of_normalisations = {
        parameter
        for part in module.modules()
        if isinstance(part, _NORMALISATIONS)
        for parameter in part.parameters(recurse=False)
    }
    return [p for p in module.parameters() if p.ndim >= 2 and p not in of_normalisations]


def decay_groups(module: nn.Module, weight_decay: float) -> list[dict]:
    """Parameter groups for any torch optimiser, of which only the weights decay.

    Parameters
    ----------
    module : torch.nn.Module
    weight_decay : float >= 0
        As the optimiser takes it: decoupled in AdamW, the strength of an L2 penalty elsewhere.

    Returns
    -------
    list of dict
        Two groups, the weights (see `weights_of`) and the rest, for which it is 0.

    Raises
    ------
    TypeError, ValueError
        ``module`` is no module; ``weight_decay`` is no number, negative or not finite.

    References
    ----------
    Loshchilov, I. and Hutter, F. (2019). Decoupled weight decay regularization. ICLR 2019.

    Examples
    --------
    >>> net = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 1))
    >>> from torch.optim import AdamW
    >>> optimizer = AdamW(decay_groups(net, 1e-2))
    >>> [(len(group["params"]), group["weight_decay"]) for group in optimizer.param_groups]
    [(2, 0.01), (2, 0.0)]
    """
    if not isinstance(module, nn.Module):
        raise TypeError(
            f"module must be a torch.nn.Module, got {type(module).__name__}: pass the network"
        )
    check_positive(weight_decay, "weight_decay", 1e-2, zero=True)
    weights = weights_of(module)
    known = set(weights)
    rest = [p for p in module.parameters() if p not in known]
    groups = [
        {"params": weights, "weight_decay": float(weight_decay)},
        {"params": rest, "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]

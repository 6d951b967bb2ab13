"""Zeroed units leave for real: a smaller network with the same outputs."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from taut.nn.shrinking.channels import follow, taps
from taut.nn.shrinking.signals import Channels
from taut.nn.shrinking.tracing import Tracer

__all__ = ["ShrinkReport", "shrink"]


@dataclass(frozen=True)
class ShrinkReport:
    """What left a network and what could not.

    Attributes
    ----------
    n_parameters : tuple of int
        Before and after.
    removed : dict of str to int
        Units or channels that left, by the name of their layer.
    kept : tuple of str
        A sentence for each layer that keeps units or inputs with no weight but zeros, and why.
    """

    n_parameters: tuple[int, int]
    removed: dict[str, int]
    kept: tuple[str, ...]

    def __str__(self):
        before, after = self.n_parameters
        left = [f"{count:,} left '{name}'" for name, count in self.removed.items()]
        head = f"{after:,} of {before:,} parameters remain"
        return "\n".join([head, *left, *self.kept])


def shrink(module: nn.Module, example=None) -> nn.Module:
    """A copy of a network without the units and channels that do nothing.

    A unit leaves where nothing reads it, or where it is the same for every input, as one whose
    incoming weights are zero: the layers that read it take its value into their biases. What is
    added up, as in residual blocks, leaves together. Outputs in evaluation mode are those of the
    given network up to rounding.

    Parameters
    ----------
    module : torch.nn.Module
        Linear, Conv2d (also depthwise), BatchNorm, activations, pooling, flattening, sums, products
        and concatenations are followed, by ``torch.fx``. Channels that pass through anything else
        stay, and the report says so.
    example : tensor or tuple of tensors, default None
        A batch of what the network takes, to tell sequences from rows: a ``BatchNorm1d`` behind a
        linear layer normalises the units of rows, and the positions of sequences. Needed only where
        the network takes sequences of as many positions as units, and would take rows as well.

    Returns
    -------
    torch.nn.Module
        Of the same class, with smaller layers. Its ``shrink_report`` is a `ShrinkReport`.

    Raises
    ------
    TypeError
        ``module`` is no module.
    ValueError
        It cannot be copied, or does not take ``example``.

    References
    ----------
    Fang, G., Ma, X., Song, M., Mi, M. B. and Wang, X. (2023). DepGraph: towards any structural
    pruning. CVPR 2023.

    Examples
    --------
    >>> net = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 1))
    >>> _ = net[0].weight.data[2:].zero_()
    >>> shrink(net)[0]
    Linear(in_features=3, out_features=2, bias=True)
    """
    if not isinstance(module, nn.Module):
        raise TypeError(
            f"module must be a torch.nn.Module, got {type(module).__name__}: pass the network, "
            "such as the module_ of an estimator"
        )
    smaller = _copied(module)
    channels = _channels(smaller, example)
    kept = _kept(channels, smaller)
    remarks = tuple(_remarks(channels, kept, smaller))
    removed = _slice(channels, kept, smaller)
    sizes = _size(module), _size(smaller)
    smaller.shrink_report = ShrinkReport(sizes, removed, remarks)
    return smaller


def _copied(module):
    try:
        return copy.deepcopy(module)
    except RuntimeError as error:  # of weights that are computed from others
        raise ValueError(
            f"module cannot be copied ({error}): give its layers weights of their own first, as "
            "torch.nn.utils.prune.remove does"
        ) from error


def _channels(module, example):
    modes = {part: part.training for part in module.modules()}
    try:
        graph = Tracer().trace(module.eval())
    # A module may run any code while it is traced, and fail in any way.
    except Exception as error:
        channels = Channels()
        channels.obstacles.append(f"nothing could leave: torch.fx cannot trace it ({error})")
        return channels
    else:
        return follow(module, graph, example)
    finally:
        for part, mode in modes.items():
            part.training = mode


def _size(module):
    return sum(parameter.numel() for parameter in module.parameters())


def _kept(channels, module):
    """Roots of the channels that must stay, the fewest that do.

    From the fixed ones back: a channel stays where a unit that stays reads it as more than a
    constant. A layer keeps one unit at least, since layers without any are not defined everywhere.
    """
    kept = {channels.root(channel) for channel in channels.fixed}
    _keep_what_is_read(channels, kept, module)
    for uses in channels.layers.values():
        for members in (uses[0].inputs, uses[0].outputs):
            if not _mask(channels, kept, members).any():
                channels.fix(members[:1], "a layer keeps one at least")
                kept.add(channels.root(members[0]))
                _keep_what_is_read(channels, kept, module)
    return kept


def _keep_what_is_read(channels, kept, module):
    before = -1
    while len(kept) > before:
        before = len(kept)
        for name, uses in reversed(channels.layers.items()):
            reads = _reads(module.get_submodule(name))
            for use in uses:
                rows = _mask(channels, kept, use.outputs)
                needed = reads[rows].any(axis=0) & np.isnan(use.folded)
                kept.update(channels.roots(use.inputs[needed]).tolist())


def _mask(channels, kept, members):
    return np.array([channels.root(channel) in kept for channel in members], dtype=bool)


def _reads(layer):
    """Which row has a weight that is not zero in which column."""
    return (taps(layer) != 0).any(2).cpu().numpy()


def _slice(channels, kept, module):
    """Cut what is not kept out of the layers, and count the units that left."""
    removed = {}
    for name, uses in channels.layers.items():
        layer, use = module.get_submodule(name), uses[0]
        rows, columns = (_mask(channels, kept, c) for c in (use.outputs, use.inputs))
        _fold(layer, np.where(columns, 0.0, np.nan_to_num(use.folded)))
        _cut(layer, "weight", rows, columns)
        _cut(layer, "bias", rows)
        _count(layer, rows.sum(), columns.sum())
        if not rows.all():
            removed[name] = int((~rows).sum())
    for name, members in channels.followers.items():
        layer, stay = module.get_submodule(name), _mask(channels, kept, members)
        for numbers in ("weight", "bias", "running_mean", "running_var"):
            _cut(layer, numbers, stay)
        _count(layer, stay.sum(), stay.sum())
    return removed


def _fold(layer, constants):
    """Let the bias do what inputs that are always the same did."""
    if not constants.any():
        return
    weight = layer.weight
    columns = torch.from_numpy(constants).to(weight.device)
    shift = (taps(layer).double().sum(2) @ columns).to(weight.dtype)
    bias = shift if layer.bias is None else layer.bias.detach() + shift
    layer.bias = nn.Parameter(bias, requires_grad=layer.weight.requires_grad)


def _cut(layer, name, rows, columns=None):
    tensor = getattr(layer, name, None)
    if tensor is None:
        return
    smaller = tensor.detach()[torch.from_numpy(rows).to(tensor.device)]
    if columns is not None:
        smaller = smaller[:, torch.from_numpy(columns).to(tensor.device)]
    smaller = smaller.contiguous()
    if isinstance(tensor, nn.Parameter):
        smaller = nn.Parameter(smaller, requires_grad=tensor.requires_grad)
    setattr(layer, name, smaller)


def _count(layer, n_outputs, n_inputs):
    n_outputs, n_inputs = int(n_outputs), int(n_inputs)
    if isinstance(layer, nn.Linear):
        layer.in_features, layer.out_features = n_inputs, n_outputs
    elif isinstance(layer, nn.Conv2d):
        layer.in_channels, layer.out_channels = n_inputs, n_outputs
        layer.groups = n_outputs if layer.groups > 1 else 1
    else:
        layer.num_features = n_outputs


def _remarks(channels, kept, module):
    """Why units without weights stay, layer by layer."""
    reasons = {}
    for channel, reason in channels.fixed.items():
        reasons.setdefault(channels.root(channel), reason)
    yield from (o for o in channels.obstacles if not channels.layers)
    for name, reason in channels.strange.items():
        if name in channels.layers:
            continue
        for part, parameter in module.get_submodule(name).named_parameters():
            idle = int((parameter.flatten(1) == 0).all(1).sum()) if parameter.ndim > 1 else 0
            if idle:
                yield f"in '{name}' {idle:,} rows of {part} are zero and stay: {reason}"
    for name, uses in channels.layers.items():
        reads = _reads(module.get_submodule(name))
        for word, members, idle in (
            ("units", uses[0].outputs, ~reads.any(axis=1)),
            ("inputs", uses[0].inputs, ~reads.any(axis=0)),
        ):
            idle &= _mask(channels, kept, members)
            of_idle = {}
            for channel in channels.roots(members[idle]).tolist():
                reason = reasons.get(
                    channel, "what they are tied to, or a padded layer, needs them"
                )
                of_idle[reason] = of_idle.get(reason, 0) + 1
            for reason, count in of_idle.items():
                yield f"in '{name}' {count:,} {word} are zero and stay: {reason}"

"""The channels of a network, followed from its input to its output."""

from __future__ import annotations

import operator
from collections import Counter

import numpy as np
import torch
from torch import fx, nn

from taut.nn.shrinking import constants
from taut.nn.shrinking.memory import Memory
from taut.nn.shrinking.operations import (
    FLATTEN,
    POINTWISE,
    POINTWISE_MODULES,
    POOLING,
    POOLING_MODULES,
    PRODUCTS,
    PROPERTIES,
    QUESTIONS,
    RESHAPE,
    SUMS,
    UNCHANGED,
)
from taut.nn.shrinking.ranks import Ranks
from taut.nn.shrinking.signals import Channels, Layer, Signal

__all__ = ["follow", "taps"]


def follow(module: nn.Module, graph: fx.Graph, example=None) -> Channels:
    """Follow the channels of a module in evaluation mode through its graph.

    Parameters
    ----------
    module : torch.nn.Module
    graph : torch.fx.Graph
    example : tensor or tuple of tensors, default None
        See `Ranks`, also for errors.
    """
    return _Walk(module, graph, Ranks(module, graph, example)).channels


def taps(layer):
    """Weight of a layer as (n_outputs, n_inputs, n_taps), a linear layer having one."""
    return layer.weight.detach().reshape(*layer.weight.shape[:2], -1)


class _Walk:
    """One pass over the graph, node by node."""

    def __init__(self, module, graph, ranks):
        self.module, self.ranks, self.memory = module, ranks, Memory(module)
        self.channels, self.signals = Channels(), {}
        self.uses = Counter(node.target for node in graph.nodes if node.op == "call_module")
        self.shared = _shared_parameters(module, graph)
        for node in graph.nodes:
            self.signals[node] = self._visit(node)
            self.memory.record(node, self.signals)

    def _visit(self, node):
        if node.op == "call_module":
            return self._call_module(node, self.module.get_submodule(node.target))
        if node.op == "output":
            return self._give_up(node, "they are outputs of the network", is_obstacle=False)
        if node.op in ("placeholder", "get_attr"):
            return None
        return self._call_function(node)

    def _give_up(self, node, reason, is_obstacle=True):
        """Nothing is known behind this node, and what goes in must stay."""
        found = [self.signals[n] for n in node.all_input_nodes if self.signals[n] is not None]
        for signal in found:
            self.channels.fix(signal.channels, reason)
        if node.op == "call_module":
            self.channels.strange.setdefault(node.target, reason)
        if found and is_obstacle and reason not in self.channels.obstacles:
            self.channels.obstacles.append(reason)

    def _call_module(self, node, module):
        kind, signal = type(module), self.signals.get(node.args[0] if node.args else None)
        name = f"{kind.__name__} '{node.target}'"
        if node.target in self.shared:
            return self._give_up(node, f"{name} {self.shared[node.target]}")
        if module._forward_hooks or module._forward_pre_hooks:
            return self._give_up(node, f"{name} has hooks")
        if kind in (nn.Linear, nn.Conv2d):
            return self._layer(node, module, signal, name)
        if signal is None:
            return self._give_up(node, f"{name} is not followed")
        if kind in (nn.BatchNorm1d, nn.BatchNorm2d):
            return self._follow(node, signal, module.num_features, constants.normalised, name)
        if kind in POINTWISE_MODULES:
            return signal.become(constants.mapped(module, signal.constant))
        pools = kind in POOLING_MODULES or (kind is nn.AvgPool2d and constants.is_mean(module))
        if pools and signal.is_spatial:
            return signal.become()
        if kind is nn.Flatten and module.start_dim == 1 and module.end_dim == -1:
            return _flattened(signal)
        return self._give_up(node, f"{name} mixes channels in a way that is not followed")

    def _layer(self, node, module, signal, name):
        is_conv = isinstance(module, nn.Conv2d)
        width = module.in_channels if is_conv else module.in_features
        if is_conv and module.groups > 1:
            return self._depthwise(node, module, signal, name)
        inputs = signal and signal.is_spatial == is_conv and signal.of_width(width)
        if not inputs:
            self._give_up(node, f"{name} reads it along another axis")
            source = node.args[0].name if node.args else "nothing"
            where = "the input of the network" if self._is_input(node) else f"'{source}'"
            inputs = self.channels.opaque(width, f"they come from {where}")
        weight = taps(module).double().cpu()
        folded = inputs.constant.copy()
        if (is_conv and constants.pads_with_zeros(module)) or self.uses[node.target] > 1:
            folded[folded != 0] = np.nan
        outputs = self._outputs(node, len(weight), inputs)
        self.channels.layers.setdefault(node.target, []).append(
            Layer(inputs.channels, outputs, folded)
        )
        constant = constants.of_rows(weight, module.bias, folded)
        return Signal(outputs, constant, is_spatial=is_conv, is_matrix=inputs.is_matrix)

    def _outputs(self, node, count, inputs):
        """New channels; for a layer that is used again, those that it has."""
        earlier = self.channels.layers.get(node.target)
        if not earlier:
            return self.channels.new(count)
        self.channels.join(earlier[0].inputs, inputs.channels)
        return earlier[0].outputs

    def _is_input(self, node):
        return bool(node.args) and getattr(node.args[0], "op", None) == "placeholder"

    def _depthwise(self, node, module, signal, name):
        if not module.groups == module.in_channels == module.out_channels or signal is None:
            return self._give_up(node, f"{name} has groups of several channels")
        return self._follow(node, signal, module.in_channels, constants.filtered, name)

    def _follow(self, node, signal, width, constant_after, name):
        """A module with numbers of its own for each channel."""
        module, found = self.module.get_submodule(node.target), signal.of_width(width)
        if found is None or not self._is_along(node, module, signal):
            return self._give_up(node, f"{name} reads it along another axis")
        known = self.channels.followers.setdefault(node.target, found.channels)
        self.channels.join(known, found.channels)
        constant = constant_after(module, found.constant)
        return found.become(constant, is_matrix=not found.is_spatial)

    def _is_along(self, node, module, signal):
        """Whether the axis of channels is the second, along which such modules have numbers."""
        if not isinstance(module, nn.BatchNorm1d):
            return signal.is_spatial
        is_matrix = signal.is_matrix or self.ranks.is_matrix(node.args[0])
        return is_matrix and not signal.is_spatial

    def _call_function(self, node):
        target = node.target
        found = [self.signals[n] for n in node.all_input_nodes]
        if _is_question(node) or (target is operator.getitem and found[0] is None):
            return None
        if target is torch.cat:
            return self._concatenated(node)
        if target in SUMS | PRODUCTS and len(found) == 2:
            return self._combined(node, *found)
        if len(found) == 0 or found[0] is None:
            return self._give_up(node, f"'{node.name}' takes it along with what is not followed")
        signal = found[0]
        if len(found) == 1 and target in POINTWISE | SUMS | PRODUCTS:
            return signal.become(constants.mapped(_bound(node), signal.constant))
        if target in UNCHANGED or (target in POOLING and signal.is_spatial):
            return signal.become()
        if _flattens(node):
            return _flattened(signal)
        if target in (torch.mean, "mean") and signal.is_spatial and _over_places(node):
            keeps = bool(node.kwargs.get("keepdim"))
            return signal.become(is_spatial=keeps, is_matrix=not keeps)
        return self._give_up(node, f"'{node.name}' is not followed")

    def _concatenated(self, node):
        found = [self.signals.get(n) for n in node.args[0]]
        dim = node.args[1] if len(node.args) > 1 else node.kwargs.get("dim", 0)
        whole = all(s is not None and not s.is_flat for s in found)
        along = whole and all(dim == 1 if s.is_spatial else dim in (1, -1) for s in found)
        if not along or len({s.is_spatial for s in found}) > 1:
            return self._give_up(node, f"'{node.name}' joins it with what is not followed")
        return Signal(
            np.concatenate([s.channels for s in found]),
            np.concatenate([s.constant for s in found]),
            is_spatial=found[0].is_spatial,
            is_matrix=any(s.is_matrix for s in found),
        )

    def _combined(self, node, left, right):
        """A sum or a product of two signals ties their channels together."""
        if (
            left is None
            or right is None
            or len(left.channels) != len(right.channels)
            or (left.is_spatial, left.is_flat) != (right.is_spatial, right.is_flat)
            or node.kwargs  # such as a factor
        ):
            return self._give_up(node, f"'{node.name}' combines it with what is not followed")
        self.channels.join(left.channels, right.channels)
        constant = left.constant + right.constant
        if node.target in PRODUCTS:
            is_zero = (left.constant == 0) | (right.constant == 0)
            constant = np.where(is_zero, 0.0, left.constant * right.constant)
        return left.become(constant, is_matrix=left.is_matrix and right.is_matrix)


def _shared_parameters(module, graph):
    """Modules whose parameters are read in another place, too, and where."""
    owners = {}
    for name, part in module.named_modules():
        for parameter in part.parameters(recurse=False):
            owners.setdefault(parameter, []).append(name)
    found = {
        name: "shares a parameter with another layer"
        for names in owners.values()
        if len(names) > 1
        for name in names
    }
    read = [node.target.rpartition(".")[0] for node in graph.nodes if node.op == "get_attr"]
    return found | dict.fromkeys(read, "has a parameter that forward() reads by itself")


def _is_question(node):
    """Whether a node asks for a property of a tensor that has nothing to do with its numbers."""
    if node.target is getattr:
        return node.args[1] in PROPERTIES
    return node.target in QUESTIONS


def _flattens(node):
    """Whether a node leaves the axis of samples and lays out all others behind one another."""
    if node.target in RESHAPE:
        sizes = node.args[1:]
        return len(sizes) == 2 and isinstance(sizes[0], fx.Node) and sizes[1] == -1
    dims = dict(zip(("start_dim", "end_dim"), node.args[1:], strict=False)) | node.kwargs
    return node.target in FLATTEN and (dims.get("start_dim"), dims.get("end_dim", -1)) == (1, -1)


def _flattened(signal):
    is_flat = signal.is_spatial or signal.is_flat
    return signal.become(is_spatial=False, is_flat=is_flat, is_matrix=True)


def _bound(node):
    """What a node with one signal among its arguments does to a tensor in the signal's place."""

    def function(tensor):
        arguments = [tensor if isinstance(a, fx.Node) else a for a in node.args]
        if isinstance(node.target, str):
            return getattr(arguments[0], node.target)(*arguments[1:], **node.kwargs)
        return node.target(*arguments, **node.kwargs)

    return function


def _over_places(node):
    dim = node.args[1] if len(node.args) > 1 else node.kwargs.get("dim")
    return isinstance(dim, list | tuple) and {d % 4 for d in dim} == {2, 3}

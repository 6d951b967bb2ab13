"""The channels of a network, traced from its input to its output."""

from __future__ import annotations

import operator
from collections import Counter
from dataclasses import dataclass

import numpy as np
import torch
from torch import fx, nn
from torch.nn import functional as F

__all__ = ["Channels", "Layer", "Signal", "Tracer", "follow", "taps"]

# What acts on each number by itself, and in evaluation is a function of it alone.
_POINTWISE_MODULES = {
    nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.ELU, nn.SELU, nn.CELU, nn.GELU, nn.SiLU, nn.Mish, nn.Tanh,
    nn.Sigmoid, nn.Softplus, nn.Softsign, nn.Hardtanh, nn.Hardswish, nn.Hardsigmoid, nn.LogSigmoid,
    nn.Identity, nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.AlphaDropout,
}  # fmt: skip
_POINTWISE = {
    torch.relu, torch.tanh, torch.sigmoid, F.relu, F.relu6, F.leaky_relu, F.elu, F.selu, F.gelu,
    F.silu, F.mish, F.tanh, F.sigmoid, F.softplus, F.hardtanh, F.hardswish, F.hardsigmoid,
    "relu", "relu_", "tanh", "sigmoid",
}  # fmt: skip
# What summarises places of a channel, so that a channel that is constant stays so.
_POOLING_MODULES = {nn.MaxPool2d, nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d, nn.Upsample}
_UNCHANGED = {
    F.max_pool2d, F.adaptive_avg_pool2d, F.adaptive_max_pool2d, F.dropout, F.dropout2d,
    "contiguous", "clone",
}  # fmt: skip
_FLATTEN = {torch.flatten: 1, "flatten": 1}
_RESHAPE = {torch.reshape, "view", "reshape"}
_SUMS = {operator.add, operator.iadd, torch.add, "add", "add_"}
_PRODUCTS = {operator.mul, operator.imul, torch.mul, "mul", "mul_"}
_IN_PLACE = {operator.iadd, operator.imul, operator.isub, operator.itruediv}
_QUESTIONS = {getattr, operator.getitem, "size", "dim"}
# What may give back the memory that it was given.
_SAME_MEMORY_MODULES = {
    nn.Identity, nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.AlphaDropout, nn.Flatten,
}  # fmt: skip
_SAME_MEMORY = {*_FLATTEN, *_RESHAPE, F.dropout, F.dropout2d, "contiguous"}


class _Proxy(fx.Proxy):
    """One that tells ``a += b``, which writes over a tensor, from ``a + b``."""


def _in_place(target):
    def operate(proxy, other):
        return proxy.tracer.create_proxy("call_function", target, (proxy, other), {})

    return operate


for _target in _IN_PLACE:
    setattr(_Proxy, f"__{_target.__name__}__", _in_place(_target))


class Tracer(fx.Tracer):
    """Of graphs that can be followed."""

    def proxy(self, node):
        return _Proxy(node, self)


@dataclass
class Signal:
    """What flows along an edge: which channel lies behind each entry of its channel axis.

    ``constant`` is the value of an entry where it has one whatever the input, else NaN. The axis is
    the last, or where ``is_spatial`` the second, followed by places; ``is_flat`` where places have
    been laid out behind each channel, so many as the next layer says.
    """

    channels: np.ndarray
    constant: np.ndarray
    is_spatial: bool = False
    is_flat: bool = False

    def become(self, constant=None, **changes):
        fields = {"is_spatial": self.is_spatial, "is_flat": self.is_flat} | changes
        return Signal(self.channels, self.constant if constant is None else constant, **fields)

    def of_width(self, width):
        """The signal entry by entry, or None where it cannot have so many entries."""
        repeats, rest = divmod(width, max(len(self.channels), 1))
        if rest or (repeats != 1 and not self.is_flat):
            return None
        return Signal(np.repeat(self.channels, repeats), np.repeat(self.constant, repeats))


@dataclass
class Layer:
    """One use of a layer whose weight has a row per output and a column per input channel."""

    inputs: np.ndarray
    outputs: np.ndarray
    folded: np.ndarray  # the constant of an input that can go into the bias, else NaN


class Channels:
    """Channels are numbers; joined ones stay or leave together, fixed ones stay for a reason."""

    def __init__(self):
        self.parent: list[int] = []
        self.fixed: dict[int, str] = {}
        self.layers: dict[str, list[Layer]] = {}
        self.followers: dict[str, np.ndarray] = {}  # modules with numbers for each channel
        self.obstacles: list[str] = []
        self.strange: dict[str, str] = {}  # modules that are not followed, and why

    def new(self, count):
        first = len(self.parent)
        self.parent.extend(range(first, first + count))
        return np.arange(first, first + count)

    def root(self, channel):
        while self.parent[channel] != channel:
            self.parent[channel] = self.parent[self.parent[channel]]
            channel = self.parent[channel]
        return channel

    def roots(self, channels):
        return np.array([self.root(channel) for channel in channels], dtype=np.int64)

    def join(self, left, right):
        for one, other in zip(left, right, strict=True):
            self.parent[self.root(one)] = self.root(other)

    def fix(self, channels, reason):
        for channel in channels:
            self.fixed.setdefault(int(channel), reason)

    def opaque(self, width, reason):
        """Inputs of a layer of which nothing is known."""
        channels = self.new(width)
        self.fix(channels, reason)
        return Signal(channels, np.full(width, np.nan))


def follow(module: nn.Module, graph: fx.Graph) -> Channels:
    """Follow the channels of a module in evaluation mode through its graph."""
    return _Walk(module, graph).channels


def taps(layer):
    """Weight of a layer as (n_outputs, n_inputs, n_taps), a linear layer having one."""
    return layer.weight.detach().reshape(*layer.weight.shape[:2], -1)


class _Walk:
    """One pass over the graph, node by node."""

    def __init__(self, module, graph):
        self.module, self.channels, self.signals = module, Channels(), {}
        self.uses = Counter(node.target for node in graph.nodes if node.op == "call_module")
        self.shared = _shared_parameters(module, graph)
        self.memory = {}  # of each node: the node that made it
        for node in graph.nodes:
            self.signals[node] = self._visit(node)
            self._remember(node)

    def _remember(self, node):
        """What shares its memory, and what is left of constants where that was written over."""
        source = node.all_input_nodes[0] if node.all_input_nodes else None
        in_place = source is not None and self._writes(node)
        shares = in_place or self._gives_back(node)
        self.memory[node] = self.memory[source] if source is not None and shares else node
        if not in_place:
            return
        found = self.signals[node]
        for other, memory in self.memory.items():
            signal = self.signals[other]
            if other is node or signal is None or memory is not self.memory[source]:
                continue
            unknown = np.full(len(signal.constant), np.nan)
            now = unknown if found is None else found.constant
            # Others may be copies, which kept what they had.
            kept = other is source or signal.constant == now
            self.signals[other] = signal.become(np.where(kept, now, unknown))

    def _writes(self, node):
        """Whether a node changes its first argument."""
        if node.op == "call_module":
            return getattr(self.module.get_submodule(node.target), "inplace", False) is True
        target = node.target
        name = target if isinstance(target, str) else getattr(target, "__name__", "")
        in_place = name.endswith("_") and not name.endswith("__")
        # An activation may be told so by a plain True among its arguments.
        told = node.kwargs.get("inplace", False) or any(part is True for part in node.args)
        return in_place or bool(told) or node.target in _IN_PLACE

    def _gives_back(self, node):
        if node.op == "call_module":
            return type(self.module.get_submodule(node.target)) in _SAME_MEMORY_MODULES
        return node.target in _SAME_MEMORY

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
            return self._follow(node, signal, module.num_features, _normalised, name)
        if kind in _POINTWISE_MODULES:
            return signal.become(_mapped(module, signal.constant))
        if kind in _POOLING_MODULES or (kind is nn.AvgPool2d and _is_mean(module)):
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
        if (is_conv and _pads_with_zeros(module)) or self.uses[node.target] > 1:
            folded[folded != 0] = np.nan
        outputs = self._outputs(node, len(weight), inputs)
        self.channels.layers.setdefault(node.target, []).append(
            Layer(inputs.channels, outputs, folded)
        )
        constant = _constant_rows(weight, module.bias, folded)
        return Signal(outputs, constant, is_spatial=is_conv)

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
        return self._follow(node, signal, module.in_channels, _filtered, name)

    def _follow(self, node, signal, width, constant_after, name):
        """A module with numbers of its own for each channel."""
        found = signal.of_width(width)
        if found is None:
            return self._give_up(node, f"{name} reads it along another axis")
        known = self.channels.followers.setdefault(node.target, found.channels)
        self.channels.join(known, found.channels)
        constant = constant_after(self.module.get_submodule(node.target), found.constant)
        return Signal(found.channels, constant, is_spatial=signal.is_spatial)

    def _call_function(self, node):
        target, arguments = node.target, list(node.args)
        found = [self.signals[n] for n in node.all_input_nodes]
        if target in _QUESTIONS and (target is not operator.getitem or found[0] is None):
            return None
        if target is torch.cat:
            return self._concatenated(node)
        if target in _SUMS | _PRODUCTS and len(found) == 2:
            return self._combined(node, *found)
        if len(found) == 0 or found[0] is None:
            return self._give_up(node, f"'{node.name}' takes it along with what is not followed")
        signal, rest = found[0], arguments[1:]
        if len(found) == 1 and target in _POINTWISE | _SUMS | _PRODUCTS:
            return signal.become(_mapped(_bound(node), signal.constant))
        if target in _UNCHANGED:
            return signal.become()
        if target in _FLATTEN and (rest or [node.kwargs.get("start_dim")]) == [1]:
            return _flattened(signal)
        if target in _RESHAPE and len(rest) == 2 and rest[1] == -1:
            return _flattened(signal)
        if target in (torch.mean, "mean") and signal.is_spatial and _over_places(node):
            return signal.become(is_spatial=bool(node.kwargs.get("keepdim")))
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
        if node.target in _SUMS:
            return left.become(left.constant + right.constant)
        product = left.constant * right.constant
        return left.become(np.where((left.constant == 0) | (right.constant == 0), 0.0, product))


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


def _flattened(signal):
    return signal.become(is_spatial=False, is_flat=signal.is_spatial or signal.is_flat)


def _mapped(function, constant):
    known = ~np.isnan(constant)
    mapped = np.full(len(constant), np.nan)
    with torch.no_grad():
        mapped[known] = function(torch.from_numpy(constant[known])).numpy()
    return mapped


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


def _is_mean(pool):
    return pool.padding in (0, (0, 0)) and pool.divisor_override is None


def _pads_with_zeros(conv):
    return conv.padding_mode == "zeros" and conv.padding not in (0, (0, 0), "valid")


def _constant_rows(weight, bias, folded):
    """Value of an output whose weights see nothing but constants, else NaN."""
    summed, used = weight.sum(2).numpy(), (weight != 0).any(2).numpy()
    value = summed @ np.nan_to_num(folded) + _numbers(bias, len(weight), 0.0)
    return np.where((used & np.isnan(folded)).any(axis=1), np.nan, value)


def _normalised(norm, constant):
    scale = _numbers(norm.weight, norm.num_features, 1.0)
    shift = _numbers(norm.bias, norm.num_features, 0.0)
    if norm.running_mean is None:  # statistics of the batch: a constant is its own mean
        return np.where((scale == 0) | ~np.isnan(constant), shift, np.nan)
    mean = _numbers(norm.running_mean, norm.num_features, 0.0)
    deviation = np.sqrt(_numbers(norm.running_var, norm.num_features, 1.0) + norm.eps)
    return np.where(scale == 0, shift, (constant - mean) / deviation * scale + shift)


def _filtered(conv, constant):
    weight = conv.weight.detach().double().cpu().flatten(1)
    bias = _numbers(conv.bias, len(weight), 0.0)
    if _pads_with_zeros(conv):
        constant = np.where(constant == 0, 0.0, np.nan)
    value = np.nan_to_num(constant) * weight.sum(1).numpy() + bias
    used = (weight != 0).any(1).numpy()
    return np.where(used & np.isnan(constant), np.nan, value)


def _numbers(tensor, count, default):
    return np.full(count, default) if tensor is None else tensor.detach().double().cpu().numpy()

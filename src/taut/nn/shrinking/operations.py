"""Operations of networks by what they do to channels: the same to each, or the same to all."""

from __future__ import annotations

import operator

import torch
from torch import nn
from torch.nn import functional as F

__all__ = [
    "FLATTEN",
    "IN_PLACE",
    "POINTWISE",
    "POINTWISE_MODULES",
    "POOLING",
    "POOLING_MODULES",
    "PRODUCTS",
    "PROPERTIES",
    "QUESTIONS",
    "RESHAPE",
    "SAME_MEMORY",
    "SAME_MEMORY_MODULES",
    "SUMS",
    "UNCHANGED",
]

# What acts on each number by itself, and in evaluation is a function of it alone.
POINTWISE_MODULES = {
    nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.ELU, nn.SELU, nn.CELU, nn.GELU, nn.SiLU, nn.Mish, nn.Tanh,
    nn.Sigmoid, nn.Softplus, nn.Softsign, nn.Hardtanh, nn.Hardswish, nn.Hardsigmoid, nn.LogSigmoid,
    nn.Identity, nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.AlphaDropout,
}  # fmt: skip
POINTWISE = {
    torch.relu, torch.tanh, torch.sigmoid, F.relu, F.relu6, F.leaky_relu, F.elu, F.selu, F.gelu,
    F.silu, F.mish, F.tanh, F.sigmoid, F.softplus, F.hardtanh, F.hardswish, F.hardsigmoid,
    "relu", "relu_", "tanh", "sigmoid",
}  # fmt: skip
# What summarises places of a channel, so that a channel that is constant stays so.
POOLING_MODULES = {nn.MaxPool2d, nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d, nn.Upsample}
POOLING = {F.max_pool2d, F.adaptive_avg_pool2d, F.adaptive_max_pool2d}
UNCHANGED = {F.dropout, F.dropout2d, "contiguous", "clone"}
FLATTEN = {torch.flatten, "flatten"}
RESHAPE = {torch.reshape, "view", "reshape"}
SUMS = {operator.add, operator.iadd, torch.add, "add", "add_"}
PRODUCTS = {operator.mul, operator.imul, torch.mul, "mul", "mul_"}
IN_PLACE = {operator.iadd, operator.imul, operator.isub, operator.itruediv}
QUESTIONS = {len, "size", "dim", "numel"}
PROPERTIES = {"shape", "ndim", "dtype", "device"}
# What may give back the memory that it was given.
SAME_MEMORY_MODULES = {
    nn.Identity, nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.AlphaDropout, nn.Flatten,
}  # fmt: skip
SAME_MEMORY = {*FLATTEN, *RESHAPE, F.dropout, F.dropout2d, "contiguous"}

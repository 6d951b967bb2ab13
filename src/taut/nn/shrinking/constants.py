"""What channels become whose value is the same for every input; NaN stands for all others."""

from __future__ import annotations

import numpy as np
import torch

__all__ = ["filtered", "is_mean", "mapped", "normalised", "of_rows", "pads_with_zeros"]


def mapped(function, constant):
    """Behind a function of each number by itself."""
    known = ~np.isnan(constant)
    values = np.full(len(constant), np.nan)
    with torch.no_grad():
        values[known] = function(torch.from_numpy(constant[known])).numpy()
    return values


def of_rows(weight, bias, constant):
    """Behind a layer of a weight (n_outputs, n_inputs, n_taps): where it sees constants alone."""
    summed, used = weight.sum(2).numpy(), (weight != 0).any(2).numpy()
    value = summed @ np.nan_to_num(constant) + _numbers(bias, len(weight), 0.0)
    return np.where((used & np.isnan(constant)).any(axis=1), np.nan, value)


def normalised(norm, constant):
    """Behind a batch normalisation in evaluation mode."""
    scale = _numbers(norm.weight, norm.num_features, 1.0)
    shift = _numbers(norm.bias, norm.num_features, 0.0)
    if norm.running_mean is None:  # statistics of the batch: a constant is its own mean
        return np.where((scale == 0) | ~np.isnan(constant), shift, np.nan)
    mean = _numbers(norm.running_mean, norm.num_features, 0.0)
    deviation = np.sqrt(_numbers(norm.running_var, norm.num_features, 1.0) + norm.eps)
    return np.where(scale == 0, shift, (constant - mean) / deviation * scale + shift)


def filtered(conv, constant):
    """Behind a convolution of each channel by itself."""
    weight = conv.weight.detach().double().cpu().flatten(1)
    bias = _numbers(conv.bias, len(weight), 0.0)
    if pads_with_zeros(conv):
        constant = np.where(constant == 0, 0.0, np.nan)
    value = np.nan_to_num(constant) * weight.sum(1).numpy() + bias
    used = (weight != 0).any(1).numpy()
    return np.where(used & np.isnan(constant), np.nan, value)


def pads_with_zeros(conv):
    """Whether a constant that is not 0 stops being one at the border."""
    return conv.padding_mode == "zeros" and conv.padding not in (0, (0, 0), "valid")


def is_mean(pool):
    """Whether the mean over a window of constants is that constant."""
    return pool.padding in (0, (0, 0)) and pool.divisor_override is None


def _numbers(tensor, count, default):
    return np.full(count, default) if tensor is None else tensor.detach().double().cpu().numpy()

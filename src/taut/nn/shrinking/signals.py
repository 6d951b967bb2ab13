"""Channels, the signals that carry them, and the layers that read and write them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

__all__ = ["Channels", "Layer", "Signal"]


@dataclass
class Signal:
    """What flows along an edge: which channel lies behind each entry of its channel axis.

    ``constant`` is the value of an entry where it has one whatever the input, else NaN. The axis is
    the last, or where ``is_spatial`` the second, followed by places; ``is_flat`` where places have
    been laid out behind each channel, so many as the next layer says. ``is_matrix`` where there is
    no axis but that of samples and that of channels; else there may be, or not.
    """

    channels: np.ndarray
    constant: np.ndarray
    is_spatial: bool = False
    is_flat: bool = False
    is_matrix: bool = False

    def become(self, constant=None, **changes):
        changes |= {} if constant is None else {"constant": constant}
        return replace(self, **changes)

    def of_width(self, width):
        """The signal entry by entry, or None where it cannot have so many entries."""
        repeats, rest = divmod(width, max(len(self.channels), 1))
        if rest or (repeats != 1 and not self.is_flat):
            return None
        return self.become(
            np.repeat(self.constant, repeats),
            channels=np.repeat(self.channels, repeats),
            is_flat=False,
        )


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

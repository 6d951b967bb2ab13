"""When training ends, and which weights are kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf, isfinite

import torch
from skorch.callbacks import Callback

from taut.validation import check_choice, check_positive, shown

__all__ = ["BestWeights", "EarlyStopping", "StopTraining"]

_MONITORS = {"loss": ("valid_loss", 1.0), "accuracy": ("valid_accuracy", -1.0)}


@dataclass(frozen=True)
class EarlyStopping:
    """Hold rows back, end training where they are predicted no better, and keep the best weights.

    Parameters
    ----------
    patience : int, default 20
        Epochs without an improvement after which training ends.
    validation : float, splitter or iterable of (train, validation), default 0.1
        The share of rows to hold back, of classes in proportion; or whatever cuts rows into two as
        scikit-learn's splitters do, of which the last split is taken: where rows are in time order
        that is the newest. A splitter is asked without groups; pass what it gives of them, as
        ``list(GroupKFold(5).split(X, y, groups))``.
    monitor : {"loss", "accuracy"}, default "loss"
        Of the rows held back; accuracy is for classifiers.

    Raises
    ------
    TypeError, ValueError
        An argument is not what it must be.

    References
    ----------
    Prechelt, L. (1998). Early stopping: but when? In Neural Networks: Tricks of the Trade, 55-69;
    the criterion UP, with patience in epochs.
    """

    patience: int = 20
    validation: float | object = 0.1
    monitor: str = "loss"

    @property
    def takes_share(self) -> bool:
        """Whether rows are held back at random."""
        splits = hasattr(self.validation, "split") or isinstance(self.validation, Iterable)
        return isinstance(self.validation, str) or not splits

    def __post_init__(self):
        check_positive(self.patience, "patience", 20)
        check_choice(self.monitor, "monitor", tuple(_MONITORS))
        if not self.takes_share:
            return
        if check_positive(self.validation, "validation", 0.1) >= 1:
            raise ValueError(
                f"validation must be below 1, got {shown(self.validation)}: it is the share of "
                "rows held back, pass 0.1, say"
            )


class StopTraining(Exception):
    """Raised inside the loop to end it; the message says why."""


class BestWeights(Callback):
    """Keeps the weights of the best epoch, and ends training when there is no hope of better ones.

    With rows held back, the best epoch is that of the best monitored value, and its weights are
    those that training leaves. Without, training leaves the last weights, also those of an epoch
    that was interrupted, unless it broke down: then those before the epoch of least training loss,
    since that loss was theirs.

    Parameters
    ----------
    stopping : EarlyStopping or None

    Attributes
    ----------
    best_epoch : int
        Counted from 1; 0 is before training. Of an epoch that was interrupted, the one before.
    keeps_last : bool
        Whether training leaves the last weights.
    """

    def __init__(self, stopping: EarlyStopping | None):
        self.stopping = stopping

    def on_train_begin(self, net, **kwargs):
        self.best_value, self.best_epoch = inf, len(net.history)
        self.first_epoch = self.last_epoch = len(net.history)
        self.best, self.candidate = _copied(net.weights()), _copied(net.weights())

    def on_epoch_begin(self, net, **kwargs):
        if self.stopping is None:
            _copy(net.weights(), self.candidate)

    def on_epoch_end(self, net, **kwargs):
        value, epoch = self._value(net), len(net.history)
        self.last_epoch = epoch
        if isfinite(value) and value < self.best_value:
            if self.stopping is not None:
                _copy(net.weights(), self.candidate)
            # Once they are whole: an interrupt while weights are copied must not mix them.
            self.best, self.candidate = self.candidate, self.best
            self.best_value = value
            self.best_epoch = epoch - (self.stopping is None)
        elif self.stopping and epoch - max(self.best_epoch, self.first_epoch) >= (
            self.stopping.patience
        ):
            raise StopTraining(
                f"no better {self.stopping.monitor} of the rows held back in "
                f"{self.stopping.patience} epochs"
            )

    def on_train_end(self, net, **kwargs):
        nothing_kept = self.best_epoch == self.first_epoch and not net.broke_down
        self.keeps_last = nothing_kept or (self.stopping is None and not net.broke_down)
        if self.keeps_last:
            self.best_epoch = self.last_epoch
            net.keep(net.weights())
        else:
            net.keep(self.best)

    def _value(self, net) -> float:
        if self.stopping is None:
            return net.history[-1, "train_loss"]
        name, sign = _MONITORS[self.stopping.monitor]
        return sign * net.history[-1, name]


def _copied(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: tensor.detach().clone() for name, tensor in weights.items()}


def _copy(source: dict[str, torch.Tensor], target: dict[str, torch.Tensor]) -> None:
    """In place: an epoch of a small network is shorter than the memory for a copy takes."""
    with torch.no_grad():
        for name, tensor in source.items():
            target[name].copy_(tensor)

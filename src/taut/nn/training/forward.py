"""How stored inputs go through a network, at training and at prediction alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

__all__ = ["Forward", "n_outputs_of"]


@dataclass(frozen=True)
class Forward:
    """From inputs as they are stored to outputs.

    Attributes
    ----------
    encode : callable or None
        First: from stored inputs to numbers, of pixels to [0, 1]. Augmentation comes after it.
    normalise : callable or None
        Then, to centred and scaled numbers.
    precision : {"float32", "bfloat16"}
        Of matrix products and convolutions.
    """

    encode: Callable | None = None
    normalise: Callable | None = None
    precision: str = "float32"

    def __call__(self, module: nn.Module, stored: torch.Tensor) -> torch.Tensor:
        return self.output(module, self.encoded(stored))

    def encoded(self, stored: torch.Tensor) -> torch.Tensor:
        """Inputs that can be augmented."""
        return stored if self.encode is None else self.encode(stored)

    def output(self, module: nn.Module, encoded: torch.Tensor) -> torch.Tensor:
        """What a module says of encoded inputs, of shape (n_samples, n_outputs)."""
        inputs = encoded if self.normalise is None else self.normalise(encoded)
        if inputs.ndim == 4:
            # Channels innermost is where convolutions are fastest.
            inputs = inputs.contiguous(memory_format=torch.channels_last)
        if self.precision == "float32":
            return module(inputs)
        with torch.autocast(inputs.device.type, torch.bfloat16):
            return module(inputs).float()


@torch.no_grad()
def n_outputs_of(module: nn.Module, forward: Callable, rows: torch.Tensor) -> int:
    """How many things a network that the user made says of each row.

    Asked before training, where a loss of torch would complain about indices, or spread numbers
    over rows without a word.

    Raises
    ------
    ValueError
        The network does not take such rows, or does not give one row of numbers for each.
    """
    few, was_training = rows[:2], module.training
    shape = ", ".join(map(str, few.shape[1:]))
    try:
        found = forward(module.eval(), few)
    except Exception as error:  # whatever a layer may raise
        raise ValueError(
            f"module must take inputs of shape (n_samples, {shape}), but raised "
            f"{type(error).__name__}: {error}; change its first layers, or the shape of X"
        ) from error
    finally:
        module.train(was_training)
    if not isinstance(found, torch.Tensor) or found.ndim != 2 or len(found) != len(few):
        got = tuple(found.shape) if isinstance(found, torch.Tensor) else type(found).__name__
        raise ValueError(
            f"module must give one tensor of shape (n_samples, n_outputs), got {got} for "
            f"{len(few)} rows: end it with a Linear layer, and nothing after it"
        )
    return found.shape[1]

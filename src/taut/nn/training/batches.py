"""Rows that lie on the device, cut into batches there."""

from __future__ import annotations

from math import ceil
from typing import NamedTuple

import torch

__all__ = ["Batches", "Rows"]


class Rows(NamedTuple):
    """What a network is trained or judged on.

    Attributes
    ----------
    inputs : tensor of shape (n_samples, ...)
    targets : tensor of shape (n_samples,) or (n_samples, n_targets)
    weights : tensor of shape (n_samples,), or None where all rows count alike
    """

    inputs: torch.Tensor
    targets: torch.Tensor
    weights: torch.Tensor | None = None

    def take(self, index: torch.Tensor) -> Rows:
        """Some of the rows."""
        return Rows(*(None if part is None else part.index_select(0, index) for part in self))


class Batches:
    """The rows once, in nearly equal batches.

    A data loader collects rows one by one, which costs a small network more than its training.
    Equal batches leave no last one of a single row, over which nothing can be normalised.

    Parameters
    ----------
    rows : Rows
    batch_size : int or None
        At most so many rows at a time; None takes all.
    shuffle : bool
        In another random order each time.
    """

    def __init__(self, rows: Rows, batch_size: int | None, shuffle: bool):
        self.rows, self.shuffle = rows, shuffle
        self.n_rows = len(rows.inputs)
        self.n_batches = 1 if batch_size is None else ceil(self.n_rows / batch_size)

    def __len__(self) -> int:
        return self.n_batches

    def __iter__(self):
        if self.n_batches == 1:
            yield self.rows
            return
        order = torch.randperm(self.n_rows) if self.shuffle else torch.arange(self.n_rows)
        for index in order.to(self.rows.inputs.device).tensor_split(self.n_batches):
            yield self.rows.take(index)

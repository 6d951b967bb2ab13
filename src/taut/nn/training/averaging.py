"""Averages of the weights along the steps, which lie in wider minima than the weights do."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from skorch.callbacks import Callback
from torch.optim.swa_utils import AveragedModel

from taut.validation import check_share

__all__ = ["EMA", "SWA", "WeightAveraging"]


@dataclass(frozen=True)
class EMA:
    """An average that forgets older weights exponentially.

    Parameters
    ----------
    decay : float in (0, 1), default 0.99
        What is kept of the average at each step; over the first steps t it is (1 + t) / (10 + t),
        so that the weights before training are soon forgotten.

    References
    ----------
    Polyak, B. T. and Juditsky, A. B. (1992). Acceleration of stochastic approximation by averaging.
    SIAM J. Control Optim. 30, 838-855.
    """

    decay: float = 0.99
    start = 0.0

    def __post_init__(self):
        check_share(self.decay, "decay", 0.99)

    def keeps(self, count: int) -> float:
        """The factor on the average of ``count`` earlier weights."""
        return min(self.decay, (1 + count) / (10 + count))


@dataclass(frozen=True)
class SWA:
    """The plain average of the weights after every step in the last part of training.

    Parameters
    ----------
    start : float in (0, 1), default 0.75
        The share of the steps after which it begins.

    References
    ----------
    Izmailov, P., Podoprikhin, D., Garipov, T., Vetrov, D. and Wilson, A. G. (2018). Averaging
    weights leads to wider optima and better generalization. UAI 2018.
    """

    start: float = 0.75

    def __post_init__(self):
        check_share(self.start, "start", 0.75)

    def keeps(self, count: int) -> float:
        """The factor on the average of ``count`` earlier weights."""
        return count / (count + 1)


class WeightAveraging(Callback):
    """Averages weights, and the statistics of batch normalisation with them.

    A weight that is exactly zero stays so in the average: it is out of the network.

    Parameters
    ----------
    average : EMA or SWA
    n_steps : int
        Of the whole training.
    """

    def __init__(self, average: EMA | SWA, n_steps: int):
        self.average, self.n_steps = average, n_steps

    @property
    def network(self):
        """The module with averaged weights."""
        return self.averaged.module

    def on_train_begin(self, net, **kwargs):
        # Counted here as well: torch's own count lies on the device, and reading it waits.
        self.step = self.n_averaged = 0
        self.averaged = AveragedModel(
            net.module_, multi_avg_fn=self._average_in, use_buffers=True
        ).eval()

    def on_batch_end(self, net, training=None, **kwargs):
        if not training:
            return
        self.step += 1
        if self.step > self.average.start * self.n_steps:
            self.averaged.update_parameters(net.module_)
            self.n_averaged += 1
            net.averages = self

    @torch.no_grad()
    def _average_in(self, averages, current, _count):
        if not torch.is_floating_point(averages[0]):  # batches seen, of batch normalisation
            torch._foreach_copy_(averages, current)
            return
        torch._foreach_lerp_(averages, current, 1 - self.average.keeps(self.n_averaged))
        present = torch._foreach_sign(current)
        torch._foreach_abs_(present)
        torch._foreach_mul_(averages, present)

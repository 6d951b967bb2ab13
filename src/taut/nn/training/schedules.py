"""Learning rates that change with the steps."""

from __future__ import annotations

from skorch.callbacks import Callback
from torch.optim import lr_scheduler

__all__ = ["SCHEDULES", "Schedule"]


def _one_cycle(optimizer, n_steps):
    """Smith, L. N. and Topin, N. (2019), Super-convergence: up over a quarter, then down to 0."""
    rates = [group["lr"] for group in optimizer.param_groups]
    n_steps = max(n_steps, 8)  # torch divides by the steps of the rise less one
    return lr_scheduler.OneCycleLR(
        optimizer, rates, total_steps=n_steps, pct_start=0.25, cycle_momentum=False
    )


def _cosine(optimizer, n_steps):
    """Loshchilov, I. and Hutter, F. (2017), SGDR, equation 5, without restarts."""
    return lr_scheduler.CosineAnnealingLR(optimizer, n_steps)


SCHEDULES = {"constant": None, "one_cycle": _one_cycle, "cosine": _cosine}


class Schedule(Callback):
    """Sets the learning rate before every step, the largest being that of the optimiser.

    Parameters
    ----------
    name : {"one_cycle", "cosine"}
    n_steps : int
        Of the whole training.
    """

    def __init__(self, name: str, n_steps: int):
        self.name, self.n_steps = name, n_steps

    def on_train_begin(self, net, **kwargs):
        # One step more than there are: schedulers are told after a step what comes next.
        self.scheduler = SCHEDULES[self.name](net.optimizer_, self.n_steps + 1)

    def on_batch_end(self, net, training=None, **kwargs):
        if training:
            self.scheduler.step()

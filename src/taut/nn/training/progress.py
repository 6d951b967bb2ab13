"""A progress bar over epochs."""

from __future__ import annotations

from skorch.callbacks import Callback

from taut.progress import require_rich

__all__ = ["Progress"]


class Progress(Callback):
    """Shows epochs, losses and the time that is left.

    Parameters
    ----------
    n_epochs : int
    """

    def __init__(self, n_epochs: int):
        self.n_epochs = n_epochs

    def on_train_begin(self, net, **kwargs):
        rich = require_rich()
        self.bar = rich.Progress(
            rich.TextColumn("epoch"),
            rich.MofNCompleteColumn(),
            rich.BarColumn(),
            rich.TextColumn("{task.description}"),
            rich.TimeRemainingColumn(),
        )
        self.bar.start()
        self.task = self.bar.add_task("", total=self.n_epochs)

    def on_epoch_end(self, net, **kwargs):
        row = net.history[-1]
        names = ("train_loss", "valid_loss", "valid_accuracy")
        told = "  ".join(f"{name} {row[name]:.4g}" for name in names if name in row)
        self.bar.update(self.task, advance=1, description=told)

    def on_train_end(self, net, **kwargs):
        self.bar.stop()

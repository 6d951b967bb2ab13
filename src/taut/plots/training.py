"""Training against validation, epoch by epoch."""

from __future__ import annotations

import numpy as np

from taut.plots import style

__all__ = ["TrainingDisplay"]


class TrainingDisplay:
    """Loss of the training rows and of those held back, and where training stopped.

    The training loss includes what dropout, augmentation and label smoothing do to it, and may lie
    above that of validation.

    Parameters
    ----------
    history : dict of str to list
        ``epoch``, ``train_loss`` and, where rows were held back, ``valid_loss``: such as
        ``history_`` of a neural estimator.
    best_epoch : int, default None
        After which the weights are those that were kept.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    train_line_, valid_line_ : matplotlib Line2D
        The second is None where no rows were held back.
    """

    def __init__(self, history, best_epoch=None):
        self.history = history
        self.best_epoch = best_epoch

    @classmethod
    def from_estimator(cls, estimator, *, ax=None):
        """Draw the history of a fitted estimator.

        Parameters
        ----------
        estimator : fitted estimator
            With ``history_``, such as ``taut.nn.NeuralRegressor``.
        ax : matplotlib Axes, default None
            None makes a new figure.

        Returns
        -------
        TrainingDisplay

        Raises
        ------
        AttributeError
            The estimator has no history.
        ImportError
            matplotlib is not installed.
        """
        history = getattr(estimator, "history_", None)
        if history is None:
            raise AttributeError(
                f"estimator must have a history of its training, got {estimator!r}: fit it first"
            )
        return cls(history, getattr(estimator, "best_epoch_", None)).plot(ax)

    def __repr__(self):
        return f"<TrainingDisplay of {len(self.history['epoch'])} epochs, best {self.best_epoch}>"

    def plot(self, ax=None):
        """Draw the losses.

        Parameters
        ----------
        ax : matplotlib Axes, default None
            None makes a new figure.

        Returns
        -------
        TrainingDisplay

        Raises
        ------
        ImportError
            matplotlib is not installed.
        """
        ax = style.axes(ax)
        epochs = np.asarray(self.history["epoch"])
        names = {"train_loss": "training", "valid_loss": "held back"}
        shown = {name: label for name, label in names.items() if name in self.history}
        lines, ends = {}, []
        for name, colour in zip(names, style.COLOURS[1::-1], strict=True):
            if name not in shown:
                continue
            values = np.asarray(self.history[name], dtype=np.float64)
            dashed = "--" if name == "train_loss" else "-"
            lines[name] = ax.plot(epochs, values, color=colour, linewidth=1.6, linestyle=dashed)[0]
            finite = values[np.isfinite(values)]
            ends.append((finite[-1] if len(finite) else 0.0, shown[name], colour))
        self.train_line_, self.valid_line_ = lines["train_loss"], lines.get("valid_loss")
        style.clean(ax, xlabel="epoch", ylabel="mean loss")
        ax.set_xlim(epochs[0] - 0.5, epochs[-1] + 0.5)
        ax.xaxis.get_major_locator().set_params(integer=True)
        self._mark_best(ax, epochs)
        style.label_ends(ax, *zip(*ends, strict=True))
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _mark_best(self, ax, epochs):
        """The epoch whose weights were kept, where training went on after it."""
        best = self.best_epoch
        if best is None or not epochs[0] <= best < epochs[-1]:
            return
        # Towards the middle, where there is room.
        late = best > (epochs[0] + epochs[-1]) / 2
        style.mark(ax, best, f"weights kept: epoch {best}", ha="right" if late else "left")

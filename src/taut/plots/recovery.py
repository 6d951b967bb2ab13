"""A recovered signal beside the true one."""

from __future__ import annotations

import numpy as np

from taut.plots import style

__all__ = ["RecoveryDisplay"]


class RecoveryDisplay:
    """Entries of a sparse signal as stems; circles for the true ones.

    Parameters
    ----------
    x : array of shape (n,)
    truth : array of shape (n,), default None

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    stems_ : matplotlib LineCollection

    Examples
    --------
    >>> from taut.applications import recover
    >>> recover([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]], [1.0, 1.0]).plot()  # doctest: +SKIP
    """

    def __init__(self, x, truth=None):
        self.x = np.asarray(x, dtype=np.float64)
        self.truth = None if truth is None else np.asarray(truth, dtype=np.float64)

    def __repr__(self):
        return f"<RecoveryDisplay: {np.count_nonzero(self.x)} of {len(self.x)} entries>"

    def plot(self, ax=None):
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default None
            None makes a new figure.

        Returns
        -------
        RecoveryDisplay

        Raises
        ------
        ImportError
            matplotlib is not installed.
        """
        ax = style.axes(ax, size=(7.2, 3.2))
        if self.truth is not None:
            true = np.flatnonzero(self.truth)
            ax.scatter(
                true, self.truth[true], s=34, facecolors="none", edgecolors=style.COLOURS[1],
                label="true",
            )  # fmt: skip
        used = np.flatnonzero(self.x)
        colour = style.COLOURS[0]
        self.stems_ = ax.vlines(used, 0.0, self.x[used], color=colour, linewidth=1.2)
        ax.scatter(used, self.x[used], s=10, color=colour, label="recovered", zorder=3)
        ax.axhline(0.0, color=style.MUTED, linewidth=0.8, zorder=1)
        style.clean(ax, xlabel=f"entry ({len(used)} of {len(self.x)} not zero)", ylabel="value")
        if self.truth is not None:
            ax.legend(
                frameon=False, fontsize=style.LABEL_SIZE, labelcolor=style.INK, ncols=2,
                loc="lower left", bbox_to_anchor=(0.0, 1.0), borderpad=0.1,
            )  # fmt: skip
        self.ax_, self.figure_ = ax, ax.figure
        return self

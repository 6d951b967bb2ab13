"""Features against their knockoffs."""

from __future__ import annotations

import numpy as np

from taut.plots import style

__all__ = ["KnockoffDisplay"]


class KnockoffDisplay:
    """Knockoff statistics in order of size, and the threshold that separates the selected.

    Parameters
    ----------
    selection : taut.inference.KnockoffSelection

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    bars_ : matplotlib BarContainer
    features_ : ndarray of int
        The features drawn, by decreasing size of the statistic.

    Examples
    --------
    >>> import taut
    >>> from sklearn.datasets import load_diabetes
    >>> found = taut.knockoffs(*load_diabetes(return_X_y=True, as_frame=True), fdr=0.3)
    >>> display = found.plot()  # doctest: +SKIP
    """

    def __init__(self, selection):
        self.selection = selection

    def __repr__(self):
        return f"<KnockoffDisplay of {self.selection!r}>"

    def plot(self, ax=None, *, top=30):
        """Draw the statistics: selected in blue, beaten by their knockoffs in orange.

        Parameters
        ----------
        ax : matplotlib Axes, default None
            None makes a new figure.
        top : int, default 30
            At most so many features.

        Returns
        -------
        KnockoffDisplay

        Raises
        ------
        ImportError
            matplotlib is not installed.
        """
        found = self.selection
        sizes = np.abs(found.statistics)
        order = np.argsort(-sizes, kind="stable")
        self.features_ = order[sizes[order] > 0][: style.count(top)]
        values, places = found.statistics[self.features_], np.arange(len(self.features_))
        ax = style.axes(ax, size=(6.8, 1.3 + 0.24 * max(len(places), 4)))
        self.bars_ = ax.barh(places, values, color=self._colours(values), height=0.72)
        n_found, total = int(found.support.sum()), len(found.support)
        caption = f"{found.importance_name} ({n_found} of {total} selected, in blue)"
        style.clean(ax, xlabel=caption, grid="x")
        ax.spines["left"].set_visible(False)
        ax.tick_params(axis="y", length=0)
        ax.axvline(0.0, color=style.MUTED, linewidth=0.8)
        if np.isfinite(found.threshold):
            style.mark(ax, found.threshold, "threshold", ha="left")
            style.mark(ax, -found.threshold, "")
        ax.set_yticks(places, [style.short(found.names[j]) for j in self.features_])
        ax.set_ylim(max(len(places), 1) - 0.4, -0.6)
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _colours(self, values):
        selected = self.selection.support[self.features_]
        beaten = np.where(values < 0, style.COLOURS[1], style.FAINT)
        return list(np.where(selected, style.COLOURS[0], beaten))

"""How much each feature counts, and how stable that is."""

from __future__ import annotations

import numpy as np

from taut.plots import style

__all__ = ["ImportanceDisplay"]


class ImportanceDisplay:
    """Importances as bars, selected features in colour, with their stability written beside them.

    Parameters
    ----------
    selection : taut.inference.FeatureSelection

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    bars_ : matplotlib BarContainer
    features_ : ndarray of int
        The features drawn, the most important first.

    Examples
    --------
    >>> import taut
    >>> from sklearn.datasets import load_diabetes
    >>> selector = taut.Selector().fit(*load_diabetes(return_X_y=True, as_frame=True))
    >>> display = selector.plot()  # doctest: +SKIP
    """

    def __init__(self, selection):
        self.selection = selection

    @classmethod
    def from_estimator(cls, estimator, *, ax=None, top=20):
        """Draw what a fitted `taut.Selector` found.

        Parameters
        ----------
        estimator : fitted taut.Selector
        ax, top
            As `plot` takes them.

        Returns
        -------
        ImportanceDisplay
        """
        return estimator.plot(ax, top=top)

    def __repr__(self):
        return f"<ImportanceDisplay of {self.selection!r}>"

    def plot(self, ax=None, *, top=20):
        """Draw the bars.

        Parameters
        ----------
        ax : matplotlib Axes, default None
            None makes a new figure.
        top : int, default 20
            At most so many features, the most important.

        Returns
        -------
        ImportanceDisplay

        Raises
        ------
        ImportError
            matplotlib is not installed.
        """
        found = self.selection
        order = np.lexsort((-found.importances, ~found.support))[: style.count(top)]
        self.features_ = order
        places, heights = np.arange(len(order)), found.importances[order]
        ax = style.axes(ax, size=(6.8, 1.3 + 0.26 * max(len(order), 3)))
        colours = [style.COLOURS[0] if found.support[j] else style.FAINT for j in order]
        self.bars_ = ax.barh(places, heights, color=colours, height=0.72)
        style.clean(ax, xlabel=self._caption(len(order)), grid="x")
        ax.spines["left"].set_visible(False)
        ax.tick_params(axis="y", length=0)
        ax.set_yticks(places, [style.short(found.names[j]) for j in order])
        ax.set_ylim(max(len(order), 1) - 0.4, -0.6)
        if np.min(heights, initial=0.0) < 0:
            ax.axvline(0.0, color=style.MUTED, linewidth=0.8, zorder=1)
        if found.stability is not None and found.stability is not found.importances:
            self._write_stability(ax, order)
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _caption(self, shown):
        found = self.selection
        n_selected, total = int(found.support.sum()), len(found.support)
        note = f"{n_selected} of {total} selected, in colour"
        return f"{found.importance_name} ({note}{'' if shown == total else f'; {shown} shown'})"

    def _write_stability(self, ax, order):
        """A column of shares to the right: in how many of 100 halves a feature was selected."""
        for place, j in enumerate(order):
            self._beside(ax, place, f"{100 * self.selection.stability[j]:.0f} %")
        ax.annotate(
            "of halves",
            (1.0, 1.0),
            xycoords="axes fraction",
            xytext=(8, 4),
            textcoords="offset points",
            color=style.MUTED,
            fontsize=style.LABEL_SIZE,
            ha="left",
            annotation_clip=False,
        )

    def _beside(self, ax, place, text):
        ax.annotate(
            text,
            (1.0, place),
            xycoords=ax.get_yaxis_transform(),
            xytext=(44, 0),
            textcoords="offset points",
            color=style.INK,
            fontsize=style.LABEL_SIZE,
            ha="right",
            va="center",
            annotation_clip=False,
        )

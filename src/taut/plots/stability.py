"""How often halves of the rows select each feature, along the path."""

from __future__ import annotations

import numpy as np

from taut.plots import style

__all__ = ["StabilityDisplay"]


class StabilityDisplay:
    """Stability paths: shares of halves on which each feature is used, against alpha.

    Parameters
    ----------
    selection : taut.inference.StabilitySelection

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    lines_ : list of matplotlib Line2D
        One for each feature that any half uses.

    Examples
    --------
    >>> import taut
    >>> from sklearn.datasets import load_diabetes
    >>> found = taut.stability_selection(*load_diabetes(return_X_y=True, as_frame=True))
    >>> display = found.plot()  # doctest: +SKIP
    """

    def __init__(self, selection):
        self.selection = selection

    def __repr__(self):
        return f"<StabilityDisplay of {self.selection!r}>"

    def plot(self, ax=None, *, top=8):
        """Draw the paths, those of selected features in colour.

        Parameters
        ----------
        ax : matplotlib Axes, default None
            None makes a new figure.
        top : int, default 8
            So many features, those selected most often, are coloured and named.

        Returns
        -------
        StabilityDisplay

        Raises
        ------
        ImportError
            matplotlib is not installed.
        """
        found = self.selection
        ax = style.axes(ax)
        alphas, shares = found.alphas, found.path_probabilities
        used = np.flatnonzero(shares.any(axis=1))
        named = found.selected[: style.count(top)]
        colours = {j: style.COLOURS[k % len(style.COLOURS)] for k, j in enumerate(named)}
        self.lines_ = [self._line(ax, alphas, shares[j], colours.get(j)) for j in used]
        style.clean(ax, ylabel="share of halves that use the feature")
        style.strength_axis(ax, alphas)
        ax.set_ylim(0, 1.02)
        names = [f"{found.names[j]} ({found.probabilities[j]:.0%})" for j in named]
        style.label_ends(ax, shares[named, -1], names, colours.values())
        style.title(
            ax,
            f"{len(found.selected)} of {len(found.support)} among the first {found.n_first} of the "
            f"path on at least {found.threshold:.0%} of halves",
        )
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _line(self, ax, alphas, shares, colour):
        named = {"color": colour, "linewidth": 1.8, "zorder": 3}
        other = {"color": style.FAINT, "linewidth": 0.9, "zorder": 2}
        return ax.plot(alphas, shares, **(named if colour else other))[0]

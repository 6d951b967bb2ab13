"""Coefficients with confidence intervals."""

from __future__ import annotations

import numpy as np

from taut.plots import style

__all__ = ["IntervalDisplay"]


class IntervalDisplay:
    """Coefficients without the lasso's bias, their intervals, and what the lasso itself gave.

    Parameters
    ----------
    result : taut.inference.DebiasedLasso

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    bars_ : matplotlib LineCollection
    features_ : ndarray of int
        The features drawn, by increasing p-value.

    Examples
    --------
    >>> import taut
    >>> from sklearn.datasets import load_diabetes
    >>> found = taut.inference.debiased_lasso(*load_diabetes(return_X_y=True, as_frame=True))
    >>> display = found.plot()  # doctest: +SKIP
    """

    def __init__(self, result):
        self.result = result

    def __repr__(self):
        return f"<IntervalDisplay of {self.result!r}>"

    def plot(self, ax=None, *, level=0.95, top=20):
        """Draw the intervals: in colour where they exclude zero.

        Parameters
        ----------
        ax : matplotlib Axes, default None
            None makes a new figure.
        level : float in (0, 1), default 0.95
        top : int, default 20
            At most so many features, those of the smallest p-values.

        Returns
        -------
        IntervalDisplay

        Raises
        ------
        ImportError
            matplotlib is not installed.
        """
        found = self.result
        order = np.argsort(found.p_values, kind="stable")[: style.count(top)]
        self.features_ = order[np.isfinite(found.standard_errors[order])]
        low, high = found.intervals(level)[self.features_].T
        places = np.arange(len(self.features_))
        ax = style.axes(ax, size=(6.4, 1.3 + 0.27 * max(len(places), 3)))
        colours = np.where((low > 0) | (high < 0), style.COLOURS[0], style.MUTED)
        self.bars_ = ax.hlines(places, low, high, colors=colours, linewidth=2.0)
        values, lasso = found.coefs[self.features_], found.lasso_coefs[self.features_]
        label = f"debiased, {level:.0%} interval"
        ax.scatter(values, places, c=colours, s=34, zorder=3, label=label)
        ax.scatter(lasso, places, marker="|", s=90, c=style.COLOURS[1], zorder=4, label="lasso")
        style.clean(ax, xlabel="coefficient", grid="x")
        ax.axvline(0.0, color=style.MUTED, linewidth=0.8, zorder=1)
        ax.spines["left"].set_visible(False)
        ax.tick_params(axis="y", length=0)
        names = found.feature_names
        labels = [f"x{j}" if names is None else str(names[j]) for j in self.features_]
        ax.set_yticks(places, [style.short(label) for label in labels])
        ax.set_ylim(max(len(places), 1) - 0.4, -0.6)
        ax.legend(
            frameon=False, fontsize=style.LABEL_SIZE, labelcolor=style.INK, ncols=2,
            loc="lower left", bbox_to_anchor=(0.0, 1.0), borderpad=0.1,
        )  # fmt: skip
        self.ax_, self.figure_ = ax, ax.figure
        return self

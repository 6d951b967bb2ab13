"""Errors against the size of a basis."""

from __future__ import annotations

import numpy as np

from taut.plots import style

__all__ = ["BasisDisplay"]


class BasisDisplay:
    """Held-out and training error against the size of a basis, and the size that was chosen.

    Parameters
    ----------
    results : taut.selection.CVResults
        With sizes in place of its alphas.
    chosen : int
        A size.
    xlabel : str
        What a size is.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    line_ : matplotlib Line2D
    train_line_ : matplotlib Line2D or None
    band_ : matplotlib collection
        The mean plus and minus its standard error over the folds.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from taut.applications import BasisRegressor
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
    >>> display = BasisRegressor().fit(X[["bmi"]], y).plot()  # doctest: +SKIP
    """

    def __init__(self, results, chosen, xlabel):
        self.results, self.chosen, self.xlabel = results, int(chosen), xlabel

    def __repr__(self):
        return (
            f"<BasisDisplay of {len(self.results.alphas)} sizes on "
            f"{self.results.errors.shape[1]} folds: {self.chosen} chosen>"
        )

    def plot(self, ax=None, *, label="held out ± 1 SE", training=True):
        """Draw the errors; on axes that hold some already, in the next colour.

        Parameters
        ----------
        ax : matplotlib Axes, default None
            None makes a new figure.
        label : str, default "held out ± 1 SE"
        training : bool, default True
            Draw the errors on training rows as well, dashed.

        Returns
        -------
        BasisDisplay

        Raises
        ------
        ImportError
            matplotlib is not installed.
        """
        ax = style.axes(ax)
        results, sizes = self.results, self.results.alphas
        solid = sum(line.get_linestyle() == "-" for line in ax.lines)
        colour = style.COLOURS[solid % len(style.COLOURS)]
        mean, spread = results.mean, results.standard_error
        self.band_ = ax.fill_between(
            sizes, mean - spread, mean + spread, color=colour, alpha=0.13, linewidth=0
        )
        self.line_ = ax.plot(sizes, mean, color=colour, linewidth=1.8, label=label)[0]
        self.train_line_ = None
        if training:
            errors = results.train_errors.mean(axis=1)
            self.train_line_ = ax.plot(
                sizes, errors, color=colour, linewidth=1.2, linestyle="--", label="training"
            )[0]
        place = int(np.flatnonzero(sizes == self.chosen)[0])
        ax.scatter(self.chosen, mean[place], s=36, color=colour, zorder=3)
        style.clean(ax, xlabel=self.xlabel, ylabel="mean squared error")
        style.whole_numbers(ax)
        style.thousands(ax.yaxis)
        ax.legend(frameon=False, fontsize=style.LABEL_SIZE, labelcolor=style.INK)
        self.ax_, self.figure_ = ax, ax.figure
        return self

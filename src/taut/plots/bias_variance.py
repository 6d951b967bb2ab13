"""The parts of an estimator's error."""

from __future__ import annotations

import numpy as np

from taut.plots import style

__all__ = ["BiasVarianceDisplay"]


class BiasVarianceDisplay:
    """Bias, variance and error along a parameter, in the order of its values, or as bars.

    Parameters
    ----------
    result : taut.inference.BiasVariance

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    lines_ : list of matplotlib Line2D
        Error, bias and variance effect; empty where bars were drawn.

    Examples
    --------
    >>> import taut
    >>> from sklearn.datasets import load_diabetes
    >>> X, y = load_diabetes(return_X_y=True)
    >>> found = taut.bias_variance(taut.Ridge(), X, y, parameter="alpha", values=[10, 1, 0.1])
    >>> display = found.plot()  # doctest: +SKIP
    """

    def __init__(self, result):
        self.result = result

    def __repr__(self):
        return f"<BiasVarianceDisplay of {self.result!r}>"

    def plot(self, ax=None):
        """Draw the parts.

        Parameters
        ----------
        ax : matplotlib Axes, default None
            None makes a new figure.

        Returns
        -------
        BiasVarianceDisplay

        Raises
        ------
        ImportError
            matplotlib is not installed.
        """
        ax = style.axes(ax)
        found = self.result
        squared = found.loss == "squared"
        # In the order in which they are drawn: the error on top.
        parts = {
            "bias²" if squared else "bias": (found.bias, style.COLOURS[0]),
            "variance" if squared else "variance effect": (found.variance_effect, style.COLOURS[1]),
            "error": (found.error, style.INK),
        }
        if found.values is None:
            self.lines_ = []
            self._bars(ax, parts)
        else:
            self.lines_ = self._curves(ax, parts)
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _ylabel(self):
        return f"{'squared' if self.result.loss == 'squared' else '0-1'} loss on test rows"

    def _bars(self, ax, parts):
        heights, colours = zip(*parts.values(), strict=True)
        ax.bar(range(len(parts)), heights, color=colours, width=0.6)
        ax.set_xticks(range(len(parts)), parts)
        style.clean(ax, ylabel=self._ylabel())
        ax.axhline(0.0, color=style.MUTED, linewidth=0.8)

    def _curves(self, ax, parts):
        values, places = self.result.values, self._places(ax)
        if places[0] > places[-1]:
            ax.invert_xaxis()
        lines = [
            ax.plot(places, height, color=colour, linewidth=1.8, marker="o", markersize=3)[0]
            for height, colour in parts.values()
        ]
        style.clean(ax, xlabel=self.result.parameter, ylabel=self._ylabel())
        if ax.get_xscale() == "log":
            style.logarithmic(ax.xaxis)
        style.thousands(ax.yaxis)
        best = int(np.argmin(self.result.error))
        style.mark(ax, places[best], f"least error at {_plain(values[best])}")
        ends = [height[-1] for height, _ in parts.values()]
        style.label_ends(ax, ends, list(parts), [colour for _, colour in parts.values()])
        return lines

    def _places(self, ax):
        """Numbers on their axis, logarithmic over more than a decade; others one after another."""
        values = self.result.values
        if values.dtype.kind not in "iuf":
            ax.set_xticks(range(len(values)), [_plain(value) for value in values])
            return np.arange(len(values))
        if values.min() > 0 and values.max() >= 20 * values.min():
            ax.set_xscale("log")
        return values


def _plain(value):
    return f"{value:.3g}" if isinstance(value, float | np.floating) else str(value)

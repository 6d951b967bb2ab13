"""A forecast beside what came before it, and what came to pass."""

from __future__ import annotations

import numpy as np

from taut.plots import style

__all__ = ["ForecastDisplay"]


class ForecastDisplay:
    """The end of a series, its forecast with an interval, and what came to pass.

    Parameters
    ----------
    places : array of shape (n_before + n_steps,)
        Stamps, or numbers of steps.
    actual : array of shape (n_before + n_known,)
        The series, and as much as is known of what followed.
    forecast, radius : array of shape (n_steps,)
    coverage : float
        Of the interval.
    name : str
        Of the series.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    actual_line_, forecast_line_ : matplotlib Line2D
    band_ : matplotlib collection
    """

    def __init__(self, places, actual, forecast, radius, coverage, name="y"):
        self.places, self.actual = np.asarray(places), np.asarray(actual)
        self.forecast, self.radius = np.asarray(forecast), np.asarray(radius)
        self.coverage, self.name = coverage, name

    def __repr__(self):
        return f"<ForecastDisplay of {self.name!r}: {len(self.forecast)} steps ahead>"

    def plot(self, ax=None):
        """Draw the forecast.

        Parameters
        ----------
        ax : matplotlib Axes, default None
            None makes a new figure.

        Returns
        -------
        ForecastDisplay

        Raises
        ------
        ImportError
            matplotlib is not installed.
        """
        ax = style.axes(ax, size=(8.0, 3.8))
        steps = self.places[-len(self.forecast) :]
        low, high = self.forecast - self.radius, self.forecast + self.radius
        ink, orange = style.INK, style.COLOURS[1]
        self.band_ = ax.fill_between(
            steps, low, high, color=orange, alpha=0.18, linewidth=0,
            label=f"{self.coverage:.0%} interval",
        )  # fmt: skip
        known = self.places[: len(self.actual)]
        self.actual_line_ = ax.plot(known, self.actual, color=ink, linewidth=1.3, label="actual")[0]
        self.forecast_line_ = ax.plot(
            steps, self.forecast, color=orange, linewidth=1.8, label="forecast"
        )[0]
        style.clean(ax, ylabel=self.name)
        style.thousands(ax.yaxis)
        ax.margins(x=0.01)
        origin = len(self.places) - len(self.forecast) - 1
        if origin >= 0:
            style.mark(ax, self.places[origin], "last value known")
        ax.legend(
            handles=[self.actual_line_, self.forecast_line_, self.band_],
            loc="lower left", bbox_to_anchor=(0.0, 1.05), ncols=3, frameon=False,
            fontsize=style.LABEL_SIZE, labelcolor=style.INK,
        )  # fmt: skip
        if self.places.dtype.kind == "M":
            style.dates(ax)
        else:
            ax.set_xlabel("step", color=style.INK)
        self.ax_, self.figure_ = ax, ax.figure
        return self

"""A series, its trend and its change points."""

from __future__ import annotations

import numpy as np

from taut.plots import style

__all__ = ["TrendDisplay"]

_NAMED = 6


class TrendDisplay:
    """A trend over the series that it was found in.

    Parameters
    ----------
    positions, trend : array of shape (n,)
    change_points : array of int
        First samples of new pieces.
    series : array of shape (n,), default None

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    trend_ : matplotlib Line2D
    changes_ : list of matplotlib Line2D

    Examples
    --------
    >>> from taut.applications import TrendFilter
    >>> y = [0.0, 0.1, 0.0, 3.0, 3.1, 2.9]
    >>> TrendFilter(alpha=0.05).fit(y).plot(y)  # doctest: +SKIP
    """

    def __init__(self, positions, trend, change_points, series=None):
        self.positions, self.trend = np.asarray(positions), np.asarray(trend)
        self.change_points = np.asarray(change_points, dtype=int)
        self.series = None if series is None else np.asarray(series)

    def __repr__(self):
        return f"<TrendDisplay: {len(self.change_points) + 1} pieces>"

    def _found(self):
        """How many changes, and where, if they are few."""
        count = len(self.change_points)
        places = [_plain(self.positions[k]) for k in self.change_points]
        where = f" at {', '.join(places)}" if 0 < count <= _NAMED else ""
        return f"{count or 'no'} change point{'' if count == 1 else 's'}{where}"

    def plot(self, ax=None):
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default None
            None makes a new figure.

        Returns
        -------
        TrendDisplay

        Raises
        ------
        ImportError
            matplotlib is not installed.
        """
        ax = style.axes(ax, size=(7.2, 3.6))
        if self.series is not None:
            ax.plot(self.positions, self.series, ".", color=style.FAINT, markersize=4, zorder=1)
        self.changes_ = [
            ax.axvline(self.positions[k], color=style.COLOURS[1], linewidth=0.8, alpha=0.6)
            for k in self.change_points
        ]
        (self.trend_,) = ax.plot(
            self.positions, self.trend, color=style.COLOURS[0], linewidth=1.8, zorder=3
        )
        style.clean(ax, xlabel="position")
        style.title(ax, self._found())
        self.ax_, self.figure_ = ax, ax.figure
        return self


def _plain(position):
    """A place as a number, or as a day where that is all a stamp says."""
    if isinstance(position, np.datetime64):
        return str(position.astype("datetime64[s]")).replace("T00:00:00", "")
    return f"{position:g}" if isinstance(position, np.number) else str(position)

"""What survives of a network along its path, against its error."""

from __future__ import annotations

from taut.plots import style

__all__ = ["NetworkPathDisplay"]


class NetworkPathDisplay:
    """Training and validation error of a network's path against what survives.

    Parameters
    ----------
    path : taut.nn.NetworkPath

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    lines_ : list of matplotlib Line2D
        Training and validation.

    Examples
    --------
    >>> display = taut.plots.NetworkPathDisplay(path).plot()  # doctest: +SKIP
    """

    def __init__(self, path):
        self.path = path

    def __repr__(self):
        n_active = self.path.n_active
        return (
            f"<NetworkPathDisplay of {len(self.path)} strengths, {n_active[0]} to {n_active[-1]} "
            "surviving>"
        )

    def plot(self, ax=None, *, xlabel="features or units that survive", tolerance=None):
        """Draw the path.

        Parameters
        ----------
        ax : matplotlib Axes, default None
            None makes a new figure.
        xlabel : str
        tolerance : float, default None
            Mark ``path.sparsest(tolerance)`` instead of ``path.best``.

        Returns
        -------
        NetworkPathDisplay

        Raises
        ------
        ImportError
            matplotlib is not installed.
        """
        ax = style.axes(ax)
        path, survivors = self.path, self.path.n_active
        curves = (
            ("training", path.train_errors, style.MUTED, 1.2),
            ("validation", path.validation_errors, style.COLOURS[0], 1.8),
        )
        self.lines_ = [
            ax.plot(survivors, errors, color=colour, linewidth=width, marker=".", label=name)[0]
            for name, errors, colour, width in curves
        ]
        chosen = path.best if tolerance is None else path.sparsest(tolerance)
        point = survivors[chosen], path.validation_errors[chosen]
        # In the legend: beside the point it would stand on the curves, which turn anywhere.
        label = f"{point[0]} left, error {point[1]:.3g}"
        ax.plot(*point, "o", color=style.COLOURS[1], markersize=8, zorder=4, label=label)
        ax.set_xlim(left=0)
        style.clean(ax, xlabel, "error")
        ax.legend(frameon=False, fontsize=style.LABEL_SIZE, labelcolor=style.INK)
        self.ax_, self.figure_ = ax, ax.figure
        return self

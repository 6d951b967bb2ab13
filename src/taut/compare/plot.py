"""The leaderboard as a chart."""

from __future__ import annotations

from taut.plots import style

__all__ = ["plot_differences"]


def plot_differences(summary: dict, ax=None):
    """Plot each technique's difference to the best score, with its interval.

    Parameters
    ----------
    summary : dict
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    TypeError
        If ``ax`` is something else than axes.
    """
    ax = style.axes(ax)
    rows = summary["leaderboard"][::-1]
    for height, row in enumerate(rows):
        low = row["difference"] - row["difference_low"]
        high = row["difference_high"] - row["difference"]
        ax.errorbar(
            row["difference"],
            height,
            xerr=[[low], [high]],
            fmt="o",
            capsize=3,
            color="C0" if row["picked"] else "0.5",
        )
    ax.axvline(0.0, color="0.8", zorder=0)
    ax.set_yticks(range(len(rows)), [row["label"] for row in rows])
    metric = summary["metric"]
    unit = f" ({metric['unit']})" if metric["unit"] else ""
    ax.set_xlabel(
        f"difference of {metric['name']} to the best{unit}, "
        f"{100 * summary['settings']['confidence']:.0f} % interval"
    )
    return ax

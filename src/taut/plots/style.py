"""How all charts look: axes, colours, labels. The only file that imports matplotlib."""

from __future__ import annotations

import numpy as np

__all__ = [
    "COLOURS",
    "DASHES",
    "FAINT",
    "INK",
    "MUTED",
    "axes",
    "clean",
    "count",
    "dates",
    "label_ends",
    "logarithmic",
    "mark",
    "short",
    "strength_axis",
    "thousands",
    "title",
    "whole_numbers",
]

# Told apart by colour-blind readers: Okabe, M. and Ito, K. (2008), Color Universal Design, less the
# yellow, which cannot be read as text on white; two dark colours follow.
COLOURS = (
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#332288", "#7a4419",
)  # fmt: skip
INK, MUTED, FAINT = "#24292f", "#6e7781", "#d0d5da"
LABEL_SIZE = 9.0
DASHES = (0, (4, 3))
_LONGEST_NAME = 32
_FEW_DECADES = 2.5


def axes(ax=None, size=(6.4, 4.2)):
    """The axes to draw on: those given, or new ones.

    Raises
    ------
    ImportError
        matplotlib is not installed.
    TypeError
        ``ax`` is something else than axes.
    """
    try:
        import matplotlib.pyplot as plt
        from matplotlib.axes import Axes
    except ImportError as error:
        raise ImportError(
            "taut.plots needs the extra 'plot': pip install \"taut[plot]\""
        ) from error
    if isinstance(ax, Axes):
        return ax
    if ax is not None:
        raise TypeError(
            f"ax must be matplotlib axes, got {ax!r} of type {type(ax).__name__}: pass one such as "
            "plt.subplots()[1], or None for new ones"
        )
    return plt.subplots(figsize=size, layout="constrained")[1]


def clean(ax, xlabel="", ylabel="", grid="y"):
    """Only the lines that carry something."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(FAINT)
    ax.tick_params(which="both", color=FAINT, labelcolor=INK, labelsize=LABEL_SIZE)
    ax.set_axisbelow(True)
    ax.grid(axis=grid, color=FAINT, linewidth=0.6)
    ax.set_xlabel(xlabel, color=INK)
    ax.set_ylabel(ylabel, color=INK)


def title(ax, text):
    """What is seen, to the left above the axes and above the marks on any axes of the figure."""
    marked = any(label.get_gid() == "mark" for one in ax.figure.axes for label in one.texts)
    ax.set_title(text, loc="left", fontsize=LABEL_SIZE + 2, color=INK, pad=21 if marked else 9)


def mark(ax, place, label, ha="center"):
    """A place on the horizontal axis: a dashed line, and what it is above the axes."""
    ax.axvline(place, color=MUTED, linewidth=0.9, linestyle=DASHES, zorder=1)
    text = ax.annotate(
        label,
        (ax.convert_xunits(place), 1.0),
        xycoords=ax.get_xaxis_transform(),
        xytext=({"left": 3, "right": -3}.get(ha, 0), 3),
        textcoords="offset points",
        ha=ha,
        color=INK,
        fontsize=LABEL_SIZE,
        annotation_clip=False,
    )
    text.set_gid("mark")


def strength_axis(ax, alphas):
    """alpha on a logarithmic scale, strongest on the left: features enter from left to right."""
    ax.set_xscale("log")
    if len(alphas) > 1:
        ax.set_xlim(alphas.max(), alphas.min())
    logarithmic(ax.xaxis)
    ax.set_xlabel("alpha (weaker penalty to the right)")


def logarithmic(axis):
    """Plain numbers on a logarithmic axis, as people write them: 0.01, not 10 to the power of -2.

    Powers of ten, and where they would be few their doubles and halves as well.
    """
    from matplotlib.ticker import LogLocator, NullFormatter

    low, high = np.log10(np.sort(axis.get_view_interval()))
    steps = (1.0, 2.0, 5.0) if high - low < _FEW_DECADES else (1.0,)
    axis.set_major_locator(LogLocator(subs=steps))
    axis.set_major_formatter(lambda value, _: f"{value:g}".replace("e-0", "e-"))
    axis.set_minor_formatter(NullFormatter())


def thousands(axis):
    """Large numbers with commas between their thousands."""
    axis.set_major_formatter(lambda value, _: f"{value:,.10g}".replace("-", "−"))


def whole_numbers(ax):
    """Ticks of the horizontal axis at whole numbers only."""
    from matplotlib.ticker import MaxNLocator

    ax.xaxis.set_major_locator(MaxNLocator(integer=True))


def dates(ax):
    """Short dates along the horizontal axis: years and months where they change."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(minticks=4, maxticks=9)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))


def label_ends(ax, heights, labels, colours):
    """Write each label to the right of the axes, at its height, pushed apart where they collide."""
    if len(heights) == 0:
        return []
    scale = ax.yaxis.get_transform().transform
    low, high = scale(np.asarray(ax.get_ylim()))
    points = ax.get_window_extent().height * 72 / ax.figure.dpi
    gap = 1.25 * LABEL_SIZE / points
    # What leaves the axes is named where it left them.
    wanted = np.clip((scale(np.asarray(heights, dtype=np.float64)) - low) / (high - low), 0.0, 1.0)
    placed = spread(wanted, gap)
    texts = []
    for height, at, label, colour in zip(wanted, placed, labels, colours, strict=True):
        leader = {"arrowstyle": "-", "color": colour, "linewidth": 0.6, "shrinkA": 1, "shrinkB": 0}
        text = ax.annotate(
            label,
            xy=(1.0, height),
            xytext=(1.03, at),
            xycoords="axes fraction",
            color=colour,
            fontsize=LABEL_SIZE,
            va="center",
            arrowprops=leader | {"relpos": (0.0, 0.5)},
            annotation_clip=False,
        )
        texts.append(text)
    return texts


def count(top):
    """How many to draw, as a number that can be.

    Raises
    ------
    TypeError, ValueError
        ``top`` is no whole number from 0.
    """
    if isinstance(top, bool) or not isinstance(top, int | np.integer):
        raise TypeError(f"top must be a whole number, got {top!r}: pass 10, say")
    if top < 0:
        raise ValueError(f"top must not be negative, got {top}: pass 10, say")
    return int(top)


def short(name):
    """A name as an axis has room for it."""
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"


def spread(wanted, gap):
    """Positions at least ``gap`` apart, in the order wanted and as near to it as can be.

    Less ``gap`` times their rank, positions that keep their distance are non-decreasing: the
    nearest such ones in least squares are an isotonic regression, clipped where all have to lie
    between 0 and 1, as they do if there is room. The first of equals is the uppermost.
    """
    from scipy.optimize import isotonic_regression

    wanted = np.asarray(wanted, dtype=np.float64)
    order = np.lexsort((-np.arange(len(wanted)), wanted))
    steps = gap * np.arange(len(wanted))
    nearest = isotonic_regression(wanted[order] - steps).x
    if steps[-1] <= 1.0:
        nearest = np.clip(nearest, 0.0, 1.0 - steps[-1])
    placed = np.empty(len(wanted))
    placed[order] = nearest + steps
    return placed

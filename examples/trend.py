"""Trends and change points of a series: levels that shift, and broken lines.

Two series are generated, so that the true changes are known; with TAUT_DATA the births of each day
of 1959 in California come third. The strength is chosen by BIC; the dashed line is the minimiser of
the penalised problem, whose jumps are shrunk, and the solid one the trend fitted anew at the change
points that were found.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from _common import arguments

from taut.applications import TrendFilter
from taut.plots import TrendDisplay, style


def generated(n_samples):
    """Name, series and order of what has known changes."""
    rng = np.random.default_rng(1)
    t = np.linspace(0, 1, n_samples)
    levels = np.select([t < 0.2, t < 0.5, t < 0.62, t < 0.85], [0.0, 2.0, -1.0, 1.0], default=1.6)
    lines = np.interp(t, [0, 0.3, 0.6, 1], [0, 2, -1, 1])
    for name, truth, order in (("steps", levels, 0), ("lines", lines, 1)):
        yield name, truth + 0.4 * rng.standard_normal(n_samples), order


def births(folder):
    table = pd.read_csv(folder / "time_series" / "daily_total_female_births.csv.gz")
    return "births a day, California 1959", table.iloc[:, -1].to_numpy(float), 0


def draw(ax, name, series, order):
    model = TrendFilter(order).fit(series)
    shrunk = TrendFilter(order, alpha=model.alpha_, refit=False).fit(series)
    display = TrendDisplay(model.positions_, model.trend_, model.change_points_, series).plot(ax)
    ax.plot(model.positions_, shrunk.trend_, "--", color=style.INK, linewidth=1.0, zorder=4)
    ax.margins(x=0.01)
    ax.set_xlabel("")
    style.label_ends(
        ax,
        [model.trend_[-1], shrunk.trend_[-1]],
        ["fitted anew", "minimiser"],
        [display.trend_.get_color(), style.INK],
    )
    style.title(ax, f"{name}: {ax.get_title(loc='left')}")
    residual = np.std(series - model.trend_)
    print(f"{name}: changes at {model.change_points_}, deviation from the trend {residual:.2f}")


def main():
    options = arguments(__doc__.splitlines()[0])
    cases = list(generated(400 if options.data is None else 1200))
    if options.data is not None:
        cases.append(births(options.data))
    figure, axes = plt.subplots(
        len(cases), 1, figsize=(7.6, 2.8 * len(cases)), layout="constrained"
    )
    for ax, case in zip(axes, cases, strict=True):
        draw(ax, *case)
    axes[-1].set_xlabel("sample")
    figure.savefig(options.output / "trend.png", dpi=110)


if __name__ == "__main__":
    main()

"""Trends and change points of a series: levels that shift, and broken lines.

Both series are generated, so that the true changes are known. The strength is chosen by BIC; the
dashed line is the minimiser of the penalised problem, whose jumps are shrunk, and the solid one the
trend fitted anew at the change points that were found.
"""

import matplotlib.pyplot as plt
import numpy as np
from _common import arguments

from taut.applications import TrendFilter
from taut.plots import TrendDisplay

options = arguments(__doc__)
n = 400 if options.quick else 1200
rng = np.random.default_rng(1)
t = np.linspace(0, 1, n)
levels = np.select([t < 0.2, t < 0.5, t < 0.62, t < 0.85], [0.0, 2.0, -1.0, 1.0], default=1.6)
lines = np.interp(t, [0, 0.3, 0.6, 1], [0, 2, -1, 1])

figure, axes = plt.subplots(2, 1, figsize=(7.6, 6.0), layout="constrained", sharex=True)
for ax, truth, order, name in zip(axes, (levels, lines), (0, 1), ("steps", "lines"), strict=True):
    series = truth + 0.4 * rng.standard_normal(n)
    model = TrendFilter(order).fit(series, t)
    shrunk = TrendFilter(order, alpha=model.alpha_, refit=False).fit(series, t)
    TrendDisplay(t, model.trend_, model.change_points_, series).plot(ax)
    ax.plot(t, shrunk.trend_, "--", color="#24292f", linewidth=1.0, zorder=4)
    error = np.sqrt(np.mean((model.trend_ - truth) ** 2))
    print(
        f"{name}: changes at {np.round(model.change_positions_, 3)}, error {error:.3f} of 0.4 noise"
    )
figure.savefig(options.output / "trend.png", dpi=110)

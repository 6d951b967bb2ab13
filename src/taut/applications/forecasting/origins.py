"""A series seen from its origins: what is known there, and how far off forecasts were."""

from __future__ import annotations

from math import ceil

import numpy as np

from taut.applications.forecasting.lag_features import Past

__all__ = ["Origins", "conformal_radius", "recursion", "side_by_side"]

_BLOCK = 1 << 20  # values held at a time


class Origins:
    """The features of a series at every origin, and of every step that is known ahead."""

    def __init__(self, series, past, known, names):
        self.series, self.past, self.known, self.names = series, past, known, names
        self.history = past.of_series(series.values)

    def design(self, step):
        """Features and targets of the origins whose target, ``step`` ahead, is there."""
        first = self.past.width - 1 + step
        rows = len(self.series) - first
        features = np.column_stack([self.history[:rows], self.known[first:]])
        return features, self.series.values[first:]

    def errors(self, model, rows, step, reach):
        """Errors ``step, ..., step + reach - 1`` steps ahead of the origins of some rows."""
        values, width = self.series.values, self.past.width
        origins = rows + width - 1
        targets = origins[:, None] + step + np.arange(reach)
        there = targets < len(values)
        targets = np.minimum(targets, len(values) - 1)
        if step > 1 or reach == 1:
            forecast = model.predict(self.design(step)[0][rows])[:, None]
        else:
            windows = np.lib.stride_tricks.sliding_window_view(values, width)
            forecast = np.empty(targets.shape)
            # Windows are copied for the forecasts that follow them, a block at a time.
            size = max(1, _BLOCK // (width + reach))
            for start in range(0, len(rows), size):
                block = slice(start, start + size)
                known = self.known[targets[block]]
                forecast[block] = recursion(model, self.past, windows[rows[block]], known)
        return np.where(there, values[targets] - forecast, np.nan)


def recursion(model, past: Past, windows, known):
    """Forecasts of a one-step model that takes its own forecasts for the past.

    Parameters
    ----------
    model : fitted linear model
    past : Past
    windows : ndarray of shape (n_origins, width)
    known : ndarray of shape (n_origins, horizon, n_known)

    Returns
    -------
    ndarray of shape (n_origins, horizon)
    """
    n_origins, horizon = known.shape[:2]
    width = windows.shape[1]
    values = np.empty((n_origins, width + horizon))
    values[:, :width] = windows
    for step in range(horizon):
        features = np.column_stack(
            [past.of_windows(values[:, step : step + width]), known[:, step]]
        )
        values[:, width + step] = features @ model.coef_ + model.intercept_
    return values[:, width:]


def conformal_radius(errors, coverage) -> float:
    """The ``ceil((m + 1) coverage)``-th smallest of m absolute errors.

    Raises
    ------
    ValueError
        There are fewer errors than that.
    """
    sizes = np.sort(np.abs(errors[np.isfinite(errors)]))
    rank = ceil((len(sizes) + 1) * coverage - 1e-9)
    if rank > len(sizes):
        raise ValueError(
            f"coverage must be at most {len(sizes) / (len(sizes) + 1):.4g} with {len(sizes)} "
            f"held-out errors, got {coverage}: take a longer series, or a lower coverage"
        )
    return float(sizes[rank - 1])


def side_by_side(parts):
    """Columns of unequal length, filled up with nan."""
    if len(parts) == 1:
        return parts[0]
    rows = max(len(part) for part in parts)
    out = np.full((rows, len(parts)), np.nan)
    for column, part in zip(out.T, parts, strict=True):
        column[: len(part)] = part[:, 0]
    return out

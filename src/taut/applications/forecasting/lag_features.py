"""Features for forecasting: of the past, and of what is known ahead."""

from __future__ import annotations

import numbers
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from taut.validation import check_positive, shown

__all__ = ["CALENDAR", "Past", "ahead"]


@dataclass(frozen=True)
class Past:
    """Features of a series up to and including an origin t, and of nothing after it.

    Attributes
    ----------
    lags : tuple of int
        Lag l is the value ``y[t + 1 - l]``: the last value known is lag 1.
    rolling : tuple of int
        The mean of the last so many values.
    differences : tuple of int
        ``y[t] - y[t - d]``.
    """

    lags: tuple[int, ...]
    rolling: tuple[int, ...] = ()
    differences: tuple[int, ...] = ()

    @classmethod
    def checked(cls, lags, rolling, differences) -> Past:
        """From what a user gave: a number of lags is all up to it."""
        if isinstance(lags, numbers.Integral):
            lags = range(1, check_positive(lags, "lags", 12, zero=True) + 1)
        return cls(
            _counts(lags, "lags"), _counts(rolling, "rolling"), _counts(differences, "differences")
        )

    @property
    def width(self) -> int:
        """Values up to the origin that the features need."""
        return max((*self.lags, *self.rolling, *(d + 1 for d in self.differences)), default=1)

    @property
    def names(self) -> list[str]:
        return [
            *(f"lag {lag}" for lag in self.lags),
            *(f"mean of last {count}" for count in self.rolling),
            *(f"change over {count}" for count in self.differences),
        ]

    def of_windows(self, windows: np.ndarray) -> np.ndarray:
        """Features of windows that end at their origins.

        Parameters
        ----------
        windows : ndarray of shape (n_origins, at least width)

        Returns
        -------
        ndarray of shape (n_origins, n_features)
        """
        # Fitting and forecasting share this one function: there is no second reckoning to differ.
        columns = [
            *(windows[:, -lag] for lag in self.lags),
            *(windows[:, -count:].mean(axis=1) for count in self.rolling),
            *(windows[:, -1] - windows[:, -1 - count] for count in self.differences),
        ]
        return np.column_stack(columns) if columns else np.empty((len(windows), 0))

    def of_series(self, values: np.ndarray) -> np.ndarray:
        """Features at the origins ``width - 1, ..., len(values) - 1``."""
        return self.of_windows(np.lib.stride_tricks.sliding_window_view(values, self.width))


def _hour(stamps):
    return (stamps - stamps.astype("datetime64[D]")).astype("timedelta64[h]").astype(int)


def _weekday(stamps):
    # 1970-01-01 was a Thursday, day 3 of a week that begins on Monday.
    return (stamps.astype("datetime64[D]").astype(np.int64) + 3) % 7


def _month(stamps):
    return stamps.astype("datetime64[M]").astype(np.int64) % 12


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
# Each term: the code of a stamp, and what the codes are called.
CALENDAR = {
    "hour": (_hour, tuple(f"hour {hour}" for hour in range(24))),
    "weekday": (_weekday, _DAYS),
    "month": (_month, _MONTHS),
}


def ahead(places, stamps, calendar, fourier) -> tuple[np.ndarray, list[str]]:
    """Features of the time that is forecast, known for ever.

    Parameters
    ----------
    places : ndarray of int of shape (n_samples,)
        Steps from the first row of the series.
    stamps : ndarray of datetime64[s] of shape (n_samples,), or None
    calendar : sequence of str
        Names in `CALENDAR`; one indicator for each of their values.
    fourier : mapping from float to int
        From the period in steps to the number of waves: sin and cos of ``2 pi k t / period`` for
        k = 1, ..., (Hyndman & Athanasopoulos 2021, Forecasting: principles and practice, 7.4).

    Returns
    -------
    values : ndarray of shape (n_samples, n_features)
    names : list of str
    """
    columns, names = [np.empty((len(places), 0))], []
    for term in calendar:
        code, values = CALENDAR[term]
        columns.append(np.equal.outer(code(stamps), np.arange(len(values))).astype(np.float64))
        names.extend(values)
    for period, order in fourier.items():
        angle = 2 * np.pi * np.outer(places, np.arange(1, order + 1)) / period
        columns.extend((np.sin(angle), np.cos(angle)))
        names.extend(
            f"{wave} {k}/{period:g}" for wave in ("sin", "cos") for k in range(1, order + 1)
        )
    return np.column_stack(columns), names


def check_calendar(calendar, has_stamps: bool):
    """Names of calendar terms, for a series with stamps."""
    if not isinstance(calendar, str) and not np.iterable(calendar):
        raise TypeError(
            f"calendar must be a sequence of terms of {shown(list(CALENDAR))}, got "
            f"{shown(calendar)}: pass ['hour', 'weekday'], say"
        )
    names = (calendar,) if isinstance(calendar, str) else tuple(calendar)
    for name in names:
        if name not in CALENDAR:
            raise ValueError(
                f"calendar must name terms of {shown(list(CALENDAR))}, got {shown(name)}: choose "
                "from these"
            )
    if names and not has_stamps:
        raise ValueError(
            f"calendar must be empty for a series without dates, got {shown(list(names))}: pass y "
            "with a date index, or a frame with a column of dates"
        )
    return names


def check_fourier(fourier) -> dict[float, int]:
    """Periods above one step, each with at most as many waves as the steps can tell apart."""
    if not isinstance(fourier, Mapping):
        raise TypeError(
            f"fourier must be a dict from periods to numbers of waves, got {shown(fourier)}: pass "
            "{365.25: 3}, say"
        )
    for period, order in fourier.items():
        check_positive(period, "the period in fourier", 12.0)
        check_positive(order, f"fourier[{period!r}]", 3)
        if 2 * order > period:
            raise ValueError(
                f"fourier[{period!r}] must be at most half the period, got {order}: faster waves "
                "look like slower ones"
            )
    return dict(fourier)


def _counts(values, name) -> tuple[int, ...]:
    if isinstance(values, numbers.Number | str) or not np.iterable(values):
        raise TypeError(
            f"{name} must be a sequence of whole numbers, got {shown(values)}: pass [1, 2], say"
        )
    counts = [int(check_positive(v, f"{name}[{k}]", 1)) for k, v in enumerate(values)]
    if len(set(counts)) < len(counts):
        raise ValueError(f"{name} must not repeat, got {shown(counts)}: name each once")
    return tuple(counts)

"""The stamps of a series: one regular step apart, or refused by name."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from taut.designs.dates import readings
from taut.validation import shown

__all__ = ["TimeAxis", "as_stamps", "regular"]

_SECOND = "datetime64[s]"
_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True)
class TimeAxis:
    """Regular stamps: a fixed number of seconds apart, or of months.

    Attributes
    ----------
    stamps : ndarray of datetime64[s] of shape (n_samples,)
    step : int
        Seconds or months.
    monthly : bool
    month_end : bool
        Whether monthly stamps are the last days of their months.
    """

    stamps: np.ndarray
    step: int
    monthly: bool = False
    month_end: bool = False

    def extended(self, count: int) -> np.ndarray:
        """The ``count`` stamps after the last."""
        ahead = self.step * np.arange(1, count + 1)
        last = self.stamps[-1]
        if not self.monthly:
            return last + ahead.astype("timedelta64[s]")
        month = last.astype("datetime64[M]")
        return _in_month(month + ahead, last - month.astype(_SECOND), self.month_end)


def as_stamps(values, name: str) -> np.ndarray:
    """Dates as datetime64[s], from dates or from text that can be read in one way.

    Raises
    ------
    ValueError
        They are no dates, one is missing or finer than a second, or text could mean several.
    """
    if values.dtype.kind == "O" and all(isinstance(value, str) for value in values):
        found = readings(values.tolist())
        if len(found) != 1:
            kind = "dates in several ways" if found else "no dates"
            raise ValueError(
                f"{name} must hold dates, got text that reads as {kind}, such as "
                f"{shown(values[0])}: convert the column to dates first"
            )
        values = found[0]
    if values.dtype.kind != "M":
        raise ValueError(
            f"{name} must hold dates, got {shown(values[0])}: convert the column to dates first"
        )
    missing = np.flatnonzero(np.isnat(values))
    if missing.size:
        raise ValueError(
            f"{name} must have a date in every row, got none at row {missing[0]} (counting from "
            "0): fill it in, or drop the row"
        )
    seconds = values.astype(_SECOND)
    finer = np.flatnonzero(seconds != values)
    if finer.size:
        raise ValueError(
            f"{name} must hold whole seconds, got {values[finer[0]]} at row {finer[0]} (counting "
            "from 0): round it, or pass the values as an array, whose steps need no stamps"
        )
    return seconds


def regular(stamps: np.ndarray, name: str) -> TimeAxis:
    """The axis of stamps that follow one another at one step.

    Raises
    ------
    ValueError
        A stamp comes twice, stands before an earlier one, or some are missing: which.
    """
    seconds = np.diff(stamps).astype(np.int64)
    _check_order(stamps, seconds, name)
    months = np.diff(stamps.astype("datetime64[M]").astype(np.int64))
    month_end = _at_month_ends(stamps)
    monthly = len(months) > 0 and months.min() > 0 and (month_end or _at_one_time_of_month(stamps))
    gaps = months if monthly else seconds
    sizes, counts = np.unique(gaps, return_counts=True)
    axis = TimeAxis(stamps, int(sizes[counts.argmax()]) if len(gaps) else 1, monthly, month_end)
    wrong = np.flatnonzero(gaps != axis.step)
    if wrong.size:
        raise ValueError(_irregular(axis, gaps, wrong, name))
    return axis


def _at_one_time_of_month(stamps) -> bool:
    into = stamps - stamps.astype("datetime64[M]").astype(_SECOND)
    return bool(np.all(into == into[0]))


def _at_month_ends(stamps) -> bool:
    """On the last days of their months, at one hour; not where all months are as long."""
    days = stamps.astype("datetime64[D]")
    last_days = (stamps.astype("datetime64[M]") + 1).astype("datetime64[D]") - _DAY
    hours = stamps - days.astype(_SECOND)
    at_end = np.all(days == last_days) and np.all(hours == hours[0])
    return bool(at_end) and not _at_one_time_of_month(stamps)


def _in_month(months, into, month_end):
    if not month_end:
        return months.astype(_SECOND) + into
    days = (months + 1).astype("datetime64[D]") - _DAY
    return days.astype(_SECOND) + into % _DAY


def _check_order(stamps, gaps, name):
    for wrong, problem, remedy in (
        (gaps == 0, "got {} twice", "keep one row of each, or their mean"),
        (gaps < 0, "got {} after a later one", "sort the rows by date"),
    ):
        place = np.flatnonzero(wrong)
        if place.size:
            count = f" (and {place.size - 1} more)" if place.size > 1 else ""
            row = int(place[0]) + 1
            raise ValueError(
                f"{name} must rise from row to row, {problem.format(stamps[row])} at row {row} "
                f"(counting from 0){count}: {remedy}"
            )


def _irregular(axis, gaps, wrong, name):
    row, stamps = int(wrong[0]), axis.stamps
    before = TimeAxis(stamps[: row + 1], axis.step, axis.monthly, axis.month_end)
    missing, uneven = divmod(int(gaps[row]) - axis.step, axis.step)
    count = f" (and {wrong.size - 1} more such places)" if wrong.size > 1 else ""
    expected = before.extended(max(missing, 1))
    if uneven or missing < 1:
        problem = f"{stamps[row + 1]} where {expected[0]} was due"
        remedy = "resample the series to one step"
    else:
        until = f" to {expected[-1]}" if missing > 1 else ""
        problem = f"none for {expected[0]}{until}"
        remedy = "fill the gap, by interpolation say, or cut the series there"
    step = f"{axis.step} months" if axis.monthly else _words(axis.step)
    return f"{name} must be one step of {step} apart, got {problem}{count}: {remedy}"


def _words(seconds):
    for size, word in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds % size == 0:
            return f"{seconds // size} {word}"
    return f"{seconds} seconds"

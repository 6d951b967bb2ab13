"""How stamps came, and how they go back: libraries, time zones, periods, days."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, timezone, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import narwhals as nw
import numpy as np

from taut.applications.forecasting.time_axis import as_stamps
from taut.designs.dates import readings
from taut.designs.from_frame import values_of
from taut.validation import shown

__all__ = [
    "Clock",
    "Rows",
    "Told",
    "counted",
    "is_zoned",
    "read",
    "told_by_column",
    "told_by_index",
]

_SECOND = "datetime64[s]"
_MOST_OF_A_DAY = 20 * 3600  # seconds
_COUNTING = "ium"  # kinds of labels that are numbers or durations


@dataclass(frozen=True)
class Clock:
    """What a frame says of its stamps, besides the stamps.

    Steps of a day and more follow the clock on the wall, whose days have 23 or 25 hours where
    summer time begins or ends; shorter ones follow time itself, of which no hour is left out or
    told twice.

    Attributes
    ----------
    backend : module
        The library of the frame.
    name : str
        Of the stamps.
    index : object
        The pandas index they were, or None.
    dtype : narwhals or pandas dtype
        Of a column; of pandas where it has a time zone.
    zone : str, tzinfo or None
        The time zone.
    on_the_wall : bool
        Whether stamps are read as the clock on the wall, not in UTC.
    offset : timedelta64
        What the wall is ahead of UTC at the last stamp, where there is a time zone.
    """

    backend: object
    name: str
    index: object = None
    dtype: object = None
    zone: str | tzinfo | None = None
    on_the_wall: bool = True
    offset: np.timedelta64 | None = None

    def wall(self, stamps):
        """The clock on the wall, of stamps as they are read."""
        if self.on_the_wall:
            return stamps
        zone = self._zone()
        if zone is None:
            return stamps + self.offset
        told = [s.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None) for s in _dates(stamps)]
        return np.array(told, dtype=_SECOND)

    def utc(self, stamps):
        """Time itself, of stamps as they are read."""
        if not self.on_the_wall or self.zone is None:
            return stamps
        zone = self._zone()
        if zone is None:
            return stamps - self.offset
        told = [s.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None) for s in _dates(stamps)]
        return np.array(told, dtype=_SECOND)

    def frame(self, stamps, columns):
        """Columns beside stamps, as those of the series came.

        Raises
        ------
        ValueError
            The column of stamps is called like one beside it.
        """
        times = self.utc(stamps).astype(f"datetime64[{self._unit}]")
        if self.index is not None:
            found = nw.to_native(nw.from_dict(columns, backend=self.backend))
            found.index = self._indexed(times)
            return found
        if self.name in columns:
            raise ValueError(
                f"the dates of y must not be called {self.name!r}, like a column of the answer: "
                "rename their column"
            )
        if hasattr(self.dtype, "tz"):
            found = nw.to_native(nw.from_dict(columns, backend=self.backend))
            found.insert(0, self.name, self._indexed(times))
            return found
        frame = nw.from_dict({self.name: times, **columns}, backend=self.backend)
        column = nw.col(self.name)
        if self.zone is not None:
            frame = frame.with_columns(
                column.dt.replace_time_zone("UTC").dt.convert_time_zone(self.zone)
            )
        elif self.dtype == nw.Date:
            frame = frame.with_columns(column.cast(nw.Date))
        return nw.to_native(frame)

    @property
    def _unit(self) -> str:
        """Of the stamps to come: that of the stamps that came, where these have one."""
        of_pandas = self.dtype if self.index is None else self.index
        return getattr(of_pandas, "unit", None) or getattr(self.dtype, "time_unit", None) or "us"

    def _indexed(self, times):
        """An index of pandas, of times in UTC."""
        index = self.backend.DatetimeIndex(times)
        if self.zone is not None:
            index = index.tz_localize("UTC").tz_convert(self.zone)
        if hasattr(self.index, "to_timestamp"):
            index = index.to_period(self.index.freq)
        return index.rename(getattr(self.index, "name", None))

    def _zone(self):
        # Zones of pytz shift by their first offset ever unless they are looked up by name.
        if isinstance(self.zone, timezone):
            return self.zone
        try:
            return ZoneInfo(str(self.zone))
        except (ZoneInfoNotFoundError, ValueError):
            return self.zone if isinstance(self.zone, tzinfo) else None  # a fixed offset


def _dates(stamps):
    return stamps.astype(_SECOND).tolist()


@dataclass(frozen=True)
class Rows:
    """What a frame without stamps says of its rows: its library, their number, a pandas index."""

    backend: object
    count: int
    index: object = None

    def frame(self, columns):
        """Columns of the rows to come; pandas counts on where it has counted."""
        found = nw.to_native(nw.from_dict(columns, backend=self.backend))
        if self.index is not None:
            ahead = np.arange(1, len(found) + 1)
            labels = np.asarray(self.index)
            counts = labels.dtype.kind in _COUNTING and len(labels) > 1
            step = labels[1] - labels[0] if counts else 1
            last = labels[-1] if counts else self.count - 1
            found.index = last + step * ahead
        return found


class Told(NamedTuple):
    """Stamps of rows, told in two ways, and how they came.

    Attributes
    ----------
    wall, utc : ndarray of shape (n_rows,)
        The same where there is no time zone.
    clock : Clock
    """

    wall: np.ndarray
    utc: np.ndarray
    clock: Clock


def told_by_index(index, backend, argument) -> Told | None:
    """The stamps of a pandas index; None where it has no dates.

    Raises
    ------
    ValueError
        It has several levels.
    """
    if getattr(index, "nlevels", 1) > 1:
        raise ValueError(
            f"{argument} must have an index of one level, got {index.nlevels}, "
            f"{shown(list(index.names))}: keep the dates of one series, by droplevel or loc"
        )
    # Dates of Python and of pyarrow.
    if len(index) and not hasattr(index, "tz") and all(isinstance(d, date) for d in index):
        index = backend.DatetimeIndex(index)
    moments = index.to_timestamp() if hasattr(index, "to_timestamp") else index
    zone = getattr(moments, "tz", None)
    wall = _as_dates(np.asarray(moments if zone is None else moments.tz_localize(None)))
    if wall is None:
        return None
    utc = wall if zone is None else np.asarray(moments.tz_convert(None))
    return Told(wall, utc, Clock(backend, str(index.name or "time"), index[-1:], zone=zone))


def _as_dates(labels):
    """Labels of an index that are dates, or text that reads as such; None for others."""
    if labels.dtype.kind == "M":
        return labels
    is_text = labels.dtype.kind == "O" and all(isinstance(label, str) for label in labels)
    return labels if is_text and len(labels) and readings(labels.tolist()) else None


def counted(index, argument):
    """An index without dates, whose numbers or durations are one step apart.

    Raises
    ------
    ValueError
        One is missing, comes twice or falls back: which.
    """
    labels = np.asarray(index)
    if labels.dtype.kind not in _COUNTING or len(labels) < 2:
        return index
    steps = np.diff(labels.astype(np.int64))
    sizes, counts = np.unique(steps, return_counts=True)
    wrong = np.flatnonzero((steps != sizes[counts.argmax()]) | (steps <= 0))
    if wrong.size:
        row = int(wrong[0])
        raise ValueError(
            f"the index of {argument} must rise from row to row by one step, got "
            f"{index[row + 1]} after {index[row]} at row {row + 1} (counting from 0): fill the "
            "gap or sort the rows, or pass reset_index(drop=True) where they are one step apart"
        )
    return index


def told_by_column(column: nw.Series, backend) -> Told:
    """The stamps of a column, dates or text that reads as such."""
    clock = Clock(backend, column.name, dtype=column.dtype)
    if is_zoned(column):
        native = nw.to_native(column)
        moments = backend.DatetimeIndex(native)
        wall, utc = (np.asarray(part) for part in (
            moments.tz_localize(None), moments.tz_convert(None)
        ))  # fmt: skip
        return Told(wall, utc, replace(clock, dtype=native.dtype, zone=native.dtype.tz))
    zone = getattr(column.dtype, "time_zone", None)
    if zone is None:
        wall = np.asarray(values_of(column, column.name))
        if column.dtype == nw.Datetime:
            wall = column.to_numpy()
        return Told(wall, wall, clock)
    wall, utc = (part.dt.replace_time_zone(None).to_numpy() for part in (
        column, column.dt.convert_time_zone("UTC")
    ))  # fmt: skip
    return Told(wall, utc, replace(clock, zone=zone))


def is_zoned(column: nw.Series) -> bool:
    """Whether it is a column of pandas with a time zone, of which narwhals knows some only."""
    return getattr(getattr(nw.to_native(column), "dtype", None), "tz", None) is not None


def read(told: Told, name: str):
    """Stamps as a series follows them, and its clock.

    Raises
    ------
    ValueError
        They are no dates.
    """
    wall, utc = as_stamps(told.wall, name), as_stamps(told.utc, name)
    if told.clock.zone is None or len(utc) < 2:
        return wall, told.clock
    on_the_wall = bool(np.median(np.diff(utc).astype(np.int64)) >= _MOST_OF_A_DAY)
    offset = wall[-1] - utc[-1]
    return wall if on_the_wall else utc, replace(told.clock, on_the_wall=on_the_wall, offset=offset)

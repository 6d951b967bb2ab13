"""How stamps came, and how they go back: libraries, time zones, periods, days."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import narwhals as nw
import numpy as np

from taut.applications.forecasting.time_axis import as_stamps
from taut.designs.from_frame import values_of

__all__ = ["Clock", "Rows", "Told", "read", "told_by_column", "told_by_index"]

_SECOND = "datetime64[s]"
_MOST_OF_A_DAY = 20 * 3600  # seconds


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
    dtype : narwhals dtype
        Of a column.
    zone : str or None
        Its time zone.
    on_the_wall : bool
        Whether stamps are read as the clock on the wall, not in UTC.
    offset : timedelta64
        What the wall is ahead of UTC at the last stamp, where there is a time zone.
    """

    backend: object
    name: str
    index: object = None
    dtype: object = None
    zone: str | None = None
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
        """Columns beside stamps, as those of the series came."""
        unit = getattr(self.dtype, "time_unit", None) or "us"
        if self.index is not None:
            unit = getattr(self.index, "unit", unit)
        times = self.utc(stamps).astype(f"datetime64[{unit}]")
        frame = nw.from_dict({self.name: times, **columns}, backend=self.backend)
        column = nw.col(self.name)
        if self.zone is not None:
            frame = frame.with_columns(
                column.dt.replace_time_zone("UTC").dt.convert_time_zone(self.zone)
            )
        elif self.dtype == nw.Date:
            frame = frame.with_columns(column.cast(nw.Date))
        if self.index is None:
            return nw.to_native(frame)
        found = nw.to_native(nw.maybe_set_index(frame, self.name))
        if hasattr(self.index, "to_timestamp"):
            found.index = found.index.to_period(self.index.freq)
        found.index.name = self.index.name
        return found

    def _zone(self):
        try:
            return ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError):
            return None  # a fixed offset


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
            counted = labels.dtype.kind == "i" and len(np.unique(np.diff(labels))) == 1
            step = labels[1] - labels[0] if counted else 1
            last = labels[-1] if counted else self.count - 1
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


def told_by_index(index, backend) -> Told | None:
    """The stamps of a pandas index; None where it has no dates."""
    moments = index.to_timestamp() if hasattr(index, "to_timestamp") else index
    zone = getattr(moments, "tz", None)
    wall = np.asarray(moments if zone is None else moments.tz_localize(None))
    if wall.dtype.kind != "M":
        return None
    utc = wall if zone is None else np.asarray(moments.tz_convert(None))
    zone = None if zone is None else str(zone)
    return Told(wall, utc, Clock(backend, index.name or "time", index[-1:], zone=zone))


def told_by_column(column: nw.Series, backend) -> Told:
    """The stamps of a column, dates or text that reads as such."""
    clock = Clock(backend, column.name, dtype=column.dtype)
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

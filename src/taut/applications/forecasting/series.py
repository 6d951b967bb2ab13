"""A series, and the columns that go with it: arrays, or frames with a date index or column."""

from __future__ import annotations

from dataclasses import dataclass

import narwhals as nw
import numpy as np

from taut.applications.forecasting.clock import (
    Clock,
    Rows,
    Told,
    counted,
    is_zoned,
    read,
    told_by_column,
    told_by_index,
)
from taut.applications.forecasting.time_axis import TimeAxis, as_stamps, regular
from taut.designs.from_frame import TableError, values_of
from taut.validation import shown

__all__ = ["Covariates", "Series", "read_covariates", "read_series"]


@dataclass(frozen=True)
class Series:
    """Values one step apart.

    Attributes
    ----------
    values : ndarray of shape (n_samples,)
    axis : TimeAxis or None
        None where the values came without stamps.
    name : str
        Of the values.
    clock : Clock or None
        How the stamps came.
    rows : Rows or None
        Of a frame without stamps.
    """

    values: np.ndarray
    axis: TimeAxis | None
    name: str = "y"
    clock: Clock | None = None
    rows: Rows | None = None

    def __len__(self) -> int:
        return len(self.values)

    def answer(self, columns: dict[str, np.ndarray]):
        """Columns for the steps after the last, as the series itself was given.

        Returns
        -------
        ndarray of shape (n_steps,) or (n_steps, n_columns) for an array; otherwise a frame of its
        library with the stamps, as they were: as the index or a column, in their time zone.
        """
        arrays = list(columns.values())
        if self.clock is not None:
            return self.clock.frame(self.axis.extended(len(arrays[0])), columns)
        if self.rows is not None:
            return self.rows.frame(columns)
        return arrays[0] if len(arrays) == 1 else np.column_stack(arrays)


@dataclass(frozen=True)
class Covariates:
    """Columns that are known ahead.

    Attributes
    ----------
    values : ndarray of shape (n_rows, n_columns)
    names : tuple of str
    told : Told or None
        Their stamps.
    """

    values: np.ndarray
    names: tuple[str, ...]
    told: Told | None

    def at(self, stamps, clock: Clock | None, n_rows: int, argument: str) -> np.ndarray:
        """The rows at some stamps, or the first ones where no stamps are known.

        Raises
        ------
        ValueError
            A row is missing: which.
        """
        if self.told is None or stamps is None:
            if len(self.values) != n_rows:
                raise ValueError(
                    f"{argument} must have {n_rows} rows, one for each step, got "
                    f"{len(self.values)}: give the values that are known for those steps"
                )
            return self.values
        own = self.told.wall if clock.on_the_wall else self.told.utc
        if not len(own):
            raise ValueError(
                f"{argument} must have a row for every step, got none: give the values that are "
                "known for them"
            )
        rows = np.searchsorted(own, stamps)
        found = np.minimum(rows, len(own) - 1)
        absent = np.flatnonzero(own[found] != stamps)
        if absent.size:
            raise ValueError(
                f"{argument} must have a row for every step, got none for {stamps[absent[0]]}: "
                "give the values that are known for it"
            )
        return self.values[rows]


def read_series(y) -> Series:
    """A series from what a user has.

    Parameters
    ----------
    y : array of shape (n_samples,), pandas series or frame with a date index, or any frame with a
        column of dates and one of numbers

    Raises
    ------
    ValueError
        There is not one column of each, stamps are not regular, or a value is missing.
    """
    columns, told, rows = _parts(y, "y")
    if len(columns) != 1:
        raise ValueError(
            "y must have one column of numbers beside the dates, got "
            f"{len(columns)}, {shown(list(columns))}: choose the one to forecast, and pass the "
            "others as X"
        )
    [(name, values)] = columns.items()
    if told is None:
        return Series(_numbers(values, f"y, column {name!r},", None), None, name, rows=rows)
    stamps, clock = read(told, f"{told.clock.name!r} of y")
    values = _numbers(values, f"y, column {name!r},", stamps)
    return Series(values, regular(stamps, f"the dates of y ({clock.name!r})"), name, clock)


def read_covariates(X, argument="X") -> Covariates:
    """Columns known ahead, from an array or a frame; stamps where it has them.

    Raises
    ------
    ValueError
        A value is missing or no number, or stamps are not regular.
    """
    if isinstance(X, np.ndarray | list):
        array = np.atleast_2d(np.asarray(X, dtype=np.float64).T).T
        columns, told = {f"x{j}": column for j, column in enumerate(array.T)}, None
    else:
        columns, told, _ = _parts(X, argument)
    if not columns:
        raise ValueError(f"{argument} must have a column of numbers, got none: pass None instead")
    stamps = None
    if told is not None:
        name = f"{told.clock.name!r} of {argument}"
        stamps, _ = read(told, name)
        told = told._replace(wall=as_stamps(told.wall, name), utc=as_stamps(told.utc, name))
        if len(stamps) > 1:
            regular(stamps, f"the dates of {argument}")
    checked = [_numbers(v, f"{argument}, column {n!r},", stamps) for n, v in columns.items()]
    return Covariates(np.column_stack(checked), tuple(columns), told)


def _parts(table, argument):
    """Columns of numbers, stamps, and the rows of a frame without stamps."""
    is_frame = not isinstance(table, np.ndarray) and nw.dependencies.is_into_dataframe(table)
    if not is_frame and not nw.dependencies.is_into_series(table):
        return {argument: values_of(table, argument)}, None, None
    native = nw.from_native(table, eager_only=True, allow_series=True)
    backend = nw.get_native_namespace(native)
    given = native.iter_columns() if is_frame else [native]
    by_name = {_name(column, argument): column for column in given}
    index = nw.maybe_get_index(native)
    told = None if index is None else told_by_index(index, backend, argument)
    columns = {name: _values(column, name) for name, column in by_name.items()}
    if told is None:
        time = _date_column(columns, argument)
        if time is None:
            return columns, None, Rows(backend, len(native), counted(index, argument))
        told = told_by_column(by_name[time].alias(time), backend)
        columns = {name: values for name, values in columns.items() if name != time}
    return columns, told, None


def _name(column, argument):
    return argument if column.name in (None, "") else str(column.name)


def _values(column, name):
    if is_zoned(column):
        return nw.to_native(column).dt.tz_localize(None).to_numpy()
    return values_of(column, name)


def _date_column(columns, argument):
    dates = [name for name, values in columns.items() if values.dtype.kind in "MO"]
    if len(dates) > 1:
        raise ValueError(
            f"{argument} must have one column of dates, got {shown(dates)}: drop the others"
        )
    return dates[0] if dates else None


def _numbers(values, what, stamps):
    if values.dtype.kind not in "bf":
        raise TableError(
            f"{what} must hold numbers, got {_example(values)}: encode it, or leave it out"
        )
    values = values.astype(np.float64)
    wrong = np.flatnonzero(~np.isfinite(values))
    if wrong.size:
        row = int(wrong[0])
        where = "" if stamps is None else f", {stamps[row]}"
        count = f" (and {wrong.size - 1} more)" if wrong.size > 1 else ""
        raise ValueError(
            f"{what} must have a finite number in every row, got {values[row]} at row {row} "
            f"(counting from 0{where}){count}: fill it in, by interpolation say"
        )
    return values


def _example(values):
    if not len(values):
        return "none"
    return shown(values[0]) if values.dtype.kind != "V" else "values of another kind"

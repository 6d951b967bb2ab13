"""A series, and the columns that go with it: arrays, or frames with a date index or column."""

from __future__ import annotations

from dataclasses import dataclass, replace

import narwhals as nw
import numpy as np

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
    name, time : str
        Of the values and of the stamps.
    backend : module or None
        The library of the frame they came in.
    indexed : bool
        Whether the stamps were its index.
    unit : str
        Of the stamps as they came: libraries do not compare stamps of two units.
    """

    values: np.ndarray
    axis: TimeAxis | None
    name: str = "y"
    time: str = "time"
    backend: object = None
    indexed: bool = False
    unit: str = "us"

    def __len__(self) -> int:
        return len(self.values)

    def answer(self, columns: dict[str, np.ndarray]):
        """Columns for the steps after the last, as the series itself was given.

        Returns
        -------
        ndarray of shape (n_steps,) or (n_steps, n_columns) for an array; otherwise a frame of its
        library with the stamps, as the index where that was so.
        """
        arrays = list(columns.values())
        if self.backend is None:
            return arrays[0] if len(arrays) == 1 else np.column_stack(arrays)
        stamps = self.axis.extended(len(arrays[0])).astype(f"datetime64[{self.unit}]")
        frame = nw.from_dict({self.time: stamps, **columns}, backend=self.backend)
        return nw.to_native(nw.maybe_set_index(frame, self.time) if self.indexed else frame)


@dataclass(frozen=True)
class Covariates:
    """Columns that are known ahead.

    Attributes
    ----------
    values : ndarray of shape (n_rows, n_columns)
    names : tuple of str
    stamps : ndarray of datetime64[s] of shape (n_rows,), or None
    """

    values: np.ndarray
    names: tuple[str, ...]
    stamps: np.ndarray | None

    def at(self, stamps, n_rows: int, argument: str) -> np.ndarray:
        """The rows at some stamps, or the first ones where no stamps are known.

        Raises
        ------
        ValueError
            A row is missing: which.
        """
        if self.stamps is None or stamps is None:
            if len(self.values) != n_rows:
                raise ValueError(
                    f"{argument} must have {n_rows} rows, one for each step, got "
                    f"{len(self.values)}: give the values that are known for those steps"
                )
            return self.values
        rows = np.searchsorted(self.stamps, stamps)
        found = np.minimum(rows, len(self.stamps) - 1)
        absent = np.flatnonzero(self.stamps[found] != stamps)
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
    columns, stamps, series = _parts(y, "y")
    if len(columns) != 1:
        raise ValueError(
            "y must have one column of numbers beside the dates, got "
            f"{len(columns)}, {shown(list(columns))}: choose the one to forecast, and pass the "
            "others as X"
        )
    [(name, values)] = columns.items()
    values = _numbers(values, f"y, column {name!r},", stamps)
    axis = None if stamps is None else regular(stamps, f"the dates of y ({series.time!r})")
    return replace(series, values=values, axis=axis, name=name)


def read_covariates(X, argument="X") -> Covariates:
    """Columns known ahead, from an array or a frame; stamps where it has them.

    Raises
    ------
    ValueError
        A value is missing or no number, or stamps are not regular.
    """
    if isinstance(X, np.ndarray | list):
        array = np.atleast_2d(np.asarray(X, dtype=np.float64).T).T
        columns, stamps = {f"x{j}": column for j, column in enumerate(array.T)}, None
    else:
        columns, stamps, _ = _parts(X, argument)
    if not columns:
        raise ValueError(f"{argument} must have a column of numbers, got none: pass None instead")
    checked = [_numbers(v, f"{argument}, column {n!r},", stamps) for n, v in columns.items()]
    if stamps is not None and len(stamps) > 1:
        regular(stamps, f"the dates of {argument}")
    return Covariates(np.column_stack(checked), tuple(columns), stamps)


def _parts(table, argument):
    """Columns of numbers, stamps, and where they came from."""
    is_frame = not isinstance(table, np.ndarray) and nw.dependencies.is_into_dataframe(table)
    if not is_frame and not nw.dependencies.is_into_series(table):
        return {argument: values_of(table, argument)}, None, Series(np.empty(0), None)
    native = nw.from_native(table, eager_only=True, allow_series=True)
    if is_frame:
        columns = {str(name): values_of(native[name], str(name)) for name in native.columns}
    else:
        columns = {str(native.name or argument): values_of(native)}
    index = _index(native)
    if index is not None:
        time, stamps = getattr(nw.maybe_get_index(native), "name", None) or "time", index
        unit = np.datetime_data(index.dtype)[0]
    else:
        time, stamps = _date_column(columns, argument)
        columns = {name: values for name, values in columns.items() if name != time}
        unit = getattr(native[time].dtype, "time_unit", "us") if time is not None else "us"
    if stamps is None:
        return columns, None, Series(np.empty(0), None)
    backend = nw.get_native_namespace(native)
    stamps = as_stamps(stamps, f"{time!r} of {argument}")
    return (
        columns,
        stamps,
        Series(np.empty(0), None, argument, time, backend, index is not None, unit),
    )


def _index(native):
    """The stamps of a pandas index, or None; stamps of a time zone are told in UTC."""
    index = nw.maybe_get_index(native)
    if hasattr(index, "to_timestamp"):
        index = index.to_timestamp()
    if getattr(index, "tz", None) is not None:
        index = index.tz_convert(None)
    values = None if index is None else np.asarray(index)
    return values if values is not None and values.dtype.kind == "M" else None


def _date_column(columns, argument):
    dates = [name for name, values in columns.items() if values.dtype.kind in "MO"]
    if len(dates) > 1:
        raise ValueError(
            f"{argument} must have one column of dates, got {shown(dates)}: drop the others"
        )
    if not dates:
        return None, None
    return dates[0], columns[dates[0]]


def _numbers(values, what, stamps):
    if values.dtype.kind not in "bf":
        raise TableError(
            f"{what} must hold numbers, got {shown(values[0]) if len(values) else 'none'}: encode "
            "it, or leave it out"
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

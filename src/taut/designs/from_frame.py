"""Data frames into plain columns: the only file that knows pandas, polars, pyarrow and the rest."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

import narwhals as nw
import numpy as np
from scipy import sparse

from taut.validation.trouble import is_gap

__all__ = [
    "TableError",
    "categories_of",
    "columns_named",
    "columns_of",
    "did_you_mean",
    "has_factors",
    "n_rows_of",
    "names_of",
    "shown_name",
    "values_of",
]

_TEXT_TYPES = (nw.String, nw.Categorical, nw.Enum, nw.Object)


class TableError(ValueError):
    """A table that cannot be used as it is; the message says why and what to do.

    Parameters
    ----------
    text : str
    argument : str, optional
        The argument that is at fault, where it is not the table itself: the message begins with
        it. The command calls it by its option.
    """

    def __init__(self, text: str, argument: str | None = None):
        super().__init__(text if argument is None else f"{argument}: {text}")
        self.text, self.argument = text, argument


def names_of(X):
    """The names of a frame's columns: ndarray of shape (n_features,), or None for no frame.

    Raises
    ------
    TableError
        If names repeat, or a column holds dates, which some frames hand out as nanoseconds.
    """
    if isinstance(X, np.ndarray) or not nw.dependencies.is_into_dataframe(X):
        return None
    frame = _eager(X)
    for name, dtype in frame.schema.items():
        if dtype.is_temporal():
            shown = f", such as {frame[name][0]}" if len(frame) else ""
            raise TableError(
                f"X must hold numbers, got dates in column {name!r}{shown}: turn the column into "
                "numbers or drop it; taut.compare encodes dates by itself"
            )
    return np.asarray(frame.columns, dtype=object)


def categories_of(X) -> list[str]:
    """The columns of a frame whose type says that they hold categories, be these numbers or text.

    Parameters
    ----------
    X : data frame
    """
    schema = _eager(X).schema
    return [str(name) for name, dtype in schema.items() if dtype in (nw.Categorical, nw.Enum)]


def has_factors(X) -> bool:
    """Whether a frame has columns that are features only once they are encoded.

    Parameters
    ----------
    X : data frame
    """
    kinds = _eager(X).schema.values()
    return not all(kind.is_numeric() or kind == nw.Boolean for kind in kinds)


def columns_of(X) -> dict[str, np.ndarray]:
    """Read a table as one plain NumPy array per column.

    The dtype says what a column holds: float64 (missing: nan), bool (none missing), datetime64[s]
    (missing: NaT), object (text as str, missing: None), or void where nothing usable is inside.

    Parameters
    ----------
    X : data frame, array or mapping, of n_rows rows
        Any eager frame that narwhals knows; an array of shape (n_rows, n_columns), whose columns
        are called ``x0``, ``x1``, ...; or a mapping of names to one-dimensional arrays.

    Returns
    -------
    dict of str to ndarray of shape (n_rows,)

    Raises
    ------
    TableError
        If column names repeat, columns differ in length, or X is no table.
    """
    if sparse.issparse(X):
        raise TableError(
            "X must be a table, got a sparse matrix: it holds numbers already, use it as it is"
        )
    if isinstance(X, Mapping):
        columns = {str(name): values_of(v, f"column {name!r}") for name, v in X.items()}
    elif nw.dependencies.is_into_dataframe(X):
        columns = _frame_columns(X)
    elif isinstance(X, nw.LazyFrame) or hasattr(X, "collect"):
        raise TableError(f"X must be a table in memory, got {_LAZY}")
    else:
        columns = _array_columns(X)
    _check_lengths(columns)
    return columns


def values_of(values, name: str = "a column") -> np.ndarray:
    """Read one column, a series or any one-dimensional array-like, as `columns_of` does.

    Parameters
    ----------
    values : series or array-like of shape (n_rows,)
    name : str
        For the message.

    Raises
    ------
    TableError
        If there is not one value for each row.
    """
    if isinstance(values, nw.Series) or nw.dependencies.is_into_series(values):
        return _series_values(nw.from_native(values, series_only=True))
    array = np.asarray(values)
    if array.ndim != 1:
        got = f"shape {array.shape}" if array.ndim else f"{values!r}"
        raise TableError(f"{name} must have one dimension, got {got}: give one value for each row")
    if array.dtype.kind == "b":
        return array
    if array.dtype.kind in "iuf":
        return array.astype(np.float64, copy=False)
    if array.dtype.kind == "M":
        return array.astype("datetime64[s]")
    if array.dtype.kind in "OUS":
        return _text(array.tolist())
    return np.empty(len(array), dtype="V1")


def n_rows_of(columns: Mapping[str, np.ndarray]) -> int:
    """The number of rows of a table that `columns_of` read."""
    return len(next(iter(columns.values()), ()))


def did_you_mean(name: str, known) -> str:
    """The end of an error about an unknown name: the nearest known ones, or all of a few."""
    known = [str(item) for item in known]
    # A name with blanks around it looks the same, and is not.
    lowered = {item.strip().lower(): item for item in reversed(known)}
    close = get_close_matches(str(name).strip().lower(), lowered, n=3, cutoff=0.6)
    if close:
        return "did you mean " + " or ".join(repr(lowered[item]) for item in close) + "?"
    return columns_named(known)


def columns_named(known) -> str:
    """The end of an error that needs the name of a column: all of a few, the first of many."""
    names = [shown_name(str(item)) for item in known]
    return f"the columns are: {', '.join(names[:12])}" + (", ..." if len(names) > 12 else "")


def shown_name(name: str) -> str:
    """The name of a column within a sentence: in quotes where it would be misread or not seen."""
    if not name.strip():
        return f"{name!r} (unnamed)"
    return repr(name) if "," in name or name != name.strip() else name


_LAZY = "a lazy frame: call .collect() on it first"


def _eager(X) -> nw.DataFrame:
    try:
        frame = nw.from_native(X, eager_only=True)
        _ = frame.columns  # some versions find repeated names only here
    except nw.exceptions.DuplicateError as error:
        repeats = ", ".join(line.strip("- ") for line in str(error).splitlines()[1:])
        raise TableError(
            f"column names repeat in X: {repeats}. Rename or drop the copies"
        ) from error
    except TypeError as error:
        raise TableError(f"X must be a table in memory, got {_LAZY} ({error})") from error
    return frame


def _frame_columns(X) -> dict[str, np.ndarray]:
    frame = _eager(X)
    return {
        str(name): _series_values(series)
        for name, series in zip(frame.columns, frame.iter_columns(), strict=True)
    }


def _series_values(series: nw.Series) -> np.ndarray:
    dtype = series.dtype
    if dtype.is_numeric():
        return series.cast(nw.Float64).to_numpy().astype(np.float64, copy=False)
    if dtype == nw.Boolean and not series.null_count():
        return series.to_numpy().astype(bool, copy=False)
    if dtype == nw.Date:
        return series.cast(nw.Datetime("ms")).to_numpy().astype("datetime64[s]")
    if dtype == nw.Datetime:
        return series.dt.replace_time_zone(None).to_numpy().astype("datetime64[s]")
    if dtype == nw.Boolean or isinstance(dtype, _TEXT_TYPES) or dtype in _TEXT_TYPES:
        return _text(series.to_list())
    return np.empty(len(series), dtype="V1")


def _text(values: list) -> np.ndarray:
    text = np.empty(len(values), dtype=object)
    text[:] = [None if is_gap(value) else _as_text(value) for value in values]
    return text


def _as_text(value) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _array_columns(X) -> dict[str, np.ndarray]:
    array = np.asarray(X)
    if array.ndim != 2:
        got, remedy = f"shape {array.shape}", "reshape it, as X.reshape(-1, 1) does for one column"
        if array.ndim == 0:
            got = f"{X!r} of type {type(X).__name__}"
            remedy = (
                "read a file first, as polars.read_csv does, or use the command: "
                "taut compare FILE --target COLUMN"
            )
        raise TableError(f"X must be a table or an array of two dimensions, got {got}: {remedy}")
    return {f"x{j}": values_of(array[:, j]) for j in range(array.shape[1])}


def _check_lengths(columns: Mapping[str, np.ndarray]) -> None:
    if not columns:
        raise TableError("X has no columns: give a table with at least one column")
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        short, long = min(lengths, key=lengths.get), max(lengths, key=lengths.get)
        raise TableError(
            f"columns of X differ in length: {short!r} has {lengths[short]} rows, "
            f"{long!r} has {lengths[long]}: give every column one value for each row"
        )

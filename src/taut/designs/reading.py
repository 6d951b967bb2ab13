"""Columns of text into numbers and dates, and where that fails: the rows, and what they say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

import numpy as np

from taut.designs.dates import form_of, read_dates
from taut.designs.from_frame import TableError, shown_name
from taut.designs.notations import Notation, notation_of
from taut.validation.magnitudes import IN_RANGE, extreme_of

__all__ = [
    "as_dates",
    "as_numbers",
    "counted",
    "is_iso_date",
    "is_mark",
    "is_missing",
    "listed",
    "names_listed",
    "parse_numbers",
    "refuse_extremes",
    "refuse_infinite",
    "rows_said",
]

MISSING_MARKERS = frozenset(
    {"", "na", "n/a", "#n/a", "nan", "null", "none", "nil", "?", "-", "--", ".", "missing"}
)
_BOOLEAN_WORDS = {"true": 1.0, "false": 0.0}
_ISO_DATE = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})(?P<clock>[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?"
    r"(?(clock)( ?(Z|[+-]\d{2}(:?\d{2})?))?)"
)


def is_iso_date(text: str) -> bool:
    """Whether a text is a date as 2024-01-31, with a time and its zone or without."""
    return _ISO_DATE.fullmatch(text) is not None


def is_missing(values: np.ndarray) -> np.ndarray:
    """Which values are missing: boolean array of shape (n_rows,)."""
    if values.dtype.kind == "O":
        return np.fromiter((value is None for value in values), bool, len(values))
    if values.dtype.kind == "M":
        return np.isnat(values)
    if values.dtype.kind == "f":
        return np.isnan(values)
    return np.zeros(len(values), dtype=bool)


def as_numbers(name: str, values: np.ndarray, kind: str = "number") -> np.ndarray:
    """A column as float64, missing values nan; shape (n_rows,).

    Parameters
    ----------
    name : str
    values : ndarray of shape (n_rows,)
        As `columns_of` reads it.
    kind : str, default "number"
        Of a column of text, how its numbers are written: ``number like 1.234,5 %``.

    Raises
    ------
    TableError
        If a value is infinite, or a text neither a number nor a common mark of a missing value.
    """
    notation = notation_of(kind)
    if values.dtype.kind == "O":
        numbers, slips = parse_numbers(values, notation)
        if slips:
            how = "numeric" if notation is None else f"written like {notation.shown}"
            raise TableError(
                f"column {name!r} must be {how}, but {rows_said(values, slips)}. "
                "Correct or empty these cells"
            )
    elif values.dtype.kind in "bf":
        numbers = values.astype(np.float64, copy=False)
        if notation is not None:
            _require_plain(name, numbers, notation)
    else:
        raise TableError(f"column {name!r} must be numeric, but holds dates or nested values")
    refuse_infinite(name, numbers)
    return numbers


def _require_plain(name: str, numbers: np.ndarray, notation: Notation) -> None:
    """Refuse plain numbers that mean something else than they would in a notation."""
    present = ~np.isnan(numbers)
    if notation.reads_plain or (not notation.sign and not (numbers[present] % 1).any()):
        return
    wrong = np.flatnonzero(present & (True if notation.sign else numbers % 1 != 0))
    if len(wrong):
        raise TableError(
            f"column {name!r} must be written like {notation.shown}, as in training, but row "
            f"{wrong[0] + 1} holds the plain number {numbers[wrong[0]]:g}. Write all of the column "
            "in the same way"
        )


def as_dates(name: str, values: np.ndarray, kind: str = "date") -> np.ndarray:
    """A column as datetime64[s], missing values NaT; shape (n_rows,).

    Parameters
    ----------
    name : str
    values : ndarray of shape (n_rows,)
        As `columns_of` reads it.
    kind : str, default "date"
        Of a column of text, how its dates are written: ``date like %m/%d/%Y``.

    Raises
    ------
    TableError
        If a value is no date so written.
    """
    if values.dtype.kind == "M":
        return values
    form = form_of(kind)
    example = "2024-01-31" if form is None else f"{_EXAMPLE:{form}}"
    if values.dtype.kind != "O":
        text = f"column {name!r} must hold dates written as {example}, but its values are not"
        raise TableError(text)
    dates, wrong = _iso_dates(name, values) if form is None else read_dates(values, form)
    if wrong:
        said = rows_said(values, wrong)
        raise TableError(f"column {name!r} must hold dates written as {example}, but {said}")
    return dates


_EXAMPLE = date(2024, 1, 31)


def _iso_dates(name: str, values: np.ndarray) -> tuple[np.ndarray, list[int]]:
    wrong = [row for row, text in enumerate(values) if text is not None and not is_iso_date(text)]
    try:
        return np.array([_clock(text) for text in values], dtype="datetime64[s]"), wrong
    except ValueError as error:
        raise TableError(
            f"column {name!r} holds a date that no calendar has ({error}): correct or "
            "empty the cell"
        ) from error


def _clock(text: str | None) -> str:
    """What calendar and clock showed; the zone is left out."""
    parts = None if text is None else _ISO_DATE.fullmatch(text)
    return "NaT" if parts is None else parts["day"] + (parts["clock"] or "")


def parse_numbers(
    values: np.ndarray, notation: Notation | None = None
) -> tuple[np.ndarray, list[int]]:
    """Numbers (nan: missing or a mark of it) and the rows whose text is neither."""
    read = _plain_number if notation is None else notation.read
    parsed = {text: np.nan if is_mark(text) else read(text) for text in set(values)}
    slips = [row for row, text in enumerate(values) if parsed[text] is None]
    numbers = [np.nan if parsed[text] is None else parsed[text] for text in values]
    return np.array(numbers, dtype=np.float64), slips


def is_mark(text: str | None) -> bool:
    """Whether a text says that a value is missing."""
    return text is None or text.strip().lower() in MISSING_MARKERS


def _plain_number(text: str) -> float | None:
    word = text.strip().lower()
    if word in _BOOLEAN_WORDS:
        return _BOOLEAN_WORDS[word]
    try:
        return float(word)
    except ValueError:
        return None


def refuse_infinite(name: str, numbers: np.ndarray) -> None:
    rows = np.flatnonzero(np.isinf(numbers)).tolist()
    if rows:
        raise TableError(
            f"column {name!r} holds infinite numbers: {_rows(rows)}. "
            "Correct or empty these cells, or drop the column"
        )


def refuse_extremes(name: str, numbers: np.ndarray, remedy: str) -> None:
    """Refuse a column whose squares float64 cannot hold.

    Parameters
    ----------
    name : str
    numbers : ndarray of shape (n_rows,)
        Missing values nan.
    remedy : str
        What else would do, than to rescale the column.

    Raises
    ------
    TableError
    """
    rows = np.flatnonzero(~np.isnan(numbers))
    found = extreme_of(numbers[rows])
    if found is not None:
        raise TableError(
            f"column {name!r} must be {IN_RANGE}, but row {rows[found.row] + 1} has "
            f"{found.value:.3g}: {found.remedy} the column by {found.factor}, {remedy}"
        )


def rows_said(values: np.ndarray, rows: Sequence[int]) -> str:
    texts = listed([repr(text) for text in dict.fromkeys(values[row] for row in rows)], 3)
    verb = "says" if len(rows) == 1 else "say"
    return f"{_rows(rows)} {verb} {texts}"


def _rows(rows: Sequence[int]) -> str:
    """Row numbers for people: the first row below the header is 1."""
    if len(rows) == 1:
        return f"row {rows[0] + 1}"
    first = ", ".join(str(row + 1) for row in rows[:4])
    return f"rows {first}" + (f", ... ({len(rows):,} in all)" if len(rows) > 4 else "")


def counted(number: int, noun: str) -> str:
    """``1 row``, ``2,000 rows``."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def names_listed(names: Sequence[str]) -> str:
    """A few names of columns as they stand in a sentence, and the number of the rest."""
    return listed([shown_name(name) for name in names])


def listed(items: Sequence[str], limit: int = 8) -> str:
    """Join a few items for reading, and count the rest."""
    rest = len(items) - limit
    return ", ".join(items[:limit]) + (f" and {rest:,} more" if rest > 0 else "")

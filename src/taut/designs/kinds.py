"""What each column of a table is taken for, and the sentences that say so."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from taut.designs.dates import DATE_LIKE, form_of, forms
from taut.designs.from_frame import TableError, shown_name
from taut.designs.notations import Notation, notation_of, readings
from taut.designs.reading import (
    as_dates,
    as_numbers,
    counted,
    is_iso_date,
    is_mark,
    is_missing,
    listed,
    names_listed,
    parse_numbers,
    refuse_extremes,
    refuse_infinite,
    rows_said,
)

__all__ = [
    "KINDS",
    "Note",
    "as_dates",
    "as_numbers",
    "base_kind",
    "counted",
    "infer_kinds",
    "is_missing",
    "listed",
    "names_listed",
    "two_ways",
]

# What is not written plainly has its notation behind it: "number like 1.234,5 %", "date like
# %m/%d/%Y".
KINDS = ("number", "boolean", "category", "date", "aside")

# From this share of missing values on, that a value is missing may itself tell something.
NOTEWORTHY_MISSING = 0.05
# A text column with this share of numbers is a numeric column with slips, not a set of categories.
_NUMBERS_WITH_SLIPS = 0.95
_MAX_ROWS_PER_LEVEL_OF_IDENTIFIER = 2
_FEW_LEVELS = 20
_LONG = 30  # characters of an example
_IDENTIFIER_NAME = re.compile(
    r"(^|[._\s-])(id|pid|uid|uuid|guid|key|index|idx|row|rowname|rownames|no|nr)$|[a-z]I[Dd]$|^PID$",
    re.IGNORECASE,
)
_OTHER_DATE = re.compile(r"\d{1,4}[/.-]\d{1,2}[/.-]\d{2,4}\b")


@dataclass(frozen=True, slots=True)
class Note:
    """One sentence about the table: what was inferred, set aside, imputed or suspected."""

    level: str
    text: str
    columns: tuple[str, ...] = ()

    def as_dict(self) -> dict:
        return {"level": self.level, "text": self.text, "columns": list(self.columns)}


@dataclass
class _Findings:
    """The kinds so far; why columns were set aside, and what text was read as.

    Both by column, with an example: reason -> column -> 'column (detail)'.
    """

    kinds: dict[str, str] = field(default_factory=dict)
    aside: dict[str, dict[str, str]] = field(default_factory=dict)
    read: dict[str, dict[str, str]] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)

    def set_aside(self, name: str, reason: str, detail: str = "") -> None:
        self.kinds[name] = "aside"
        shown = shown_name(name)
        self.aside.setdefault(reason, {})[name] = f"{shown} ({detail})" if detail else shown

    def read_as(self, what: str, name: str, text: str, value) -> None:
        self.read.setdefault(what, {})[name] = f"{shown_name(name)} ({text!r} is {value})"


def infer_kinds(
    columns: Mapping[str, np.ndarray], given: Mapping[str, str] | None = None
) -> tuple[dict[str, str], list[Note]]:
    """Decide what each column is, from the columns alone (never from a target).

    Parameters
    ----------
    columns : mapping of str to ndarray of shape (n_rows,)
        A table as `columns_of` reads it.
    given : mapping of str to str, optional
        Kinds that the user fixed, one of ``number``, ``boolean``, ``category``, ``date``,
        ``aside``, or ``number like 1.234,5``, ``date like %m/%d/%Y`` and the like; they are not
        second-guessed.

    Returns
    -------
    kinds : dict of str to str
        The kind of every column, in the order of the table.
    notes : list of Note
        What was inferred and set aside, in words.

    Raises
    ------
    TableError
        If a column is numeric but for a few texts that are no common mark of a missing value, or
        holds an infinite number.
    """
    found = _Findings()
    for name, values in columns.items():
        if given and name in given:
            found.kinds[name] = given[name]
        else:
            _judge(name, values, found)
    notes = [
        Note("info", f"Set aside, {reason}: {listed(list(which.values()))}.", tuple(which))
        for reason, which in found.aside.items()
    ]
    notes += [
        Note("info", f"Text read as {what}: {listed(list(which.values()))}.", tuple(which))
        for what, which in found.read.items()
    ]
    return found.kinds, notes + found.notes


def base_kind(kind: str) -> str:
    """The kind without its notation: ``number`` of ``number like 1.234,5``."""
    if form_of(kind) is not None:
        return "date"
    return kind if notation_of(kind) is None else "number"


def _judge(name: str, values: np.ndarray, found: _Findings) -> None:
    if values.dtype.kind == "V":
        found.set_aside(name, "values that are neither numbers, text nor dates")
        return
    missing = is_missing(values)
    if missing.all():
        found.set_aside(name, "no value at all")
        return
    if values.dtype.kind == "O" and _judge_text(name, values, missing, found):
        return
    distinct = len(np.unique(values[~missing]))
    if distinct == 1 and missing.mean() < NOTEWORTHY_MISSING:
        found.set_aside(name, "constant", f"always {_shown(values[~missing][0])}")
    elif values.dtype.kind == "f":
        _judge_number(name, values, distinct, found)
    else:
        found.kinds[name] = {"b": "boolean", "M": "date", "O": "category"}[values.dtype.kind]


def _judge_number(name: str, values: np.ndarray, distinct: int, found: _Findings) -> None:
    refuse_infinite(name, values)
    refuse_extremes(name, values, f"or leave it out ({_drop(name)})")
    if _is_identifier(name, values, distinct):
        found.set_aside(name, "identifier-like", _identifier_detail(values))
    else:
        found.kinds[name] = "number"


def _is_identifier(name: str, values: np.ndarray, distinct: int) -> bool:
    if distinct < len(values) or len(values) < _FEW_LEVELS or (values % 1 != 0).any():
        return False
    return _counts_up(values) or _IDENTIFIER_NAME.search(name) is not None


def _counts_up(values: np.ndarray) -> bool:
    # Only from 0 or 1: years count up as well, and are a feature.
    return values[0] in (0, 1) and bool((np.diff(values) == 1).all())


def _identifier_detail(values: np.ndarray) -> str:
    if _counts_up(values):
        return f"counts the rows: {values[0]:.0f}, {values[1]:.0f}, ..."
    return "a different whole number in every row"


def _judge_text(name: str, values: np.ndarray, missing: np.ndarray, found: _Findings) -> bool:
    """Numbers, dates and identifiers written as text; False where it may be a category."""
    if _judge_numbers_as_text(name, values, missing, found):
        return True
    present = values[~missing]
    if all(is_iso_date(text) for text in present):
        found.kinds[name] = "date"
        return True
    if _judge_dates(name, present, found):
        return True
    distinct = len(set(present))
    many = distinct * _MAX_ROWS_PER_LEVEL_OF_IDENTIFIER > len(present) and distinct > _FEW_LEVELS
    if many:
        _set_text_aside(name, values, missing, found)
    return many


def _judge_dates(name: str, present: np.ndarray, found: _Findings) -> bool:
    """Dates in another form than 2024-01-31; False where the text is something else."""
    ways = forms(present)
    if len(ways) > 1:
        reason = "dates that can be read in two ways (write them as 2024-01-31 to use them)"
        one, other = list(ways.values())[:2]
        row = int(np.argmax(one != other))
        detail = f"{present[row]!r}: {_day(one[row])} or {_day(other[row])}?"
        found.set_aside(name, reason, detail)
    elif ways:
        ((form, dates),) = ways.items()
        found.kinds[name] = f"{DATE_LIKE}{form}"
        found.read_as("dates", name, present[0], _day(dates[0]))
    return bool(ways)


def _day(date: np.datetime64) -> str:
    return str(date.astype("datetime64[D]"))


def _set_text_aside(name: str, values: np.ndarray, missing: np.ndarray, found: _Findings) -> None:
    """A text of its own in most rows: what it may be, and how to make use of it."""
    present = values[~missing]
    slips = parse_numbers(values)[1]
    if all(_OTHER_DATE.match(text) for text in present):
        reason = "dates of no one form (write them as 2024-01-31 to use them)"
        found.set_aside(name, reason, f"such as {present[0]}")
    elif 2 * len(slips) < len(present):
        reason = "text among numbers (correct or empty those cells to use the numbers)"
        found.set_aside(name, reason, rows_said(values, slips))
    else:
        detail = f"{counted(len(set(present)), 'different text')} in "
        detail += f"{counted(len(present), 'row')}, such as {present[0][:_LONG]!r}"
        found.set_aside(name, "identifier-like", detail)


def _judge_numbers_as_text(
    name: str, values: np.ndarray, missing: np.ndarray, found: _Findings
) -> bool:
    numbers, slips = parse_numbers(values)
    if slips and _judge_notations(name, values, len(slips), found):
        return True
    n_numbers = int((~np.isnan(numbers)).sum())
    if n_numbers == 0 or n_numbers < _NUMBERS_WITH_SLIPS * (n_numbers + len(slips)):
        return False
    _refuse_slips(name, values, slips)
    _judge_read(name, values, numbers, found)
    return True


def _judge_notations(name: str, values: np.ndarray, n_slips: int, found: _Findings) -> bool:
    """Numbers written for people; False where plain ones are as good, or it is something else."""
    marks = np.fromiter((is_mark(text) for text in values), bool, len(values))
    ways = readings(values[~marks])
    if not ways:
        return False
    numbers, slips = parse_numbers(values, next(iter(ways)))
    n_texts = int((~marks).sum())
    if len(slips) >= n_slips or n_texts - len(slips) < _NUMBERS_WITH_SLIPS * n_texts:
        return False
    _refuse_slips(name, values, slips)
    if len(ways) > 1:
        reason = "numbers that can be read in two ways (write them as 1234.5 to use them)"
        found.set_aside(name, reason, two_ways(ways))
        return True
    _judge_read(name, values, numbers, found)
    if found.kinds[name] == "number":
        found.kinds[name] = next(iter(ways)).kind
        row = int(np.argmax(np.abs(np.nan_to_num(numbers))))
        found.read_as("numbers", name, values[row], f"{numbers[row]:.12g}")
    return True


def two_ways(ways: Mapping[Notation, Mapping[str, float | None]]) -> str:
    """A text that two notations read as different numbers, and which."""
    one, other = list(ways.values())[:2]
    text = next(text for text in one if one[text] != other[text])
    return f"{text!r}: {one[text]:.12g} or {other[text]:.12g}?"


def _refuse_slips(name: str, values: np.ndarray, slips: Sequence[int]) -> None:
    if slips:
        raise TableError(
            f"column {name!r} is numeric, but {rows_said(values, slips)}. Correct or empty these "
            f"cells, or leave the column out ({_drop(name)})"
        )


def _judge_read(name: str, values: np.ndarray, numbers: np.ndarray, found: _Findings) -> None:
    """Numbers that were read from text, and the marks of missing values among them."""
    distinct = len(np.unique(numbers[~np.isnan(numbers)]))
    _judge_number(name, numbers, distinct, found)
    marked = np.flatnonzero(np.isnan(numbers) & ~is_missing(values)).tolist()
    if marked:
        text = f"Column {shown_name(name)}: {rows_said(values, marked)}; taken as missing."
        found.notes.append(Note("warning", text, (name,)))


def _drop(name: str) -> str:
    """The option, as a shell takes it."""
    return f"--drop {shlex.quote(name)}"


def _shown(value) -> str:
    return f"{value:g}" if isinstance(value, float) else repr(str(value))

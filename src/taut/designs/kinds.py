"""What each column of a table is taken for, and the sentences that say so."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from taut.designs.from_frame import TableError

__all__ = [
    "KINDS",
    "Note",
    "as_dates",
    "as_numbers",
    "counted",
    "infer_kinds",
    "is_missing",
    "listed",
]

KINDS = ("number", "boolean", "category", "date", "aside")

MISSING_MARKERS = frozenset(
    {"", "na", "n/a", "#n/a", "nan", "null", "none", "nil", "?", "-", "--", ".", "missing"}
)
_BOOLEAN_WORDS = {"true": 1.0, "false": 0.0}
# From this share of missing values on, that a value is missing may itself tell something.
NOTEWORTHY_MISSING = 0.05
# A text column with this share of numbers is a numeric column with slips, not a set of categories.
_NUMBERS_WITH_SLIPS = 0.95
_MAX_ROWS_PER_LEVEL_OF_IDENTIFIER = 2
_FEW_LEVELS = 20
_IDENTIFIER_NAME = re.compile(
    r"(^|[._\s-])(id|pid|uid|uuid|guid|key|index|idx|row|rowname|rownames|no|nr)$|[a-z]I[Dd]$|^PID$",
    re.IGNORECASE,
)
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?$")
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
    """The kinds so far, and why columns were set aside: reason -> 'column (detail)'."""

    kinds: dict[str, str] = field(default_factory=dict)
    aside: dict[str, dict[str, str]] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)

    def set_aside(self, name: str, reason: str, detail: str = "") -> None:
        self.kinds[name] = "aside"
        self.aside.setdefault(reason, {})[name] = f"{name} ({detail})" if detail else name


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
        ``aside``; they are not second-guessed.

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
    return found.kinds, notes + found.notes


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
    _refuse_infinite(name, values)
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
    if all(_ISO_DATE.match(text) for text in present):
        found.kinds[name] = "date"
        return True
    distinct = len(set(present))
    many = distinct * _MAX_ROWS_PER_LEVEL_OF_IDENTIFIER > len(present) and distinct > _FEW_LEVELS
    if many and all(_OTHER_DATE.match(text) for text in present):
        reason = "dates that are not written as 2024-01-31 (write them so to use them)"
        found.set_aside(name, reason, f"such as {present[0]}")
    elif many:
        detail = f"{counted(distinct, 'different text')} in {counted(len(present), 'row')}"
        found.set_aside(name, "identifier-like", detail)
    return many


def _judge_numbers_as_text(
    name: str, values: np.ndarray, missing: np.ndarray, found: _Findings
) -> bool:
    numbers, slips = _parse_numbers(values)
    n_marked = int((np.isnan(numbers) & ~missing).sum()) - len(slips)
    n_numbers = int((~np.isnan(numbers)).sum())
    if n_numbers == 0 or n_numbers < _NUMBERS_WITH_SLIPS * (n_numbers + len(slips)):
        return False
    if slips:
        raise TableError(
            f"column {name!r} is numeric, but {_rows_said(values, slips)}. Correct or empty these "
            f"cells, or leave the column out (--drop {name})"
        )
    _refuse_infinite(name, numbers)
    distinct = len(np.unique(numbers[~np.isnan(numbers)]))
    _judge_number(name, numbers, distinct, found)
    if n_marked:
        marked = np.flatnonzero(np.isnan(numbers) & ~missing).tolist()
        text = f"Column {name}: {_rows_said(values, marked)}; taken as missing."
        found.notes.append(Note("warning", text, (name,)))
    return True


def is_missing(values: np.ndarray) -> np.ndarray:
    """Which values are missing: boolean array of shape (n_rows,)."""
    if values.dtype.kind == "O":
        return np.fromiter((value is None for value in values), bool, len(values))
    if values.dtype.kind == "M":
        return np.isnat(values)
    if values.dtype.kind == "f":
        return np.isnan(values)
    return np.zeros(len(values), dtype=bool)


def as_numbers(name: str, values: np.ndarray) -> np.ndarray:
    """A column as float64, missing values nan; shape (n_rows,).

    Raises
    ------
    TableError
        If a value is infinite, or a text neither a number nor a common mark of a missing value.
    """
    if values.dtype.kind in "bf":
        numbers = values.astype(np.float64, copy=False)
    elif values.dtype.kind == "O":
        numbers, slips = _parse_numbers(values)
        if slips:
            raise TableError(
                f"column {name!r} must be numeric, but {_rows_said(values, slips)}. "
                "Correct or empty these cells"
            )
    else:
        raise TableError(f"column {name!r} must be numeric, but holds dates or nested values")
    _refuse_infinite(name, numbers)
    return numbers


def as_dates(name: str, values: np.ndarray) -> np.ndarray:
    """A column as datetime64[s], missing values NaT; shape (n_rows,)."""
    if values.dtype.kind == "M":
        return values
    if values.dtype.kind == "O":
        wrong = [i for i, v in enumerate(values) if v is not None and not _ISO_DATE.match(v)]
        if not wrong:
            texts = ["NaT" if value is None else value for value in values]
            return np.array(texts, dtype="datetime64[s]")
        said = f"but {_rows_said(values, wrong)}"
    else:
        said = "but its values are not"
    raise TableError(f"column {name!r} must hold dates written as 2024-01-31, {said}")


def _parse_numbers(values: np.ndarray) -> tuple[np.ndarray, list[int]]:
    """Numbers (nan: missing or a mark of it) and the rows whose text is neither."""
    parsed = {text: _parse(text) for text in set(values)}
    slips = [row for row, text in enumerate(values) if parsed[text] is None]
    numbers = [np.nan if parsed[text] is None else parsed[text] for text in values]
    return np.array(numbers, dtype=np.float64), slips


def _parse(text: str | None) -> float | None:
    word = "" if text is None else text.strip().lower()
    if word in MISSING_MARKERS:
        return np.nan
    if word in _BOOLEAN_WORDS:
        return _BOOLEAN_WORDS[word]
    try:
        return float(word)
    except ValueError:
        return None


def _refuse_infinite(name: str, numbers: np.ndarray) -> None:
    rows = np.flatnonzero(np.isinf(numbers)).tolist()
    if rows:
        raise TableError(
            f"column {name!r} holds infinite numbers: {_rows(rows)}. "
            "Correct or empty these cells, or drop the column"
        )


def _rows_said(values: np.ndarray, rows: Sequence[int]) -> str:
    texts = listed([repr(text) for text in dict.fromkeys(values[row] for row in rows)], 3)
    verb = "says" if len(rows) == 1 else "say"
    return f"{_rows(rows)} {verb} {texts}"


def _rows(rows: Sequence[int]) -> str:
    """Row numbers for people: the first row below the header is 1."""
    if len(rows) == 1:
        return f"row {rows[0] + 1}"
    first = ", ".join(str(row + 1) for row in rows[:4])
    return f"rows {first}" + (f", ... ({len(rows):,} in all)" if len(rows) > 4 else "")


def _shown(value) -> str:
    return f"{value:g}" if isinstance(value, float) else repr(str(value))


def counted(number: int, noun: str) -> str:
    """``1 row``, ``2,000 rows``."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def listed(items: Sequence[str], limit: int = 8) -> str:
    """Join a few items for reading, and count the rest."""
    rest = len(items) - limit
    return ", ".join(items[:limit]) + (f" and {rest:,} more" if rest > 0 else "")

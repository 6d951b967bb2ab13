"""Dates written as text, in every way that all of a column can be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import product, takewhile

import numpy as np

__all__ = ["DATE_LIKE", "first_unread", "form_of", "forms", "read_dates", "readings"]

# A date that is not written as 2024-01-31 has its format behind it: "date like %m/%d/%Y".
DATE_LIKE = "date like "

_DAYS = (
    "%Y/%m/%d", "%Y.%m.%d",
    "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%m.%d.%Y", "%d-%m-%Y", "%m-%d-%Y",
    "%d/%m/%y", "%m/%d/%y", "%d.%m.%y", "%m.%d.%y", "%d-%m-%y", "%m-%d-%y",
    "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y",
    "%Y-%m", "%Y/%m", "%b %Y", "%B %Y", "%b-%Y",
)  # fmt: skip
_HOURS = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p")
_ISO = "ISO 8601"
_Reader = Callable[[str], datetime | None]


def forms(values: Sequence[str]) -> dict[str, np.ndarray]:
    """Read a column of text as dates, and say in which format.

    Parameters
    ----------
    values : sequence of str of length n_rows

    Returns
    -------
    dict of str to ndarray of datetime64[s], shape (n_rows,)
        The different ways in which one format reads all rows, by their formats: none where they
        are no dates, several where nothing tells days from months (``1/2/2011`` and no day beyond
        the twelfth).
    """
    texts, places = np.unique(np.asarray(values, dtype=str), return_inverse=True)
    found: dict[str, np.ndarray] = {}
    for form, reader in _readers():
        dates = list(takewhile(bool, map(reader, texts.tolist())))
        if len(dates) == len(texts):
            array = np.array(dates, dtype="datetime64[s]")
            if not any(np.array_equal(array, other) for other in found.values()):
                found[form] = array
    return {form: dates[places] for form, dates in found.items()}


def form_of(kind: str) -> str | None:
    """The format that a kind such as ``date like %m/%d/%Y`` names; None for any other kind."""
    form = kind.removeprefix(DATE_LIKE)
    return form if form != kind and form in dict(_readers()) else None


def read_dates(values: Sequence[str | None], form: str) -> tuple[np.ndarray, list[int]]:
    """Dates in one format, NaT where missing or not so written, and the rows of the latter."""
    reader = dict(_readers())[form]
    read = {text: None if text is None else reader(text) for text in set(values)}
    slips = [row for row, text in enumerate(values) if text is not None and read[text] is None]
    return np.array([read[text] for text in values], dtype="datetime64[s]"), slips


def readings(values: Sequence[str]) -> list[np.ndarray]:
    """The different ways to read a column of text as dates, without their formats: see `forms`."""
    return list(forms(values).values())


def first_unread(values: Sequence[str]) -> int:
    """The row at which the format that gets furthest stops; ``len(values)`` where one reads all."""
    return max(sum(1 for _ in takewhile(reader, values)) for _, reader in _readers())


def _readers() -> Iterator[tuple[str, _Reader]]:
    yield _ISO, _reader(datetime.fromisoformat)
    for form in map("".join, product(_DAYS, _HOURS)):
        yield form, _reader(lambda text, form=form: datetime.strptime(text, form))


def _reader(read: Callable[[str], datetime]) -> _Reader:
    """Reads one text, in UTC where it gives an offset; None where it cannot."""

    def tried(text: str) -> datetime | None:
        try:
            date = read(text.strip())
            return date.astimezone(UTC).replace(tzinfo=None) if date.tzinfo else date
        except (ValueError, OverflowError):
            return None

    return tried

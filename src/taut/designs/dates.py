"""Dates written as text, in every way that all of a column can be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import product, takewhile

import numpy as np

__all__ = ["first_unread", "readings"]

_DAYS = (
    "%Y/%m/%d", "%Y.%m.%d",
    "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%m.%d.%Y", "%d-%m-%Y", "%m-%d-%Y",
    "%d/%m/%y", "%m/%d/%y", "%d.%m.%y", "%m.%d.%y", "%d-%m-%y", "%m-%d-%y",
    "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y",
    "%Y-%m", "%Y/%m", "%b %Y", "%B %Y", "%b-%Y",
)  # fmt: skip
_HOURS = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p")


def readings(values: Sequence[str]) -> list[np.ndarray]:
    """Read a column of text as dates.

    Parameters
    ----------
    values : sequence of str of length n_rows

    Returns
    -------
    list of ndarray of datetime64[s], shape (n_rows,)
        The different ways in which one format reads all rows: none where they are no dates,
        several where nothing tells days from months (``1/2/2011`` and no day beyond the twelfth).
    """
    texts, places = np.unique(np.asarray(values, dtype=str), return_inverse=True)
    found: list[np.ndarray] = []
    for reader in _readers():
        dates = list(takewhile(bool, map(reader, texts.tolist())))
        if len(dates) == len(texts):
            array = np.array(dates, dtype="datetime64[s]")
            if not any(np.array_equal(array, other) for other in found):
                found.append(array)
    return [dates[places] for dates in found]


def first_unread(values: Sequence[str]) -> int:
    """The row at which the format that gets furthest stops; ``len(values)`` where one reads all."""
    return max(sum(1 for _ in takewhile(reader, values)) for reader in _readers())


def _readers() -> Iterator[Callable[[str], datetime | None]]:
    yield _reader(datetime.fromisoformat)
    for day, hour in product(_DAYS, _HOURS):
        yield _reader(lambda text, form=day + hour: datetime.strptime(text, form))


def _reader(read: Callable[[str], datetime]) -> Callable[[str], datetime | None]:
    """Reads one text, in UTC where it gives an offset; None where it cannot."""

    def tried(text: str) -> datetime | None:
        try:
            date = read(text.strip())
            return date.astimezone(UTC).replace(tzinfo=None) if date.tzinfo else date
        except (ValueError, OverflowError):
            return None

    return tried

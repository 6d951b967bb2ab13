"""Numbers written for people: percent, money, thousands and decimal commas, read where it is safe.

A column is read as a whole. One notation, with one sign before or after the digits, has to read
every value; where two notations read it as different numbers (``1,234``) nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Notation", "notation_of", "readings"]

# Thousands and decimals, by an example. A space stands for the narrow and the protected one, too.
_SEPARATORS = {
    "1,234.5": (",", "."),
    "1.234,5": (".", ","),
    "1 234,5": (" ", ","),
    "1 234.5": (" ", "."),
    "1'234.5": ("'", "."),
}
_SPACES = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " ", "’": "'", "\u2212": "-"})
_SIGN = r"%|‰|[$€£¥₹₽₩₺₴]|[A-Z]{1,2}\$|CHF|EUR|USD|GBP|JPY|CNY|SEK|NOK|DKK|PLN|CZK|INR|CAD|AUD"
_PARTS = re.compile(
    rf"(?P<minus>[+-]?)\s*(?P<before>{_SIGN})?\s*(?P<inner>[+-]?)"
    rf"(?P<digits>\d[\d., ']*?)\s*(?P<after>{_SIGN})?"
)
_LIKE = "number like "


@dataclass(frozen=True)
class Notation:
    """How a column of numbers is written.

    Attributes
    ----------
    example : str
        ``1,234.5`` or another of the known ones.
    sign : str
        ``%``, ``$``, ...; empty for none.
    """

    example: str
    sign: str = ""

    @property
    def kind(self) -> str:
        """What a column so written is called among the kinds of columns."""
        return f"{_LIKE}{self.example}{self.sign and ' '}{self.sign}"

    @property
    def shown(self) -> str:
        """As a message shows it."""
        return repr(self.kind.removeprefix(_LIKE))

    @property
    def reads_plain(self) -> bool:
        """Whether a plain number means the same: not a fraction for 12 %, nor 1.234 for 1234."""
        return not self.sign and _SEPARATORS[self.example][1] == "."

    def read(self, text: str) -> float | None:
        """The number that a text stands for, in the unit of its sign; None where it is none."""
        parts = _PARTS.fullmatch(text.translate(_SPACES).strip())
        if parts is None or (parts["before"] and parts["after"]):
            return None
        if (parts["before"] or parts["after"] or "") != self.sign or (
            parts["minus"] and parts["inner"]
        ):
            return None
        thousands, decimal = _SEPARATORS[self.example]
        grouped = rf"(\d+|[1-9]\d{{0,2}}({re.escape(thousands)}\d{{3}})+)"
        if not re.fullmatch(rf"{grouped}({re.escape(decimal)}\d+)?", parts["digits"]):
            return None
        digits = parts["digits"].replace(thousands, "").replace(decimal, ".")
        return float(f"{parts['minus']}{parts['inner']}{digits}")


def notation_of(kind: str) -> Notation | None:
    """The notation that `Notation.kind` names, or None for any other kind."""
    for example in _SEPARATORS:
        start = f"{_LIKE}{example}"
        if kind == start:
            return Notation(example)
        if kind.startswith(f"{start} "):
            sign = kind.removeprefix(f"{start} ")
            return Notation(example, sign) if re.fullmatch(_SIGN, sign) else None
    return None


def readings(texts: Sequence[str]) -> dict[Notation, dict[str, float | None]]:
    """The different ways to read a column, by the notations that read most of it.

    Parameters
    ----------
    texts : sequence of str
        None of them a mark of a missing value.

    Returns
    -------
    dict of Notation to dict of str to float or None
        The number of every text, None where the notation does not read it. Notations that read no
        more than another and differ nowhere are left out; empty where none reads any.
    """
    distinct = list(dict.fromkeys(texts))
    found = {
        notation: {text: notation.read(text) for text in distinct}
        for sign in _signs(distinct)
        for notation in (Notation(example, sign) for example in _SEPARATORS)
    }
    most = max((_n_read(numbers) for numbers in found.values()), default=0)
    kept: dict[Notation, dict[str, float | None]] = {}
    for notation, numbers in found.items():
        if most and _n_read(numbers) == most and numbers not in kept.values():
            kept[notation] = numbers
    return kept


def _signs(texts: Sequence[str]) -> list[str]:
    parts = (_PARTS.fullmatch(text.translate(_SPACES).strip()) for text in texts)
    return list(dict.fromkeys(p["before"] or p["after"] or "" for p in parts if p))


def _n_read(numbers: dict[str, float | None]) -> int:
    return sum(number is not None for number in numbers.values())

"""Numbers as people read them: four significant digits, true minus signs, no false precision."""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["aligned", "number", "rounded", "share"]

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_MISSING = "–"


def number(value: float | None, digits: int = 4) -> str:
    """One number on its own: ``0.01235``, ``54,320``, ``1.20 × 10⁻¹²``, ``–`` for none."""
    if value is None or not math.isfinite(value):
        return _MISSING
    if value != 0 and not 1e-3 <= abs(value) < 1e7:
        mantissa, exponent = f"{value:.{max(digits - 2, 0)}e}".split("e")
        power = str(int(exponent)).translate(_SUPERSCRIPT)
        return f"{mantissa} × 10{power}".replace("-", "−")
    text = _fixed(value, _decimals(abs(value), digits))
    return text.rstrip("0").rstrip(".") if "." in text else text


def aligned(values: Sequence[float | None], scale: float | None = None) -> list[str]:
    """Numbers of one column, all with the decimals that suit the largest of them.

    `scale` stands in for the largest where a column has to match another one.
    """
    known = [abs(v) for v in values if v is not None and math.isfinite(v)]
    largest = scale if scale is not None else max(known, default=0.0)
    if largest != 0 and not 1e-3 <= largest < 1e7:
        return [number(v) for v in values]
    decimals = _decimals(largest, 4)
    return [_MISSING if v is None or not math.isfinite(v) else _fixed(v, decimals) for v in values]


def rounded(value: float | None) -> float | None:
    """Five significant digits for a chart: no pixel needs more. Not finite: None, as in JSON."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.5g}")


def share(value: float) -> str:
    """A number from 0 to 1 with three digits of what is missing to 1: ``0.9999875``, not ``1``."""
    rest = 1.0 - value
    if not 0.0 < rest < 0.1:
        return number(value)
    return f"{value:.{2 - math.floor(math.log10(rest))}f}".rstrip("0")


def _decimals(magnitude: float, digits: int) -> int:
    if magnitude == 0:
        return 0
    return max(digits - 1 - math.floor(math.log10(magnitude)), 0)


def _fixed(value: float, decimals: int) -> str:
    text = f"{value:,.{decimals}f}"
    # A difference that rounds to nothing is nothing, not minus nothing.
    return text.lstrip("-") if float(text.replace(",", "")) == 0 else text.replace("-", "−")

"""Numbers, names and flags."""

from __future__ import annotations

import numbers
import reprlib
from collections.abc import Mapping
from difflib import get_close_matches

import numpy as np

__all__ = [
    "check_alphas",
    "check_choice",
    "check_flag",
    "check_positive",
    "check_ratio",
    "check_share",
    "check_strengths",
    "is_listing",
    "is_own",
    "names_of_groups",
    "plain",
    "shown",
]

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 80
_LARGEST = float(np.finfo(np.float64).max)
_LARGEST_COUNT = 2**31 - 1  # the core counts in 32 bits


def check_alphas(alphas) -> np.ndarray:
    """Finite, non-negative strengths, in decreasing order."""
    return np.ascontiguousarray(np.sort(check_strengths(alphas, "alphas"))[::-1])


def check_strengths(values, name, zero=True) -> np.ndarray:
    """One or several finite strengths, in the order given; positive unless ``zero``."""
    values = np.atleast_1d(np.asarray(values, dtype=object))
    if values.ndim != 1:
        raise ValueError(
            f"{name} must be a sequence of numbers, got shape {values.shape}: pass one of shape "
            f"({values.size},)"
        )
    if not values.size:
        raise ValueError(f"{name} must hold at least one number, got none: pass [1.0], say")
    checked = [check_positive(v, f"{name}[{k}]", 1.0, zero) for k, v in enumerate(values)]
    return np.array(checked, dtype=np.float64)


def check_positive(value, name, example, zero=False, other=""):
    """A number that is positive (or zero, where that means something).

    Parameters
    ----------
    value : object
    name : str
    example : int or float
        What would do, for the message; an int asks for whole numbers.
    zero : bool, default False
    other : str, default ""
        What else the argument may be, checked by the caller: "or a rule".
    """
    whole = isinstance(example, int)
    remedy = f"pass {example!r}, say"
    if not isinstance(value, numbers.Integral if whole else numbers.Real) or _is_flag(value):
        word = f"a {'whole ' * whole}number {other}".rstrip()
        kind = type(value).__name__
        raise TypeError(f"{name} must be {word}, got {shown(value)} of type {kind}: {remedy}")
    # A float32 would be compared in float32, where the bound overflows.
    size = value if whole else float(value)
    if not 0 <= size <= _LARGEST or (value == 0 and not zero):
        bound = ">= 0" if zero else "> 0"
        raise ValueError(f"{name} must be finite and {bound}, got {shown(value)}: {remedy}")
    if whole and value > _LARGEST_COUNT:
        raise ValueError(f"{name} must be <= {_LARGEST_COUNT}, got {shown(value)}: {remedy}")
    return value


def check_ratio(value, name) -> float:
    """The smallest over the largest alpha."""
    if check_positive(value, name, 1e-3) >= 1:
        raise ValueError(
            f"{name} must be below 1, got {shown(value)}: it is the smallest alpha over the "
            "largest, pass 0.001, say"
        )
    return float(value)


def check_share(value, name, example) -> float:
    """A share of a whole, between 0 and 1, neither of them."""
    if check_positive(value, name, example) >= 1:
        raise ValueError(f"{name} must be below 1, got {shown(value)}: pass {example}, say")
    return float(value)


def check_choice(value, name, choices) -> str:
    """One of a few names."""
    if value not in choices:
        close = get_close_matches(str(value), choices, n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        hint += "choose from " + ", ".join(choices)
        raise ValueError(f"{name} must be one of its names, got {shown(value)}: {hint}")
    return value


def check_flag(value, name) -> bool:
    """True or False."""
    if not _is_flag(value):
        raise TypeError(f"{name} must be True or False, got {shown(value)}: pass one of the two")
    return bool(value)


def plain(value):
    """NumPy's numbers and texts as Python's own; anything else as it is."""
    return value.item() if isinstance(value, np.generic) else value


def shown(value) -> str:
    """A value as a message shows it: plain, and cut where it is long."""
    return _SHORT.repr(plain(value))


def is_listing(value) -> bool:
    """Whether it holds several things: a text is one."""
    return np.iterable(value) and not isinstance(value, str)


def is_own(part) -> bool:
    """Whether a user wrote its class: what it returns is checked, where taut's own is trusted."""
    return type(part).__module__.partition(".")[0] != "taut"


def names_of_groups(groups) -> list[str]:
    """What messages call each group: by the label that a mapping gave it, or by its place."""
    if isinstance(groups, Mapping):
        return [f"groups[{label!r}]" for label in groups]
    # Groups of a penalty keep what a mapping called them.
    labels = (getattr(part, "group_label", None) for part in groups)
    return [f"groups[{k if label is None else label!r}]" for k, label in enumerate(labels)]


def _is_flag(value) -> bool:
    return isinstance(value, bool | np.bool_)

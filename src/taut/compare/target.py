"""What kind of target is it, and can it be judged on? If not: why, and what to do."""

from __future__ import annotations

import numpy as np

from taut.compare.measure import MEASURES
from taut.designs.from_frame import TableError
from taut.designs.kinds import Note, as_numbers, is_missing, listed, two_ways
from taut.designs.notations import Notation, readings
from taut.designs.reading import is_mark, parse_numbers, refuse_extremes

__all__ = ["check_target", "read_target", "task_of"]

MIN_CLASS_ROWS = 10
_MOSTLY = 0.5
_FEW = 20  # different values that may be classes
_AS_NUMBER = "To predict it as a number, say task='regression' (--task regression)"


def task_of(name: str, values: np.ndarray, task: str | None) -> tuple[str, list[Note]]:
    """The task, given or inferred, and what to say of the inference.

    Text and truth values are classes, also where these are written as 0 and 1, and so are a few
    whole numbers that are kept as text. Text with fractions, or with marks of missing values, is
    how files keep numbers. Other numbers are never taken for classes or counts of their own accord:
    an age or a price is a whole number as well. Where they might be, a note says so.

    Raises
    ------
    TableError
        If the task is unknown.
    """
    if task is not None:
        if task not in MEASURES:
            known = ", ".join(MEASURES)
            raise TableError(f"{task!r} is unknown: use one of {known}, or leave it out", "task")
        return task, []
    text = values.dtype.kind == "O" and not _mostly_numbers(values) and not _ways(values)
    if text:
        kind = "text"
    elif values.dtype.kind == "b":
        kind = "true or false"
    elif _is_zero_or_one(values):
        kind = "0 or 1"
    elif _are_codes(values):
        kind = f"whole numbers kept as text ({listed([repr(v) for v in _distinct(values)], 4)})"
    else:
        return "regression", _may_be_else(name, values) + _how_read(name, values)
    said = f"{name} is {kind}: its classes are predicted (task classification)."
    if kind not in ("text", "true or false"):
        said += f" {_AS_NUMBER}."
    return "classification", [Note("info", said, (name,))]


def read_target(name: str, values: np.ndarray, task: str) -> tuple[np.ndarray, np.ndarray]:
    """The target and where it is missing, both of shape (n_rows,).

    Numbers come as float64, missing values nan; labels as text, truth values or whole numbers.

    Raises
    ------
    TableError
        If the target does not suit the task.
    """
    if task == "classification" and values.dtype.kind == "b":
        return values, is_missing(values)
    if task == "classification" and values.dtype.kind == "O" and not _is_zero_or_one(values):
        missing = is_missing(values)
        return np.where(missing, "", values).astype(str), missing
    try:
        numbers = as_numbers(name, values, _kind(name, values))
        refuse_extremes(name, numbers, "and read errors in the new unit")
    except TableError as error:
        raise TableError(f"{error.text}, or name another column", "y") from error
    missing = np.isnan(numbers)
    wrong = np.flatnonzero(~missing & _unsuited(numbers, task))
    if len(wrong):
        needs = "whole numbers" if task == "classification" else "whole numbers from 0"
        text = (
            f"column {name!r} must hold {needs} for task {task!r}, but row {wrong[0] + 1} has "
            f"{numbers[wrong[0]]:g}: name another column, or say task='regression' (--task "
            "regression)"
        )
        raise TableError(text, "y")
    if task == "classification":
        return np.where(missing, 0.0, numbers).astype(np.int64), missing
    return numbers, missing


def check_target(name: str, y: np.ndarray, task: str, inferred: bool) -> None:
    """Refuse a constant target, classes of few rows, and two numbers of no known meaning.

    Raises
    ------
    TableError
    """
    values, counts = np.unique(y, return_counts=True)
    first = values[0] if task == "classification" else f"{values[0]:g}"
    if len(values) == 1:
        text = f"column {name!r} is {first} in every row, nothing to predict: name another column"
        raise TableError(text, "y")
    if task == "classification":
        _check_classes(name, values, counts, inferred)
    elif inferred and len(values) == 2:
        text = (
            f"column {name!r} has only two values ({first} and {values[1]:g}): say "
            "task='classification' (--task classification) to predict which, or task='regression' "
            "(--task regression) to predict it as a number"
        )
        raise TableError(text, "y")


def _check_classes(name: str, classes: np.ndarray, counts: np.ndarray, inferred: bool) -> None:
    rare = counts < MIN_CLASS_ROWS
    if rare.any():
        shown = listed([repr(label) for label in classes[rare].tolist()], 4)
        text = (
            f"column {name!r} has {len(classes):,} classes, of which "
            f"{rare.sum():,} have fewer than {MIN_CLASS_ROWS} rows ({shown}): to choose and to "
            "judge takes more of each. Merge classes, leave those rows out, or name another column"
        )
        if inferred and all(_is_number(str(label)) for label in classes):
            text += f". {_AS_NUMBER}"
        raise TableError(text, "y")


def _ways(values: np.ndarray) -> dict[Notation, dict[str, float | None]]:
    """The ways to read a target of text as numbers, where plain ones do not read all of it."""
    if values.dtype.kind != "O" or not parse_numbers(values)[1]:
        return {}
    ways = readings([text for text in values if not is_mark(text)])
    return {notation: numbers for notation, numbers in ways.items() if None not in numbers.values()}


def _kind(name: str, values: np.ndarray) -> str:
    """The kind of a target of numbers, with the notation that they are written in."""
    ways = _ways(values)
    if len(ways) > 1:
        raise TableError(
            f"column {name!r} can be read in two ways ({two_ways(ways)}): write its numbers as "
            "1234.5"
        )
    return next(iter(ways)).kind if ways else "number"


def _how_read(name: str, values: np.ndarray) -> list[Note]:
    ways = _ways(values)
    if len(ways) != 1:
        return []
    text, number = next(iter(next(iter(ways.values())).items()))
    return [Note("info", f"{name} is text, read as numbers: {text!r} is {number:.12g}.", (name,))]


def _may_be_else(name: str, values: np.ndarray) -> list[Note]:
    """A hint where whole numbers may mean something else: classes if few, counts if from 0 on."""
    slips = ()
    if values.dtype.kind == "O":
        values, slips = parse_numbers(values)
    if values.dtype.kind != "f" or slips:
        return []
    distinct = np.unique(values[np.isfinite(values)])
    if not distinct.size or (distinct % 1).any():
        return []
    few, from_zero = len(distinct) <= _FEW, distinct[0] == 0
    ways = ["if they are classes, say task='classification' (--task classification)"] * few
    ways += ["if they count something, say task='counts' (--task counts)"] * bool(from_zero)
    if not ways:
        return []
    what = f"{len(distinct)} different whole numbers" if few else "whole numbers"
    where = f"{distinct[0]:g} to {distinct[-1]:g}"
    text = f"{name} holds {what}, {where}, taken as plain numbers (task regression); "
    return [Note("info", text + "; ".join(ways) + ".", (name,))]


def _unsuited(numbers: np.ndarray, task: str) -> np.ndarray:
    if task == "regression":
        return np.zeros(len(numbers), dtype=bool)
    return (numbers % 1 != 0) | ((numbers < 0) & (task == "counts"))


def _is_zero_or_one(values: np.ndarray) -> bool:
    """Whether both 0 and 1 are there, and nothing else but missing values."""
    if values.dtype.kind == "O" and _mostly_numbers(values):
        values = parse_numbers(values)[0]
    if values.dtype.kind != "f":
        return False
    return np.array_equal(np.unique(values[~np.isnan(values)]), [0.0, 1.0])


def _are_codes(values: np.ndarray) -> bool:
    """Whether a column of text holds a few whole numbers, and nothing else but empty cells."""
    if values.dtype.kind != "O":
        return False
    distinct = _distinct(values)
    return 0 < len(distinct) <= _FEW and all(
        _is_number(text) and float(text) % 1 == 0 for text in distinct
    )


def _distinct(values: np.ndarray) -> list[str]:
    return sorted({text for text in values if text is not None})


def _mostly_numbers(values: np.ndarray) -> bool:
    present = [text for text in values if text is not None]
    return not present or np.mean([_is_number(text) for text in present]) >= _MOSTLY


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True

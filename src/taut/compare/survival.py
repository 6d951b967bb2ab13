"""Times until an event: two columns as one target, and whether it can be judged on."""

from __future__ import annotations

import narwhals as nw
import numpy as np

from taut.designs.from_frame import TableError, columns_of
from taut.designs.kinds import as_numbers, counted
from taut.losses.survival_target import times_and_events

__all__ = ["check_survival", "read_survival", "time_and_event"]

MIN_EVENTS = 10


def time_and_event(y, event, task: str | None) -> tuple[object, object]:
    """The times and the events, however they are given; events are None for other targets.

    Raises
    ------
    TableError
        Events are given with another task, or are missing for survival; or there are two columns
        and no word of survival.
    """
    if task not in (None, "survival"):
        if event is not None:
            text = (
                f"given for task {task!r}: leave it out, or say task='survival' (--task survival)"
            )
            raise TableError(text, "event")
        return y, None
    if event is not None:
        return y, event
    two = not isinstance(y, str) and (
        getattr(getattr(y, "dtype", None), "names", None) is not None
        or (task == "survival" and (nw.dependencies.is_into_dataframe(y) or np.ndim(y) == 2))
    )
    if two:
        try:
            # A frame by its columns: some have missing values that NumPy does not know.
            frame = nw.dependencies.is_into_dataframe(y)
            return tuple(times_and_events(tuple(columns_of(y).values()) if frame else y).T)
        except (TypeError, ValueError) as error:
            raise TableError(str(error)) from error
    if task == "survival":
        text = (
            "missing for task 'survival': name the column that holds 1 where the time is that of "
            "an event, and 0 where it is when the row was last seen (--event COLUMN)"
        )
        raise TableError(text, "event")
    if np.shape(y)[1:] == (2,) or (isinstance(y, tuple) and np.ndim(y) == 2):
        text = (
            "must have one dimension, got two columns: say task='survival' where they are times "
            "and events (1, or 0 where censored), else give one value for each row"
        )
        raise TableError(text, "y")
    return y, None


def read_survival(
    times: tuple[str, np.ndarray], events: tuple[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Times and events of shape (n_rows, 2), and the rows where one of them is missing.

    Parameters
    ----------
    times, events : (str, ndarray of shape (n_rows,))
        Name and values of the column.

    Raises
    ------
    TableError
        Lengths differ, a time is no number or negative, or an event neither 0 nor 1.
    """
    if len(times[1]) != len(events[1]):
        text = f"it has {len(events[1]):,} rows, the times {len(times[1]):,}: give one for each row"
        raise TableError(text, "event")
    time, event = _numbers(*times, "y"), _numbers(*events, "event")
    _refuse(time < 0, time, times[0], "hold times, 0 or more", "y")
    needs = "hold 1 for an event and 0 for none"
    _refuse(~np.isnan(event) & (event != 0) & (event != 1), event, events[0], needs, "event")
    return np.column_stack([time, event]), np.isnan(time) | np.isnan(event)


def check_survival(name: str, y: np.ndarray) -> None:
    """Refuse what has too few events to choose and to judge on.

    Raises
    ------
    TableError
    """
    n_events = int(y[:, 1].sum())
    if n_events < MIN_EVENTS:
        text = (
            f"column {name!r} marks {counted(n_events, 'event')} in the usable rows: to choose and "
            f"to judge takes {MIN_EVENTS} at the least. Is an event coded as 1?"
        )
        raise TableError(text, "event")


def _numbers(name: str, values: np.ndarray, argument: str) -> np.ndarray:
    try:
        return as_numbers(name, values)
    except TableError as error:
        raise TableError(f"{error.text}, or name another column", argument) from error


def _refuse(wrong, values, name, needs, argument) -> None:
    rows = np.flatnonzero(wrong)
    if len(rows):
        text = (
            f"column {name!r} must {needs}, but row {rows[0] + 1} has {values[rows[0]]:g} "
            f"({counted(len(rows), 'such row')}): correct it, or name another column"
        )
        raise TableError(text, argument)

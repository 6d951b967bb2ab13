"""Times and events, in the forms that people keep them in, and what is asked of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from taut.losses.checks import as_numbers, refuse_not_finite, refuse_rows

__all__ = [
    "check_entries_and_strata",
    "check_times_and_events",
    "survival_target",
    "times_and_events",
]

_FORMS = (
    "np.column_stack([time, event]), the tuple (time, event), a frame of these two columns, or "
    "scikit-survival's structured array"
)


def survival_target(y, name="y") -> np.ndarray:
    """Times, events, and what else there is, as a float64 array.

    Parameters
    ----------
    y : array-like or frame of shape (n_samples, 2 to 4), tuple, mapping or structured array
        Columns time, event (1, or 0 where censored), and where there are any entry and stratum. A
        tuple holds columns, ``(time, event)``, a mapping or a structured array has names for them.
        Of two columns, the one with 0 and 1 (or false and true) alone holds the events; where both
        do, or none, it is the second.
    name : str, default "y"

    Returns
    -------
    ndarray of shape (n_samples, 2 to 4)

    Raises
    ------
    TypeError
        It does not hold numbers.
    ValueError
        It has none of these forms.
    """
    if y is None:
        raise ValueError(
            f"this requires {name} to be passed, but the target {name} is None: pass {_FORMS}"
        )
    fix = "turn times into numbers, of days say, and events into 1 (0 where censored)"
    table = as_numbers(_in_columns(y, name), name, fix)
    if table.ndim != 2 or not 2 <= table.shape[1] <= 4 or not len(table):
        raise ValueError(
            f"{name} must have shape (n_samples, 2 to 4), with columns time, event, entry and "
            f"stratum, got {table.shape}: pass {_FORMS}"
        )
    if table.shape[1] == 2 and _marks_events(table[:, 0]) and not _marks_events(table[:, 1]):
        return np.ascontiguousarray(table[:, ::-1])
    return table


def times_and_events(y) -> np.ndarray:
    """What `survival_target` reads where there is nothing else, of shape (n_samples, 2)."""
    table = survival_target(y)
    if table.shape[1] > 2:
        raise ValueError(
            "y must have two columns, time and event, of shape (n_samples, 2), got "
            f"{table.shape[1]} of shape {table.shape}: select these two; entries and strata go to "
            "CoxRegression.fit by their names, entry= and strata="
        )
    return table


def _in_columns(y, name):
    """Columns that are kept apart, side by side; anything else as it is."""
    fields = y if isinstance(y, Mapping) else getattr(getattr(y, "dtype", None), "names", None)
    if isinstance(y, tuple):
        columns, names = y, [f"part {k}" for k in range(len(y))]
    elif fields is not None:
        columns, names = [y[field] for field in fields], list(fields)
    else:
        return y
    sizes = [np.shape(column) for column in columns]
    if not 2 <= len(sizes) <= 4 or len(set(sizes)) > 1 or len(sizes[0]) != 1:
        listed = ", ".join(
            f"{what} of shape {size}" for what, size in zip(names, sizes, strict=True)
        )
        raise ValueError(
            f"{name} must hold times and events, of one length, got {listed or 'nothing'}: pass "
            f"{_FORMS}"
        )
    # As objects: dates would turn into numbers in silence.
    return np.column_stack([np.asarray(column, dtype=object) for column in columns])


def _marks_events(values) -> bool:
    """Whether there is nothing but 0 and 1, where something is there."""
    there = values[~np.isnan(values)]
    return bool(there.size and np.isin(there, (0, 1)).all())


def check_times_and_events(y, name="y"):
    """Refuse times that are not finite, events that are neither 0 nor 1, and rows without any."""
    time, event = y[:, 0], y[:, 1]
    refuse_not_finite(time, f"the times of {name} (column 0)")
    fix = "pass 1 for an event and 0 for a censored time"
    refuse_rows(
        (event != 0) & (event != 1), event, f"the events of {name} (column 1)", "be 0 or 1", fix
    )
    if not event.any():
        raise ValueError(
            f"{name} must hold at least one event (column 1), got 0 for all {len(y)} samples: "
            "check which value marks an event, it must be coded as 1"
        )


def check_entries_and_strata(y, name="y"):
    """Refuse times before their entry, or before zero without one, and strata without a number."""
    time = y[:, 0]
    # From zero on, unless an entry says from when on: then times may be dates on any scale.
    untold = np.isneginf(y[:, 2]) if y.shape[1] > 2 else True
    fix = (
        "correct the time or drop the row; times on a scale that begins elsewhere need the entry "
        "from which the row is at risk"
    )
    refuse_rows((time < 0) & untold, time, f"the times of {name} (column 0)", "be 0 or more", fix)
    if y.shape[1] > 2:
        fix = "correct the row or drop it, and use -inf for samples followed from the start"
        refuse_rows(
            ~(y[:, 2] < time),
            y[:, 2],
            f"the entries of {name} (column 2)",
            "lie before the times",
            fix,
        )
    if y.shape[1] > 3:
        refuse_not_finite(y[:, 3], f"the strata of {name} (column 3)")

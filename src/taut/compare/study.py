"""The table under study: a target, its usable rows in order, and what was noticed on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from taut.compare.leaks import suspected_leaks
from taut.compare.notes import described
from taut.compare.sentinels import suspected_sentinels
from taut.compare.survival import check_survival, read_survival, time_and_event
from taut.compare.target import check_target, read_target, task_of
from taut.designs.dates import first_unread, readings
from taut.designs.from_frame import TableError, columns_of, did_you_mean, n_rows_of, values_of
from taut.designs.kinds import Note, as_numbers, counted, infer_kinds, is_missing
from taut.validation.magnitudes import LARGEST, SMALLEST

__all__ = ["Study", "prepare"]

MIN_ROWS = 20
_ROLES = {
    "y": "target",
    "event": "column of events",
    "sample_weight": "column of weights",
    "groups": "column of groups",
    "time": "column of times",
}


@dataclass(frozen=True)
class Study:
    """A table ready to be compared on.

    Attributes
    ----------
    X : dict of str to ndarray of shape (n_rows,), or CSR array of shape (n_rows, n_columns)
    y : ndarray of shape (n_rows,)
        float64, in the target's unit; of classes, the labels; of survival, times and events, of
        shape (n_rows, 2).
    target : str
    kinds : dict of str to str
        What each column of X is; empty for a sparse X, which is all numbers.
    sample_weight : ndarray of shape (n_rows,) or None
    groups : ndarray of shape (n_rows,) or None
    ordered : bool
        Whether the rows are in time order and must be kept so.
    rearranged : bool
        Whether rows were left out or moved.
    task : str
        ``regression``, ``classification``, ``counts`` or ``survival``.
    leaks, notes : list of Note
        Suspected leaks of the target; what was inferred and left out.
    """

    X: Mapping[str, np.ndarray] | sparse.csr_array
    y: np.ndarray
    target: str
    kinds: Mapping[str, str]
    sample_weight: np.ndarray | None = None
    groups: np.ndarray | None = None
    ordered: bool = False
    rearranged: bool = False
    task: str = "regression"
    leaks: list[Note] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    @property
    def n_rows(self) -> int:
        return len(self.y)

    @property
    def n_columns(self) -> int:
        return self.X.shape[1] if sparse.issparse(self.X) else len(self.X)

    @property
    def labels(self) -> np.ndarray:
        """What folds shall hold in equal shares: the classes, or which rows have an event."""
        return self.y[:, 1] if self.task == "survival" else self.y

    def rows(self, index: np.ndarray):
        """The rows of X at ``index``, as X is."""
        return _take(self.X, index)

    def weights(self, index: np.ndarray) -> np.ndarray | None:
        """The weights of the rows at ``index``, or None."""
        return None if self.sample_weight is None else self.sample_weight[index]


def prepare(X, y, task=None, sample_weight=None, groups=None, time=None, event=None) -> Study:
    """Check a table and its target, and make them ready for the comparison.

    Parameters
    ----------
    X : data frame, mapping, array or sparse matrix, of n_rows rows
    y : str or array-like of shape (n_rows,)
        The target, or the name of its column in X. Rows without a target are left out.
    task : {"regression", "classification", "counts", "survival"}, optional
        Inferred from the target where not given.
    sample_weight, groups, time : str or array-like of shape (n_rows,), optional
        Or the name of a column in X. Columns named for weights and groups leave X; the time
        column stays in X, and orders the rows.
    event : str or array-like of shape (n_rows,), optional
        1 where y is the time of an event, 0 where it is when the row was last seen; the task is
        survival then.

    Returns
    -------
    Study

    Raises
    ------
    TableError
        If the table cannot be used as it is; the message says why and what to do.
    """
    if groups is not None and time is not None:
        text = "the column of times shapes the folds already, groups cannot too: give one of them"
        raise TableError(text, "groups")
    if y is None:
        raise TableError("got None: name a column of X, or give one value for each row", "y")
    roles = {"y": y, "event": event, "sample_weight": sample_weight, "groups": groups, "time": time}
    _check_roles(roles)
    y, event = time_and_event(y, event, task)
    table = X.tocsr() if sparse.issparse(X) else columns_of(X)
    table, target, y = _taken(table, y, "y")
    table, event_name, event = _taken(table, event, "event")
    table, weights_name, weights = _taken(table, sample_weight, "sample_weight")
    table, groups_name, groups = _taken(table, groups, "groups")
    _, time_name, time = _taken(table, time, "time")
    if event is None:
        found_task, inferred = task_of(target, y, task)
        y, missing = read_target(target, y, found_task)
    else:
        found_task, inferred = "survival", []
        y, missing = read_survival((target, y), (event_name, event))
    if weights is not None:
        weights = _checked_weights(weights_name, weights)
    parts = {"y": y, "sample_weight": weights, "groups": groups, "time": time}
    n_rows = _check_lengths(table, parts)
    keep, notes = _usable_rows(target, missing, weights)
    if time is not None:
        keep = _in_time_order(time_name, time, keep)
        notes.append(Note("info", f"Rows are taken in the order of {time_name}.", (time_name,)))
    if groups is not None:
        _refuse_missing(groups_name, groups, keep, "groups", "group")
    if found_task == "survival":
        check_survival(event_name, y[keep])
    else:
        check_target(target, y[keep], found_task, inferred=task is None)
    table = _take(table, keep)
    kinds, seen = ({}, []) if sparse.issparse(table) else infer_kinds(table)
    amounts = y[keep] if found_task in ("regression", "counts") else np.empty(0)
    far = suspected_sentinels(table, kinds, target, amounts)
    return Study(
        X=table,
        y=y[keep],
        target=target,
        kinds=kinds,
        sample_weight=None if weights is None else weights[keep],
        groups=None if groups is None else groups[keep],
        ordered=time is not None,
        rearranged=not np.array_equal(keep, np.arange(n_rows)),
        task=found_task,
        leaks=suspected_leaks(table, kinds, target, _as_numbers(y[keep], found_task)),
        notes=[*far, *inferred, *notes, *seen, *described(table, kinds)],
    )


def _as_numbers(y: np.ndarray, task: str) -> np.ndarray:
    """Classes as numbers, in their order; the times of survival; numbers as they are."""
    if task != "classification":
        return y[:, 0] if task == "survival" else y
    return np.unique(y, return_inverse=True)[1].astype(np.float64)


def _check_roles(given: Mapping[str, object]) -> None:
    """Refuse one column for two purposes."""
    taken: dict[str, str] = {}
    for argument, name in given.items():
        if not isinstance(name, str):
            continue
        if name in taken:
            text = f"column {name!r} is the {taken[name]} already: name another column, or none"
            raise TableError(text, argument)
        taken[name] = _ROLES[argument]


def _taken(table, given, argument: str):
    """A column by name, and the table without it; or an array as it is."""
    if given is None:
        return table, argument, None
    if not isinstance(given, str):
        return table, str(getattr(given, "name", None) or argument), values_of(given, argument)
    if sparse.issparse(table):
        text = f"{given!r} names a column, but a sparse X has no names: give the values"
        raise TableError(text, argument)
    if given not in table:
        text = f"there is no column {given!r}; {did_you_mean(given, table)}"
        raise TableError(text, argument)
    rest = {name: values for name, values in table.items() if name != given}
    if not rest:
        raise TableError(
            f"the table has no column beside {given!r}: at least one more is needed to predict with"
        )
    return rest, given, table[given]


def _checked_weights(name: str, values: np.ndarray) -> np.ndarray:
    try:
        weights = as_numbers(name, values)
    except TableError as error:
        text = f"{error.text}, or name another column"
        raise TableError(text, "sample_weight") from error
    rows = np.arange(len(weights))
    _refuse_missing(name, weights, rows, "sample_weight", "weight (0 leaves it out)")
    wrong = np.flatnonzero(weights < 0)
    if len(wrong):
        text = (
            f"column {name!r} must be 0 or more, but row {wrong[0] + 1} has "
            f"{weights[wrong[0]]:g} ({counted(len(wrong), 'such row')}): correct it, or name "
            "another column"
        )
        raise TableError(text, "sample_weight")
    if not weights.any():
        text = f"column {name!r} is 0 in every row, and no row would count: name another column"
        raise TableError(text, "sample_weight")
    with np.errstate(over="ignore"):
        total = weights.sum()
    if not SMALLEST <= total <= LARGEST:
        text = (
            f"column {name!r} must have a sum between {SMALLEST:g} and {LARGEST:g}, got "
            f"{total:.3g}: only the ratios of weights count, use 1 for an ordinary row"
        )
        raise TableError(text, "sample_weight")
    return weights


def _check_lengths(table, parts: Mapping[str, np.ndarray | None]) -> int:
    n_rows = table.shape[0] if sparse.issparse(table) else n_rows_of(table)
    for argument, values in parts.items():
        if values is not None and len(values) != n_rows:
            text = (
                f"X has {counted(n_rows, 'row')}, but {argument} has {len(values):,}: give one "
                "value for each row"
            )
            raise TableError(text)
    return n_rows


def _usable_rows(
    target: str, without: np.ndarray, weights: np.ndarray | None
) -> tuple[np.ndarray, list[Note]]:
    if without.all():
        raise TableError(f"column {target!r} has no value at all: name another column", "y")
    notes = []
    if without.any():
        text = f"Left out: {counted(without.sum(), 'row')} without a value of {target}."
        notes.append(Note("info", text, (target,)))
    zero = np.zeros_like(without) if weights is None else (weights == 0) & ~without
    if zero.any():
        notes.append(Note("info", f"Left out: {counted(zero.sum(), 'row')} of weight 0."))
    keep = np.flatnonzero(~without & ~zero)
    if len(keep) < MIN_ROWS:
        usable = "a target" if weights is None else "a target and a weight above 0"
        raise TableError(
            f"only {counted(len(keep), 'row')} with {usable}: to choose and to judge needs "
            f"{MIN_ROWS} at the least, and says little below 50. Add rows"
        )
    return keep, notes


def _refuse_missing(
    name: str, values: np.ndarray, rows: np.ndarray, argument: str, noun: str
) -> None:
    missing = rows[is_missing(values[rows])]
    if len(missing):
        text = (
            f"column {name!r} has missing values, in {counted(len(missing), 'row')}, first in row "
            f"{missing[0] + 1}: give every row a {noun}, or leave those rows out"
        )
        raise TableError(text, argument)


def _in_time_order(name: str, time: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The rows, from the oldest to the newest."""
    _refuse_missing(name, time, rows, "time", "time")
    time = time[rows]
    if time.dtype.kind == "V":
        text = f"column {name!r} holds neither dates nor numbers: name another column"
        raise TableError(text, "time")
    if time.dtype.kind != "O":
        return rows[np.argsort(time, kind="stable")]
    # Text sorts by its letters: 10/1/2011 would come before 2/1/2011.
    orders = [np.argsort(dates, kind="stable") for dates in readings(time)]
    if not orders:
        wrong = first_unread(time)
        text = (
            f"column {name!r} must hold dates or numbers, but row {rows[wrong] + 1} says "
            f"{time[wrong]!r}: write dates as 2024-01-31, in every row alike"
        )
        raise TableError(text, "time")
    if any(not np.array_equal(order, orders[0]) for order in orders):
        text = (
            f"column {name!r} can be read in two ways ({time[0]!r}: which is the day, which the "
            "month?): write dates as 2024-01-31"
        )
        raise TableError(text, "time")
    return rows[orders[0]]


def _take(table, index: np.ndarray):
    if sparse.issparse(table):
        return table[index]
    return {name: values[index] for name, values in table.items()}

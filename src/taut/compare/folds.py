"""Folds made once, the same for all techniques: shuffled, grouped or in time order."""

from __future__ import annotations

import numbers
from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    TimeSeriesSplit,
)

from taut.compare.study import Study
from taut.designs.from_frame import TableError
from taut.designs.kinds import counted
from taut.selection import as_splits

__all__ = ["INNER_FOLDS", "Folds", "inner_folds", "needs_labels", "outer_folds", "splitter_of"]

INNER_FOLDS = 5
_OUTER_FOLDS = 10
_OUTER_FOLDS_QUICK = 5
_RAREST = {"classification": " of the rarest class", "survival": ", with events or without"}
_LABELLED = ("classification", "survival")


@dataclass(frozen=True)
class Folds:
    """Outer folds: pairs of training and test rows, and how they were made.

    Attributes
    ----------
    splits : list of (ndarray, ndarray)
    kind : str
        ``shuffled``, ``stratified``, ``grouped`` or ``ordered``.
    repeats : int
    """

    splits: list[tuple[np.ndarray, np.ndarray]]
    kind: str
    repeats: int = 1

    @property
    def test_to_train(self) -> float:
        """Mean ratio of test rows to training rows."""
        return float(np.mean([len(test) / len(train) for train, test in self.splits]))


def outer_folds(study: Study, cv, seed: int, quick: bool) -> Folds:
    """Make the folds on which every technique is scored.

    Parameters
    ----------
    study : Study
    cv : int, splitter, iterable of (train, test) or None
        None is 10 folds, 5 where ``quick``; fewer on a table with fewer groups.
    seed : int
    quick : bool

    Returns
    -------
    Folds

    Raises
    ------
    TableError
        If there are more folds than rows or groups, or fewer than two.
    """
    if not (isinstance(seed, numbers.Integral) and 0 <= seed < 2**32):
        raise TableError(f"{seed!r} is no seed: use a whole number from 0 to 4294967295", "seed")
    kind = fold_kind(study)
    if kind == "grouped" and n_units(study) < 2:
        text = (
            f"all rows are of the one group {_group(study.groups[0])}, and a fold needs whole "
            "groups to be tested on: name a column with more groups, or none"
        )
        raise TableError(text, "groups")
    if cv is None:
        cv = _OUTER_FOLDS_QUICK if quick else _OUTER_FOLDS
        cv = min(cv, n_units(study))
    if isinstance(cv, bool) or not isinstance(cv, numbers.Integral):
        return _given_folds(study, cv, kind)
    if not 2 <= cv <= n_units(study):
        most = n_units(study)
        made_of = counted(most, "group" if kind == "grouped" else "row")
        made_of += _RAREST.get(study.task, "") if kind == "stratified" else ""
        text = f"{counted(cv, 'fold')} cannot be made of {made_of}: use 2 to {most:,}"
        raise TableError(text, "cv")
    if study.ordered:
        # The older half is for training only: models of the first few rows tell nothing about one
        # of all rows, and their errors would drown the others.
        splitter = TimeSeriesSplit(int(cv), test_size=max(study.n_rows // (2 * cv), 1))
    else:
        splitter = _splitter(study, int(cv), seed)
    splits = list(splitter.split(study.y, study.labels, groups=study.groups))
    return _with_every_class(study, Folds(splits, kind))


def _group(value) -> str:
    """A group as the table writes it: whole numbers without the point that they got as float64."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def inner_folds(study: Study, rows: np.ndarray, seed: int):
    """Folds within ``rows`` to choose alpha on: they keep groups together and time in order.

    Returns
    -------
    splitter, or list of (train, test) where groups or classes have to be known
    """
    n_folds = min(INNER_FOLDS, n_units(study, rows))
    if n_folds < 2:
        raise TableError(
            "too few groups: three at the least are needed to choose and to judge on whole groups",
            "groups",
        )
    splitter = _splitter(study, n_folds, seed)
    if not needs_labels(study):
        return splitter
    groups = None if study.groups is None else study.groups[rows]
    return list(splitter.split(rows, study.labels[rows], groups=groups))


def needs_labels(study: Study) -> bool:
    """Whether folds are made of labels of the rows, and not of their number alone."""
    return fold_kind(study) in ("grouped", "stratified")


def fold_kind(study: Study) -> str:
    """``grouped``, ``ordered``, ``stratified`` or ``shuffled``, as the study asks for."""
    if study.groups is not None:
        return "grouped"
    if study.ordered:
        return "ordered"
    return "stratified" if study.task in _LABELLED else "shuffled"


def n_units(study: Study, rows: np.ndarray | None = None) -> int:
    """How many folds could be made at the most: the number of groups, or of rows.

    Where every fold gets rows of every class, that is the number of rows of the rarest.
    """
    if fold_kind(study) == "stratified":
        labels = study.labels if rows is None else study.labels[rows]
        return int(np.unique(labels, return_counts=True)[1].min())
    if study.groups is None:
        # One row must be left to train on in front of the first ordered fold.
        return (study.n_rows if rows is None else len(rows)) - int(study.ordered)
    groups = study.groups if rows is None else study.groups[rows]
    return len(np.unique(groups))


def _splitter(study: Study, n_folds: int, seed: int):
    if study.ordered:
        return TimeSeriesSplit(n_folds)
    return splitter_of(study)(n_folds, shuffle=True, random_state=seed)


def splitter_of(study: Study) -> type:
    """The class of the splitter, scikit-learn's; that of time order takes no seed."""
    if study.ordered:
        return TimeSeriesSplit
    labelled = study.task in _LABELLED
    if study.groups is not None:
        return StratifiedGroupKFold if labelled else GroupKFold
    return StratifiedKFold if labelled else KFold


def _with_every_class(study: Study, folds: Folds) -> Folds:
    """The folds, where their training rows hold every class: what was never seen has no chance."""
    if study.task == "survival":
        return _with_events(study, folds)
    if study.task != "classification":
        return folds
    classes = np.unique(study.y)
    for number, (train, _) in enumerate(folds.splits, start=1):
        unseen = np.setdiff1d(classes, study.y[train])
        if len(unseen):
            text = (
                f"the training rows of fold {number} hold no row of class {unseen[0]!s}, which "
                "could not be learnt: use fewer folds, or leave the rows of that class out"
            )
            raise TableError(text, "cv")
    return folds


def _with_events(study: Study, folds: Folds) -> Folds:
    """The folds, where both parts hold an event: without one nothing is learnt, or judged."""
    for number, parts in enumerate(folds.splits, start=1):
        for rows, part in zip(parts, ("training", "test"), strict=True):
            if not study.labels[rows].any():
                text = (
                    f"the {part} rows of fold {number} hold no event: use fewer folds, or folds of "
                    "other rows"
                )
                raise TableError(text, "cv")
    return folds


def _given_folds(study: Study, cv, kind: str) -> Folds:
    try:
        splits = as_splits(cv, study.n_rows, y=study.labels, groups=study.groups, name="cv")
    except (TypeError, ValueError) as error:
        raise TableError(str(error)) from error
    if len(splits) < 2:
        raise TableError(f"it gives {counted(len(splits), 'fold')}: at least 2 are needed", "cv")
    return _with_every_class(study, Folds(splits, kind, int(getattr(cv, "n_repeats", 1))))

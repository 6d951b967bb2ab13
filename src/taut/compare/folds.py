"""Folds made once, the same for all techniques: shuffled, grouped or in time order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import GroupKFold, KFold, TimeSeriesSplit

from taut.compare.study import Study
from taut.designs.from_frame import TableError

__all__ = ["INNER_FOLDS", "Folds", "inner_folds", "outer_folds"]

INNER_FOLDS = 5
_OUTER_FOLDS = 10
_OUTER_FOLDS_QUICK = 5


@dataclass(frozen=True)
class Folds:
    """Outer folds: pairs of training and test rows, and how they were made.

    Attributes
    ----------
    splits : list of (ndarray, ndarray)
    kind : str
        ``shuffled``, ``grouped`` or ``ordered``.
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
    if not 0 <= seed < 2**32:
        raise TableError(f"seed is {seed}: use a whole number from 0 to 4294967295")
    kind = fold_kind(study)
    if cv is None:
        cv = _OUTER_FOLDS_QUICK if quick else _OUTER_FOLDS
        cv = min(cv, n_units(study))
    if not isinstance(cv, (int, np.integer)):
        return _given_folds(study, cv, kind)
    units = "groups" if kind == "grouped" else "rows"
    if not 2 <= cv <= n_units(study):
        raise TableError(
            f"{cv} folds cannot be made of {n_units(study):,} {units}: "
            f"choose cv (--folds) from 2 to {n_units(study):,}"
        )
    splitter = _splitter(study, int(cv), seed)
    return Folds(list(splitter.split(study.y, groups=study.groups)), kind)


def inner_folds(study: Study, rows: np.ndarray, seed: int):
    """Folds within ``rows`` to choose alpha on: they keep groups together and time in order.

    Returns
    -------
    splitter, or list of (train, test) where groups have to be known
    """
    n_folds = min(INNER_FOLDS, n_units(study, rows))
    if n_folds < 2:
        raise TableError(
            "too few groups: three at the least are needed to choose and to judge on whole groups"
        )
    splitter = _splitter(study, n_folds, seed)
    if study.groups is None:
        return splitter
    return list(splitter.split(rows, groups=study.groups[rows]))


def fold_kind(study: Study) -> str:
    """``grouped``, ``ordered`` or ``shuffled``, as the study asks for."""
    if study.groups is not None:
        return "grouped"
    return "ordered" if study.ordered else "shuffled"


def n_units(study: Study, rows: np.ndarray | None = None) -> int:
    """How many folds could be made at the most: the number of groups, or of rows."""
    if study.groups is None:
        # One row must be left to train on in front of the first ordered fold.
        return (study.n_rows if rows is None else len(rows)) - int(study.ordered)
    groups = study.groups if rows is None else study.groups[rows]
    return len(np.unique(groups))


def _splitter(study: Study, n_folds: int, seed: int):
    if study.groups is not None:
        return GroupKFold(n_folds, shuffle=True, random_state=seed)
    if study.ordered:
        return TimeSeriesSplit(n_folds)
    return KFold(n_folds, shuffle=True, random_state=seed)


def _given_folds(study: Study, cv, kind: str) -> Folds:
    placeholder = np.zeros((study.n_rows, 1))
    pairs = cv.split(placeholder, study.y, study.groups) if hasattr(cv, "split") else cv
    splits = [(np.asarray(train), np.asarray(test)) for train, test in pairs]
    if len(splits) < 2:
        raise TableError(f"cv gives {len(splits)} folds: at least 2 are needed")
    return Folds(splits, kind, int(getattr(cv, "n_repeats", 1)))

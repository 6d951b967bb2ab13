"""Folds: made once, shared by everything that is compared on them."""

from __future__ import annotations

import numbers

import numpy as np

__all__ = ["as_splits"]


def as_splits(folds, n_samples: int, random_state=None, y=None, groups=None):
    """Train and test rows of each fold, as a list of pairs of index arrays.

    Parameters
    ----------
    folds : int, splitter or iterable of (train, test)
        A number of contiguous folds (shuffled where ``random_state`` is given), an object with
        scikit-learn's ``split``, or the pairs themselves.
    n_samples : int
    random_state : int or RandomState, default None
    y, groups : array of shape (n_samples,), default None
        Passed on to a splitter.

    Raises
    ------
    ValueError
        More folds than rows, fewer than two, or an empty part.
    TypeError
        ``folds`` is none of these.
    """
    if isinstance(folds, numbers.Integral) and not isinstance(folds, bool):
        if not 2 <= folds <= n_samples:
            raise ValueError(
                f"folds must be between 2 and the number of rows, {n_samples}, got {folds}: each "
                "fold needs a row to be tested on"
            )
        # Imported where it is needed: it costs a good part of importing all of scikit-learn.
        from sklearn.model_selection import KFold

        shuffle = random_state is not None
        folds = KFold(folds, shuffle=shuffle, random_state=random_state if shuffle else None)
    if hasattr(folds, "split") and not isinstance(folds, str):
        pairs = folds.split(np.zeros((n_samples, 1)), y, groups)
    elif np.iterable(folds) and not isinstance(folds, str):
        pairs = folds
    else:
        raise TypeError(
            f"folds must be a number, a scikit-learn splitter or pairs of row indices, got "
            f"{folds!r}"
        )
    splits = [tuple(_rows(part, n_samples) for part in pair) for pair in pairs]
    if not splits:
        raise ValueError(
            f"folds must hold at least one pair of row indices, got none from {folds!r}: a "
            "generator is used up by one fit, a list is not"
        )
    if any(len(part) == 0 for pair in splits for part in pair):
        raise ValueError("folds must hold training and test rows in every fold, got an empty part")
    return splits


def _rows(part, n_samples):
    part = np.asarray(part)
    if part.dtype == bool:
        part = np.flatnonzero(part)
    if part.size and (part.min() < -n_samples or part.max() >= n_samples):
        raise ValueError(
            f"folds must index the {n_samples} rows, got an index of {part.max()}: make them for "
            "this table"
        )
    return part

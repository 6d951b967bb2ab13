"""Which rows are held back from training."""

from __future__ import annotations

import numpy as np
from sklearn.model_selection import ShuffleSplit, StratifiedShuffleSplit

from taut.nn.training.early_stopping import EarlyStopping
from taut.validation import shown

__all__ = ["held_back"]


def held_back(stopping: EarlyStopping, y, classes: bool, seed: int):
    """Indices of the rows to train on, and of those held back.

    Parameters
    ----------
    stopping : EarlyStopping
    y : ndarray of shape (n_samples, ...)
    classes : bool
        Whether y holds classes, whose shares should be kept.
    seed : int

    Returns
    -------
    train, validation : ndarrays of int

    Raises
    ------
    ValueError
        A part would be empty.
    """
    n_rows = len(y)
    if stopping.takes_share:
        splitter = _by_share(stopping.validation, y, classes, seed)
        return next(splitter.split(np.zeros(n_rows), y))
    splits = stopping.validation
    if hasattr(splits, "split"):
        splits = splits.split(np.zeros((n_rows, 1)), y)
    splits = list(splits)
    if not splits:
        raise ValueError(
            "validation of EarlyStopping gives no split: pass a list, since an iterator is used up "
            "by one fit, or a share such as 0.1"
        )
    train, validation = (
        _numbers(part, rows, n_rows)
        for part, rows in zip(("training", "validation"), splits[-1], strict=True)
    )
    shared = np.intersect1d(train, validation)
    if len(shared):
        raise ValueError(
            f"validation of EarlyStopping must hold back rows that are not trained on, but its "
            f"last split has {len(shared)} in both parts, such as row {shared[0]}: leave them out "
            "of one"
        )
    return train, validation


def _numbers(part, rows, n_rows):
    """Numbers of rows, which may be given as a mask."""
    rows = np.asarray(rows)
    if rows.dtype == bool and rows.shape == (n_rows,):
        rows = np.flatnonzero(rows)
    if rows.ndim != 1 or rows.dtype.kind not in "iu" or not len(rows):
        raise ValueError(
            f"validation of EarlyStopping must give numbers of rows, but its last {part} part is "
            f"{shown(rows)}: pass integers from 0 to {n_rows - 1}, or a mask of {n_rows}"
        )
    if rows.min() < 0 or rows.max() >= n_rows:
        raise ValueError(
            f"validation of EarlyStopping must split the {n_rows} rows of X, but its last {part} "
            f"part goes from row {rows.min()} to {rows.max()}: make the splits on these rows, or "
            "pass a share such as 0.1"
        )
    return rows


def _by_share(share, y, classes, seed):
    n_rows = len(y)
    n_validation = max(round(share * n_rows), 1)
    if n_validation >= n_rows:
        raise ValueError(
            f"early stopping holds back {n_validation} of n_samples={n_rows}, and leaves none to "
            "train on: add rows, or pass early_stopping=False"
        )
    if classes:
        counts = np.unique(y, return_counts=True)[1]
        fits = min(n_validation, n_rows - n_validation) >= len(counts)
        if fits and counts.min() >= 2:
            return StratifiedShuffleSplit(1, test_size=n_validation, random_state=seed)
    return ShuffleSplit(1, test_size=n_validation, random_state=seed)

"""Which rows are held back from training."""

from __future__ import annotations

import numpy as np
from sklearn.model_selection import ShuffleSplit, StratifiedShuffleSplit

from taut.nn.training.early_stopping import EarlyStopping

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
    *_, (train, validation) = splits
    train, validation = np.asarray(train), np.asarray(validation)
    for part, rows in (("training", train), ("validation", validation)):
        if not len(rows) or rows.max() >= n_rows:
            raise ValueError(
                f"validation of EarlyStopping must split the {n_rows} rows of X, but its last "
                f"{part} part has {len(rows)} rows up to number {rows.max(initial=-1)}: make the "
                "splits on these rows, or pass a share such as 0.1"
            )
    return train, validation


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

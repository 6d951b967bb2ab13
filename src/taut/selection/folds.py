"""Folds: made once, shared by everything that is compared on them."""

from __future__ import annotations

import numbers

import numpy as np

from taut.validation import is_listing, shown

__all__ = ["as_splits", "check_folds", "split_by"]


def check_folds(folds, n_samples: int | None = None, name="folds"):
    """Refuse what can make no folds, as far as that can be told of ``n_samples`` rows.

    Raises
    ------
    ValueError
        A number below two, or above ``n_samples``.
    TypeError
        Neither a number nor a splitter nor an iterable.
    """
    if isinstance(folds, numbers.Integral) and not isinstance(folds, bool):
        rows = "" if n_samples is None else f", {n_samples}"
        if folds < 2 or (n_samples is not None and folds > n_samples):
            raise ValueError(
                f"{name} must be between 2 and the number of rows{rows}, got {folds}: pass "
                f"{min(5, n_samples or 5)}, say; each fold needs a row to be tested on"
            )
    elif isinstance(folds, str) or not (hasattr(folds, "split") or np.iterable(folds)):
        raise TypeError(
            f"{name} must be a number, a scikit-learn splitter or pairs of row indices, got "
            f"{shown(folds)}: pass 5, say"
        )


def as_splits(
    folds, n_samples: int, random_state=None, y=None, groups=None, name="folds", stratify=False
):
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
    name : str, default "folds"
        Of the argument, for messages.
    stratify : bool, default False
        Whether a number of folds shall have the classes ``y`` in equal shares.

    Returns
    -------
    list of (train, test)
        Arrays of row numbers.

    Raises
    ------
    ValueError
        More folds than rows, fewer than two, an empty part, what is no row, or a splitter that
        cannot split them.
    TypeError
        ``folds`` is none of these.
    """
    check_folds(folds, n_samples, name)
    if isinstance(folds, numbers.Integral):
        # Imported where it is needed: it costs a good part of importing all of scikit-learn.
        from sklearn.model_selection import KFold, StratifiedKFold

        shuffle = random_state is not None
        kind = StratifiedKFold if stratify else KFold
        folds = kind(folds, shuffle=shuffle, random_state=random_state if shuffle else None)
    if hasattr(folds, "split"):
        folds = split_by(folds, np.zeros((n_samples, 1)), y, name, groups=groups)
    splits = [_pair(pair, n_samples, f"{name}[{k}]") for k, pair in enumerate(folds)]
    if not splits:
        raise ValueError(
            f"{name} must hold at least one pair of row indices, got none from {shown(folds)}: a "
            "generator is used up by one fit, a list is not"
        )
    return splits


def split_by(splitter, X, y, name, **params) -> list:
    """What a scikit-learn splitter makes of some rows.

    Raises
    ------
    ValueError
        It cannot split them; the message says why.
    """
    try:
        return list(splitter.split(X, y, **params))
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{name} must be able to split the rows, got {splitter!r}: "
            f"{str(error).rstrip('.')}. Pass fit the groups where it needs them, one for each row, "
            "or pass pairs of row indices, list(splitter.split(X, y, groups))"
        ) from error


def _pair(pair, n_samples, name):
    parts = list(pair) if is_listing(pair) else []
    if len(parts) != 2:
        raise ValueError(
            f"{name} must be a pair of row indices, (train, test), got {shown(pair)}: pass 5 for "
            "five folds, or a list of pairs"
        )
    return tuple(_rows(part, n_samples, name) for part in parts)


def _rows(part, n_samples, name):
    rows = np.asarray(part)
    if rows.dtype == bool and rows.shape == (n_samples,):
        rows = np.flatnonzero(rows)
    if rows.size == 0:
        raise ValueError(
            f"{name} must hold training and test rows, got an empty part: leave the fold out"
        )
    indices = rows.ndim == 1 and rows.dtype.kind in "iu"
    wrong = rows[(rows < -n_samples) | (rows >= n_samples)] if indices else rows
    if wrong.size:
        raise ValueError(
            f"{name} must index the {n_samples} rows, got an index of {shown(wrong.flat[0])}: make "
            "the folds for this table"
        )
    return rows

"""Why a row is unusual, feature by feature."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

__all__ = ["Explanation", "explained"]


class Explanation(NamedTuple):
    """What one feature adds to the score of one row, and what was expected in its place.

    Attributes
    ----------
    feature : str
    value : float
        As given.
    from_features : float
        What the lasso predicts from the row's other features, in the units of the value.
    from_rows : float
        The mean of the row's neighbours, or what the dictionary says, in the units of the value.
    contribution : float
        The contributions of all features sum to the row's anomaly score.
    """

    feature: str
    value: float
    from_features: float
    from_rows: float
    contribution: float


def explained(names, X, expected, contributions, top):
    """Of each row the largest contributions, as lists of `Explanation`.

    Parameters
    ----------
    names : list of str
    X, contributions : ndarray of shape (n_samples, n_features)
    expected : pair of ndarray of shape (n_samples, n_features)
        From features and from rows.
    top : int
    """
    return [
        [
            Explanation(
                names[j],
                *(float(values[i, j]) for values in (X, *expected, contributions)),
            )
            for j in np.argsort(-contributions[i], kind="stable")[:top]
        ]
        for i in range(len(X))
    ]

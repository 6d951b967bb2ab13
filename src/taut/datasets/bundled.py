"""The bundled default table: diabetes, from scikit-learn."""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_diabetes as _load_diabetes

__all__ = ["load_diabetes"]


def load_diabetes() -> dict[str, np.ndarray]:
    """Load the diabetes table: 442 patients, 10 measurements and how the disease went on.

    The columns are as measured: age (years), sex (1 or 2), bmi (kg/m2), bp (mean arterial
    pressure, mm Hg), six blood serum measurements, and ``progression``, the target: a measure of
    the disease one year later, 25 to 346.

    Returns
    -------
    dict of str to ndarray of shape (442,)
        A mapping, so that no data frame library is needed.

    References
    ----------
    Efron, Hastie, Johnstone and Tibshirani (2004), Least angle regression, Annals of Statistics
    32, 407-499.
    """
    bunch = _load_diabetes(scaled=False)
    columns = {name: bunch.data[:, j].copy() for j, name in enumerate(bunch.feature_names)}
    return columns | {"progression": bunch.target}

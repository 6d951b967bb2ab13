"""How sure is a difference between two techniques that were scored on the same folds?"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.stats import t

__all__ = ["Interval", "corrected_interval"]


class Interval(NamedTuple):
    """A mean difference with its confidence limits, in the unit of the score."""

    mean: float
    low: float
    high: float


def corrected_interval(
    differences: np.ndarray, test_to_train: float, confidence: float = 0.95
) -> Interval:
    """Interval of a mean difference over folds that share training rows.

    Folds overlap in their training rows, so their scores are correlated and the usual standard
    error is too small. Nadeau and Bengio replace the factor 1/J of the variance by
    ``1/J + n_test/n_train``, J being the number of folds (all repeats together), and take the
    quantile of Student's t with J - 1 degrees of freedom.

    Parameters
    ----------
    differences : ndarray of shape (n_folds,)
        Score of one technique minus score of the other, fold by fold.
    test_to_train : float
        Test rows over training rows.
    confidence : float

    Returns
    -------
    Interval

    References
    ----------
    Nadeau and Bengio (2003), Inference for the generalization error, Machine Learning 52,
    239-281: the corrected resampled t-test, section 3.
    """
    n_folds = len(differences)
    mean = float(np.mean(differences))
    variance = np.var(differences, ddof=1) * (1.0 / n_folds + test_to_train)
    half = float(t.ppf(0.5 + confidence / 2.0, n_folds - 1) * np.sqrt(variance))
    return Interval(mean, mean - half, mean + half)

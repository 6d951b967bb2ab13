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
    scores: np.ndarray, others: np.ndarray, test_to_train: float, confidence: float = 0.95
) -> Interval:
    r"""Interval of a mean difference over folds that share training rows and differ in scale.

    Folds overlap in their training rows, so their scores are correlated and the usual standard
    error is too small. Nadeau and Bengio replace the factor 1/J of the variance by
    ``1/J + n_test/n_train``, J being the number of folds (all repeats together), and take the
    quantile of Student's t with J - 1 degrees of freedom.

    That asks for differences of one variance. Where folds differ in scale (a quiet year and a wild
    one) they have none: a technique that loses every fold, by 10 in some and by 70 in others, has
    differences of a large spread, which would pass for doubt. What is alike in all folds is the
    share of the error that one technique saves, so the model is

    .. math:: d_k = s_k (\delta + \varepsilon_k), \quad s_k = \max(a_k, b_k), \quad
              \operatorname{var} \varepsilon_k = \sigma^2

    with the scores a and b of fold k. The scale is the larger of the two errors, because then
    the share lies between -1 and 1 and the spread of great losses cannot hide that they are
    losses; it is that of these two techniques alone, because another that fails wildly must not
    blur them. The mean difference is :math:`\bar s` times the mean of the shares with weights
    :math:`w_k = s_k / \sum_l s_l`, and hence of variance

    .. math:: \bar s^2 \sigma^2 \Bigl(\sum_k w_k^2 + n_\text{test} / n_\text{train}\Bigr),

    where :math:`\sigma^2` is estimated from the shares. Folds of one scale have w = 1/J: this is
    the interval of Nadeau and Bengio then. Where few folds make up the mean, it is wider.

    Parameters
    ----------
    scores, others : array-like of shape (n_folds,)
        Errors of one technique and of the other, fold by fold, 0 or more.
    test_to_train : float
        Test rows over training rows.
    confidence : float

    Returns
    -------
    Interval
        Of ``scores - others``.

    References
    ----------
    Nadeau and Bengio (2003), Inference for the generalization error, Machine Learning 52,
    239-281: the corrected resampled t-test, section 3.
    """
    scores, others = np.asarray(scores, dtype=np.float64), np.asarray(others, dtype=np.float64)
    n_folds, mean = len(scores), float(np.mean(scores - others))
    scale = np.maximum(scores, others)
    if not scale.any():
        return Interval(0.0, 0.0, 0.0)
    # Where both errors are 0, so is their difference, of whatever scale.
    shares = (scores - others) / np.where(scale > 0, scale, 1.0)
    weights = scale / scale.sum()
    variance = np.var(shares, ddof=1) * (weights @ weights + test_to_train)
    half = float(t.ppf(0.5 + confidence / 2.0, n_folds - 1) * np.sqrt(variance) * scale.mean())
    return Interval(mean, mean - half, mean + half)

"""Multinomial regression: several classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import logsumexp, softmax

from taut.losses.base import Loss
from taut.losses.checks import as_response, refuse_rows
from taut.losses.entropy import p_log_p

__all__ = ["Multinomial"]

_MOST_STEPS = 200


@dataclass(frozen=True)
class Multinomial(Loss):
    """Negative log-likelihood of K classes, ``log(sum_k exp(eta_k)) - eta_y``.

    In nats, half the multinomial deviance. ``y`` holds indicators, shape (n_samples, K), one 1 in
    each row (``check_response`` makes them of class numbers), and ``eta`` has the same shape;
    ``value`` and ``conjugate`` have shape (n_samples,). The loss is symmetric in the classes:
    adding a constant to a row of ``eta`` changes nothing. ``mean`` holds the probabilities.

    ``hessian`` and ``curvature`` are the exact diagonal, p (1 - p) for each class. As the full
    Hessian ``diag(p) - p p'`` is diagonally dominant, twice that diagonal bounds it from above; its
    eigenvalues are at most 1/2.

    References
    ----------
    Böhning, D. (1992). Multinomial logistic regression algorithm. Annals of the Institute of
    Statistical Mathematics 44, 197-200.
    """

    name: ClassVar[str] = "multinomial"
    curvature_bound: ClassVar[float | None] = 0.5

    def value(self, y, eta):
        # Relative to the class observed, so that nothing cancels where it is fitted well.
        y, eta = np.asarray(y), np.asarray(eta)
        ahead = eta - np.sum(y * eta, axis=-1, keepdims=True)
        top = np.max(ahead, axis=-1)
        others = np.sum((1 - y) * np.exp(ahead - top[..., None]), axis=-1)
        return top + np.log1p(others + np.expm1(-top))

    def gradient(self, y, eta):
        return softmax(eta, axis=-1) - y

    def hessian(self, y, eta):
        p = softmax(eta, axis=-1)
        return p * (1 - p)

    def conjugate(self, y, theta):
        # The slope p - y = theta gives probabilities y + theta; they must sum to one.
        y, theta = np.asarray(y), np.asarray(theta)
        entropy = np.sum(p_log_p(y + theta, (1 - y) - theta), axis=-1)
        slack = 1e3 * np.finfo(entropy.dtype).eps
        return np.where(np.abs(np.sum(theta, axis=-1)) <= slack, entropy, np.inf)

    def mean(self, eta):
        return softmax(eta, axis=-1)

    def check_response(self, y, name="y"):
        """The response as indicators.

        Parameters
        ----------
        y : array-like of shape (n_samples,) or (n_samples, K)
            Class numbers 0 to K - 1, or a 1 for the class of each row and 0 elsewhere. Every class
            must be there.
        name : str, default "y"

        Returns
        -------
        ndarray of float64, shape (n_samples, K)

        Raises
        ------
        TypeError
            It does not hold numbers.
        ValueError
            It is neither of the two, or a class has no sample.
        """
        y = as_response(y, name, n_dims=(1, 2))
        y = _indicators(y, name) if y.ndim == 1 else _checked_indicators(y, name)
        empty = np.flatnonzero(~y.any(axis=0))
        if empty.size or y.shape[1] < 2:
            got = f"none for class {empty[0]}" if empty.size else "one class only"
            raise ValueError(
                f"{name} must hold samples of every class, 0 to K - 1 with K >= 2, got {got}: "
                "number the classes that are there, as np.unique(y, return_inverse=True) does"
            )
        return y

    def null_intercept(self, y, v, offset=None):
        """Intercepts of the classes, shape (K,), summing to zero; -inf for a class not seen."""
        shares = v @ y / np.sum(v)
        seen = shares > 0
        intercept = np.full(len(shares), -np.inf)
        if offset is None:
            intercept[seen] = np.log(shares[seen])
        else:
            there = v > 0
            intercept[seen] = _fitted(shares[seen], v[there] / np.sum(v), offset[there][:, seen])
        intercept[seen] -= intercept[seen].mean()
        return intercept


def _indicators(y, name) -> np.ndarray:
    fix = "number the classes from 0, as np.unique(y, return_inverse=True) does"
    wrong = (y < 0) | (y != np.floor(y)) | (y >= len(y))
    refuse_rows(wrong, y, name, "hold class numbers 0 to K - 1", fix)
    return np.equal.outer(y, np.arange(y.max() + 1)).astype(np.float64)


def _checked_indicators(y, name) -> np.ndarray:
    fix = "pass class numbers of shape (n_samples,)"
    refuse_rows((y != 0) & (y != 1), y, name, "hold 0 or 1 for each class", fix)
    sums = y.sum(axis=1)
    refuse_rows(sums != 1, sums, name, "have rows that sum to 1", fix)
    return y


def _fitted(shares, v, offset) -> np.ndarray:
    """Intercepts for which the mean probability of each class is its share."""
    newton = scaling = intercept = np.zeros(len(shares))
    lowest = least_miss = np.inf
    for _ in range(_MOST_STEPS):
        # A Newton step where it descends, or part of one, else iterative scaling, which always does
        # (Darroch and Ratcliff 1972) but slowly. The last digits show in the slopes only.
        for step in (newton, newton / 8, newton / 64, scaling):
            eta = offset + intercept + step
            p = softmax(eta, axis=1)
            value = v @ logsumexp(eta, axis=1) - shares @ (intercept + step)
            miss = np.max(np.abs(shares - v @ p))
            is_level = value <= lowest + 1e-14 * abs(lowest)
            if value < lowest or (is_level and miss < least_miss):
                break
        else:
            break
        intercept, lowest, least_miss, mean = intercept + step, value, miss, v @ p
        # The Hessian is flat along ones; the constant fills that direction.
        hessian = np.diag(mean) - p.T @ (v[:, None] * p) + 1 / len(shares)
        newton = np.linalg.lstsq(hessian, shares - mean, rcond=None)[0]
        scaling = np.log(shares / np.maximum(mean, np.finfo(np.float64).tiny))
    return intercept

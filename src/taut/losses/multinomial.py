"""Multinomial regression: several classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy import sparse
from scipy.special import logsumexp, softmax

from taut.losses.base import Loss, weighted_gram
from taut.losses.checks import as_response, refuse_rows
from taut.losses.entropy import p_log_p
from taut.losses.recession import Recession, differences

__all__ = ["Multinomial"]

_MOST_STEPS = 200
_FARTHEST = 10.0  # of one step of an intercept


@dataclass(frozen=True)
class Multinomial(Loss):
    """Negative log-likelihood of K classes, ``log(sum_k exp(eta_k)) - eta_y``.

    In nats, half the multinomial deviance. ``y`` holds indicators, shape (n_samples, K), one 1 in
    each row (``check_response`` makes them of class numbers), and ``eta`` has the same shape;
    ``value`` and ``conjugate`` have shape (n_samples,). The loss is symmetric in the classes:
    adding a constant to a row of ``eta`` changes nothing. ``mean`` holds the probabilities.

    In reference coding the first class has the predictor 0, and coefficients are log-odds against
    it: ``y`` and ``eta`` have the K - 1 columns of the other classes, ``mean`` has all K. Without
    penalty both codings give one model; a penalty shrinks towards the first class here, and towards
    equal shares of all in the symmetric coding.

    ``hessian`` and ``curvature`` are the exact diagonal, p (1 - p) for each class. As the full
    Hessian ``diag(p) - p p'`` is diagonally dominant, twice that diagonal bounds it from above; its
    eigenvalues are at most 1/2.

    Parameters
    ----------
    coding : {"symmetric", "reference"}, default "symmetric"

    Raises
    ------
    ValueError
        ``coding`` is neither.

    References
    ----------
    Böhning, D. (1992). Multinomial logistic regression algorithm. Annals of the Institute of
    Statistical Mathematics 44, 197-200.
    Agresti, A. (2013). Categorical data analysis, 3rd edition, section 8.1: baseline-category
    logits.
    """

    name: ClassVar[str] = "multinomial"
    curvature_bound: ClassVar[float | None] = 0.5

    coding: str = "symmetric"

    def __post_init__(self):
        if self.coding not in ("symmetric", "reference"):
            raise ValueError(
                f"coding must be 'symmetric' or 'reference', got {self.coding!r}: pass 'symmetric'"
            )

    @property
    def has_reference(self) -> bool:
        """Whether the first class has no predictor of its own."""
        return self.coding == "reference"

    def value(self, y, eta):
        # Relative to the class observed, so that nothing cancels where it is fitted well.
        y, eta = self._adding_up(y, 1.0), self._of_all(eta)
        ahead = eta - np.sum(y * eta, axis=-1, keepdims=True)
        top = np.max(ahead, axis=-1)
        others = np.sum((1 - y) * np.exp(ahead - top[..., None]), axis=-1)
        return top + np.log1p(others + np.expm1(-top))

    def gradient(self, y, eta):
        return self._others(self.mean(eta)) - y

    def hessian(self, y, eta):
        p = self._others(self.mean(eta))
        return p * (1 - p)

    def hessian_product(self, y, eta, v, direction):
        p = self._others(self.mean(eta))
        return v[:, None] * p * (direction - np.sum(p * direction, axis=-1, keepdims=True))

    def hessian_gram(self, y, eta, v, left, right):
        # diag(p) - p p' for each row
        p = self._others(self.mean(eta))
        n_classes = p.shape[1]
        result = np.empty((left.shape[1], n_classes, right.shape[1], n_classes))
        for k in range(n_classes):
            for other in range(k, n_classes):
                weights = v * p[:, k] * ((k == other) - p[:, other])
                block = weighted_gram(left, weights, right)
                result[:, k, :, other] = result[:, other, :, k] = block
        return result.reshape(left.shape[1] * n_classes, -1)

    def hessian_root(self, y, eta, v):
        # diag(p) - p p' = R R' with R = diag(sqrt p) - a p sqrt(p)' and a^2 s - 2 a + 1 = 0 for the
        # sum s of p.
        p = self._others(self.mean(eta))
        total = np.minimum(p.sum(axis=1), 1.0)
        share = 1.0 / (1.0 + np.sqrt(1.0 - total))
        root = np.sqrt(v[:, None] * p)[:, None, :] * (
            np.eye(p.shape[1]) - share[:, None, None] * p[:, :, None]
        )
        first = np.arange(len(p) + 1)
        return sparse.bsr_array((root, first[:-1], first)).tocsr()

    def conjugate(self, y, theta):
        # The slope p - y = theta gives probabilities y + theta; they must sum to one.
        y, theta = self._adding_up(y, 1.0), self._adding_up(theta, 0.0)
        entropy = np.sum(p_log_p(y + theta, (1 - y) - theta), axis=-1)
        slack = 1e3 * np.finfo(entropy.dtype).eps
        return np.where(np.abs(np.sum(theta, axis=-1)) <= slack, entropy, np.inf)

    def mean(self, eta):
        return softmax(self._of_all(eta), axis=-1)

    def newton_step(self, eta, v, slope):
        """The step of the intercepts where the slopes of the rows sum to ``slope``.

        Classes share a row, so that their curvatures are a matrix, ``sum_i v_i (diag(p) - p p')``.
        In the symmetric coding it is flat along ones, where the slopes sum to zero.

        Raises
        ------
        numpy.linalg.LinAlgError
            The matrix is singular.
        """
        p = self._others(self.mean(eta))
        hessian = np.diag(v @ p) - p.T @ (v[:, None] * p)
        if self.has_reference:
            return -np.linalg.solve(hessian, slope)
        return -np.linalg.solve(hessian + 1.0 / len(slope), slope - slope.mean())

    def recession(self, y, v):
        """It falls where the class observed gains on another and loses against none."""
        number = np.arange(np.size(y)).reshape(np.shape(y))
        if self.has_reference:
            number = np.concatenate([np.full((len(y), 1), -1), number], axis=1)
        labels = np.argmax(self._adding_up(y, 1.0), axis=1)
        rows, others = np.nonzero(np.arange(number.shape[1]) != labels[:, None])
        seen = v[rows] > 0
        rows, others = rows[seen], others[seen]
        return Recession(
            differences(number[rows, labels[rows]], number[rows, others], np.size(y)),
            differences([], [], np.size(y)),
            lambda eta: v[rows] * self.mean(eta)[rows, others],
        )

    def _of_all(self, eta):
        """Predictors of all K classes: that of a reference is 0."""
        eta = np.asarray(eta)
        if not self.has_reference:
            return eta
        return np.concatenate([np.zeros((*eta.shape[:-1], 1)), eta], axis=-1)

    def _adding_up(self, others, total):
        """Indicators or slopes of all K classes, which add up to a total."""
        others = np.asarray(others)
        if not self.has_reference:
            return others
        first = total - np.sum(others, axis=-1, keepdims=True)
        return np.concatenate([first, others], axis=-1)

    def _others(self, values):
        return values[..., 1:] if self.has_reference else values

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
        ndarray of float64, shape (n_samples, K), or (n_samples, K - 1) in reference coding

        Raises
        ------
        TypeError
            It does not hold numbers.
        ValueError
            It is neither of the two, or a class has no sample.
        """
        y = as_response(y, name, n_dims=(1, 2))
        if self.has_reference and y.ndim == 2 and np.any(y.sum(axis=1) == 0):
            y = self._adding_up(y, 1.0)  # it was checked before
        y = _indicators(y, name) if y.ndim == 1 else _checked_indicators(y, name)
        empty = np.flatnonzero(~y.any(axis=0))
        if empty.size or y.shape[1] < 2:
            got = f"none for class {empty[0]}" if empty.size else "one class only"
            raise ValueError(
                f"{name} must hold samples of every class, 0 to K - 1 with K >= 2, got {got}: "
                "number the classes that are there, as np.unique(y, return_inverse=True) does"
            )
        return np.ascontiguousarray(self._others(y))

    def null_intercept(self, y, v, offset=None):
        """Intercepts of the classes, shape (K,), summing to zero; -inf for a class not seen.

        In reference coding, of shape (K - 1,), relative to the first class.
        """
        if self.has_reference:
            offset = None if offset is None else self._of_all(offset)
            everyone = Multinomial().null_intercept(self._adding_up(y, 1.0), v, offset)
            return everyone[1:] - everyone[0]
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
        for step in (newton, newton / 4, newton / 16, newton / 64, newton / 256, scaling):
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
        # Where all probabilities are nearly 0 or 1 hardly any curvature is left, and a step made of
        # it leads beyond all samples: no part of it that is tried would descend.
        newton *= min(1.0, _FARTHEST / max(np.max(np.abs(newton)), _FARTHEST))
        scaling = np.log(shares / np.maximum(mean, np.finfo(np.float64).tiny))
    return intercept

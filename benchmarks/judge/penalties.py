"""Penalties as the judge sees them: value, dual norm, and the conjugate of a multiple.

For a norm the conjugate of ``alpha`` times it is zero where the dual norm is at most ``alpha`` and
infinite elsewhere, so a dual point is scaled until it is feasible.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri


class Norm:
    """A penalty whose conjugate is an indicator."""

    def scale(self, z, alpha):
        """By what a dual point with correlations z is multiplied to be feasible; at most one."""
        return min(1.0, alpha / max(self.dual_norm(z), np.finfo(float).tiny))

    def conjugate(self, z, alpha):
        return 0.0


class L1(Norm):
    def value(self, coef):
        return np.abs(coef).sum()

    def dual_norm(self, z):
        return np.abs(z).max()


@dataclass(frozen=True)
class Groups(Norm):
    """``sum_g sqrt(size) |b_g|_2`` over groups of neighbouring columns, all of one size."""

    size: int

    def _norms(self, values):
        return np.linalg.norm(values.reshape(-1, self.size), axis=1)

    def value(self, coef):
        return np.sqrt(self.size) * self._norms(coef).sum()

    def dual_norm(self, z):
        return self._norms(z).max() / np.sqrt(self.size)


@dataclass(frozen=True)
class Slope(Norm):
    """``sum_j lambda_j |b|_(j)`` with the sequence of Benjamini and Hochberg at a rate q."""

    q: float

    def sequence(self, n_features):
        return -ndtri(self.q * np.arange(1, n_features + 1) / (2 * n_features))

    def value(self, coef):
        return np.sort(np.abs(coef))[::-1] @ self.sequence(len(coef))

    def dual_norm(self, z):
        largest = np.cumsum(np.sort(np.abs(z))[::-1])
        return np.max(largest / np.cumsum(self.sequence(len(z))))


@dataclass(frozen=True)
class ElasticNet:
    """``r |b|_1 + (1 - r) / 2 |b|_2^2``."""

    l1_ratio: float

    def value(self, coef):
        return self.l1_ratio * np.abs(coef).sum() + (1 - self.l1_ratio) / 2 * np.sum(coef**2)

    def dual_norm(self, z):
        """The least alpha at which all coefficients are zero."""
        return np.abs(z).max() / self.l1_ratio

    def scale(self, z, alpha):
        """Every point is feasible."""
        return 1.0

    def conjugate(self, z, alpha):
        excess = np.maximum(np.abs(z) - alpha * self.l1_ratio, 0)
        return np.sum(excess**2) / (2 * alpha * (1 - self.l1_ratio))

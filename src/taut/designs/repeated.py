"""Columns of a design, some of them several times; none is copied."""

from __future__ import annotations

import numpy as np

from taut.designs.design import Design

__all__ = ["RepeatedColumns"]


class RepeatedColumns:
    """The columns of a design in another order, or more than once, as solvers with groups see them.

    Parameters
    ----------
    design : Design of shape (n_samples, n_features)
    columns : ndarray of int of shape (n_copies,)
        The column behind each copy.

    Attributes
    ----------
    shape : tuple of int
        ``(n_samples, n_copies)``.
    size : int
        Number of entries, zeros included.
    """

    def __init__(self, design: Design, columns: np.ndarray):
        self.design, self.sources = design, columns
        self.shape = (design.shape[0], len(columns))
        self.size = self.shape[0] * self.shape[1]

    @property
    def is_sparse(self) -> bool:
        return self.design.is_sparse

    def summed(self, coefs):
        """Coefficients of the design, of shape (n_features, ...): the sums over their copies."""
        sums = np.zeros((self.design.shape[1], *coefs.shape[1:]))
        np.add.at(sums, self.sources, coefs)
        return sums

    def product(self, coefs):
        """As ``Design.product``."""
        return self.design.product(self.summed(np.asarray(coefs, dtype=np.float64)))

    def cross(self, residuals):
        """As ``Design.cross``."""
        return self.design.cross(residuals)[self.sources]

    def columns(self, features):
        """As ``Design.columns``."""
        return self.design.columns(self.sources[features])

    def moments(self, weights):
        """As ``Design.moments``."""
        return tuple(part[self.sources] for part in self.design.moments(weights))

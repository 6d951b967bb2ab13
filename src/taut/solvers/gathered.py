"""Columns of a matrix and their products, gathered as they are asked for."""

from __future__ import annotations

import numpy as np
from scipy import sparse

__all__ = ["GatheredColumns"]

_ROOM = 2  # times as many columns are kept as there are rows


class GatheredColumns:
    """The columns that were ever asked for, and their Gram matrix, each computed once.

    Working sets of one strength after another share most of their columns: what grows with the
    square of their number, and with the rows, is then paid for new columns only.

    Parameters
    ----------
    matrix : ndarray or sparse matrix of shape (m, n)
    """

    def __init__(self, matrix):
        self.matrix = matrix
        self._forget()

    def at(self, features):
        """Columns of shape (m, k) and their Gram matrix of shape (k, k)."""
        self._gather(features)
        places = self.places[features]
        return self.columns[:, places], self.gram[np.ix_(places, places)]

    def _gather(self, features):
        new = features[self.places[features] < 0]
        if not len(new):
            return
        n_samples, n_known = self.columns.shape
        if n_known and n_known + len(new) > _ROOM * n_samples:
            self._forget()
            n_known, new = 0, features
        columns = self.matrix[:, new]
        across, among = (_dense(part.T @ columns) for part in (self.columns, columns))
        self.gram = np.block([[self.gram, across], [across.T, among]])
        self.columns = _beside(self.columns, columns)
        self.places[new] = n_known + np.arange(len(new))

    def _forget(self):
        self.columns, self.gram = self.matrix[:, :0], np.empty((0, 0))
        self.places = np.full(self.matrix.shape[1], -1)


def _beside(known, new):
    if sparse.issparse(new):
        return sparse.hstack([known, new], format="csc")
    return np.concatenate([known.T, new.T]).T  # column by column in memory


def _dense(products):
    return products.toarray() if sparse.issparse(products) else products

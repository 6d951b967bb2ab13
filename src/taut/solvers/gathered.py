"""Columns of a matrix and their products, gathered as they are asked for."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from taut.solvers.columns import ColumnStore, bordered

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
        return self.store.matrix[:, places], self.gram[np.ix_(places, places)]

    def _gather(self, features):
        new = features[self.places[features] < 0]
        if not len(new):
            return
        n_known = self.store.size
        if n_known and n_known + len(new) > _ROOM * self.matrix.shape[0]:
            self._forget()
            n_known, new = 0, features
        columns = self.matrix[:, new]
        self.store.append(columns)
        products = self.store.matrix.T @ columns
        dense = products.toarray() if sparse.issparse(products) else products
        self.gram = bordered(self.gram, dense)
        self.places[new] = n_known + np.arange(len(new))

    def _forget(self):
        self.store, self.gram = ColumnStore(self.matrix[:, :0]), np.empty((0, 0))
        self.places = np.full(self.matrix.shape[1], -1)

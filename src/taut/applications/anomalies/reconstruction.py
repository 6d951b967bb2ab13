"""Standardised rows rebuilt from what is known besides them: their other features, other rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import cdist

from taut.inference.nodewise import Nodewise, nodewise_lasso

__all__ = ["FromFeatures", "FromRows"]

_BLOCK = 1 << 20  # distances held at a time


@dataclass(frozen=True, eq=False)
class FromFeatures:
    """Each feature predicted by the lasso from the rest of its row."""

    nodewise: Nodewise

    @classmethod
    def fit(cls, Z, strength, verbose=False) -> FromFeatures:
        return cls(nodewise_lasso(Z, strength, verbose))

    def reconstruct(self, Z):
        """What the other features of each row let one expect, of the shape of Z."""
        return self.nodewise.predict(Z)

    def errors(self, Z):
        """Absolute errors of that, of the shape of Z."""
        return np.abs(Z - self.reconstruct(Z))


@dataclass(frozen=True, eq=False)
class FromRows:
    """Each row rebuilt from the few rows of small random samples that are nearest to it.

    The weights w of the sample's rows d_k solve ``min sum_k w_k |z - d_k|_1`` over
    ``sum_k w_k = 1`` and ``0 <= w_k <= 1/n_neighbors``: without the cap the reconstruction would
    be the nearest row alone, and where that row is itself an anomaly it would vouch for its like.
    The programme's solution has weight 1/n_neighbors on each of the nearest rows and 0 elsewhere,
    so it is sparse and found by sorting.

    Samples are small on purpose. A cluster of anomalies has many neighbours among all rows and few
    in a sample, where its members must be rebuilt from ordinary rows (Liu, Ting and Zhou 2008 call
    these effects masking and swamping).

    Attributes
    ----------
    samples : ndarray of shape (n_draws, n_references, n_features)
    n_neighbors : int
        Below n_references.
    """

    samples: np.ndarray
    n_neighbors: int

    @classmethod
    def fit(cls, Z, n_neighbors, n_references, n_draws, random) -> FromRows:
        size = min(n_references, len(Z))
        draws = [random.choice(len(Z), size, replace=False) for _ in range(n_draws)]
        return cls(Z[np.array(draws)], min(n_neighbors, size - 1))

    def reconstruct(self, Z):
        """The mean of the neighbours of each row, of the shape of Z."""
        return self._mean_over_neighbours(Z, lambda block, neighbours: neighbours)

    def errors(self, Z):
        """``sum_k w_k |z_j - d_kj|`` for each entry, averaged over the samples."""
        return self._mean_over_neighbours(Z, lambda block, neighbours: np.abs(block - neighbours))

    def _mean_over_neighbours(self, Z, measure):
        found = np.zeros(Z.shape)
        step = max(1, _BLOCK // self.samples.shape[1])
        for start in range(0, len(Z), step):
            block = Z[start : start + step]
            for sample in self.samples:
                for nearest in self._neighbours(block, sample).T:
                    found[start : start + step] += measure(block, sample[nearest])
        return found / (len(self.samples) * self.n_neighbors)

    def _neighbours(self, block, sample):
        """Rows of the sample, of shape (n_rows, n_neighbors); a row is not its own neighbour.

        A row at distance zero is taken for the row itself, and left out once: training rows then
        score the same whether or not one knows that they were among the training rows.
        """
        distances = cdist(block, sample, "cityblock")
        last = self.n_neighbors
        nearest = np.argpartition(distances, last, axis=1)[:, : last + 1]
        chosen = np.take_along_axis(distances, nearest, axis=1)
        order = np.argsort(chosen, axis=1, kind="stable")
        nearest = np.take_along_axis(nearest, order, axis=1)
        itself = np.min(chosen, axis=1) == 0
        return np.where(itself[:, None], nearest[:, 1:], nearest[:, :-1])

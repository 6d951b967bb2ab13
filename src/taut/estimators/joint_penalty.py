"""The penalty of joint targets: an elastic net on the norms of rows of coefficients."""

from __future__ import annotations

import numpy as np

from taut.penalties import L2, MultiTask, Penalty
from taut.penalties.blocks import BlockPenalty
from taut.penalties.checks import as_l1_ratio, as_weights

__all__ = ["rows_penalty"]


class _RowElasticNet(BlockPenalty):
    """``sum_j w_j (l1_ratio |B_j.|_2 + (1 - l1_ratio)/2 |B_j.|_2^2)`` over the rows of B."""

    def __init__(self, l1_ratio=0.5, weights=None):
        self._set(l1_ratio=as_l1_ratio(l1_ratio), weights=as_weights(weights))

    has_conjugate = True

    def _layout(self, n_features, owner):
        labels = np.arange(n_features)
        return labels, np.ones(n_features) if self.weights is None else self.weights

    def _cost(self, norms, strengths):
        return strengths * norms * (self.l1_ratio + 0.5 * (1 - self.l1_ratio) * norms)

    def _shrunk(self, norms, strengths, step):
        shrunk = np.maximum(norms - step * strengths * self.l1_ratio, 0.0)
        return shrunk / (1.0 + step * strengths * (1 - self.l1_ratio))

    def dual_norm(self, correlations):
        return super().dual_norm(correlations) / self.l1_ratio

    def conjugate(self, correlations, alpha):
        # Row by row max_r |z| r - a l r - a (1 - l) r^2 / 2 over norms r >= 0, with a = alpha w.
        _, norms, weights, _ = self._aligned(correlations, "correlations")
        norms, strengths = norms[weights > 0], alpha * weights[weights > 0]
        excess = np.maximum(norms - strengths * self.l1_ratio, 0.0)
        bend = strengths * (1 - self.l1_ratio)
        with np.errstate(divide="ignore", invalid="ignore"):
            return float(np.sum(np.where(excess > 0, excess**2 / (2 * bend), 0.0)))


def rows_penalty(l1_ratio, weights=None) -> Penalty:
    """The elastic net on the norms of rows; the multi-task lasso for ``l1_ratio=1``."""
    mixture = _RowElasticNet(l1_ratio, weights)
    # The squares of a row's norm are those of its entries.
    return {0.0: L2(weights), 1.0: MultiTask(weights)}.get(mixture.l1_ratio, mixture)

"""Zeros, and jumps between neighbouring coefficients."""

from __future__ import annotations

import numpy as np

from taut.penalties.arrays import as_numpy
from taut.penalties.chain import greatest_interval
from taut.penalties.checks import as_number
from taut.penalties.derivatives import TyingPenalty, by_column_pieces
from taut.penalties.norms import L1
from taut.penalties.total_variation import TotalVariation, checked_jumps, greatest_on

__all__ = ["FusedLasso"]


class FusedLasso(TyingPenalty):
    """Fused lasso, ``TotalVariation + l1_ratio * L1``: piecewise constant, and zero in pieces.

    Jumps are those along a row of features, or on a graph. Columns of coefficients are penalised
    one by one. On torch tensors ``value`` has a gradient; ``prox`` goes through NumPy and has none.

    Parameters
    ----------
    l1_ratio : float >= 0, default 0.0
        Strength of the L1 part over that of the jumps, not a share of the two.
    weights : array of shape (n_features - 1,) or (n_edges,), default None
        Factor per jump, not in the L1 part; 0 = free (the graph is cut there), inf = no jump (the
        two coefficients are equal), None = 1.
    edges : integer array of shape (n_edges, 2), default None
        Pairs of columns, as in ``TotalVariation``; None joins each feature to the next.

    Raises
    ------
    TypeError
        ``l1_ratio`` or ``weights`` are not real numbers, or ``edges`` not integers.
    ValueError
        ``l1_ratio`` is negative or not finite; ``weights`` or ``edges`` as in ``TotalVariation``.

    References
    ----------
    Tibshirani, R., Saunders, M., Rosset, S., Zhu, J. and Knight, K. (2005). Sparsity and
    smoothness via the fused lasso. JRSS B 67, 91-108.

    Friedman, J., Hastie, T., Höfling, H. and Tibshirani, R. (2007). Pathwise coordinate
    optimization. Annals of Applied Statistics 1, 302-332.

    Examples
    --------
    >>> FusedLasso(l1_ratio=0.5).value([1.0, 3.0, 2.0])
    6.0
    >>> FusedLasso(l1_ratio=0.5).prox([0.0, 0.0, 6.0], 1.0).tolist()
    [0.0, 0.0, 4.5]
    """

    is_norm = True
    is_ordered = True

    def __init__(self, l1_ratio=0.0, weights=None, edges=None):
        l1_ratio = as_number("l1_ratio", l1_ratio, "a float >= 0")
        if not 0 <= l1_ratio < np.inf:
            raise ValueError(
                f"l1_ratio must be non-negative and finite, got {l1_ratio}: it is the strength of "
                "the L1 part over that of the jumps; use 0 for jumps alone and L1 for no jumps"
            )
        self._set(l1_ratio=l1_ratio, **checked_jumps(weights, edges))

    @property
    def _n_features(self):
        return self._jumps()._n_features

    def value(self, coef):
        return self._jumps().value(coef) + L1().scaled_value(coef, self.l1_ratio)

    def prox(self, coef, step):
        # Soft thresholding keeps the order of neighbours and their ties, so that the subgradient
        # of the jumps still fits after it (Friedman et al. 2007, lemma A.1).
        return L1().scaled_prox(self._jumps().prox(coef, step), step, self.l1_ratio)

    def without_strength(self):
        return self._jumps().without_strength()

    def prox_pieces(self, coef, result, step, alpha):
        jumps, has_zeros = self._jumps(), self.l1_ratio > 0
        return by_column_pieces(
            lambda column: (jumps.pieces(column), (column != 0) if has_zeros else 1.0), result
        )

    def dual_norm(self, correlations) -> float:
        """Smallest alpha at which zero is stationary; without L1 part, see ``TotalVariation``.

        The largest ``|sum of z over S| / value(1 on S, 0 elsewhere)`` over sets ``S`` of features.
        """
        # The penalty of b is an integral of penalties of its level sets: no b has a larger ratio of
        # z'b to its penalty than some set. On a chain sets split into intervals.
        if self.l1_ratio == 0:
            return self._jumps().dual_norm(correlations)
        z = as_numpy("correlations", correlations)
        finite, rigid = self._jumps()._split_weights(z, "correlations")
        if self.edges is not None:
            return greatest_on(self.edges, z, np.where(rigid, np.inf, finite), self.l1_ratio)
        # No jump before the first feature and after the last.
        jumps, closed = np.pad(finite, 1), np.pad(rigid, 1)
        if not np.isfinite(z).all():
            return float(np.max(abs(z)))
        return max(
            greatest_interval(sign * column, self.l1_ratio, jumps, closed)
            for column in z.reshape(len(z), -1).T
            for sign in (1.0, -1.0)
        )

    def coordinates(self, n_features: int) -> None:
        """As ``TotalVariation.coordinates``."""
        return self._jumps().coordinates(n_features)

    def _jumps(self):
        return TotalVariation(self.weights, self.edges)

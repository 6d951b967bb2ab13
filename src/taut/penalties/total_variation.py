"""Penalties on the jumps between neighbouring coefficients, in a row or on a graph."""

from __future__ import annotations

import numpy as np

from taut.penalties.arrays import (
    as_numpy,
    as_real,
    as_scalar,
    by_column,
    like,
    namespace,
    positions_like,
)
from taut.penalties.base import greatest_ratio
from taut.penalties.chain import chain_prox
from taut.penalties.checks import as_one_step, as_weights, check_axis
from taut.penalties.cuts import graph_prox, greatest_cut, pieces_of
from taut.penalties.derivatives import TyingPenalty, by_column_pieces
from taut.penalties.graph import as_edges

__all__ = ["TotalVariation", "checked_jumps", "greatest_on"]


class TotalVariation(TyingPenalty):
    """Total variation, ``sum_e w_e |b_j - b_i|`` over edges e = (i, j): piecewise constant.

    Neighbours are those in a row, where the order of the features is that of time, place or
    wavelength, or those that ``edges`` join: pixels, regions, sensors. The prox is exact on both,
    by dynamic programming and by minimum cuts. Columns of coefficients are penalised one by one.

    On torch tensors ``value`` has a gradient; ``prox`` goes through NumPy and has none.

    Parameters
    ----------
    weights : array of shape (n_features - 1,) or (n_edges,), default None
        Factor per jump; 0 = free (the graph is cut there), inf = no jump (the two coefficients are
        equal), None = 1.
    edges : integer array of shape (n_edges, 2), default None
        Pairs of columns, each pair once (``grid_edges`` lists those of an image), or a SciPy sparse
        incidence matrix of shape (n_edges, n_features). A feature without an edge is unpenalised.
        None joins each feature to the next.

    Raises
    ------
    TypeError
        ``weights`` are not real numbers, or ``edges`` not integers.
    ValueError
        ``weights`` are negative, NaN or not one for each jump; ``edges`` are no pairs, or join a
        feature with itself or twice with another.

    References
    ----------
    Johnson, N. A. (2013). A dynamic programming algorithm for the fused lasso and
    L0-segmentation. JCGS 22, 246-260.

    Chambolle, A. and Darbon, J. (2009). On total variation minimization and surface evolution using
    parametric maximum flows. International Journal of Computer Vision 84, 288-307.

    Examples
    --------
    >>> TotalVariation().value([1.0, 3.0, 2.0])
    3.0
    >>> TotalVariation().prox([0.0, 0.0, 6.0], 1.0).tolist()
    [0.5, 0.5, 5.0]
    >>> TotalVariation(edges=[[0, 1], [0, 2], [0, 3]]).prox([0.0, 0.0, 0.0, 8.0], 1.0).tolist()
    [0.3333333333333333, 0.3333333333333333, 0.3333333333333333, 7.0]
    """

    is_norm = True
    is_ordered = True

    def __init__(self, weights=None, edges=None):
        self._set(**checked_jumps(weights, edges))

    @property
    def _n_features(self):
        return None if self.weights is None or self.edges is not None else self.weights.size + 1

    def value(self, coef):
        coef = as_real("coef", coef)
        xp = namespace(coef)
        finite, rigid = self._split_weights(coef)
        tails, heads = self._ends(coef)
        jumps = abs(coef[heads] - coef[tails])
        forbidden = like(rigid, jumps) * jumps > 0
        cost = like(finite, jumps) * jumps
        return as_scalar(xp.where(forbidden, xp.inf, cost).sum(), coef)

    def prox(self, coef, step):
        coef = as_real("coef", coef)
        step = as_one_step(step, coef, "neighbours share it; pass a float")
        finite, rigid = self._split_weights(coef)
        radii = np.where(rigid, np.inf, step * finite)
        y = as_numpy("coef", coef)
        if self.edges is None:
            return like(by_column(chain_prox, y, radii), coef)
        return like(_graph_by_column(y, self.edges, radii), coef)

    def without_strength(self):
        # Jumps of weight inf stay forbidden: without the others the graph is cut into pieces, whose
        # levels are free.
        if self.weights is None or not np.any(np.isinf(self.weights)):
            return None
        return TotalVariation(np.where(np.isinf(self.weights), np.inf, 0.0), self.edges)

    def prox_pieces(self, coef, result, step, alpha):
        return by_column_pieces(lambda column: (self.pieces(column), 1.0), result)

    def pieces(self, column):
        """A label for each feature, equal for those that are joined without a jump.

        Parameters
        ----------
        column : ndarray of shape (n_features,)
        """
        weights, edges = self._weights_for(column), self.edges
        if edges is None:
            return np.cumsum(np.append(True, (column[1:] != column[:-1]) | (weights == 0))) - 1
        tied = (column[edges[:, 0]] == column[edges[:, 1]]) & (weights > 0)
        return pieces_of(len(column), edges[tied])

    def dual_norm(self, correlations) -> float:
        """Smallest alpha at which coefficients without a jump are stationary.

        Parameters
        ----------
        correlations : array or torch tensor of shape (n_features, ...)
            Negative gradient of the loss there. Its mean over a connected piece, which pulls at a
            level that is unpenalised, is ignored.

        Returns
        -------
        float
            The largest over sets of features of their ``|sum of z|`` over the weight of the edges
            that leave them, with ``z`` centred on each piece; over all columns. On a chain that is
            ``max_k |z_1 + ... + z_k| / w_k``.

        Raises
        ------
        TypeError
            ``correlations`` are not real.
        ValueError
            There is not one feature more than there are weights.
        """
        z = as_numpy("correlations", correlations)
        weights = self._weights_for(z, "correlations")
        if self.edges is not None:
            return greatest_on(self.edges, z, weights, 0.0)
        chains = np.split(z, np.flatnonzero(weights == 0) + 1)
        walk = np.concatenate([np.cumsum(chain - chain.mean(axis=0), axis=0) for chain in chains])
        return greatest_ratio(abs(walk[:-1]), like(weights, walk))

    def coordinates(self, n_features: int) -> None:
        """None: jumps do not separate.

        Raises
        ------
        ValueError
            The weights or edges are for another number of features.
        """
        self._weights_for(np.empty(n_features), "X")

    def _split_weights(self, coef, name="coef"):
        """Weights with inf as 0, since inf * 0 is NaN; and which are inf."""
        weights = self._weights_for(coef, name)
        rigid = np.isinf(weights)
        return np.where(rigid, 0.0, weights), rigid

    def _ends(self, coef):
        if self.edges is None:
            return slice(None, -1), slice(1, None)
        return (positions_like(end, coef) for end in self.edges.T)

    def _weights_for(self, coef, name="coef"):
        check_axis(name, coef)
        if self.edges is not None:
            return self._edge_weights(coef.shape[0], name)
        n_jumps = max(coef.shape[0] - 1, 0)
        if self.weights is None:
            return np.ones(n_jumps)
        if self.weights.size != n_jumps:
            raise ValueError(
                f"weights of {self!r} are for {self.weights.size + 1} features, one for each jump "
                f"between neighbours, but {name} has {coef.shape[0]}: pass {n_jumps} weights"
            )
        return self.weights

    def _edge_weights(self, n_features, name):
        beyond = np.flatnonzero((self.edges >= n_features).any(axis=1))
        if beyond.size:
            raise ValueError(
                f"edges of {self!r} join {self.edges[beyond[0]].tolist()} at index {beyond[0]}, "
                f"but {name} has {n_features} features: count columns from 0"
            )
        return np.ones(len(self.edges)) if self.weights is None else self.weights


def checked_jumps(weights, edges):
    """Weights and edges, checked and read-only; None for the defaults."""
    edges = None if edges is None else as_edges(edges)
    weights = as_weights(weights, per="jump")
    if edges is not None and weights is not None and weights.size != len(edges):
        raise ValueError(
            f"weights must have one entry per edge, got {weights.size} for {len(edges)} edges: "
            "pass them in the order of the edges"
        )
    return {"weights": weights, "edges": edges}


def _graph_by_column(y, edges, radii):
    """The prox of all columns at once, as one graph of a copy for each; NaN as in ``by_column``."""
    columns = y.reshape(len(y), -1)
    finite = np.isfinite(columns).all(axis=0)
    count = np.count_nonzero(finite)
    copies = (edges + len(y) * np.arange(count)[:, None, None]).reshape(-1, 2)
    results = np.full_like(columns, np.nan)
    if count:
        together = graph_prox(columns[:, finite].ravel("F"), copies, np.tile(radii, count))
        results[:, finite] = together.reshape(count, -1).T
    return results.reshape(y.shape)


def greatest_on(edges, z, weights, l1_ratio):
    """``greatest_cut`` over all columns."""
    if not np.isfinite(z).all():
        return float(np.max(abs(z)))
    columns = z.reshape(len(z), -1).T
    return max(greatest_cut(column, edges, weights, l1_ratio) for column in columns)

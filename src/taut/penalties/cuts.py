"""Exact prox and dual norm of the total variation on a graph, by minimum cuts.

For excesses e of the features and capacities r of the edges

    max over S of  sum of e over S - sum of r over the edges that leave S

is the part of the positive excesses that no flow within the capacities brings to the negative ones,
and an S that attains it is what is still reached once nothing more flows (Ford and Fulkerson).
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from taut import _core

__all__ = ["graph_prox", "greatest_cut", "pieces_of"]

_ROUNDING = 2e-15


def graph_prox(y, edges, radii):
    """``argmin_x 1/2 |x - y|^2 + sum_e radii_e |x_i - x_j|`` over the edges e = (i, j).

    Parameters
    ----------
    y : ndarray of shape (n,)
        Finite.
    edges : ndarray of shape (n_edges, 2)
    radii : ndarray of shape (n_edges,)
        At least 0; inf makes two entries equal, 0 lets them be.

    Returns
    -------
    ndarray of shape (n,)

    References
    ----------
    Chambolle, A. and Darbon, J. (2009). On total variation minimization and surface evolution using
    parametric maximum flows. International Journal of Computer Vision 84, 288-307.
    """
    return _core.graph_prox(np.ascontiguousarray(y), np.ascontiguousarray(edges), radii)


def greatest_cut(z, edges, weights, l1_ratio) -> float:
    """Largest ``|sum of z over S| / (l1_ratio |S| + weights of the edges that leave S)``.

    Parameters
    ----------
    z : ndarray of shape (n,)
        Finite; without an L1 part its mean on each connected piece is ignored.
    edges : ndarray of shape (n_edges, 2)
    weights : ndarray of shape (n_edges,)
        In [0, inf].
    l1_ratio : float

    Returns
    -------
    float
    """
    # The S that gains most at a price, ``sum - price * cost``, has a ratio that is the next price,
    # until none gains (Dinkelbach 1967, On nonlinear fractional programming).
    edges, weights = edges[weights > 0], weights[weights > 0]
    edges, labels = np.ascontiguousarray(edges), pieces_of(len(z), edges)
    sizes = np.bincount(labels)
    if l1_ratio == 0:
        z = z - (np.bincount(labels, z) / sizes)[labels]
    noise = _ROUNDING * np.bincount(labels, abs(z))
    price = 0.0
    for signed in (z, -z):
        while True:
            capacities = np.where(np.isinf(weights), np.inf, price * np.minimum(weights, 1e300))
            excess = signed - price * l1_ratio
            chosen = _core.best_cut(excess, edges, capacities, labels, noise).astype(bool)
            if l1_ratio == 0:  # a whole piece costs nothing and gains no more than rounding
                chosen &= (np.bincount(labels, chosen) < sizes)[labels]
            if not chosen.any():
                break
            leaving = chosen[edges[:, 0]] != chosen[edges[:, 1]]
            cost = l1_ratio * np.count_nonzero(chosen) + weights[leaving].sum()
            better = float(signed[chosen].sum() / cost)
            if not better > price:
                break
            price = better
    return price


def pieces_of(n, edges):
    """Label of the connected piece of each of n nodes."""
    graph = sparse.coo_array((np.ones(len(edges)), tuple(edges.T)), shape=(n, n))
    return connected_components(graph, directed=False)[1].astype(np.int64)

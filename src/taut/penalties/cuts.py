"""Exact prox and dual norm of the total variation on a graph, by minimum cuts.

For excesses e of the features and capacities r of the edges

    max over S of  sum of e over S - sum of r over the edges that leave S

is the part of the positive excesses that no flow within the capacities brings to the negative ones,
and an S that attains it is what is still reached once nothing more flows (Ford and Fulkerson).
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import breadth_first_order, connected_components, maximum_flow

__all__ = ["graph_prox", "greatest_cut"]

_LARGEST = 2**29  # of an integer capacity, so that sums of two stay within 32 bits
_ROUNDS = 6
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
    # Where x is not constant on a connected piece, it is above the mean of x there on some of it
    # and below on the rest, and {x > mean} is the S that gains most for e = y - mean. The edges
    # between S and the rest then carry all they can, which adds to y: each part is a problem of its
    # own. Where no S gains, x is constant, and the mean of x is that of y.
    y, (tails, heads) = np.array(y), edges.T
    inside = radii > 0
    is_open = np.ones(len(y), dtype=bool)
    noise = _ROUNDING * abs(y).max()
    while True:
        labels = _pieces(len(y), edges[inside])
        counts = np.bincount(labels)
        means = np.bincount(labels, y) / counts
        excess = np.where(is_open, y - means[labels], 0.0)
        used = inside & is_open[tails]
        above = _best_set(excess, edges[used], radii[used], labels, noise * counts)
        if not above.any():
            return means[labels]
        is_open = np.isin(labels, labels[above])
        crossing = inside & (above[tails] != above[heads])
        carried = np.where(above[tails], 1.0, -1.0)[crossing] * radii[crossing]
        y -= np.bincount(tails[crossing], carried, len(y))
        y += np.bincount(heads[crossing], carried, len(y))
        inside &= ~crossing


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
    labels = _pieces(len(z), edges)
    if l1_ratio == 0:
        z = z - (np.bincount(labels, z) / np.bincount(labels))[labels]
    noise = _ROUNDING * np.bincount(labels, abs(z))
    price = 0.0
    for signed in (z, -z):
        while True:
            capacities = np.where(np.isinf(weights), np.inf, price * np.minimum(weights, 1e300))
            chosen = _best_set(signed - price * l1_ratio, edges, capacities, labels, noise)
            if not chosen.any():
                break
            leaving = chosen[edges[:, 0]] != chosen[edges[:, 1]]
            cost = l1_ratio * np.count_nonzero(chosen) + weights[leaving].sum()
            better = float(signed[chosen].sum() / cost)
            if not better > price:
                break
            price = better
    return price


def _pieces(n, edges):
    """Label of the connected piece of each node."""
    graph = sparse.coo_array((np.ones(len(edges)), tuple(edges.T)), shape=(n, n))
    return connected_components(graph, directed=False)[1]


def _best_set(excess, edges, capacities, labels, noise):
    """Nodes of an S that gains most in each piece; none where none gains more than its noise.

    Flows are whole numbers, of nine digits. What they leave of the excess is sent on within what
    they leave of the capacities, in smaller units, until a cut shows or nothing is left.
    """
    tails, heads = edges.T
    n_pieces = len(noise)
    chosen, flow, left = np.zeros(len(excess), dtype=bool), np.zeros(len(edges)), excess
    for _ in range(_ROUNDS):
        waiting = np.bincount(labels, np.maximum(left, 0.0), n_pieces) > noise
        left = np.where(waiting[labels], left, 0.0)
        if not waiting.any():
            break
        sent, reached = _sent(left, edges, capacities - flow, capacities + flow)
        leaving = reached[tails] != reached[heads]
        lost = np.where(leaving, capacities, 0.0)
        gain = np.bincount(labels, np.where(reached, excess, 0.0), n_pieces)
        gain -= np.bincount(labels[tails], lost, n_pieces)
        is_cut = waiting & (gain > noise)
        chosen |= reached & is_cut[labels]
        flow += sent
        brought = np.bincount(heads, sent, len(left)) - np.bincount(tails, sent, len(left))
        left = np.where(is_cut[labels], 0.0, left + brought)
    return chosen


def _sent(excess, edges, forward, backward):
    """A maximum flow in whole numbers of a small unit, and the nodes that its source still reaches.

    No edge carries more than all of the excess: larger capacities are cut there.
    """
    n, (tails, heads) = len(excess), edges.T
    total = np.maximum(excess, 0.0).sum()
    largest = max(abs(excess).max(), min(np.max([forward, backward], initial=0.0), total))
    unit = largest / _LARGEST

    def whole(values):
        return np.floor(np.clip(values, 0.0, largest) / unit).astype(np.int32)

    give, take = np.flatnonzero(excess > 0), np.flatnonzero(excess < 0)
    source, sink = np.full(len(give), n), np.full(len(take), n + 1)
    capacities = sparse.csr_array(
        (
            np.concatenate([whole(forward), whole(backward), *map(whole, _sides(excess))]),
            (
                np.concatenate([tails, heads, source, take]),
                np.concatenate([heads, tails, give, sink]),
            ),
        ),
        shape=(n + 2, n + 2),
    )
    flow = maximum_flow(capacities, n, n + 1).flow
    open_edges = capacities - flow
    open_edges.data = np.maximum(open_edges.data, 0)
    open_edges.eliminate_zeros()
    reached = np.zeros(n + 2, dtype=bool)
    reached[breadth_first_order(open_edges, n, return_predecessors=False)] = True
    return unit * _entries(flow, tails, heads), reached[:n]


def _entries(matrix, rows, columns):
    # Fancy indexing of sparse arrays returns none for none.
    matrix.sort_indices()
    stored = matrix.tocoo()
    width = matrix.shape[1]
    place = np.searchsorted(stored.row * np.int64(width) + stored.col, rows * width + columns)
    return stored.data[place]


def _sides(excess):
    return excess[excess > 0], -excess[excess < 0]

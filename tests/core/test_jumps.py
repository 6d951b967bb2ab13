"""The proxes of jumps in the core: minimisers, and refusals."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from taut import _core

Y = np.array([0.0, 3.0, 1.0, -2.0])
EDGES = np.array([[0, 1], [1, 2], [2, 0], [2, 3]])


def test_a_sequence_is_a_graph():
    random = np.random.default_rng(0)
    for _ in range(20):
        y, radii = random.normal(size=30), random.exponential(size=29)
        along = np.column_stack([np.arange(29), np.arange(1, 30)])
        assert_allclose(_core.chain_prox(y, radii), _core.graph_prox(y, along, radii), atol=1e-12)


def test_pieces_are_equal_to_the_last_bit():
    random = np.random.default_rng(1)
    y, edges = random.normal(size=40), random.integers(0, 40, (80, 2))
    x = _core.graph_prox(y, edges, np.full(80, 0.3))
    different = np.subtract.outer(x, x)
    assert np.all((different == 0) | (np.abs(different) > 1e-12))
    assert len(np.unique(x)) < 40


def test_what_gains_most():
    excess, capacities = np.array([2.0, -1.0, -1.0]), np.array([0.5, 0.25])
    edges, labels = np.array([[0, 1], [0, 2]]), np.zeros(3, dtype=np.int64)
    assert _core.best_cut(excess, edges, capacities, labels, np.zeros(1)).tolist() == [1, 0, 0]
    assert not _core.best_cut(excess, edges, capacities, labels, np.full(1, 1.3)).any()
    assert not _core.best_cut(excess, edges, np.full(2, 5.0), labels, np.zeros(1)).any()


@pytest.mark.parametrize("wrong", [np.array([[0, 4]]), np.array([[-1, 0]])])
def test_edges_that_join_no_nodes_are_refused(wrong):
    with pytest.raises(ValueError, match="edges must join nodes"):
        _core.graph_prox(Y, wrong, np.ones(1))
    with pytest.raises(ValueError, match="edges must join nodes"):
        _core.best_cut(Y, wrong, np.ones(1), np.zeros(4, dtype=np.int64), np.zeros(1))


def test_lengths_that_differ_are_refused():
    with pytest.raises(ValueError, match="one entry for each pair"):
        _core.chain_prox(Y, np.ones(4))
    with pytest.raises(ValueError, match="one entry for each pair"):
        _core.chain_prox(np.zeros(0), np.zeros(0))
    with pytest.raises(ValueError, match="one entry for each edge"):
        _core.graph_prox(Y, EDGES, np.ones(3))
    labels = np.zeros(4, dtype=np.int64)
    with pytest.raises(ValueError, match="labels need one entry"):
        _core.best_cut(Y, EDGES, np.ones(4), labels[:3], np.zeros(1))
    with pytest.raises(ValueError, match="noise needs one entry"):
        _core.best_cut(Y, EDGES, np.ones(4), labels + 1, np.zeros(1))

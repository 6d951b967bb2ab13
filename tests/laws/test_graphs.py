"""Total variation on graphs: edges as they are given, chains as a special case, exactness."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

import taut
from taut.penalties import FusedLasso, TotalVariation, grid_edges

CHAIN = np.column_stack([np.arange(7), np.arange(1, 8)])


def test_a_chain_of_edges_is_the_chain():
    random = np.random.default_rng(0)
    coef, weights = random.normal(size=(8, 2)), random.uniform(0.2, 2.0, 7)
    weights[2], weights[4] = 0.0, np.inf
    for kind in (TotalVariation, FusedLasso, lambda **given: FusedLasso(0.7, **given)):
        chain, graph = kind(weights=weights), kind(weights=weights, edges=CHAIN)
        assert_allclose(graph.prox(coef, 0.4), chain.prox(coef, 0.4), rtol=0, atol=1e-13)
        assert_allclose(graph.dual_norm(coef), chain.dual_norm(coef), rtol=1e-12)
        assert graph.value(coef) == chain.value(coef)


def test_an_incidence_matrix_gives_the_edges():
    matrix = sparse.coo_array((np.tile([-1, 1], 7), (np.repeat(np.arange(7), 2), CHAIN.ravel())))
    assert TotalVariation(edges=matrix) == TotalVariation(edges=CHAIN)


def test_a_grid_has_its_neighbours():
    edges = grid_edges((3, 4, 2))
    places = np.array(np.unravel_index(edges, (3, 4, 2)))
    assert np.all(np.abs(places[..., 0] - places[..., 1]).sum(axis=0) == 1)
    assert len(edges) == 2 * 4 * 2 + 3 * 3 * 2 + 3 * 4 * 1


def test_pieces_whose_mean_rounds_cost_nothing_and_count_for_nothing():
    # The first four are all but equal: what centring leaves of them must not be divided by no cost.
    cycle = TotalVariation(edges=[[0, 1], [1, 2], [2, 3], [0, 3]])
    found = cycle.dual_norm(np.array([1.0, 1.0, 1.0, 0.95, 0.0]))
    assert found == pytest.approx(0.0375 / 2, rel=1e-12)
    random = np.random.default_rng(0)
    for _ in range(200):
        level = random.choice([0.1, 0.95, 1.0, 1e6]) * np.ones(5)
        assert cycle.dual_norm(level) <= 1e-15 * level[0]
        level[random.integers(4)] += random.normal()
        assert cycle.dual_norm(level) <= np.abs(level - level[:4].mean())[:4].sum()


def test_the_prox_on_a_large_grid_is_optimal():
    """A flow that carries y - x, within the radii, and all of them where x jumps, proves it."""
    random = np.random.default_rng(0)
    edges, step = grid_edges((24, 24)), 0.7
    y = random.normal(size=(24, 24)) + 3.0 * (np.arange(24) > 11)
    x = TotalVariation(edges=edges).prox(y.ravel(), step)
    tails, heads = edges.T
    jumps = x[heads] - x[tails]
    assert 10 < np.count_nonzero(jumps) < len(edges)
    # What the saturated edges do not carry, pieces must carry inside: they sum to zero there.
    carried = step * np.sign(jumps)
    left = y.ravel() - x
    left -= np.bincount(heads, carried, len(x)) - np.bincount(tails, carried, len(x))
    level = np.unique(x, return_inverse=True)[1]
    assert_allclose(np.bincount(level, left), 0, atol=1e-9)
    # No feasible direction of single pixels or of rectangles lowers the objective.
    for height, width in [(1, 1), (2, 2), (3, 5), (12, 24)]:
        for row, column in random.integers(0, 25 - max(height, width), (20, 2)):
            patch = np.zeros((24, 24))
            patch[row : row + height, column : column + width] = 1e-4
            for moved in (x + patch.ravel(), x - patch.ravel()):
                assert objective(moved, y.ravel(), edges, step) >= objective(
                    x, y.ravel(), edges, step
                )


def objective(x, y, edges, step):
    return 0.5 * np.sum((x - y) ** 2) + step * np.abs(x[edges[:, 1]] - x[edges[:, 0]]).sum()


def test_paths_on_a_graph_are_those_on_the_chain():
    random = np.random.default_rng(1)
    X = random.normal(size=(40, 8))
    y = X @ np.repeat([1.0, -1.0], 4) + random.normal(size=40)
    paths = [
        taut.fit_path(X, y, penalty=TotalVariation(edges=edges), n_alphas=4, tol=1e-10)
        for edges in (None, CHAIN)
    ]
    assert_allclose(paths[1].alphas, paths[0].alphas, rtol=1e-9)
    assert_allclose(paths[1].coefs, paths[0].coefs, rtol=0, atol=1e-5)
    assert all(c.relative_gap <= 1e-10 for c in paths[1].certificates)


@pytest.mark.parametrize(
    ("edges", "error", "message"),
    [
        ([[0, 0]], ValueError, r"must join two features, got \[0, 0\] at index 0"),
        ([[0, 1], [1, 0]], ValueError, r"must differ, got \[0, 1\] more than once"),
        ([[0, -1]], ValueError, r"at least 0, got \[0, -1\] at index 0"),
        ([[0.0, 1.0]], TypeError, "must be integers, got dtype float64"),
        ([0, 1, 2], ValueError, r"shape \(n_edges, 2\), got \[0, 1, 2\]"),
        ([[0, 1], [2]], ValueError, r"shape \(n_edges, 2\)"),
        ([], ValueError, r"shape \(n_edges, 2\)"),
        ("chain", ValueError, r"shape \(n_edges, 2\), got 'chain'"),
        (sparse.csr_array([[1, -1, 1]]), ValueError, "incidence matrix, got 3 entries in row 0"),
        (sparse.csr_array([[1, 1, 0]]), ValueError, r"incidence matrix, got \[1, 1\] in row 0"),
    ],
)
def test_edges_are_refused_with_a_reason(edges, error, message):
    with pytest.raises(error, match=message):
        TotalVariation(edges=edges)


def test_edges_weights_and_features_must_fit():
    with pytest.raises(ValueError, match="one entry per edge, got 2 for 7 edges"):
        FusedLasso(weights=[1.0, 2.0], edges=CHAIN)
    with pytest.raises(ValueError, match=r"join \[4, 5\] at index 4, but coef has 5 features"):
        TotalVariation(edges=CHAIN).prox(np.ones(5), 1.0)


@pytest.mark.parametrize("shape", [(0, 3), (), (2, -1)])
def test_a_grid_has_positive_sizes(shape):
    with pytest.raises(ValueError, match="shape must hold sizes of at least 1"):
        grid_edges(shape)


def test_a_grid_has_whole_sizes():
    with pytest.raises(TypeError, match=r"shape must be a sequence of integers, got \(2.5, 2\)"):
        grid_edges((2.5, 2))

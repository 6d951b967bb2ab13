"""Where one penalty is another, and where brute force knows the answer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import lsq_linear

from taut.penalties import (
    L1,
    MCP,
    SCAD,
    SLOPE,
    FusedLasso,
    GroupLasso,
    MultiTask,
    Nuclear,
    SparseGroupLasso,
    TotalVariation,
    overlapping,
)

from .strategies import coefs, steps, tried

RNG = np.random.default_rng(0)
SINGLES = [0, 1, 2, 3, 4]
ALL = [0, 0, 0, 0, 0]
CLOSE = {"rtol": 1e-9, "atol": 1e-9}


def assert_same(one, other, coef, step):
    assert_allclose(one.value(coef), other.value(coef), **CLOSE)
    assert_allclose(one.prox(coef, step), other.prox(coef, step), **CLOSE)
    assert_allclose(one.dual_norm(coef), other.dual_norm(coef), **CLOSE)


WEIGHTS = [0.0, 0.3, 1.0, 4.0, np.inf]

SAME = [
    (GroupLasso(SINGLES), L1()),
    (GroupLasso(SINGLES, WEIGHTS), L1(WEIGHTS)),
    (MultiTask(WEIGHTS), L1(WEIGHTS)),
    (SparseGroupLasso(SINGLES, 0.3), L1()),
    (SparseGroupLasso([0, 0, 1, 1, 1], 0.0), GroupLasso([0, 0, 1, 1, 1])),
    (SparseGroupLasso([0, 0, 1, 1, 1], 1.0), L1()),
    (SparseGroupLasso(ALL, 0.5, [0.0]), L1([0.0] * 5)),
    (SLOPE([1.0] * 5), L1()),
    (SLOPE([1.0] * 5, weights=[0, 1, 1, np.inf, 1]), L1([0, 1, 1, np.inf, 1])),
    (FusedLasso(0.0), TotalVariation()),
    (FusedLasso(1.0, weights=[0.0] * 4), L1()),
    (MCP(1e12), L1()),
    (MCP(1e12, weights=WEIGHTS), L1(WEIGHTS)),
    (SCAD(1e12), L1()),
    (MCP(1e12, groups=[0, 0, 1, 1, 1]), GroupLasso([0, 0, 1, 1, 1])),
    (SCAD(1e12, groups=[0, 0, 1, 1, 1]), GroupLasso([0, 0, 1, 1, 1])),
    (MCP(groups=SINGLES), MCP()),
    (SCAD(groups=SINGLES), SCAD()),
    (Nuclear(), GroupLasso(ALL, [1.0])),
]


@pytest.mark.parametrize(("one", "other"), SAME, ids=repr)
@tried
@given(coef=coefs(), step=steps)
def test_one_penalty_is_another(one, other, coef, step):
    coef[abs(coef) < 1e-100] = 0.0  # norms are blind to numbers whose squares underflow
    # From step = gamma on, a prox jumps, and rounding of the norm decides where.
    assert_same(one, other, coef, step if one.is_convex else min(step, 1.0))


@tried
@given(coef=coefs(), step=steps)
def test_one_group_of_all_is_the_norm(coef, step):
    norm = np.linalg.norm(coef)
    penalty = GroupLasso(ALL, weights=[1.0])
    assert penalty.value(coef) == pytest.approx(norm, rel=1e-12, abs=1e-100)
    shrunk = max(1 - step / norm, 0.0) * coef if norm > 1e-100 else np.zeros(5)
    assert_allclose(penalty.prox(coef, step), shrunk, **CLOSE)


def test_group_weights_default_to_the_root_of_the_size():
    labels, weights = GroupLasso([[4, 1], [0, 2, 3]]).group_layout(5)
    assert labels.tolist() == [1, 0, 1, 1, 0]
    assert_array_equal(weights, np.sqrt([2, 3]))
    for penalty in (MCP(), SCAD(), MultiTask()):
        labels, weights = penalty.group_layout(3)
        assert labels.tolist() == [0, 1, 2]
        assert weights.tolist() == [1.0, 1.0, 1.0]
    assert SparseGroupLasso(ALL, weights=[7.0]).group_layout(5)[1].tolist() == [7.0]
    assert L1().group_layout(5) is None


def test_a_group_of_a_matrix_holds_its_rows():
    coef = RNG.normal(size=(3, 4))
    whole = GroupLasso([0, 1, 1], weights=[2.0, 3.0])
    expected = 2 * np.linalg.norm(coef[0]) + 3 * np.linalg.norm(coef[1:])
    assert whole.value(coef) == pytest.approx(expected)
    assert whole.dual_norm(coef) == pytest.approx(
        max(np.linalg.norm(coef[0]) / 2, np.linalg.norm(coef[1:]) / 3)
    )
    assert_allclose(MultiTask().prox(coef, 0.5), GroupLasso([0, 1, 2]).prox(coef, 0.5), rtol=1e-14)


def test_overlapping_groups_by_duplication():
    groups = [[0, 1, 2], [2, 3]]
    columns, labels = overlapping(groups)
    assert columns.tolist() == [0, 1, 2, 2, 3]
    assert labels.tolist() == [0, 0, 0, 1, 1]
    X = RNG.normal(size=(6, 4))
    of_copies = GroupLasso(labels).prox(RNG.normal(size=5), 1.5)
    coef = np.bincount(columns, weights=of_copies)
    assert_allclose(X[:, columns] @ of_copies, X @ coef)


def permuted(groups, order):
    return np.asarray(groups)[order]


@tried
@given(coef=coefs(), step=steps, order=st.permutations(range(5)))
def test_permutation_equivariance(coef, step, order):
    labels = [0, 1, 1, 2, 0]
    for penalty, moved in [
        (L1(), L1()),
        (SLOPE(), SLOPE()),
        (MultiTask(), MultiTask()),
        (Nuclear(), Nuclear()),
        (MCP(), MCP()),
        (SCAD(), SCAD()),
        (GroupLasso(labels), GroupLasso(permuted(labels, order))),
        (SparseGroupLasso(labels), SparseGroupLasso(permuted(labels, order))),
    ]:
        assert_allclose(moved.value(coef[order]), penalty.value(coef), rtol=1e-12, atol=1e-100)
        moved_prox = moved.prox(coef[order], step)
        assert_allclose(moved_prox, penalty.prox(coef, step)[order], **CLOSE)


@tried
@given(coef=coefs((5, 3)), step=steps, seed=st.integers(0, 100))
def test_nuclear_norm_knows_no_directions(coef, step, seed):
    turn = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))[0]
    assert Nuclear().value(coef @ turn) == pytest.approx(Nuclear().value(coef), abs=1e-9)
    turned = Nuclear().prox(coef @ turn, step)
    assert_allclose(turned, Nuclear().prox(coef, step) @ turn, atol=1e-8)


def test_nuclear_prox_lowers_the_rank():
    coef = RNG.normal(size=(6, 4))
    values = np.linalg.svd(coef, compute_uv=False)
    p = Nuclear().prox(coef, values[1] * (1 + 1e-9))
    assert np.linalg.matrix_rank(p) == 1
    assert_allclose(Nuclear().prox(coef.T, 0.3), Nuclear().prox(coef, 0.3).T)
    assert Nuclear().dual_norm(coef) == pytest.approx(values[0])


def test_values_by_hand():
    # Derivatives at s = 1: MCP has 1 - x / 3 up to 3, SCAD 1 up to 1 and (3.7 - x) / 2.7 up to 3.7.
    assert MCP().value([1.0]) == pytest.approx(1 - 1 / 6)
    assert MCP().value([3.0, -9.0]) == pytest.approx(1.5 + 1.5)
    assert SCAD().value([1.0]) == pytest.approx(1.0)
    assert SCAD().value([-2.0]) == pytest.approx(1 + (2.7 + 1.7) / 2 / 2.7)
    assert SCAD().value([100.0]) == pytest.approx(4.7 / 2)
    assert MCP().scaled_value([100.0], 2.0) == pytest.approx(3 * 2**2 / 2)
    assert MCP(groups=[0, 0], weights=[2.0]).value([30.0, 40.0]) == pytest.approx(3 * 2**2 / 2)
    assert GroupLasso([0, 0, 1]).value([3.0, 4.0, -2.0]) == pytest.approx(5 * np.sqrt(2) + 2)
    assert SparseGroupLasso([0, 0], 0.25, [1.0]).value([3.0, 4.0]) == 0.25 * 7 + 0.75 * 5
    assert SLOPE([3.0, 2.0, 1.0]).value([1.0, -5.0, 2.0]) == 15 + 4 + 1
    assert FusedLasso(2.0).value([1.0, -1.0, 3.0]) == 6 + 2 * 5
    assert TotalVariation([0.5, 3.0]).value([1.0, -1.0, 3.0]) == 1 + 12


def test_default_sequence_is_that_of_benjamini_and_hochberg():
    # Quantiles of the normal distribution at 0.975, 0.95, 0.925 and 0.9, from tables.
    expected = [1.959964, 1.644854, 1.439531, 1.281552]
    for count in range(1, 5):
        ones = 1.0 * (np.arange(4) < count)
        assert SLOPE(q=0.2).value(ones) == pytest.approx(sum(expected[:count]), abs=1e-5)


GRID = np.linspace(-30.0, 30.0, 600001)


@pytest.mark.parametrize("z", [-0.4, 1.2, 2.7, 3.3, 5.0, 9.0])
@pytest.mark.parametrize("step", [0.3, 1.0, 1.7, 2.8, 3.5, 4.6, 6.0])
@pytest.mark.parametrize("penalty", [MCP(), MCP(1.1), SCAD(), SCAD(2.1)], ids=repr)
def test_nonconvex_prox_against_a_grid(penalty, step, z):
    values = np.array([penalty.scaled_value([b], 1.3) for b in GRID[::1000]])
    at_grid = np.interp(abs(GRID), abs(GRID[::1000][300:]), values[300:])
    p = penalty.scaled_prox([z], step, 1.3)
    cost = 0.5 * (p[0] - z) ** 2 + step * penalty.scaled_value(p, 1.3)
    # Linear between the coarse points the penalty is too low, by less than 0.1^2 / 8.
    assert cost <= np.min(0.5 * (GRID - z) ** 2 + step * at_grid) + step * 0.01
    near = p[0] + np.linspace(-0.2, 0.2, 401)
    rivals = [0.5 * (b - z) ** 2 + step * penalty.scaled_value([b], 1.3) for b in near]
    assert cost <= min(rivals) + 1e-12


def brute_force(y, columns, bounds):
    """``y - A u`` at the u within bounds that makes it shortest: the dual of a prox."""
    dual = lsq_linear(columns, y, bounds=(-bounds, bounds), method="bvls", tol=1e-15)
    return y - columns @ dual.x


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("l1_ratio", [0.0, 0.4])
def test_fused_lasso_against_its_dual(seed, l1_ratio):
    rng = np.random.default_rng(seed)
    size = int(rng.integers(2, 12))
    y = rng.normal(size=size).round(rng.integers(0, 3)) + rng.choice([0.0, 10.0])
    weights = rng.choice([0.2, 1.0, 3.0], size=size - 1)
    step = rng.choice([0.05, 0.5, 2.0])
    columns, bounds = np.diff(np.eye(size), axis=0).T, step * weights
    if l1_ratio:
        columns = np.hstack([columns, np.eye(size)])
        bounds = np.concatenate([bounds, np.full(size, step * l1_ratio)])
    expected = brute_force(y, columns, bounds)
    assert_allclose(FusedLasso(l1_ratio, weights).prox(y, step), expected, atol=1e-7)


def assert_taut(y, x, radii):
    """x minimises 1/2 |x - y|^2 + sum radii |jumps|: its dual certificate, for any length."""
    pull = np.cumsum(y - x)
    size = 1e-11 * (np.abs(np.cumsum(y - y.mean())).max() + np.abs(y).max() * np.sqrt(len(y)))
    assert abs(pull[-1]) <= size
    assert np.all(abs(pull[:-1]) <= radii + size)
    jumps = np.diff(x)
    up, down = jumps > 0, jumps < 0
    assert_allclose(pull[:-1][up], -radii[up], atol=size)
    assert_allclose(pull[:-1][down], radii[down], atol=size)


@pytest.mark.parametrize("step", [1e-3, 1.0, 30.0, 1e4, 1e15])
@pytest.mark.parametrize("level", [0.0, 1e6])
def test_total_variation_of_a_long_chain(step, level):
    rng = np.random.default_rng(5)
    y = rng.normal(size=20000) + 3 * np.sin(np.arange(20000) / 700) + level
    weights = rng.choice([0.0, 0.5, 1.0, np.inf], p=[0.01, 0.39, 0.59, 0.01], size=19999)
    x = TotalVariation(weights).prox(y, step)
    assert_taut(y, x, radii=step * weights)
    assert_array_equal(np.diff(x)[np.isinf(weights)], 0.0)


@pytest.mark.parametrize("y", [[3.0], [0.1] * 7, [1e-300, 0.0], [1e300, -1e300], [1.0, 2.0]])
def test_total_variation_of_a_short_chain(y):
    assert_array_equal(TotalVariation().prox(y, 0.0), y)
    expected = [sum(value / len(y) for value in y)] * len(y)
    assert_allclose(TotalVariation().prox(y, 1e301), expected, rtol=1e-15, atol=1e-15)


def test_total_variation_is_the_same_backwards():
    y = RNG.normal(size=200).cumsum()
    weights = RNG.uniform(size=199)
    there, back = TotalVariation(weights), TotalVariation(weights[::-1])
    assert_allclose(there.prox(y, 2.0), back.prox(y[::-1], 2.0)[::-1], rtol=1e-12, atol=1e-12)


def test_slope_ties_coefficients():
    z = [5.0, -4.9, 4.8, 0.1]
    p = SLOPE([3.0, 2.0, 1.0, 0.5]).prox(z, 1.0)
    assert_allclose(p, [2.9, -2.9, 2.9, 0.0], rtol=1e-12)


@pytest.mark.parametrize("q", [0.01, 0.5])
def test_slope_at_size_by_its_dual_norm(q):
    z = np.random.default_rng(3).standard_t(2, size=5000)
    penalty = SLOPE(q=q)
    p = penalty.prox(z, 0.8)
    assert penalty.dual_norm(z - p) == pytest.approx(0.8, rel=1e-12)
    assert (z - p) @ p == pytest.approx(0.8 * penalty.value(p), rel=1e-12)

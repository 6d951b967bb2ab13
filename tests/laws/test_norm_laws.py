"""Every norm x every law of dual norms; and zero is left exactly at the dual norm."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from numpy.testing import assert_allclose

from taut.penalties import (
    L1,
    L2,
    MCP,
    SCAD,
    SLOPE,
    Box,
    ElasticNet,
    FusedLasso,
    GroupLasso,
    MultiTask,
    NonNegative,
    Nuclear,
    SparseGroupLasso,
    TotalVariation,
)

from .registry import PENALTIES
from .strategies import coefs, steps, tried

ROUNDING = 1e-9


def of_those(wanted):
    penalties = [case.penalty for case in PENALTIES if wanted(case)]
    return pytest.mark.parametrize("penalty", penalties, ids=repr)


every_norm = of_those(lambda case: case.penalty.is_norm)
every_homogeneous = of_those(lambda case: case.degree == 1)
every_with_zero = of_those(lambda case: case.degree == 1 or not case.penalty.is_convex)


@every_norm
@tried
@given(coef=coefs(), other=coefs())
def test_norms_are_even_and_subadditive(penalty, coef, other):
    a, b = penalty.prox(coef, 0.0), penalty.prox(other, 0.0)
    assert_allclose(penalty.value(-a), penalty.value(a), rtol=1e-12)
    total = penalty.value(a) + penalty.value(b)
    assert penalty.value(a + b) <= total + ROUNDING * (1 + total)


def test_which_penalties_are_norms():
    assert all(case.degree == 1 for case in PENALTIES if case.penalty.is_norm)
    for penalty in (L1(), L1([0.0, np.inf]), ElasticNet(1.0), Box(-np.inf, np.inf), SLOPE()):
        assert penalty.is_norm, penalty
    for penalty in (L2(), ElasticNet(), NonNegative(), L1() + NonNegative(), Box(-1, 1), MCP()):
        assert not penalty.is_norm, penalty


@every_homogeneous
@tried
@given(coef=coefs(), step=steps)
def test_moreau_residual_lies_in_the_dual_ball_and_pairs_with_the_prox(penalty, coef, step):
    # Both together say that the residual is step times a subgradient: the prox is exact.
    p = penalty.prox(coef, step)
    residual = coef - p
    assert penalty.dual_norm(residual) <= step * (1 + ROUNDING) + ROUNDING
    pairing = step * penalty.value(p)
    assert residual @ p == pytest.approx(pairing, rel=ROUNDING, abs=ROUNDING)


@every_homogeneous
@tried
@given(coef=coefs(), other=coefs(), step=steps)
def test_dual_norm_bounds_inner_products(penalty, coef, other, step):
    residual = coef - penalty.prox(coef, step)  # has no unpenalised part
    b = penalty.prox(other, 0.0)
    bound = penalty.dual_norm(residual) * penalty.value(b)
    assert residual @ b <= bound + ROUNDING * (1 + bound)


def with_kinks(penalty):
    """The part that can hold a coefficient at zero: a ridge beside it moves those of weight 0."""
    return penalty if penalty.is_convex else getattr(penalty, "part", penalty)


@every_with_zero
@tried
@given(coef=coefs())
def test_prox_leaves_zero_at_the_dual_norm(penalty, coef):
    alpha, kinked = penalty.dual_norm(coef), with_kinks(penalty)
    assert kinked.value(penalty.scaled_prox(coef, 1.0, alpha * (1 + 1e-9))) <= ROUNDING
    if alpha > 1e-3:
        assert kinked.value(penalty.scaled_prox(coef, 1.0, alpha * (1 - 1e-3))) > ROUNDING


@every_with_zero
@pytest.mark.parametrize("seed", range(20))
def test_zeros_are_exact(penalty, seed):
    coef = np.random.default_rng(seed).normal(size=5)
    alpha = penalty.dual_norm(coef)
    assert with_kinks(penalty).value(penalty.scaled_prox(coef, 1.0, alpha * (1 + 1e-9))) == 0.0


@every_norm
@tried
@given(coef=coefs((5, 3)))
def test_dual_norm_of_matrices(penalty, coef):
    alpha = penalty.dual_norm(coef)
    assert penalty.value(penalty.prox(coef, alpha * (1 + 1e-9))) <= ROUNDING
    if alpha > 1e-3:
        assert penalty.value(penalty.prox(coef, alpha * (1 - 1e-3))) > ROUNDING


def test_dual_norms_by_hand():
    z = [3.0, -4.0, 1.0]
    assert L1().dual_norm(z) == 4.0
    assert L1([1.0, 0.0, np.inf]).dual_norm(z) == 3.0
    assert L2().dual_norm(z) == 0.0
    assert ElasticNet(0.25).dual_norm(z) == 16.0
    assert (L1() + NonNegative()).dual_norm(z) == 3.0
    assert (L1() + Box(-1, 0)).dual_norm(z) == 4.0
    assert (L1() + Box(1, 2)).dual_norm(z) == np.inf
    assert GroupLasso([0, 0, 1], weights=[1.0, 1.0]).dual_norm(z) == 5.0
    assert MultiTask().dual_norm(np.array([[3.0, 4.0], [0.0, 1.0]])) == 5.0
    assert SparseGroupLasso([0, 0, 1], l1_ratio=1.0).dual_norm(z) == 4.0
    # |(3, 4) - alpha / 2|_2 = alpha / 2 where alpha / 2 = a: a^2 - 14 a + 25 = 0.
    a = 7 - np.sqrt(24)
    sparse = SparseGroupLasso([0, 0, 1], weights=[1.0, 1.0])
    assert sparse.dual_norm(z) == pytest.approx(2 * a, rel=1e-14)
    assert MCP().dual_norm(z) == SCAD().dual_norm(z) == 4.0
    assert MCP(groups=[0, 0, 1], weights=[2.5, 1.0]).dual_norm(z) == 2.0
    assert SLOPE([2.0, 1.5, 0.0]).dual_norm(z) == 8.0 / 3.5
    assert TotalVariation().dual_norm(z) == 3.0
    assert TotalVariation([1.0, np.inf]).dual_norm([5.0, -4.0, -1.0]) == 5.0
    assert FusedLasso(l1_ratio=1.0).dual_norm(z) == 1.5
    assert Nuclear().dual_norm([[3.0, 0.0], [0.0, -4.0]]) == pytest.approx(4.0)
    one = [1.0, 1.0]
    assert (GroupLasso([0, 0, 1], one) + L2()).dual_norm(z) == 5.0
    assert (GroupLasso([0, 0, 1], one) + NonNegative()).dual_norm(z) == 3.0
    # Half the sum of both norms is the sparse group lasso at l1_ratio 1/2, in whole units.
    assert (GroupLasso([0, 0, 1], one) + L1()).dual_norm(z) == pytest.approx(a, rel=1e-14)
    assert (MCP() + L1()).dual_norm(z) == pytest.approx(2.0, rel=1e-14)


@pytest.mark.parametrize("size", [40, 1000])
@pytest.mark.parametrize("l1_ratio", [0.01, 0.5, 3.0])
def test_dual_norm_of_the_fused_lasso_at_size(size, l1_ratio):
    rng = np.random.default_rng(size)
    z = rng.normal(size=size).cumsum()
    penalty = FusedLasso(l1_ratio, weights=rng.choice([0.0, 0.5, 2.0, np.inf], size=size - 1))
    alpha = penalty.dual_norm(z)
    assert not penalty.prox(z, alpha * (1 + 1e-9)).any()
    assert penalty.prox(z, alpha * (1 - 1e-6)).any()


@every_with_zero
def test_nan_in_correlations_is_not_hidden(penalty):
    z = np.full(5, np.nan)
    every_part = penalty.dual_norm(np.ones(5))
    assert np.isnan(penalty.dual_norm(z)) or every_part == 0.0

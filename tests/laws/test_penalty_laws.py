"""Every penalty x every law of proximal maps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from .registry import N_FEATURES, PENALTIES
from .strategies import coefs, steps, tried

ROUNDING = 1e-9

every_penalty = pytest.mark.parametrize(
    "penalty", [case.penalty for case in PENALTIES], ids=lambda penalty: repr(penalty)
)
every_homogeneous = pytest.mark.parametrize(
    ("penalty", "degree"), [case for case in PENALTIES if case.degree is not None], ids=repr
)


def feasible(penalty, coef):
    """The nearest coefficients of finite value."""
    return penalty.prox(coef, 0.0)


def objective(penalty, coef, step, candidate):
    return 0.5 * np.sum((candidate - coef) ** 2) + step * penalty.value(candidate)


@every_penalty
@tried
@given(coef=coefs(), other=coefs(), step=steps)
def test_moreau_residual_is_a_subgradient(penalty, coef, other, step):
    p, q = penalty.prox(coef, step), feasible(penalty, other)
    subgradient = (coef - p) / step
    scale = 1 + penalty.value(q) + np.abs(subgradient) @ np.abs(q - p)
    assert penalty.value(q) >= penalty.value(p) + subgradient @ (q - p) - ROUNDING * scale


@every_penalty
@tried
@given(coef=coefs(), move=coefs(), size=st.sampled_from([1.0, 1e-2, 1e-4]), step=steps)
def test_prox_beats_perturbations_by_strong_convexity(penalty, coef, move, size, step):
    p = penalty.prox(coef, step)
    q = feasible(penalty, p + size * move)
    best = objective(penalty, coef, step, p)
    margin = 0.5 * np.sum((q - p) ** 2)
    assert objective(penalty, coef, step, q) >= best + margin - ROUNDING * (1 + best)


@every_penalty
@tried
@given(coef=coefs(), other=coefs(), step=steps)
def test_prox_is_firmly_nonexpansive(penalty, coef, other, step):
    moved = penalty.prox(coef, step) - penalty.prox(other, step)
    assert np.sum(moved**2) <= moved @ (coef - other) + ROUNDING
    assert np.linalg.norm(moved) <= np.linalg.norm(coef - other) + ROUNDING


@every_penalty
@tried
@given(coef=coefs(), step=steps)
def test_prox_fixes_a_minimiser_of_the_penalty(penalty, coef, step):
    minimiser = feasible(penalty, np.zeros(N_FEATURES))
    assert penalty.value(minimiser) <= penalty.value(coef)
    assert_array_equal(penalty.prox(minimiser, step), minimiser)


@every_penalty
@tried
@given(coef=coefs(), step=steps, n_iter=st.integers(1, 20))
def test_repeated_prox_minimises_the_penalty(penalty, coef, step, n_iter):
    # Rate of the proximal point method: Beck, First-Order Methods in Optimization (2017), 10.5.
    minimiser, p = feasible(penalty, np.zeros(N_FEATURES)), coef
    for _ in range(n_iter):
        p = penalty.prox(p, step)
    bound = np.sum((coef - minimiser) ** 2) / (2 * n_iter * step)
    assert penalty.value(p) - penalty.value(minimiser) <= bound + ROUNDING


@every_penalty
@tried
@given(coef=coefs())
def test_prox_tends_to_the_identity_on_the_domain(penalty, coef):
    inside = feasible(penalty, coef)
    assert np.isfinite(penalty.value(inside))
    assert_array_equal(penalty.prox(inside, 0.0), inside)
    assert_allclose(penalty.prox(inside, 1e-12), inside, atol=1e-10)


@every_homogeneous
@tried
@given(coef=coefs(), step=steps, factor=st.floats(0.1, 10))
def test_scaling(penalty, degree, coef, step, factor):
    inside = feasible(penalty, coef)
    assert_allclose(penalty.value(factor * inside), factor**degree * penalty.value(inside))
    # 1/2 |b - c z|^2 + s f(b) at b = c u is c^2 (1/2 |u - z|^2 + s c^(degree - 2) f(u)).
    scaled = factor * penalty.prox(coef, step * factor ** (degree - 2))
    assert_allclose(penalty.prox(factor * coef, step), scaled, rtol=1e-9, atol=1e-9)


@every_penalty
@tried
@given(coef=coefs())
def test_value_is_what_the_coordinates_say(penalty, coef):
    parts = penalty.coordinates(N_FEATURES)
    total = 0.0
    for b, l1, l2, lower, upper in zip(coef.tolist(), *parts, strict=True):
        total += l1 * abs(b) + 0.5 * l2 * b**2 if lower <= b <= upper else np.inf
    assert penalty.value(coef) == pytest.approx(total, rel=1e-12)


@every_penalty
def test_coordinates_are_fit_for_the_core(penalty):
    parts = penalty.coordinates(N_FEATURES)
    for part in parts:
        assert part.shape == (N_FEATURES,)
        assert part.dtype == np.float64
        assert part.flags.c_contiguous
        assert not np.isnan(part).any()
    assert np.isfinite(parts.l1).all()
    assert np.isfinite(parts.l2).all()
    assert (parts.lower <= parts.upper).all()


@every_penalty
@tried
@given(columns=coefs((N_FEATURES, 3)), step=steps)
def test_features_are_axis_0(penalty, columns, step):
    by_column = [penalty.prox(column, step) for column in columns.T]
    assert_array_equal(penalty.prox(columns, step), np.column_stack(by_column))
    assert penalty.value(columns) == pytest.approx(sum(map(penalty.value, columns.T)))


@every_penalty
@tried
@given(coef=coefs(), step=coefs().map(np.abs))
def test_a_step_for_each_feature(penalty, coef, step):
    one_by_one = [penalty.prox(coef, s)[j] for j, s in enumerate(step)]
    assert_array_equal(penalty.prox(coef, step), one_by_one)


@every_penalty
@tried
@given(coef=coefs(), step=steps)
def test_float32_stays_float32(penalty, coef, step):
    narrow = coef.astype(np.float32)
    p = penalty.prox(narrow, step)
    assert p.dtype == np.float32
    assert_allclose(p, penalty.prox(narrow.astype(np.float64), step), rtol=1e-4, atol=1e-5)
    assert np.isfinite(penalty.value(p))


@every_penalty
def test_input_is_left_alone_and_nan_is_not_hidden(penalty):
    coef = np.array([np.nan, -1.0, 0.0, 1.0, 0.0])
    coef.setflags(write=False)
    assert np.isnan(penalty.prox(coef, 0.5)[0])
    inside = feasible(penalty, coef)
    assert np.isnan(penalty.value(inside))

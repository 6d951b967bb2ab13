"""Every penalty x every law of proximal maps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from taut.penalties import MCP, SCAD, Separable

from .registry import N_FEATURES, PENALTIES
from .strategies import coefs, steps, tried

ROUNDING = 1e-9
UNDERFLOW = 1e-100  # smaller numbers have squares that are 0


def of_those(wanted):
    penalties = [case.penalty for case in PENALTIES if wanted(case)]
    return pytest.mark.parametrize("penalty", penalties, ids=repr)


every_penalty = of_those(lambda case: True)
every_convex = of_those(lambda case: case.penalty.is_convex)
every_nonconvex = of_those(lambda case: not case.penalty.is_convex)
every_separable = of_those(lambda case: isinstance(case.penalty, Separable))
every_by_column = of_those(lambda case: case.by_column)
every_by_entry = of_those(lambda case: case.by_entry)
every_with_one_step = of_those(lambda case: not case.by_entry)
every_homogeneous = pytest.mark.parametrize(
    ("penalty", "degree"),
    [(case.penalty, case.degree) for case in PENALTIES if case.degree is not None],
    ids=repr,
)


def feasible(penalty, coef):
    """The nearest coefficients of finite value."""
    return penalty.prox(coef, 0.0)


def objective(penalty, coef, step, candidate):
    return 0.5 * np.sum((candidate - coef) ** 2) + step * penalty.value(candidate)


@every_convex
@tried
@given(coef=coefs(), other=coefs(), step=steps)
def test_moreau_residual_is_a_subgradient(penalty, coef, other, step):
    p, q = penalty.prox(coef, step), feasible(penalty, other)
    subgradient = (coef - p) / step
    scale = 1 + penalty.value(q) + np.abs(subgradient) @ np.abs(q - p)
    assert penalty.value(q) >= penalty.value(p) + subgradient @ (q - p) - ROUNDING * scale


@every_convex
@tried
@given(coef=coefs(), move=coefs(), size=st.sampled_from([1.0, 1e-2, 1e-4]), step=steps)
def test_prox_beats_perturbations_by_strong_convexity(penalty, coef, move, size, step):
    p = penalty.prox(coef, step)
    q = feasible(penalty, p + size * move)
    best = objective(penalty, coef, step, p)
    margin = 0.5 * np.sum((q - p) ** 2)
    assert objective(penalty, coef, step, q) >= best + margin - ROUNDING * (1 + best)


@every_convex
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


@every_convex
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
    if isinstance(penalty, Separable):
        assert_array_equal(penalty.prox(inside, 0.0), inside)
    assert_allclose(penalty.prox(inside, 0.0), inside, rtol=1e-12, atol=1e-14)
    assert_allclose(penalty.prox(inside, 1e-12), inside, atol=1e-10)


@every_homogeneous
@tried
@given(coef=coefs(), step=steps, factor=st.floats(0.1, 10))
def test_scaling(penalty, degree, coef, step, factor):
    inside = feasible(penalty, coef)
    expected = factor**degree * penalty.value(inside)
    assert_allclose(penalty.value(factor * inside), expected, atol=UNDERFLOW)
    # 1/2 |b - c z|^2 + s f(b) at b = c u is c^2 (1/2 |u - z|^2 + s c^(degree - 2) f(u)).
    scaled = factor * penalty.prox(coef, step * factor ** (degree - 2))
    assert_allclose(penalty.prox(factor * coef, step), scaled, rtol=1e-9, atol=1e-9)


@every_separable
@tried
@given(coef=coefs())
def test_value_is_what_the_coordinates_say(penalty, coef):
    parts = penalty.coordinates(N_FEATURES)
    total = 0.0
    for b, l1, l2, lower, upper in zip(coef.tolist(), *parts, strict=True):
        total += l1 * abs(b) + 0.5 * l2 * b**2 if lower <= b <= upper else np.inf
    assert penalty.value(coef) == pytest.approx(total, rel=1e-12)


@every_separable
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


@every_by_column
@tried
@given(columns=coefs((N_FEATURES, 3)), step=steps)
def test_features_are_axis_0(penalty, columns, step):
    by_column = [penalty.prox(column, step) for column in columns.T]
    assert_array_equal(penalty.prox(columns, step), np.column_stack(by_column))
    assert penalty.value(columns) == pytest.approx(sum(map(penalty.value, columns.T)))


@every_by_entry
@tried
@given(coef=coefs(), step=coefs().map(np.abs))
def test_a_step_for_each_feature(penalty, coef, step):
    one_by_one = [penalty.prox(coef, s)[j] for j, s in enumerate(step)]
    assert_array_equal(penalty.prox(coef, step), one_by_one)


@every_nonconvex
@tried
@given(coef=coefs(), move=coefs(), size=st.sampled_from([1.0, 1e-2, 1e-4]), step=steps)
def test_nonconvex_prox_beats_perturbations_at_any_step(penalty, coef, move, size, step):
    p = penalty.prox(coef, step)
    q = feasible(penalty, p + size * move)
    best = objective(penalty, coef, step, p)
    for rival in (q, feasible(penalty, size * move), feasible(penalty, coef)):
        assert objective(penalty, coef, step, rival) >= best - ROUNDING * (1 + best)


# A ridge is alpha times its value: c^3 where the folded part is c^2.
@of_those(lambda case: isinstance(case.penalty, MCP | SCAD))
@tried
@given(coef=coefs(), step=steps, alpha=st.floats(0.01, 10), factor=st.floats(0.1, 10))
def test_nonconvex_scaling_has_alpha_as_lambda(penalty, coef, step, alpha, factor):
    # p(c b; c alpha) = c^2 p(b; alpha), and the prox at c z and c alpha is c times the prox.
    inside = feasible(penalty, coef)
    value = penalty.scaled_value(inside, alpha)
    scaled = penalty.scaled_value(factor * inside, factor * alpha)
    assert_allclose(scaled, factor**2 * value, atol=UNDERFLOW)
    p = factor * penalty.scaled_prox(coef, step, alpha)
    q = penalty.scaled_prox(factor * coef, step, factor * alpha)
    # At an exact tie of two minimisers rounding may choose either.
    costs = [
        0.5 * np.sum((b - factor * coef) ** 2) + step * penalty.scaled_value(b, factor * alpha)
        for b in (p, q)
    ]
    assert_allclose(*costs, rtol=1e-9, atol=1e-9)


@every_convex
@tried
@given(coef=coefs(), step=steps, alpha=st.floats(0, 10))
def test_convex_scaling_multiplies_by_alpha(penalty, coef, step, alpha):
    inside = feasible(penalty, coef)
    value = penalty.scaled_value(inside, alpha)
    assert value == pytest.approx(alpha * penalty.value(inside), rel=1e-12)
    p = penalty.scaled_prox(coef, step, alpha)
    assert_allclose(p, penalty.prox(coef, step * alpha), rtol=1e-12, atol=1e-12)


@every_penalty
@tried
@given(coef=coefs())
def test_alpha_zero_leaves_bounds_and_exclusions_alone(penalty, coef):
    inside = feasible(penalty, coef)
    allowed = penalty.value(coef) < np.inf
    assert penalty.scaled_value(coef, 0.0) == (0.0 if allowed else np.inf)
    assert_array_equal(penalty.scaled_prox(coef, 1.0, 0.0), inside)


@every_with_one_step
def test_features_that_share_a_step(penalty):
    coef = np.array([1.0, -2.0, 3.0, 0.5, -0.25])
    with pytest.raises(ValueError, match=r"step must be one number, .*shape \(5,\).*pass a float"):
        penalty.prox(coef, np.full(N_FEATURES, 0.5))
    assert_array_equal(penalty.prox(coef, np.array([0.5])), penalty.prox(coef, 0.5))


@every_penalty
@tried
@given(coef=coefs(), step=steps)
def test_float32_stays_float32(penalty, coef, step):
    if not penalty.is_convex:
        step = min(step, 1.0)  # beyond, the prox jumps, and rounding decides on which side
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

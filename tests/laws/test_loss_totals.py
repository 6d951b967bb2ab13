"""Every loss x every law of totals: what solvers call."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from taut.losses import Quantile, Squared, SquaredHinge

from . import textbook
from .registry import LOSSES, SURVIVAL, SurvivalCase
from .strategies import tried

N_SAMPLES = 12

every_total = pytest.mark.parametrize(
    "case", [*LOSSES, *SURVIVAL], ids=lambda case: repr(case.loss)
)
generators = st.integers(0, 2**32 - 1).map(np.random.default_rng)


def response(case, rng, n=N_SAMPLES):
    """A response as check_response gives it, with ties and, where they may be, zeros."""
    if isinstance(case, SurvivalCase):
        return survival_response(case, rng, n)
    low, high = case.targets
    y = rng.uniform(low, high, n)
    if case.is_whole:
        y = rng.integers(int(low), int(high) + 1, n).astype(float)
    if case.n_classes is not None or high == 1.0:
        y[: int(high) + 1] = np.arange(high + 1)  # every label is there
    elif low == 0:
        y[2:5] = 0.0
    return case.loss.check_response(y)


def survival_response(case, rng, n):
    time = rng.integers(1, 7, n).astype(float)
    event = rng.random(n) < 0.6
    event[0] = True
    entry = np.full(n, -np.inf)
    if case.is_truncated:
        time[:2], event[1], entry[1] = (1.0, 3.0), True, 2.0  # whatever the draw
        entry[2:] = np.where(rng.random(n - 2) < 0.5, time[2:] - rng.integers(1, 5, n - 2), -np.inf)
    stratum = np.where(np.arange(n) < 2, 0, rng.integers(0, 3, n))
    columns = np.column_stack([time, event, entry, stratum])
    return case.loss.check_response(columns[:, : case.n_columns])


def predictor(case, rng, n=N_SAMPLES, scale=2.0):
    return scale * rng.normal(size=(n, *case.shape))


def some_weights(rng, n=N_SAMPLES):
    return rng.dirichlet(np.ones(n))


def printed_total(case, y, eta, v):
    if isinstance(case, SurvivalCase):
        return textbook.cox(case.loss.ties)(y, eta, v)
    return np.sum(v * case.textbook(y, eta))


@every_total
@tried
@given(rng=generators)
def test_total_is_the_textbook_sum_but_for_a_constant(case, rng):
    y, eta, other, v = *drawn(case, rng), some_weights(rng)
    rise = case.loss.total(y, eta, v) - case.loss.total(y, other, v)
    printed = printed_total(case, y, eta, v), printed_total(case, y, other, v)
    assert_allclose(rise, printed[0] - printed[1], rtol=1e-9, atol=1e-11 * max(map(abs, printed)))


def drawn(case, rng):
    return response(case, rng), predictor(case, rng), predictor(case, rng)


@every_total
@tried
@given(rng=generators)
def test_slope_by_complex_step(case, rng):
    y, eta, _ = drawn(case, rng)
    v = some_weights(rng)
    expected = textbook.gradient(lambda eta: printed_total(case, y, eta, v), eta)
    slope = case.loss.slope(y, eta, v)
    assert slope.shape == eta.shape
    assert_allclose(slope, expected, rtol=1e-9, atol=1e-11)


@every_total
@tried
@given(rng=generators)
def test_curvature_by_differences(case, rng):
    y, eta, _ = drawn(case, rng)
    v, h = some_weights(rng), 1e-5
    curvature = case.loss.curvature(y, eta, v)
    assert curvature.shape == eta.shape
    assert np.all(curvature >= 0)
    for place in np.ndindex(eta.shape):
        step = np.zeros(eta.shape)
        step[place] = h
        ends = (case.loss.curvature(y, eta + sign * step, v)[place] for sign in (-1, 1))
        if not np.isclose(*ends, rtol=0.05, atol=0.01 * v[place[0]]):
            continue  # a kink of a piecewise loss
        up, down = (case.loss.slope(y, eta + sign * step, v)[place] for sign in (1, -1))
        assert_allclose(curvature[place], (up - down) / (2 * h), rtol=1e-5, atol=1e-7)


@every_total
@tried
@given(rng=generators, share=st.floats(0, 1))
def test_convex_along_segments(case, rng, share):
    y, eta, other = drawn(case, rng)
    v = some_weights(rng)
    between = case.loss.total(y, share * eta + (1 - share) * other, v)
    chord = share * case.loss.total(y, eta, v) + (1 - share) * case.loss.total(y, other, v)
    assert between <= chord + 1e-10 * (1 + abs(chord))


@every_total
@tried
@given(rng=generators, shrink=st.floats(0, 1))
def test_fenchel_young(case, rng, shrink):
    y, eta, other = drawn(case, rng)
    v = some_weights(rng)
    total = case.loss.total(y, eta, v)
    theta = case.loss.slope(y, other, v)
    # The domain is convex and holds zero.
    for inside in (theta, shrink * theta, 0 * theta):
        conjugate = case.loss.total_conjugate(y, inside, v)
        product = np.sum(inside * eta)
        assert total + conjugate >= product - 1e-9 * (1 + abs(product) + abs(total))
        assert np.isfinite(conjugate) != getattr(case, "is_truncated", False)
    theta = case.loss.slope(y, eta, v)
    conjugate = case.loss.total_conjugate(y, theta, v)
    if np.isfinite(conjugate):
        assert_allclose(total + conjugate, np.sum(theta * eta), rtol=1e-9, atol=1e-9)


@every_total
@tried
@given(rng=generators)
def test_the_conjugate_is_infinite_where_a_row_is_not_there(case, rng):
    y, v = response(case, rng), some_weights(rng)
    v[-1] = 0.0
    theta = case.loss.slope(y, predictor(case, rng), v)
    assert np.all(theta[-1] == 0)
    theta[-1] = 0.1
    assert case.loss.total_conjugate(y, theta, v) == np.inf


@every_total
@tried
@given(rng=generators)
def test_total_lowest_is_below_all_and_what_the_conjugate_says(case, rng):
    y, eta, _ = drawn(case, rng)
    v = some_weights(rng)
    lowest = case.loss.total_lowest(y, v)
    assert lowest <= case.loss.total(y, eta, v) + 1e-10 * (1 + abs(lowest))
    conjugate = case.loss.total_conjugate(y, np.zeros_like(eta), v)
    if np.isfinite(conjugate):
        assert_allclose(lowest, -conjugate, rtol=1e-12, atol=1e-12)
    if isinstance(case, SurvivalCase):
        # Whoever dies first is far more at risk than all who remain, the censored least.
        certain = -200 * y[:, 0] - 100 * (1 - y[:, 1])
        assert_allclose(case.loss.total(y, certain, v), lowest, atol=1e-12)


@every_total
@tried
@given(rng=generators, with_offset=st.booleans())
def test_null_intercept_minimises(case, rng, with_offset):
    y, v = response(case, rng), 3 * some_weights(rng)
    offset = predictor(case, rng) if with_offset else None
    intercept = case.loss.null_intercept(y, v, offset)
    assert np.shape(intercept) == case.shape
    eta = np.zeros((N_SAMPLES, *case.shape)) if offset is None else offset
    best = case.loss.total(y, eta + intercept, v)
    for shift in (-0.1, 0.1, -1e-3, 1e-3):
        nearby = intercept + shift * rng.normal(size=case.shape)
        assert best <= case.loss.total(y, eta + nearby, v) + 1e-12 * (1 + abs(best))
    if case.loss.is_smooth:
        slopes = case.loss.slope(y, eta + intercept, v).sum(axis=0)
        assert_allclose(slopes, 0, atol=1e-11 * max(1, np.abs(y[np.isfinite(y)]).max()))


@every_total
@tried
@given(rng=generators)
def test_zero_weight_is_a_deleted_row(case, rng):
    y, eta, _ = drawn(case, rng)
    v = some_weights(rng)
    v[5:] = np.where(rng.random(N_SAMPLES - 5) < 0.5, 0.0, v[5:])
    there = v > 0
    far = np.where(np.reshape(there, (-1,) + (1,) * len(case.shape)), eta, 800.0)  # may overflow
    loss, kept = case.loss, (y[there], eta[there], v[there])
    assert_allclose(loss.total(y, far, v), loss.total(*kept), rtol=1e-12)
    theta = loss.slope(y, far, v)
    assert np.all(theta[~there] == 0)
    assert_allclose(theta[there], loss.slope(*kept), rtol=1e-10, atol=1e-15)
    assert np.all(loss.curvature(y, far, v)[~there] == 0)
    assert_allclose(loss.curvature(y, far, v)[there], loss.curvature(*kept), rtol=1e-8, atol=1e-15)
    of_all = loss.total_conjugate(y, theta, v), loss.total_lowest(y, v), loss.null_intercept(y, v)
    y, _, v = kept
    of_kept = loss.total_conjugate(y, theta[there], v), loss.total_lowest(y, v)
    assert_allclose(of_all[:2], of_kept, rtol=1e-9, atol=1e-12)
    assert_allclose(of_all[2], loss.null_intercept(y, v), rtol=1e-12)


@every_total
@tried
@given(rng=generators)
def test_whole_weight_is_a_repeated_row(case, rng):
    y, eta, _ = drawn(case, rng)
    times = rng.integers(1, 4, N_SAMPLES)
    if getattr(case.loss, "ties", "") == "efron":
        times[y[:, 1] == 1] = 1  # Efron's ties depend on how many events there are
    v = times / times.sum()
    copies = np.repeat(np.arange(N_SAMPLES), times)
    each = np.full(len(copies), 1 / len(copies))
    loss, repeated = case.loss, (y[copies], eta[copies], each)
    assert_allclose(loss.total(y, eta, v), loss.total(*repeated), rtol=1e-10)
    slope = np.zeros_like(eta)
    np.add.at(slope, copies, loss.slope(*repeated))
    assert_allclose(loss.slope(y, eta, v), slope, rtol=1e-9, atol=1e-13)
    assert_allclose(loss.total_lowest(y, v), loss.total_lowest(y[copies], each), rtol=1e-10)
    # Several intercepts may minimise where the loss is piecewise linear.
    null = np.zeros_like(eta)
    intercepts = loss.null_intercept(y, v), loss.null_intercept(y[copies], each)
    assert_allclose(*(loss.total(y, null + b, v) for b in intercepts), rtol=1e-10, atol=1e-12)


@every_total
@tried
@given(rng=generators, factor=st.floats(1e-3, 1e3))
def test_totals_are_proportional_to_the_weights(case, rng, factor):
    y, eta, _ = drawn(case, rng)
    v, loss = some_weights(rng), case.loss
    assert_allclose(loss.total(y, eta, factor * v), factor * loss.total(y, eta, v), rtol=1e-9)
    slope = loss.slope(y, eta, v)
    assert_allclose(loss.slope(y, eta, factor * v), factor * slope, rtol=1e-9, atol=1e-13 * factor)
    conjugates = (loss.total_conjugate(y, k * slope, k * v) / k for k in (1, factor))
    assert_allclose(*conjugates, rtol=1e-8, atol=1e-10)


@every_total
@tried
@given(rng=generators)
def test_no_total_breaks_far_out(case, rng):
    y, eta = response(case, rng), predictor(case, rng, scale=1)
    eta, v = 800 * np.sign(eta), some_weights(rng)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        totals = case.loss.total(y, eta, v), case.loss.slope(y, eta, v)
        curvature = case.loss.curvature(y, eta, v)
    assert not np.isnan(totals[0])
    assert not np.isnan(totals[1]).any()
    assert np.all(curvature >= 0)
    if isinstance(case, SurvivalCase) or case.loss.curvature_bound is not None:
        assert np.isfinite(totals[0])
        assert np.all(np.isfinite(totals[1]))


def test_several_targets_are_summed():
    y, eta, v = np.arange(6.0).reshape(3, 2), np.ones((3, 2)), np.array([0.5, 0.25, 0.25])
    loss = Squared()
    assert loss.check_response(y) is y
    one_by_one = [loss.total(y[:, k], eta[:, k], v) for k in (0, 1)]
    assert_allclose(loss.total(y, eta, v), np.sum(one_by_one))
    assert_allclose(loss.slope(y, eta, v), v[:, None] * (eta - y))
    assert_allclose(loss.null_intercept(y, v), v @ y)
    theta = loss.slope(y, eta, v)
    assert_allclose(loss.total(y, eta, v) + loss.total_conjugate(y, theta, v), np.sum(theta * eta))


def test_null_intercepts_by_hand():
    v = np.array([1.0, 1.0, 2.0])
    assert Squared().null_intercept(np.array([1.0, 2.0, 4.0]), v) == 2.75
    assert Quantile(q=0.2).null_intercept(np.array([3.0, 1.0, 2.0]), v) == 1.0
    assert Quantile(q=0.5).null_intercept(np.array([3.0, 1.0, 2.0]), v) == 2.0
    assert abs(SquaredHinge().null_intercept(np.array([0.0, 0.0, 1.0]), v)) < 1e-12


@pytest.mark.parametrize(
    ("name", "y", "expected"),
    [("logistic", 0.0, -np.inf), ("logistic", 1.0, np.inf), ("poisson", 0.0, -np.inf)],
)
@pytest.mark.parametrize("offset", [None, np.array([0.3, -2.0, 1.0])])
def test_a_fold_of_one_label_has_its_null_model_at_infinity(name, y, expected, offset):
    case = next(case for case in LOSSES if case.loss.name == name)
    assert case.loss.null_intercept(np.full(3, y), np.ones(3), offset) == expected


def test_a_class_that_is_not_there_is_left_out_of_the_null_model():
    case = next(case for case in LOSSES if case.n_classes == 4)
    y, v = np.eye(4)[[0, 1, 3, 3]], np.ones(4)
    intercept = case.loss.null_intercept(y, v)
    assert intercept[2] == -np.inf
    assert_allclose(intercept[[0, 1, 3]], np.log([0.25, 0.25, 0.5]) + np.log(32) / 3)
    offset = np.arange(16.0).reshape(4, 4)
    with_offset = case.loss.null_intercept(y, v, offset)
    assert_allclose(with_offset + offset[0], intercept + np.mean(offset[0, [0, 1, 3]]))

"""The prox in the memory of weights: refused where it does not fit, in place where it does."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from taut import _core

REFUSED = (ValueError, TypeError)
SLOPES = {"amount": 0.5, "l1": np.ones(3), "l2": np.zeros(3)}
FOLDS = {"amount": 0.5, "strength": 0.5, "fall": 0.2, "l1": np.ones(3), "knots": np.zeros(3)}
GROUPS = {"amount": 0.5, "of_groups": np.ones(2), "labels": np.array([0, 1, 0])}
FUNCTIONS = {"shrink_slopes": SLOPES, "shrink_folds": FOLDS, "shrink_groups": GROUPS}


def arguments(name, **changes):
    known = {
        "weights": np.random.default_rng(0).standard_normal((2, 3, 4)),
        "moments": np.full(24, 0.25),
        "squared": True,
        "shift": 0.1,
    }
    return known | FUNCTIONS[name] | changes


def call(name, **changes):
    return getattr(_core, name)(**arguments(name, **changes))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_weights_change_in_place(name):
    weights = arguments(name)["weights"]
    before = weights.copy()
    assert call(name, weights=weights) is None
    assert (np.abs(weights) < np.abs(before)).any()


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize(
    "weights",
    [
        np.ones((2, 3, 4), dtype=np.float16),
        np.ones((2, 3, 4), dtype=np.int64),
        np.ones((2, 3)),
        np.ones((2, 3, 8))[:, :, ::2],
        np.ones((2, 4, 4)),
        None,
        [[[1.0]]],
    ],
    ids=["half", "integers", "a matrix", "gaps", "another number", "None", "lists"],
)
def test_weights_that_do_not_fit_are_refused(name, weights):
    with pytest.raises(REFUSED):
        call(name, weights=weights, moments=None)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_read_only_weights_are_refused(name):
    weights = arguments(name)["weights"]
    weights.setflags(write=False)
    with pytest.raises(REFUSED):
        call(name, weights=weights)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        *[(name, {"moments": np.ones(23)}) for name in FUNCTIONS],
        *[(name, {"moments": np.ones(24, dtype=np.float32)}) for name in FUNCTIONS],
        ("shrink_slopes", {"l1": np.ones(2)}),
        ("shrink_slopes", {"l2": np.zeros(2)}),
        ("shrink_slopes", {"l1": np.ones(0), "l2": np.ones(0)}),
        ("shrink_folds", {"knots": np.zeros(1)}),
        ("shrink_groups", {"labels": np.array([0, 1])}),
        ("shrink_groups", {"labels": np.array([0, 1, 2])}),
        ("shrink_groups", {"labels": np.array([0, -1, 0])}),
        ("shrink_groups", {"labels": None}),
    ],
)
def test_what_does_not_fit_the_weights_is_refused(name, change):
    with pytest.raises(REFUSED):
        call(name, **change)


def test_nothing_is_no_trouble():
    empty = np.ones((0, 3, 4))
    call("shrink_slopes", weights=empty, moments=np.ones(0))
    call("shrink_groups", weights=empty, moments=np.ones(0))


def test_what_is_not_finite_stays_and_free_groups_keep_every_bit():
    weights = np.array([[[np.nan, 1.0], [np.inf, 1.0], [1e-170, -0.3]]])
    before = weights.copy()
    for moments in (None, np.ones(6)):
        call("shrink_groups", weights=weights, moments=moments, amount=0.1, labels=None,
             of_groups=np.array([1.0, 1.0, 0.0]))  # fmt: skip
        assert_array_equal(weights[0, 2], before[0, 2])
        assert np.isnan(weights[0, 0, 0])
        assert not np.isfinite(weights[0, 1, 0])


@given(
    z=st.lists(st.floats(-3, 3), min_size=40, max_size=40),
    exponents=st.lists(st.floats(-5, 5), min_size=40, max_size=40),
    amount=st.floats(1e-4, 10),
    single=st.booleans(),
    by_row=st.booleans(),
)
@settings(max_examples=200, deadline=None)
def test_groups_are_stationary_in_any_metric(z, exponents, amount, single, by_row):
    """``D (b - z) + s b / |b| = 0``, or ``|D z| <= s`` at zero, by row and by column."""
    dtype = np.float32 if single else np.float64
    shape = (1, 2, 20) if by_row else (20, 2, 1)
    z = np.reshape(np.array(z, dtype), shape)
    D = np.reshape(10 ** np.array(exponents), shape).astype(dtype)
    b = z.copy()
    _core.shrink_groups(b, D.ravel(), False, 0.0, amount, np.ones(2), None)
    for g in range(2):
        found, start, diagonal = (part[:, g].ravel().astype(float) for part in (b, z, D))
        norm, pulled = np.linalg.norm(found), np.linalg.norm(diagonal * start)
        precision = np.finfo(dtype).eps
        if norm == 0:
            assert pulled <= amount * (1 + 50 * precision)
            continue
        assert pulled >= amount * (1 - 50 * precision)
        expected = diagonal * start / (diagonal + amount / norm)
        assert_allclose(found, expected, rtol=0, atol=200 * precision * np.linalg.norm(start))

"""Moments: however the rows are cut, they add up to the same problem."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from taut.designs import as_design
from taut.designs.moments import Moments, Rows, near_means

from .problems import regression, weights_for

N, P = 90, 5
X, Y = regression(N, P)
W = weights_for(N)
tried = settings(max_examples=30, deadline=None)
cuts = st.integers(1, N - 1)
shifts = st.lists(st.floats(-100, 100), min_size=P + 1, max_size=P + 1).map(np.array)


def assert_same(found, expected, atol=1e-8):
    """The same rows: compared about one shift, and as problems with and without intercept."""
    found = found.shifted(expected.shift)
    assert found.weight == pytest.approx(expected.weight)
    assert_allclose(found.sums, expected.sums, atol=atol)
    assert_allclose(found.products, expected.products, atol=atol)
    for fit_intercept in (True, False):
        one, other = found.centred(fit_intercept), expected.centred(fit_intercept)
        for name in ("gram", "correlation", "squares", "mean", "response_mean"):
            assert_allclose(getattr(one, name), getattr(other, name), atol=atol)


def test_the_problem_by_hand():
    centred = Moments.of(X, Y, W).centred()
    v = W / W.sum()
    Z, r = X - v @ X, Y - v @ Y
    assert_allclose(centred.gram, Z.T @ (v[:, None] * Z), atol=1e-12)
    assert_allclose(centred.correlation, Z.T @ (v * r), atol=1e-12)
    assert centred.squares == pytest.approx(v @ r**2)
    assert_allclose(centred.mean, v @ X)
    assert centred.response_mean == pytest.approx(v @ Y)
    raw = Moments.of(X, Y, W).centred(fit_intercept=False)
    assert_allclose(raw.gram, X.T @ (v[:, None] * X), atol=1e-12)
    assert_allclose(raw.correlation, X.T @ (v * Y), atol=1e-12)
    assert raw.squares == pytest.approx(v @ Y**2)
    assert_array_equal(raw.mean, 0.0)


@tried
@given(cuts, shifts)
def test_update_and_merge_are_all_rows(cut, shift):
    whole = Moments.of(X, Y, W)
    first, second = (Moments.of(X[rows], Y[rows], W[rows]) for rows in (slice(cut), slice(cut, N)))
    assert_same(first + second, whole)
    assert_same(second + first, whole)
    assert_same(first.update(X[cut:], Y[cut:], W[cut:]), whole)
    elsewhere = Moments.of(X[:cut], Y[:cut], W[:cut], shift)
    assert_same(elsewhere + second, whole)


@tried
@given(cuts)
def test_what_was_added_can_be_taken_away(cut):
    whole = Moments.of(X, Y, W)
    first, second = (Moments.of(X[rows], Y[rows], W[rows]) for rows in (slice(cut), slice(cut, N)))
    if second.weight > 0:
        assert_same(whole - first, second)
    if first.weight > 0:
        assert_same(whole - second, first)


def test_rows_without_weight_add_nothing():
    nothing, whole = Moments.of(X, Y, np.zeros(N)), Moments.of(X, Y, W)
    assert nothing.weight == 0
    assert_same(whole + nothing, whole)
    assert_same(nothing + whole, whole)


@tried
@given(shifts)
def test_a_shift_and_its_return_change_nothing(shift):
    moments = Moments.of(X, Y, W)
    assert_same(moments.shifted(shift).shifted(moments.shift), moments)
    assert_same(Moments.of(X, Y, W, shift), moments)


def test_errors_under_the_best_intercept_by_hand():
    centred = Moments.of(X, Y, W).centred()
    coefs = np.array([[1.0, 0.0], [0.0, 0.0], [-2.0, 0.3], [0.0, 0.0], [0.5, 0.0]])
    residuals = Y[:, None] - X @ coefs
    residuals -= W @ residuals / W.sum()
    assert_allclose(centred.mean_squared_errors(coefs), W @ residuals**2 / W.sum())


LONG = 20_000
DATA = {
    "noise about zero": lambda random: random.normal(size=LONG),
    "noise about five": lambda random: 5 + random.normal(size=LONG),
    "a trend": lambda random: np.arange(LONG) + random.normal(size=LONG),
    "a spike where few look": lambda random: np.where(np.arange(LONG) < 512, 1e8, 0.0),
    "a step beyond them": lambda random: np.where(np.arange(LONG) < 512, 0.0, 1e8),
}


@pytest.mark.parametrize("weights", ["equal", "drawn", "none where few look", "there only"])
@pytest.mark.parametrize("data", DATA)
def test_the_shift_is_near_the_means_whatever_the_rows(data, weights):
    random = np.random.default_rng(0)
    column, looked_at = DATA[data](random), np.arange(LONG) % (16 * 512) < 512
    v = {
        "equal": np.ones(LONG),
        "drawn": random.uniform(0, 2, size=LONG),
        "none where few look": np.where(looked_at, 0.0, 1.0),
        "there only": np.where(looked_at, 1.0, 0.0),
    }[weights]
    v /= v.sum()
    shift = near_means(as_design(column[:, None]), column, v)
    mean = v @ column
    deviation = np.sqrt(v @ (column - mean) ** 2)
    assert shift[1] == pytest.approx(mean)
    # Of a share of 1 / 32 of the weight at least; two more deviations of those rows for a zero.
    assert abs(shift[0] - mean) <= (np.sqrt(31) + 2 * np.sqrt(32)) * deviation + 1e-12 * abs(mean)
    if data == "noise about zero":
        assert shift[0] == 0
    if data == "noise about five":
        assert shift[0] == pytest.approx(5, abs=0.5)


def test_groups_are_their_own_rows_and_a_negative_one_is_left_out():
    groups = np.arange(N) % 4 - 1
    for k, part in enumerate(Moments.of_groups(Rows.of(X, Y, W), groups, 3)):
        assert_same(part, Moments.of(X[groups == k], Y[groups == k], W[groups == k]))


@tried
@given(st.integers(0, 2**32 - 1))
def test_squared_errors_by_hand(seed):
    random = np.random.default_rng(seed)
    coefs, intercepts = random.normal(size=(P, 3)), random.normal(size=3)
    expected = W @ (Y[:, None] - intercepts - X @ coefs) ** 2 / W.sum()
    assert_allclose(Moments.of(X, Y, W).mean_squared_errors(coefs, intercepts), expected)


@pytest.mark.parametrize("order", ["C", "F"])
def test_single_precision_is_read_as_it_is(order):
    narrow = np.asarray(X, dtype=np.float32, order=order)
    assert_same(Moments.of(narrow, Y, W), Moments.of(X, Y, W), atol=1e-10)


def test_columns_that_hardly_vary_count_as_constant():
    changed = X.copy()
    changed[:, 2], changed[:, 4] = 0.1, 0.0
    centred = Moments.of(changed, Y).centred()
    assert_array_equal(np.flatnonzero(centred.constant), [2, 4])
    without = centred.without(centred.constant)
    assert not without.gram[[2, 4]].any()
    assert not without.correlation[[2, 4]].any()
    kept = [0, 1, 3]
    assert_array_equal(without.gram[np.ix_(kept, kept)], centred.gram[np.ix_(kept, kept)])
    assert centred.without(np.zeros(P, dtype=bool)) is centred


def test_bytes_bring_everything_back():
    moments = Moments.of(X, Y, W)
    again = Moments.from_bytes(moments.to_bytes())
    assert again.weight == moments.weight
    for name in ("shift", "sums", "products"):
        assert_array_equal(getattr(again, name), getattr(moments, name))


def _saved(**changes):
    moments = Moments.of(X, Y)
    known = {name: getattr(moments, name) for name in ("weight", "shift", "sums", "products")}
    known = {name: value for name, value in (known | changes).items() if value is not None}
    buffer = io.BytesIO()
    np.savez(buffer, **known)
    return buffer.getvalue()


def _array_alone():
    buffer = io.BytesIO()
    np.save(buffer, X)
    return buffer.getvalue()


GOOD = Moments.of(X, Y).to_bytes()
BAD = {
    "nothing": b"",
    "text": b"not moments",
    "cut short": GOOD[: len(GOOD) // 2],
    "a flipped byte": GOOD[:300] + bytes([GOOD[300] ^ 255]) + GOOD[301:],
    "one array": _array_alone(),
    "an array missing": _saved(sums=None),
    "another size": _saved(shift=np.zeros(P)),
    "numbers for arrays": _saved(shift=1.0, sums=1.0, products=1.0),
    "a weight that is no number": _saved(weight=np.zeros(3)),
    "objects": _saved(sums=np.array([{}] * (P + 1), dtype=object)),
    "text for numbers": _saved(sums=np.array(["a"] * (P + 1))),
}


def test_a_tampered_archive_is_read_or_refused():
    """Each byte that says how the archive is laid out, not what is in it."""
    entry = GOOD.index(b"PK\x01\x02")
    for place in range(entry, entry + 46):
        tampered = bytearray(GOOD)
        tampered[place] ^= 1
        assert _read(bytes(tampered)) in (None, GOOD)


def _read(data):
    try:
        return Moments.from_bytes(data).to_bytes()
    except ValueError:
        return None


@pytest.mark.parametrize("data", BAD)
def test_bytes_of_anything_else_are_refused(data):
    with pytest.raises(ValueError, match=r"data must be bytes from Moments\.to_bytes"):
        Moments.from_bytes(BAD[data])


def test_sparse_matrices_are_refused():
    with pytest.raises(TypeError, match="X must be dense"):
        Moments.of(sparse.csc_array(X), Y)

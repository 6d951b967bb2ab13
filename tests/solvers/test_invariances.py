"""What must not change a fit, or change it in a known way; tried on random small problems."""

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import sparse

import taut
from taut.penalties import L1, L2, ElasticNet, NonNegative

PENALTIES = {
    "l1": lambda weights=None: L1(weights=weights),
    "elastic net": lambda weights=None: ElasticNet(l1_ratio=0.5, weights=weights),
    "l2": lambda weights=None: L2(weights=weights),
    "non-negative": lambda weights=None: L1(weights=weights) + NonNegative(weights=weights),
}
penalties = pytest.mark.parametrize("penalty", PENALTIES)
symmetric = pytest.mark.parametrize("penalty", ["l1", "elastic net", "l2"])
tried = settings(max_examples=30, deadline=None)
ALPHAS = np.array([0.5, 0.1, 0.02])


class Sample(NamedTuple):
    X: np.ndarray
    y: np.ndarray
    random: np.random.Generator


@st.composite
def samples(draw):
    """Normal or whole features (ties, duplicates), tall or wide; entries exact in float32."""
    n_samples, n_features = draw(st.integers(4, 25)), draw(st.integers(1, 12))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    if draw(st.booleans()):
        X = random.normal(size=(n_samples, n_features)).astype(np.float32).astype(np.float64)
    else:
        X = random.integers(-2, 3, size=(n_samples, n_features)).astype(np.float64)
    y = X @ random.integers(-1, 2, n_features) + random.normal(size=n_samples)
    return Sample(X, y, random)


def path(X, y, penalty, alphas=ALPHAS, **options):
    return taut.fit_path(X, y, penalty=penalty, alphas=alphas, tol=1e-12, **options)


def assert_same(found, expected, X, atol=1e-8):
    """Fitted values are unique, whether or not the coefficients are."""
    assert_allclose(found.predict(X), expected.predict(X), rtol=0, atol=atol)


@penalties
@tried
@given(samples())
def test_whole_weights_repeat_rows(penalty, sample):
    X, y, random = sample
    counts = random.integers(0, 4, len(y))
    counts[:2] = 1, 2
    weighted = path(X, y, PENALTIES[penalty](), sample_weight=counts)
    repeated = path(np.repeat(X, counts, axis=0), np.repeat(y, counts), PENALTIES[penalty]())
    rows = counts > 0
    assert_same(weighted, repeated, X[rows])


@penalties
@tried
@given(samples())
def test_a_weight_of_zero_deletes_a_row(penalty, sample):
    X, y, random = sample
    weights = random.uniform(0.2, 2.0, len(y))
    gone = random.permutation(len(y))[: len(y) // 3]
    weights[gone] = 0.0
    kept = weights > 0
    expected = path(X[kept], y[kept], PENALTIES[penalty](), sample_weight=weights[kept])
    wild_X, wild_y = X.copy(), y.copy()
    wild_X[gone], wild_y[gone] = 1e3, -1e6
    for rows in ((X, y), (wild_X, wild_y)):
        found = path(*rows, PENALTIES[penalty](), sample_weight=weights)
        assert_same(found, expected, X[kept])


@penalties
def test_a_deleted_row_leaves_no_digit(penalty):
    """Where the problem is well conditioned, the agreement is that of rounding."""
    random = np.random.default_rng(0)
    X, y = random.normal(size=(60, 8)), random.normal(size=60)
    weights = random.uniform(0.5, 1.5, 60) * (np.arange(60) % 4 > 0)
    kept = weights > 0
    found = path(X, y, PENALTIES[penalty](), sample_weight=weights)
    expected = path(X[kept], y[kept], PENALTIES[penalty](), sample_weight=weights[kept])
    assert_allclose(found.coefs, expected.coefs, rtol=0, atol=1e-12)
    assert_allclose(found.intercepts, expected.intercepts, rtol=0, atol=1e-12)


@penalties
@tried
@given(samples())
def test_column_units_are_penalty_weights(penalty, sample):
    """c = b / s has l1 |b| = (l1 s) |c|, and l2 b^2 = (l2 s^2) c^2."""
    X, y, random = sample
    scale = 10.0 ** random.uniform(-3, 3, X.shape[1])
    expected = path(X, y, PENALTIES[penalty]())
    scaled = {
        "l1": L1(weights=scale),
        "elastic net": L1(weights=0.5 * scale) + L2(weights=0.5 * scale**2),
        "l2": L2(weights=scale**2),
        "non-negative": L1(weights=scale) + NonNegative(),
    }[penalty]
    assert_same(path(X * scale, y, scaled), expected_in_units(expected, scale), X * scale)


def expected_in_units(found, scale):
    return taut.Path(
        found.alphas, found.coefs / scale[:, None], found.intercepts, found.certificates
    )


@penalties
@tried
@given(samples())
def test_the_order_of_rows_and_columns_does_not_matter(penalty, sample):
    X, y, random = sample
    rows, columns = random.permutation(len(y)), random.permutation(X.shape[1])
    weights = random.uniform(0.2, 2.0, X.shape[1])
    expected = path(X, y, PENALTIES[penalty](weights))
    by_rows = path(X[rows], y[rows], PENALTIES[penalty](weights))
    by_columns = path(X[:, columns], y, PENALTIES[penalty](weights[columns]))
    assert_same(by_rows, expected, X)
    assert_allclose(by_columns.predict(X[:, columns]), expected.predict(X), rtol=0, atol=1e-8)


def _memory_mapped(X, folder):
    np.save(folder / "X.npy", X)
    return np.load(folder / "X.npy", mmap_mode="r")


FORMS = {
    "C": lambda X, folder: np.ascontiguousarray(X),
    "F": lambda X, folder: np.asfortranarray(X),
    "float32": lambda X, folder: X.astype(np.float32),
    "csc": lambda X, folder: sparse.csc_array(X),
    "csr": lambda X, folder: sparse.csr_array(X),
    "memory map": _memory_mapped,
}


@penalties
@pytest.mark.parametrize("form", FORMS)
def test_the_form_of_the_matrix_does_not_matter(penalty, form, tmp_path_factory):
    folder = tmp_path_factory.mktemp("forms")

    @tried
    @given(samples())
    def law(sample):
        X, y, _ = sample
        expected = path(X.copy(), y, PENALTIES[penalty]())
        assert_same(path(FORMS[form](X, folder), y, PENALTIES[penalty]()), expected, X)

    law()


@penalties
@tried
@given(samples())
def test_single_precision_costs_no_more_than_its_rounding(penalty, sample):
    X, y, random = sample
    X = X + random.normal(size=X.shape)
    narrow = path(X.astype(np.float32), y, PENALTIES[penalty]())
    assert_same(narrow, path(X, y, PENALTIES[penalty]()), X, atol=1e-3)


@penalties
@tried
@given(samples(), st.floats(-1e3, 1e3))
def test_shifts_move_the_intercept_alone(penalty, sample, shift):
    X, y, random = sample
    by = random.normal(size=X.shape[1]) * 10.0
    expected = path(X, y, PENALTIES[penalty]())
    shifted = path(X + by, y + shift, PENALTIES[penalty]())
    assert_allclose(shifted.predict(X + by) - shift, expected.predict(X), rtol=0, atol=1e-7)


@penalties
@tried
@given(samples(), st.floats(1e-3, 1e3))
def test_the_unit_of_the_response_is_that_of_the_fit(penalty, sample, size):
    """An l1 penalty grows with y as alpha does; a quadratic one by itself."""
    X, y, _ = sample
    if penalty == "elastic net":
        scaled, alphas = L1(weights=np.full(X.shape[1], 0.5 * size)), ALPHAS
        scaled = scaled + L2(weights=np.full(X.shape[1], 0.5))
    else:
        scaled, alphas = PENALTIES[penalty](), ALPHAS * (1.0 if penalty == "l2" else size)
    found = path(X, size * y, scaled, alphas=alphas)
    expected = path(X, y, PENALTIES[penalty]())
    assert_allclose(found.predict(X) / size, expected.predict(X), rtol=0, atol=1e-8)


@symmetric
@tried
@given(samples())
def test_the_sign_of_a_column_is_that_of_its_coefficient(penalty, sample):
    X, y, random = sample
    signs = random.choice([-1.0, 1.0], X.shape[1])
    found, expected = path(X * signs, y, PENALTIES[penalty]()), path(X, y, PENALTIES[penalty]())
    assert_same(found, expected_in_units(expected, signs), X * signs)


@penalties
@tried
@given(samples())
def test_standardize_is_scaling_by_hand(penalty, sample):
    X, y, random = sample
    weights = random.uniform(0.2, 2.0, len(y))
    v = weights / weights.sum()
    scale = np.sqrt(v @ (X - v @ X) ** 2)
    scale[np.ptp(X, axis=0) == 0] = 1.0
    found = path(X, y, PENALTIES[penalty](), sample_weight=weights, standardize=True)
    by_hand = path(X / scale, y, PENALTIES[penalty](), sample_weight=weights)
    assert_same(found, expected_in_units(by_hand, scale), X)

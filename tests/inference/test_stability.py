"""Stability selection: halves, counts and the bound on mistakes."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

import taut
from taut.inference.problems import complementary_halves, stated
from taut.inference.stability import _first, error_factor

from .samples import sparse_regression


def test_the_relevant_features_are_selected():
    X, y, coef = sparse_regression(200, 100, 5)
    found = taut.stability_selection(X, y)
    assert_array_equal(np.flatnonzero(found.support), np.flatnonzero(coef))
    assert found.expected_false <= 1.0
    assert np.all(found.probabilities[found.support] >= found.threshold)


def test_halves_come_in_pairs_that_share_no_row():
    X, y, _ = sparse_regression(31, 4, 1)
    masks = complementary_halves(stated(X, y)[0], 10, np.random.RandomState(0))
    assert_array_equal(masks.sum(axis=1), 15)
    assert not np.any(masks[0::2] & masks[1::2])


def test_halves_of_labels_hold_every_class():
    X, _, _ = sparse_regression(40, 4, 1)
    y = np.repeat(["a", "b", "c"], [30, 8, 2])
    masks = complementary_halves(stated(X, y)[0], 20, np.random.RandomState(0))
    assert all(set(y[mask]) == {"a", "b", "c"} for mask in masks)


def test_probabilities_along_the_path_are_shares_of_refits():
    X, y, _ = sparse_regression(60, 8, 2)
    found = taut.stability_selection(X, y, n_pairs=3, random_state=4)
    masks = complementary_halves(stated(X, y)[0], 3, np.random.RandomState(4))
    refits = [
        taut.fit_path(X[rows], y[rows], alphas=found.alphas, standardize=True) for rows in masks
    ]
    # Standardised by the rows of each half, up to which refits and weights must agree.
    assert_allclose(
        found.path_probabilities, np.mean([path.coefs != 0 for path in refits], axis=0), atol=1e-12
    )


def test_first_features_are_in_order_of_entry_and_then_of_size():
    sizes = np.array([[0, 0, 3.0], [0, 1, 0], [0, 2, 2], [0, 0, 0]])
    assert_array_equal(_first(sizes, 1), [False, False, True, False])
    assert_array_equal(_first(sizes, 2), [False, True, True, False])
    assert_array_equal(_first(sizes, 4), [True, True, True, False])


@pytest.mark.parametrize(
    ("threshold", "n_pairs", "share", "expected"),
    [
        (0.9, 50, 0.7, 1 / 0.8),  # too large a share: theorem 1
        (0.75, 50, 0.1, 1 / (2 * (0.5 - 0.01))),
        (0.9, 50, 0.1, 4 * (0.1 + 0.01) / 1.02),
        (1.0, 50, 0.1, 4 * 0.01 / 1.02),
        (0.51, 50, 0.5, 1 / 0.02),  # below the range of theorem 2
    ],
)
def test_the_factor_is_that_of_the_paper(threshold, n_pairs, share, expected):
    assert error_factor(threshold, n_pairs, share) == pytest.approx(expected)


def test_more_mistakes_allowed_take_more_features():
    X, y, _ = sparse_regression(100, 50, 3)
    taken = [taut.stability_selection(X, y, n_pairs=2, expected_false=e) for e in (0.5, 2.0, 8.0)]
    assert taken[0].n_first < taken[1].n_first < taken[2].n_first
    given = taut.stability_selection(X, y, n_pairs=2, n_first=7)
    assert given.n_first == 7


def test_dense_sparse_and_frames_agree():
    pandas = pytest.importorskip("pandas")
    X, y, _ = sparse_regression(80, 10, 2)
    X[np.abs(X) < 0.5] = 0
    frame = pandas.DataFrame(X, columns=[f"f{j}" for j in range(10)])
    found = [
        taut.stability_selection(data, y, n_pairs=5) for data in (X, sparse.csr_array(X), frame)
    ]
    for other in found[1:]:
        assert_allclose(other.probabilities, found[0].probabilities, atol=0.11)
        assert_array_equal(other.support, found[0].support)
    assert set(found[2].selected_names) <= set(frame.columns)
    assert found[0].names[3] == "x3"


@pytest.mark.parametrize("n_classes", [2, 3])
def test_labels_are_told_apart(n_classes):
    random = np.random.default_rng(0)
    X = random.normal(size=(240, 12))
    shown = X[:, 4] + 0.7 * random.normal(size=240)
    y = np.array(["low", "mid", "high"])[np.digitize(shown, [0.0, 1.0][: n_classes - 1])]
    found = taut.stability_selection(X, y, n_pairs=2, n_first=1)
    assert_array_equal(np.flatnonzero(found.support), [4])


def test_counts_take_their_loss():
    random = np.random.default_rng(0)
    X = random.normal(size=(200, 8))
    y = random.poisson(np.exp(0.8 * X[:, 2]))
    assert taut.stability_selection(X, y, loss="poisson", n_pairs=5).selected.tolist() == [2]


def test_a_constant_feature_is_never_selected():
    X, y, _ = sparse_regression(80, 6, 2)
    X[:, 3] = 2.0
    assert taut.stability_selection(X, y, n_pairs=5).probabilities[3] == 0


def test_the_seed_decides():
    X, y, _ = sparse_regression(60, 20, 3, size=0.4)
    first, again, other = (
        taut.stability_selection(X, y, n_pairs=10, random_state=s).probabilities for s in (0, 0, 1)
    )
    assert_array_equal(first, again)
    assert np.any(first != other)


@pytest.mark.slow
def test_mistakes_keep_to_the_bound():
    """Features that a half selects less often than at random, on average over problems."""
    mistakes = []
    for seed in range(40):
        X, y, coef = sparse_regression(100, 60, 4, size=0.5, seed=seed)
        found = taut.stability_selection(X, y, n_pairs=25, expected_false=2.0, random_state=seed)
        mistakes.append(np.sum(coef[found.selected] == 0))
    assert np.mean(mistakes) <= 2.0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"threshold": 0.5}, "threshold must be above 0.5"),
        ({"threshold": 1.1}, "at most 1, got 1.1"),
        ({"n_pairs": 0}, "n_pairs must be finite and > 0"),
        ({"expected_false": -1.0}, "expected_false"),
        ({"n_first": 0}, "n_first"),
        ({"loss": "square"}, "did you mean 'squared'"),
    ],
)
def test_bad_options_are_named(options, words):
    X, y, _ = sparse_regression(20, 3, 1)
    with pytest.raises(ValueError, match=words):
        taut.stability_selection(X, y, **options)


def test_bad_data_are_named():
    X, y, _ = sparse_regression(20, 3, 1)
    with pytest.raises(ValueError, match="y must vary, got 1 in all 20 rows"):
        taut.stability_selection(X, np.ones(20))
    with pytest.raises(ValueError, match="X must vary, got 3 columns"):
        taut.stability_selection(np.ones((20, 3)), y)
    with pytest.raises(ValueError, match="minimum of 4 is required"):
        taut.stability_selection(X[:3], y[:3])
    with pytest.raises(ValueError, match="X has 20 rows, y has 19"):
        taut.stability_selection(X, y[:19])
    with pytest.raises(ValueError, match="y must have one target"):
        taut.stability_selection(X, np.column_stack([y, y]))
    X[2, 1] = np.nan
    with pytest.raises(ValueError, match="row 2, column 1 of X"):
        taut.stability_selection(X, y)

"""Knockoffs: exchangeable copies, and the rate of false discoveries."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.linalg import toeplitz
from scipy.optimize import minimize

import taut
from taut.inference.knockoff_copies import (
    equicorrelated,
    fixed_knockoffs,
    gaussian_knockoffs,
    least_reconstructable,
)
from taut.inference.knockoffs import knockoff_threshold

from .samples import sparse_regression

SIGMA = toeplitz(0.6 ** np.arange(6))


@pytest.mark.parametrize("separation", [equicorrelated, least_reconstructable])
def test_the_joint_matrix_is_a_covariance(separation):
    s = separation(SIGMA)
    assert np.all(s > 0)
    assert np.linalg.eigvalsh(2 * SIGMA - np.diag(s))[0] > -1e-10


def test_least_reconstructable_is_the_minimum():
    def objective(s):
        values = np.linalg.eigvalsh(2 * SIGMA - np.diag(s))
        return np.inf if values[0] <= 0 or s.min() <= 0 else np.sum(1 / values) + np.sum(1 / s)

    found = least_reconstructable(SIGMA)
    start = equicorrelated(SIGMA) / 2
    best = minimize(objective, start, method="Nelder-Mead", options={"maxiter": 20_000})
    assert objective(found) <= best.fun * (1 + 1e-6)


def test_fixed_knockoffs_have_the_inner_products_that_they_must():
    random = np.random.RandomState(0)
    X = random.normal(size=(50, 6)) @ np.linalg.cholesky(SIGMA).T
    X -= X.mean(axis=0)
    copies = fixed_knockoffs(X, random)
    gram = X.T @ X
    assert_allclose(copies.T @ copies, gram, atol=1e-8 * gram.max())
    cross = gram - X.T @ copies
    assert_allclose(cross, np.diag(np.diagonal(cross)), atol=1e-8 * gram.max())
    assert np.all(np.diagonal(cross) > 0)
    assert_allclose(copies.sum(axis=0), 0.0, atol=1e-8)


def test_gaussian_knockoffs_are_exchangeable_in_their_second_moments():
    random = np.random.RandomState(0)
    X = random.normal(size=(40_000, 6)) @ np.linalg.cholesky(SIGMA).T
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    copies = gaussian_knockoffs(X, random)
    joint = np.cov(np.hstack([X, copies]).T)
    assert_allclose(joint[6:, 6:], joint[:6, :6], atol=0.03)
    cross = joint[:6, :6] - joint[:6, 6:]
    assert_allclose(cross, np.diag(np.diagonal(cross)), atol=0.03)


def test_the_threshold_is_the_least_that_will_do():
    statistics = np.array([5.0, 4, 3, 2, -1.5, 1, 0])
    # At 2: 1 / 4. At 1.5: 2 / 4. At 1: 2 / 5.
    assert knockoff_threshold(statistics, 0.25) == 2.0
    assert knockoff_threshold(statistics, 0.4) == 1.0
    assert knockoff_threshold(statistics, 0.2) == np.inf
    assert knockoff_threshold(np.zeros(4), 0.5) == np.inf


@pytest.mark.parametrize("model", ["gaussian", "fixed"])
def test_strong_features_are_found(model):
    X, y, coef = sparse_regression(300, 40, 12, size=1.0)
    found = taut.knockoffs(X, y, fdr=0.2, model=model)
    assert set(np.flatnonzero(coef)) <= set(found.selected)
    assert np.mean(coef[found.selected] == 0) < 0.4
    assert_array_equal(found.support, found.statistics >= found.threshold)


def test_labels_and_constant_columns():
    X, y, coef = sparse_regression(400, 20, 10, size=1.5, seed=1)
    X[:, np.flatnonzero(coef == 0)[0]] = 1.0
    found = taut.knockoffs(X, np.where(y > 0, "yes", "no"), fdr=0.2)
    assert found.statistics[np.flatnonzero(coef == 0)[0]] == 0
    assert np.mean(found.support[coef != 0]) > 0.8


def test_nothing_is_selected_where_nothing_matters():
    X, _, _ = sparse_regression(200, 30, 3)
    y = np.random.default_rng(5).normal(size=200)
    found = taut.knockoffs(X, y, fdr=0.1)
    assert found.threshold == np.inf
    assert found.selected.tolist() == []
    assert "none" in repr(found)


def test_units_of_the_columns_do_not_matter():
    X, y, _ = sparse_regression(200, 20, 10)
    scale = 10.0 ** np.arange(-5, 5).repeat(2)
    plain, scaled = (taut.knockoffs(data, y, fdr=0.2) for data in (X, X * scale))
    assert_allclose(plain.statistics, scaled.statistics, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("model", ["gaussian", "fixed"])
def test_the_false_discovery_rate_is_held(model):
    shares, power = [], []
    for seed in range(60):
        X, y, coef = sparse_regression(200, 40, 10, size=0.4, correlation=0.5, seed=seed)
        found = taut.knockoffs(X, y, fdr=0.2, model=model, random_state=seed)
        shares.append(np.mean(coef[found.selected] == 0) if len(found.selected) else 0.0)
        power.append(np.mean(found.support[coef != 0]))
    # The mean of 60 shares has a standard error of about 0.02.
    assert np.mean(shares) < 0.2 + 0.05
    assert np.mean(power) > 0.5


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"fdr": 0.0}, "fdr must be above 0"),
        ({"fdr": 1.0}, "below 1, got 1.0"),
        ({"model": "gauss"}, "did you mean 'gaussian'"),
        ({"alpha": 0.0}, "alpha must be finite and > 0"),
        ({"model": "fixed", "alpha": taut.CV()}, "must not be chosen by folds"),
    ],
)
def test_bad_options_are_named(options, words):
    X, y, _ = sparse_regression(40, 3, 1)
    with pytest.raises(ValueError, match=words):
        taut.knockoffs(X, y, **options)


def test_bad_data_are_named():
    X, y, _ = sparse_regression(40, 21, 1)
    with pytest.raises(ValueError, match="got 40 rows and 21 columns"):
        taut.knockoffs(X, y, model="fixed")
    X[:, 1] = X[:, 0]
    with pytest.raises(ValueError, match="rank 9 of 10"):
        taut.knockoffs(X[:, :10], y, model="fixed")
    with pytest.raises(TypeError, match="X must be dense"):
        taut.knockoffs(sparse.csr_array(X), y)
    with pytest.raises(ValueError, match="y must vary"):
        taut.knockoffs(X, np.zeros(40))
    X[1, 1] = np.inf
    with pytest.raises(ValueError, match="row 1, column 1"):
        taut.knockoffs(X, y)


def test_too_few_features_for_the_rate_are_warned_of():
    X, y, _ = sparse_regression(100, 6, 2)
    with pytest.warns(UserWarning, match="takes at least 10 selected features, and X has 6"):
        assert len(taut.knockoffs(X, y, fdr=0.1).selected) == 0

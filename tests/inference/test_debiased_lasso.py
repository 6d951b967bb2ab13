"""Intervals for the coefficients of a lasso."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse, stats
from sklearn.datasets import load_diabetes

import taut
from taut.inference import debiased_lasso

from .samples import sparse_regression


def least_squares(X, y):
    """Coefficients and their standard errors, with an intercept, by the textbook."""
    Z = X - X.mean(axis=0)
    inverse = np.linalg.inv(Z.T @ Z)
    coef = inverse @ Z.T @ y
    residuals = y - y.mean() - Z @ coef
    noise = np.sqrt(residuals @ residuals / (len(y) - 1 - X.shape[1]))
    return coef, noise * np.sqrt(np.diagonal(inverse))


def test_with_residuals_of_least_squares_it_is_least_squares():
    X, y = load_diabetes(return_X_y=True)
    found = debiased_lasso(X, y, alpha=1e-9, nodewise_alpha=1e-9)
    coef, errors = least_squares(X, y)
    assert_allclose(found.coefs, coef, rtol=1e-5)
    assert_allclose(found.standard_errors, errors, rtol=1e-4)


def test_the_correction_is_the_formula():
    """For one feature, with scikit-learn's lasso."""
    from sklearn.linear_model import Lasso

    X, y, _ = sparse_regression(60, 8, 2)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    found = debiased_lasso(X, y, alpha=0.2, nodewise_alpha=0.1)
    lasso = Lasso(0.2, tol=1e-10).fit(X, y)
    others = np.delete(X, 3, axis=1)
    z = X[:, 3] - Lasso(0.1, tol=1e-10).fit(others, X[:, 3]).predict(others)
    step = z @ (y - lasso.predict(X)) / (z @ X[:, 3])
    assert found.coefs[3] == pytest.approx(lasso.coef_[3] + step, rel=1e-3)
    noise = np.sqrt(np.sum((y - lasso.predict(X)) ** 2) / (59 - np.sum(lasso.coef_ != 0)))
    assert found.noise_level == pytest.approx(noise, rel=1e-4)
    error = noise * np.linalg.norm(z) / abs(z @ X[:, 3])
    assert found.standard_errors[3] == pytest.approx(error, rel=1e-4)


def test_intervals_and_p_values_agree():
    X, y, coef = sparse_regression(150, 30, 4)
    found = debiased_lasso(X, y)
    low, high = found.intervals(0.95).T
    assert_array_equal((low > 0) | (high < 0), found.p_values < 0.05)
    assert np.all(found.p_values[coef != 0] < 1e-4)
    assert_allclose(high - found.coefs, stats.norm.ppf(0.975) * found.standard_errors)
    wider = found.intervals(0.99)
    assert np.all(wider[:, 0] < low)
    assert "4" in repr(found)


def test_scale_of_columns_and_target():
    X, y, _ = sparse_regression(80, 10, 2)
    scale = np.geomspace(0.01, 100, 10)
    plain, scaled = debiased_lasso(X, y), debiased_lasso(X * scale, 3 * y + 1)
    assert_allclose(scaled.coefs, 3 * plain.coefs / scale, rtol=1e-4, atol=1e-6)
    assert_allclose(scaled.p_values, plain.p_values, rtol=1e-3, atol=1e-8)


def test_nothing_is_known_about_a_constant_column():
    X, y, _ = sparse_regression(50, 5, 2)
    X[:, 2] = 7.0
    found = debiased_lasso(X, y)
    assert found.coefs[2] == 0
    assert found.standard_errors[2] == np.inf
    assert found.p_values[2] == 1
    assert np.all(np.isfinite(np.delete(found.coefs, 2)))


@pytest.mark.slow
def test_intervals_cover_where_features_outnumber_rows():
    """Nominal 95 %; what the lasso leaves of its bias costs the relevant ones a few points."""
    irrelevant, relevant = [], []
    for seed in range(20):
        X, y, coef = sparse_regression(120, 160, 4, seed=seed)
        low, high = debiased_lasso(X, y).intervals().T
        covered = (low <= coef) & (coef <= high)
        irrelevant.append(covered[coef == 0].mean())
        relevant.append(covered[coef != 0].mean())
    assert 0.93 < np.mean(irrelevant) < 0.98
    assert np.mean(relevant) > 0.82


@pytest.mark.slow
def test_p_values_of_irrelevant_features_are_uniform():
    values = []
    for seed in range(15):
        X, y, coef = sparse_regression(200, 40, 3, correlation=0.0, seed=seed)
        values.append(debiased_lasso(X, y).p_values[coef == 0])
    assert stats.kstest(np.concatenate(values), "uniform").statistic < 0.07


def test_bad_input_is_named():
    X, y, _ = sparse_regression(30, 4, 1)
    with pytest.raises(ValueError, match="alpha must be finite and > 0, got -1"):
        debiased_lasso(X, y, alpha=-1.0)
    with pytest.raises(ValueError, match="nodewise_alpha"):
        debiased_lasso(X, y, nodewise_alpha=0.0)
    with pytest.raises(ValueError, match="y must vary"):
        debiased_lasso(X, np.zeros(30))
    with pytest.raises(TypeError, match="X must be dense"):
        debiased_lasso(sparse.csr_array(X), y)
    with pytest.raises(ValueError, match="level must be below 1, got 95"):
        debiased_lasso(X, y).intervals(95)
    with pytest.raises(ValueError, match="minimum of 4"):
        debiased_lasso(X[:3], y[:3])
    doubled = np.column_stack([X, X[:, 0]])
    with pytest.raises(ValueError, match="others determine varying column 0"):
        debiased_lasso(doubled, y, nodewise_alpha=1e-9)
    wide, target, _ = sparse_regression(20, 60, 2)
    with pytest.raises(ValueError, match="degrees of freedom for the noise"):
        debiased_lasso(wide, target, alpha=1e-7)
    X[4, 0] = np.nan
    with pytest.raises(ValueError, match="row 4, column 0"):
        debiased_lasso(X, y)


def test_it_is_among_the_public_names():
    assert taut.inference.debiased_lasso is debiased_lasso

"""Paths on sparse columns: side by side where they are many, and columns that lose their digits."""

import numpy as np
import pytest
from scipy import sparse

import taut
from taut.solution import Status


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    X = sparse.random(400, 900, density=0.02, format="csc", random_state=0)
    return X, X[:, :10] @ rng.standard_normal(10) + 0.1 * rng.standard_normal(400)


@pytest.mark.parametrize("penalty", [taut.penalties.L1(), taut.penalties.ElasticNet(0.5)])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_many_strengths_give_the_dense_path(table, penalty, fit_intercept):
    X, y = table
    settings = {"penalty": penalty, "n_alphas": 40, "alpha_min_ratio": 0.03, "tol": 1e-13}
    paths = [taut.fit_path(A, y, fit_intercept=fit_intercept, **settings) for A in (X, X.toarray())]
    assert all(certificate.solved for certificate in paths[0].certificates)
    np.testing.assert_allclose(paths[0].coefs, paths[1].coefs, atol=1e-6)
    np.testing.assert_allclose(paths[0].intercepts, paths[1].intercepts, atol=1e-7)


@pytest.mark.filterwarnings("ignore")
def test_columns_without_digits_end_at_the_null_model():
    rng = np.random.default_rng(0)
    near = rng.standard_normal((200, 30))
    y = near[:, :3].sum(axis=1)
    model = taut.Lasso(alpha=0.05).fit(sparse.csc_matrix(near + 1e10), y)
    null = 0.5 * np.var(y)
    misfit = y - (near + 1e10) @ model.coef_ - model.intercept_
    objective = 0.5 * np.mean(misfit**2) + 0.05 * np.abs(model.coef_).sum()
    assert model.certificate_.status != Status.SOLVED
    assert objective <= null * (1 + 1e-9)
    assert model.certificate_.relative_gap == 1.0


def test_lanes_with_weights_bounds_and_free_features_give_the_dense_path(table):
    X, y = table
    weights = np.random.default_rng(1).uniform(0, 2, len(y))
    weights[:40] = 0
    lower, upper = np.full(900, -0.4), np.full(900, np.inf)
    upper[5:9] = 0.3
    lower[20] = 0.05
    feature_weights = np.ones(900)
    feature_weights[30] = 0
    penalty = taut.penalties.L1(weights=feature_weights) + taut.penalties.Box(lower, upper)
    settings = {"penalty": penalty, "sample_weight": weights, "n_alphas": 40, "tol": 1e-13}
    sides, dense = [taut.fit_path(A, y, alpha_min_ratio=0.03, **settings) for A in (X, X.toarray())]
    assert all(certificate.solved for certificate in sides.certificates)
    np.testing.assert_allclose(sides.coefs, dense.coefs, atol=1e-6)
    np.testing.assert_allclose(sides.intercepts, dense.intercepts, atol=1e-7)


@pytest.mark.parametrize("order", [1, -1])
def test_lanes_take_strengths_in_any_order_and_more_than_once(table, order):
    X, y = table
    path = taut.fit_path(X, y, n_alphas=20, alpha_min_ratio=0.05, tol=1e-12)
    alphas = np.repeat(path.alphas, 2)[::order]
    again = taut.fit_path(X, y, alphas=alphas, tol=1e-12)
    assert all(certificate.solved for certificate in again.certificates)
    places = np.searchsorted(-path.alphas, -again.alphas)
    np.testing.assert_allclose(again.coefs, path.coefs[:, places], atol=1e-6)

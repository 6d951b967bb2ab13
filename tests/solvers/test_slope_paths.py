"""Whole paths under the sorted norm, judged by primal minus dual as the textbook has it."""

import warnings

import numpy as np
import pytest
from scipy import sparse

from taut import fit_path
from taut.penalties import SLOPE

N_SAMPLES = 40


def relative_gap(X, y, lambdas, alpha, coef, intercept):
    """The dual point is the residual, scaled until the dual norm of X'r / n is at most alpha."""
    residual, centred = y - intercept - X @ coef, y - y.mean()
    assert abs(residual.mean()) <= 1e-10 * np.abs(y).max()
    norm = np.max(-np.cumsum(np.sort(-np.abs(X.T @ residual / len(y)))) / np.cumsum(lambdas))
    point = residual * min(1.0, alpha / norm)
    primal = 0.5 * np.mean(residual**2) + alpha * lambdas @ -np.sort(-np.abs(coef))
    dual = np.mean(point * centred) - 0.5 * np.mean(point**2)
    return (primal - dual) / (0.5 * np.mean(centred**2))


def wide(kind):
    random = np.random.default_rng(7)
    X = random.normal(size=(N_SAMPLES, 300))
    if kind == "copies":
        X[:, 150:] = -X[:, :150]
    elif kind == "correlated":
        X = X[:, :1] + 0.2 * X
    elif kind == "signs":
        X = np.sign(X)
    elif kind == "constant":
        X[:, 100:] = 3.0
    return X, X[:, :8].sum(axis=1) + random.normal(size=N_SAMPLES) + 5.0


@pytest.mark.parametrize("convert", [np.asarray, sparse.csc_array])
@pytest.mark.parametrize("kind", ["plain", "copies", "correlated", "signs", "constant"])
@pytest.mark.parametrize("tail", [1.0, 0.0])
def test_certificates_are_true_down_to_weak_penalties(kind, tail, convert):
    X, y = wide(kind)
    lambdas = np.linspace(3.0, tail, X.shape[1])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        path = fit_path(convert(X), y, "squared", SLOPE(lambdas), n_alphas=30, alpha_min_ratio=1e-3)
    for k, certificate in enumerate(path.certificates):
        assert certificate.solved
        gap = relative_gap(X, y, lambdas, path.alphas[k], path.coefs[:, k], path.intercepts[k])
        assert gap <= 2e-6
        assert gap <= certificate.relative_gap + 1e-9


def test_copies_get_one_coefficient_but_for_the_sign():
    X, y = wide("copies")
    path = fit_path(X, y, "squared", SLOPE(np.linspace(3.0, 1.0, 300)), n_alphas=10, tol=1e-10)
    assert path.coefs.any()
    np.testing.assert_allclose(path.coefs[:150], -path.coefs[150:], rtol=0, atol=1e-6)

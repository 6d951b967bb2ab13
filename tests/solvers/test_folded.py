"""MCP and SCAD on each entry, by the compiled paths: stationary, and minimal in each coordinate."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

import taut
from taut.penalties import L2, MCP, SCAD

each_penalty = pytest.mark.parametrize(
    "penalty",
    [MCP(3.0), MCP(1.2), SCAD(3.7), SCAD(2.1), MCP(1.2) + L2(), SCAD(2.1) + L2()],
    ids=repr,
)


def data(n_samples, n_features):
    random = np.random.default_rng(0)
    X = random.normal(size=(n_samples, n_features)) * random.uniform(0.2, 2.0, n_features) + 1.0
    return X, X[:, :4] @ [1.0, -2.0, 0.5, 1.5] + random.normal(size=n_samples)


@each_penalty
@pytest.mark.parametrize("standardize", [False, True])
@pytest.mark.parametrize("shape", [(120, 8), (60, 150)])
def test_no_coordinate_alone_can_do_better(penalty, standardize, shape):
    X, y = data(*shape)
    path = taut.fit_path(
        X, y, penalty=penalty, standardize=standardize, n_alphas=12, alpha_min_ratio=0.1, tol=1e-8
    )
    assert all(c.solved and np.isnan(c.gap) and c.kkt <= 1e-8 for c in path.certificates)
    scale = X.std(axis=0) if standardize else np.ones(shape[1])
    Z = (X - X.mean(axis=0)) / scale
    curvature = np.mean(Z**2, axis=0)
    for alpha, coef in zip(path.alphas[1:], path.coefs.T[1:], strict=True):
        residual = y - y.mean() - Z @ (coef * scale)
        pull = Z.T @ residual / len(y) / curvature + coef * scale
        alone = penalty.scaled_prox(pull, 1 / curvature, alpha)
        used = coef != 0
        assert_allclose(alone[used], (coef * scale)[used], atol=1e-5)
        assert np.all(np.abs(Z.T @ residual)[~used] / len(y) <= alpha * (1 + 1e-6) + 1e-8)


@each_penalty
def test_the_form_of_the_matrix_does_not_matter(penalty):
    X, y = data(120, 8)
    dense = taut.fit_path(X, y, penalty=penalty, standardize=True, n_alphas=10)
    thin = taut.fit_path(sparse.csc_array(X), y, penalty=penalty, standardize=True, n_alphas=10)
    assert_allclose(thin.coefs, dense.coefs, atol=1e-4)


def test_weights_free_and_exclude():
    X, y = data(120, 8)
    weights = np.r_[0.0, np.inf, np.ones(6)]
    path = taut.fit_path(X, y, penalty=MCP(weights=weights), n_alphas=5, standardize=True)
    assert np.all(path.coefs[0] != 0)
    assert not path.coefs[1].any()
    assert not path.coefs[2:, 0].any()


@pytest.mark.parametrize("penalty", [MCP(), MCP() + L2(), SCAD() + L2()], ids=repr)
@pytest.mark.parametrize("loss", ["logistic", "squared_hinge"])
def test_no_strength_of_a_path_stalls_that_is_solved_alone(loss, penalty):
    """Models remember where a path came from: some steps stalled at a KKT residual of 2e-3."""
    for seed in (5, 28, 53):
        random = np.random.default_rng(seed)
        X = random.normal(size=(60, 12))
        y = (X[:, 0] - X[:, 1] + random.logistic(size=60) > 0) * 1.0
        path = taut.fit_path(X, y, loss, penalty, n_alphas=8, alpha_min_ratio=0.05)
        assert all(certificate.solved for certificate in path.certificates)

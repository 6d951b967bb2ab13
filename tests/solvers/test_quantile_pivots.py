"""Pivots from one strength to the next: the solutions of linear programmes, in fewer steps."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import taut
from taut.losses import Quantile
from taut.penalties import L1


def samples():
    random = np.random.default_rng(0)
    X = random.normal(size=(40, 60))
    y = X[:, :3].sum(axis=1) + random.standard_t(2, size=40)
    tied = random.integers(0, 3, size=(40, 20)).astype(float)
    weights = random.integers(0, 3, size=40).astype(float)
    free = L1(weights=np.r_[0.0, 0.0, np.inf, np.ones(57)])
    return {
        "wide": (X, y, L1(), {}),
        "without intercept": (X, y, L1(), {"fit_intercept": False}),
        "weights": (X, y, L1(), {"sample_weight": weights}),
        "free and excluded": (X, y, free, {}),
        "standardised, offset": (X, y, L1(), {"standardize": True, "offset": 0.3 * X[:, 5]}),
        "tied rows": (tied, np.round(y), L1(), {"sample_weight": weights}),
    }


@pytest.mark.parametrize("name", samples())
@pytest.mark.parametrize("q", [0.1, 0.5])
def test_they_end_where_programmes_do(name, q):
    X, y, penalty, settings = samples()[name]
    path = taut.fit_path(X, y, Quantile(q), penalty, n_alphas=10, **settings)
    assert all(c.solved and abs(c.relative_gap) < 1e-12 for c in path.certificates)
    weights = settings.get("sample_weight", np.ones(len(y)))
    offset = settings.get("offset", 0.0)
    scale = 1.0
    if settings.get("standardize"):
        scale = X.std(axis=0)

    def objective(coef, level, alpha):
        residual = y - offset - level - X @ coef
        loss = np.average(np.maximum(q * residual, (q - 1) * residual), weights=weights)
        return loss + penalty.scaled_value(coef * scale, alpha)

    for alpha, coef, level in zip(path.alphas, path.coefs.T, path.intercepts, strict=True):
        alone = taut.fit_path(X, y, Quantile(q), penalty, alphas=[alpha], **settings)
        expected = objective(alone.coefs[:, 0], alone.intercepts[0], alpha)
        assert_allclose(objective(coef, level, alpha), expected, rtol=1e-9)


def test_they_take_fewer_steps():
    X, y, penalty, _ = samples()["wide"]
    path = taut.fit_path(X, y, Quantile(0.3), penalty, n_alphas=30)
    alone = [
        taut.fit_path(X, y, Quantile(0.3), penalty, alphas=[alpha]).certificates[0].n_iter
        for alpha in path.alphas
    ]
    assert sum(c.n_iter for c in path.certificates) < 0.3 * sum(alone)


def test_a_vertex_that_is_none_leads_nowhere_but_to_programmes():
    # Equal rows: more are met than there are coefficients.
    X = np.repeat(np.random.default_rng(0).normal(size=(10, 4)), 3, axis=0)
    y = X[:, 0] + X[:, 1]
    path = taut.fit_path(X, y, Quantile(0.5), L1(), n_alphas=8)
    assert all(c.solved for c in path.certificates)

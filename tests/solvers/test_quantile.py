"""Quantile regression: linear programmes, interior points, and their certificates."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model import QuantileRegressor

import taut
from taut import losses
from taut.penalties import L1, L2, MCP, SLOPE, Box, ElasticNet, GroupLasso, NonNegative

QUANTILES = [0.1, 0.5, 0.8]
each_quantile = pytest.mark.parametrize("q", QUANTILES)


def sample(n_samples=60, n_features=8):
    random = np.random.default_rng(0)
    X = random.normal(size=(n_samples, n_features)) + np.arange(n_features)
    y = X[:, :3] @ [1.0, -2.0, 0.5] + random.standard_t(2, size=n_samples) + 10
    return X, y, random.uniform(0.5, 2.0, n_samples) * (np.arange(n_samples) != 3)


@each_quantile
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_l1_is_that_of_scikit_learn(q, fit_intercept):
    X, y, w = sample()
    alphas = [0.3, 0.05, 0.0]
    path = taut.fit_path(
        X, y, losses.Quantile(q), alphas=alphas, sample_weight=w, fit_intercept=fit_intercept
    )
    for k, alpha in enumerate(path.alphas):
        # Its weights are not brought to a sum of one.
        model = QuantileRegressor(quantile=q, alpha=alpha, fit_intercept=fit_intercept)
        model.fit(X[w > 0], y[w > 0], w[w > 0] / w.sum())
        value = objective(X, y, w, q, path.coefs[:, k], path.intercepts[k], alpha)
        other = objective(X, y, w, q, model.coef_, model.intercept_, alpha)
        assert value <= other + 1e-9
        assert path.certificates[k].relative_gap < 1e-9


def objective(X, y, w, q, coef, intercept, alpha, l1_ratio=1.0):
    residual = y - intercept - X @ coef
    loss = w @ np.maximum(q * residual, (q - 1) * residual) / w.sum()
    return loss + alpha * (l1_ratio * np.abs(coef).sum() + 0.5 * (1 - l1_ratio) * coef @ coef)


@each_quantile
@pytest.mark.parametrize("shape", [(60, 8), (30, 80)])
@pytest.mark.parametrize(
    "penalty",
    [
        L1(),
        L2(),
        ElasticNet(0.5),
        L1() + NonNegative(),
        L2() + NonNegative(),
        L1() + Box(-0.5, 0.5),
    ],
    ids=repr,
)
def test_paths_are_certified(q, shape, penalty):
    X, y, w = sample(*shape)
    path = taut.fit_path(X, y, losses.Quantile(q), penalty, n_alphas=6, sample_weight=w)
    assert all(c.solved for c in path.certificates)
    if not np.any(penalty.coordinates(1).l2):
        assert not path.coefs[:, 0].any()
        assert path.coefs[:, 1].any()


@each_quantile
@pytest.mark.parametrize("l1_ratio", [0.0, 0.5])
def test_an_outside_solver_does_no_better(q, l1_ratio):
    cp = pytest.importorskip("cvxpy")
    X, y, w = sample()
    for alpha in (0.5, 0.01):
        path = taut.fit_path(
            X,
            y,
            losses.Quantile(q),
            ElasticNet(l1_ratio),
            alphas=[alpha],
            sample_weight=w,
            tol=1e-8,
        )
        b, level = cp.Variable(8), cp.Variable()
        residual = y - X @ b - level
        loss = (w / w.sum()) @ cp.maximum(q * residual, (q - 1) * residual)
        penalty = l1_ratio * cp.norm1(b) + 0.5 * (1 - l1_ratio) * cp.sum_squares(b)
        outside = cp.Problem(cp.Minimize(loss + alpha * penalty))
        outside.solve(solver=cp.CLARABEL)
        ours = objective(X, y, w, q, path.coefs[:, 0], path.intercepts[0], alpha, l1_ratio)
        assert_allclose(ours, outside.value, rtol=1e-6)
        assert_allclose(path.coefs[:, 0], b.value, atol=1e-3)


@each_quantile
def test_an_offset_is_taken_off_the_response(q):
    X, y, w = sample()
    offset = np.random.default_rng(1).normal(size=len(y))
    for penalty in (L1(), ElasticNet(0.5)):
        options = {"penalty": penalty, "alphas": [0.1, 0.01], "sample_weight": w, "tol": 1e-9}
        found = taut.fit_path(X, y, losses.Quantile(q), offset=offset, **options)
        expected = taut.fit_path(X, y - offset, losses.Quantile(q), **options)
        assert_allclose(found.coefs, expected.coefs, atol=1e-5)


FREE = [0.0, *[1.0] * 7]


@pytest.mark.parametrize(
    "penalty", [L2(weights=FREE), L2() + Box(-0.3, 0.3), GroupLasso([range(8)])], ids=repr
)
def test_what_is_no_programme_goes_to_the_multipliers(penalty):
    X, y, _ = sample()
    path = taut.fit_path(X, y, "quantile", penalty, n_alphas=5, alpha_min_ratio=0.05)
    assert all(c.solved and c.relative_gap <= 1e-6 for c in path.certificates)


def test_what_has_no_certified_route_is_refused():
    X, y, _ = sample()
    with pytest.raises(ValueError, match="not convex: take a smooth loss"):
        taut.fit_path(X, y, "quantile", MCP())


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(
    "penalty", [L1() + L2(), ElasticNet(0.9), L2(), L1() + L2() + NonNegative()]
)
def test_walls_that_are_near_and_far_at_once_end_no_path(seed, penalty):
    """Interior points come so close to some walls that rounding leads the next step away."""
    random = np.random.default_rng(seed)
    X = random.normal(size=(60 + 10 * seed, 30 + 10 * seed))
    y = X[:, :5].sum(axis=1) + random.standard_t(2, size=len(X))
    path = taut.fit_path(X, y, "quantile", penalty=penalty, n_alphas=10, tol=1e-8)
    assert all(certificate.solved for certificate in path.certificates)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    "penalty",
    [
        SLOPE(),
        GroupLasso([0, 0, 1, 1, 2]) + L2(),
        GroupLasso([[0, 1, 2], [2, 3], [4]]),
        GroupLasso([0, 0, 1, 1, 2], weights=[0, 1, 1]),
    ],
    ids=repr,
)
def test_the_intercept_is_best_where_coefficients_are_zero(seed, penalty):
    random, q = np.random.default_rng(seed), [0.3, 0.5, 0.9][seed % 3]
    X, y = random.normal(size=(10 + 5 * seed, 5)), random.normal(size=10 + 5 * seed)
    weights = random.uniform(size=len(y)) if seed % 2 else np.ones(len(y))
    options = {"sample_weight": weights, "offset": random.normal(size=len(y)) if seed > 2 else None}
    path = taut.fit_path(X, y, losses.Quantile(q), penalty, alphas=[50.0], **options)
    known = X @ path.coefs[:, 0] + (0.0 if options["offset"] is None else options["offset"])

    def error(level):
        left = y - known - level
        return weights @ np.maximum(q * left, (q - 1) * left)

    assert path.certificates[0].solved
    assert error(path.intercepts[0]) <= (1 + 1e-6) * min(error(level) for level in y - known)

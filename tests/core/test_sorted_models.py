"""Quadratic models under the sorted norm: optimal by its dual norm, whatever is tied or copied."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from taut import _core


class Model:
    """1/2 |y - Xb|^2 / n; coordinates of several targets alternate."""

    def __init__(self, size, n_samples, n_targets=1, lambdas=None, seed=0, copies=False):
        random = np.random.default_rng(seed)
        X = random.normal(size=(n_samples, size))
        if copies and size > 2:
            X[:, -1], X[:, -2] = X[:, 0], -X[:, 0]
        y = X[:, : min(size, 3)].sum(axis=1)[:, None] + random.normal(size=(n_samples, n_targets))
        self.n_targets = n_targets
        self.gram = np.asfortranarray(np.kron(X.T @ X, np.eye(n_targets)) / n_samples)
        self.z = (X.T @ y / n_samples).ravel()
        self.objective = 0.5 * np.sum(y**2) / n_samples
        self.lambdas = np.linspace(2.0, 1.0, size) if lambdas is None else lambdas

    def solve(self, alphas, tol=1e-13, start=None, most=5000):
        beta = np.zeros(len(self.z)) if start is None else start
        z = self.z - self.gram @ beta
        return _core.solve_sorted(
            self.gram, beta, z, self.lambdas, alphas, self.objective, tol, most
        )

    def largest_alpha(self):
        return max(self.dual_norms(self.z))

    def dual_norms(self, z):
        sizes = -np.sort(-np.abs(z.reshape(-1, self.n_targets)), axis=0)
        return np.max(np.cumsum(sizes, axis=0) / np.cumsum(self.lambdas)[:, None], axis=0)

    def value(self, beta):
        sizes = -np.sort(-np.abs(beta.reshape(-1, self.n_targets)), axis=0)
        return np.sum(self.lambdas @ sizes)

    def assert_optimal(self, beta, alpha, share=1e-6):
        """z lies in alpha times the subdifferential: its dual norm, and equality in z'b."""
        z = self.z - self.gram @ beta
        assert max(self.dual_norms(z)) <= alpha * (1 + share)
        assert alpha * self.value(beta) - z @ beta <= share * self.objective


def ordered(count, kind):
    if kind == "equal":
        return np.ones(count)
    if kind == "largest only":
        return np.eye(count)[0]
    return -np.sort(-np.random.default_rng(count).uniform(0.1, 2, size=count))


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 25),
    st.integers(2, 40),
    st.integers(1, 3),
    st.sampled_from(["equal", "largest only", "any"]),
    st.booleans(),
    st.integers(0, 99),
)
def test_every_strength_is_optimal(size, n_samples, n_targets, kind, copies, seed):
    model = Model(size, n_samples, n_targets, ordered(size, kind), seed, copies)
    alphas = model.largest_alpha() * np.array([1.5, 0.5, 0.1, 0.01])
    betas, gradients, _ = model.solve(alphas)
    assert not betas[:, 0].any()
    for k, alpha in enumerate(alphas):
        model.assert_optimal(betas[:, k], alpha)
    assert_allclose(gradients, model.z[:, None] - model.gram @ betas, rtol=0, atol=1e-12)


def test_more_clusters_than_samples_could_tell_apart():
    model = Model(120, 20, seed=4)
    alphas = model.largest_alpha() * np.geomspace(1, 1e-3, 20)
    betas, _, rounds = model.solve(alphas, tol=1e-8)
    assert rounds.max() < 200
    for k, alpha in enumerate(alphas):
        model.assert_optimal(betas[:, k], alpha, 1e-5)
        assert len(np.unique(np.abs(betas[betas[:, k] != 0, k]))) <= 20


def test_equal_lambdas_are_the_lasso():
    model = Model(15, 30, lambdas=np.ones(15))
    bounds, alphas = np.full(15, np.inf), model.largest_alpha() * np.array([0.5, 0.05])
    lasso, _, _ = _core.solve_coordinates(
        model.gram, np.zeros(15), model.z, np.ones(15), np.zeros(15), -bounds, bounds,
        np.full(15, 1e-16), alphas, model.objective, 1e-14, 1000,
    )  # fmt: skip
    assert_allclose(model.solve(alphas)[0], lasso, atol=1e-7)


def test_opposite_copies_share_one_size():
    model = Model(6, 30, copies=True)
    beta = model.solve(np.array([0.2 * model.largest_alpha()]))[0][:, 0]
    assert beta[0] == beta[-1] == -beta[-2] != 0


def test_the_start_does_not_matter():
    model = Model(12, 40, n_targets=2, seed=1)
    alphas = np.array([0.1 * model.largest_alpha()])
    far = np.random.default_rng(2).normal(size=24)
    assert_allclose(model.solve(alphas, start=far)[0], model.solve(alphas)[0], atol=1e-7)


def test_without_lambdas_the_pull_vanishes():
    model = Model(5, 30, lambdas=np.zeros(5))
    beta = model.solve(np.array([1.0]))[0][:, 0]
    assert_allclose(model.gram @ beta, model.z, atol=1e-12)


def test_columns_without_variation_stay_at_zero():
    model = Model(5, 30)
    model.gram[2] = model.gram[:, 2] = model.z[2] = 0.0
    beta = model.solve(np.array([0.1 * model.largest_alpha()]))[0][:, 0]
    assert beta[2] == 0
    model.assert_optimal(beta, 0.1 * model.largest_alpha())


@pytest.mark.parametrize("name", ["gram", "beta", "z", "lambdas", "rising", "negative", "none"])
def test_bad_models_are_refused(name):
    model = Model(4, 10)
    arguments = {
        "gram": model.gram,
        "beta": np.zeros(4),
        "z": model.z,
        "lambdas": model.lambdas,
    }
    wrong = {
        "rising": [1.0, 2.0, 1.0, 1.0],
        "negative": [1.0, 0.0, 0.0, -1.0],
        "none": [],
    }
    if name in wrong:
        arguments["lambdas"] = np.array(wrong[name])
    else:
        arguments[name] = arguments[name][:-1]
    with pytest.raises((ValueError, TypeError)):
        _core.solve_sorted(*arguments.values(), np.array([0.1]), 1.0, 1e-6, 10)

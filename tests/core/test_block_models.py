"""Quadratic models under norms of groups: optimal by their own conditions, by rows as by Gram."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from taut import _core


class Model:
    """1/2 |y - Xb|^2 / n under weights for groups and for entries."""

    def __init__(self, sizes, n_samples, ratio=0.0, seed=0, copies=False):
        random = np.random.default_rng(seed)
        self.starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        self.X = np.asfortranarray(random.normal(size=(n_samples, self.starts[-1])))
        if copies and self.X.shape[1] > 1:
            self.X[:, -1] = self.X[:, 0]
        y = self.X[:, :3].sum(axis=1) + 0.3 * random.normal(size=n_samples)
        slopes = (y - y.mean()) / n_samples
        self.weights = (1 - ratio) * np.sqrt(sizes)
        self.l1 = np.full(self.starts[-1], ratio)
        self.rows = np.asfortranarray(self.X / np.sqrt(n_samples), dtype=np.float32)
        self.gram = np.asfortranarray(self.X.T @ self.X / n_samples)
        self.z = self.X.T @ slopes
        self.groups = (self.starts, self.weights, self.l1)

    def largest_alpha(self):
        return max(np.linalg.norm(self.z[s:e]) for s, e in self.spans) / np.sqrt(2) + 1e-3

    @property
    def spans(self):
        return list(zip(self.starts[:-1], self.starts[1:], strict=True))

    def by_gram(self, alphas, tol=1e-10):
        start = np.zeros(len(self.z))
        return _core.solve_blocks(self.gram, start, self.z, *self.groups, alphas, tol, 2000)

    def by_rows(self, alphas, goal=1e-20):
        """As walks do it: from where the last call ended, until rounding is all that is left."""
        start, found = np.zeros(len(self.z)), []
        for alpha in alphas:
            for _ in range(4):
                betas, left, _ = self.once_by_rows(start, np.array([alpha]), goal)
                start = np.ascontiguousarray(betas[:, 0])
            found.append((start, left[:, 0]))
        return [np.column_stack(part) for part in zip(*found, strict=True)]

    def once_by_rows(self, start, alphas, goal):
        z = self.z - self.gram @ start
        came = np.array([2.0, 1.0])
        return _core.solve_block_rows(
            self.rows, start, z, start, came, *self.groups, alphas, goal, 20000
        )

    def violation(self, beta, alpha):
        """Distance of z from the subdifferential of the penalty, by its definition."""
        z, worst = self.z - self.gram @ beta, 0.0
        for g, (s, e) in enumerate(self.spans):
            b, w, a = beta[s:e], alpha * self.weights[g], alpha * self.l1[s:e]
            size = np.linalg.norm(b)
            soft = np.sign(z[s:e]) * np.maximum(np.abs(z[s:e]) - a, 0)
            if size == 0:
                worst = max(worst, np.linalg.norm(soft) - w)
            else:
                rest = np.where(b == 0, soft, z[s:e] - a * np.sign(b) - w * b / size)
                worst = max(worst, np.linalg.norm(rest))
        return worst


shapes = st.lists(st.integers(1, 6), min_size=1, max_size=12)


@settings(max_examples=40, deadline=None)
@given(
    shapes, st.integers(5, 40), st.sampled_from([0.0, 0.4, 1.0]), st.booleans(), st.integers(0, 99)
)
def test_both_forms_are_optimal_at_every_strength(sizes, n_samples, ratio, copies, seed):
    model = Model(sizes, n_samples, ratio, seed, copies)
    alphas = model.largest_alpha() * np.array([1.5, 0.5, 0.1])
    betas, gradients, _ = model.by_gram(alphas)
    others, left = model.by_rows(alphas)
    for k, alpha in enumerate(alphas):
        assert model.violation(betas[:, k], alpha) <= 1e-7 * alpha
        assert model.violation(others[:, k], alpha) <= 1e-5 * alpha
    assert_allclose(gradients, model.z[:, None] - model.gram @ betas, rtol=0, atol=1e-10)
    assert_allclose(left, model.z[:, None] - model.gram @ others, rtol=0, atol=1e-10)


def test_more_free_coordinates_than_newton_takes_are_left_to_descent():
    model = Model([10] * 60, 300, seed=3)
    alphas = 1e-3 * np.array([model.largest_alpha()])
    betas, _, _ = model.by_gram(alphas)
    assert np.count_nonzero(betas) > 512
    assert model.violation(betas[:, 0], alphas[0]) <= 1e-7 * alphas[0]


def test_groups_without_weight_are_free_and_infinite_weights_are_fixed():
    model = Model([2, 3, 2], 30)
    model.weights[:] = [0.0, np.inf, 1.0]
    for betas in (model.by_gram(np.array([0.3]))[0], model.by_rows(np.array([0.3]))[0]):
        beta = betas[:, 0]
        assert not beta[2:5].any()
        assert_allclose((model.z - model.gram @ beta)[:2], 0, atol=1e-8)


def test_separable_models_are_optimal():
    model = Model([1] * 20, 15, ratio=1.0)
    bounds, noise = np.full(20, np.inf), np.full(20, 1e-16)
    alphas = np.array([0.5, 0.05]) * model.largest_alpha()
    betas, gradients, _ = _core.solve_coordinates(
        model.gram, np.zeros(20), model.z, np.ones(20), np.zeros(20), -bounds, bounds, noise,
        alphas, 1.0, 1e-8, 1000,
    )  # fmt: skip
    for k, alpha in enumerate(alphas):
        assert model.violation(betas[:, k], alpha) <= 1e-9
    assert_allclose(gradients, model.z[:, None] - model.gram @ betas, atol=1e-12)


@pytest.mark.parametrize("name", ["starts", "gram", "beta", "l1", "order"])
def test_bad_models_are_refused(name):
    model = Model([2, 2], 10)
    arguments = {
        "gram": model.gram,
        "beta": np.zeros(4),
        "z": model.z,
        "starts": model.starts,
        "weights": model.weights,
        "l1": model.l1,
    }
    if name == "starts":
        arguments["starts"] = np.array([0, 5, 4])
    elif name == "order":
        arguments["gram"] = np.zeros((8, 8))[::2, ::2]
    else:
        arguments[name] = arguments[name][:-1]
    with pytest.raises((ValueError, TypeError)):
        _core.solve_blocks(*arguments.values(), np.array([0.1]), 1e-6, 10)


@pytest.mark.parametrize("name", ["beta", "z", "before", "came", "rows"])
def test_bad_rows_are_refused(name):
    model = Model([2, 2], 10)
    arguments = {
        "rows": model.rows,
        "beta": np.zeros(4),
        "z": model.z,
        "before": np.zeros(4),
        "came": np.array([2.0, 1.0]),
    }
    given_ = arguments[name]
    arguments[name] = np.ascontiguousarray(given_) if name == "rows" else given_[:-1]
    with pytest.raises((ValueError, TypeError)):
        _core.solve_block_rows(*arguments.values(), *model.groups, np.array([0.1]), 1e-6, 10)

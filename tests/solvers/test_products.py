"""Every loss with every convex penalty through the public door: paths that end at their gap."""

import numpy as np
import pytest

import taut
from taut import losses, penalties
from taut.solution import Status

SHAPES = [(24, 40), (60, 20)]


def _penalties(p):
    groups, free = np.arange(p) // 5, np.r_[0.0, np.ones(p - 1)]
    along = np.column_stack([np.arange(p - 1), np.arange(1, p)])
    edges = np.vstack([along, np.column_stack([np.arange(p - 4), np.arange(4, p)])])
    group_free = np.r_[0.0, np.ones(p // 5 - 1)]
    return {
        "l1": penalties.L1(),
        "l1, one free": penalties.L1(weights=free),
        "l2": penalties.L2(),
        "elastic net": penalties.ElasticNet(0.5),
        "elastic net, one free": penalties.ElasticNet(0.5, weights=free),
        "non-negative": penalties.L1() + penalties.NonNegative(),
        "l2 in a box": penalties.L2() + penalties.Box(-0.2, 0.3),
        "group lasso": penalties.GroupLasso(groups),
        "group lasso, one free": penalties.GroupLasso(groups, weights=group_free),
        "sparse group lasso": penalties.SparseGroupLasso(groups, 0.5),
        "multi-task": penalties.MultiTask(),
        "slope": penalties.SLOPE(),
        "slope, one free": penalties.SLOPE(weights=free),
        "nuclear": penalties.Nuclear(),
        "total variation": penalties.TotalVariation(),
        "fused lasso": penalties.FusedLasso(0.5),
        "graph total variation": penalties.TotalVariation(edges=edges),
        "graph fused lasso": penalties.FusedLasso(0.5, edges=edges),
    }


def _classes(random, eta, count):
    return np.argmax(random.gumbel(size=(len(eta), count)) + np.outer(eta, range(count)), axis=1)


LOSSES = {
    "squared": lambda r, eta: (losses.Squared(), eta + 0.5 * r.normal(size=len(eta))),
    "logistic": lambda r, eta: (losses.Logistic(), _classes(r, eta, 2)),
    "poisson": lambda r, eta: (losses.Poisson(), r.poisson(np.exp(0.7 * eta))),
    "gamma": lambda r, eta: (losses.Gamma(), r.gamma(2.0, size=len(eta)) * np.exp(0.7 * eta)),
    "tweedie": lambda r, eta: (losses.Tweedie(1.5), r.poisson(1.0, len(eta)) * np.exp(0.7 * eta)),
    "huber": lambda r, eta: (losses.Huber(0.3), eta + 0.5 * r.standard_t(2, size=len(eta))),
    "quantile": lambda r, eta: (losses.Quantile(0.3), eta + 0.5 * r.standard_t(2, size=len(eta))),
    "squared hinge": lambda r, eta: (losses.SquaredHinge(), _classes(r, eta, 2)),
    "cox": lambda r, eta: (
        losses.Cox(),
        np.column_stack(
            [r.exponential(size=len(eta)) * np.exp(-eta), r.uniform(size=len(eta)) < 0.7]
        ),
    ),
    "multinomial": lambda r, eta: (losses.Multinomial(), _classes(r, eta, 3)),
    "reference": lambda r, eta: (losses.Multinomial("reference"), _classes(r, eta, 3)),
    "targets": lambda r, eta: (
        losses.Squared(),
        np.outer(eta, [1, -1, 0]) + 0.5 * r.normal(size=(len(eta), 3)),
    ),
}
# Where slopes have kinks, or coefficients are tied to one another.
HARD = [
    ("quantile", "group lasso"),
    ("quantile", "sparse group lasso"),
    ("quantile", "slope"),
    ("quantile", "total variation"),
    ("quantile", "graph fused lasso"),
    ("quantile", "group lasso, one free"),
    ("quantile", "elastic net, one free"),
    ("huber", "slope"),
    ("huber", "graph total variation"),
    ("squared hinge", "fused lasso"),
    ("cox", "fused lasso"),
    ("cox", "total variation"),
    ("tweedie", "fused lasso"),
    ("multinomial", "fused lasso"),
    ("targets", "nuclear"),
]


def solved(loss, penalty, shape, n_alphas):
    random = np.random.default_rng(0)
    X = random.normal(size=shape)
    eta = X[:, :4].sum(axis=1) - X[:, 10:12].sum(axis=1)
    loss, y = LOSSES[loss](random, eta / eta.std())
    penalty = _penalties(shape[1])[penalty]
    return taut.fit_path(X, y, loss, penalty, n_alphas=n_alphas, alpha_min_ratio=0.02)


def assert_certified(path):
    assert [c.status for c in path.certificates] == [Status.SOLVED] * len(path)
    assert all(c.relative_gap <= 1e-6 for c in path.certificates)
    assert np.isfinite(path.coefs).all()


@pytest.mark.parametrize(("loss", "penalty"), HARD)
def test_hard_pairs_are_certified(loss, penalty):
    path = solved(loss, penalty, SHAPES[0], 5)
    assert_certified(path)
    assert max(c.n_iter for c in path.certificates) <= 400


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("penalty", _penalties(20))
@pytest.mark.parametrize("loss", LOSSES)
def test_all_pairs_are_certified(loss, penalty, shape):
    assert_certified(solved(loss, penalty, shape, 8))


def test_zeros_and_ties_are_exact():
    path = solved("quantile", "graph fused lasso", SHAPES[1], 5)
    last = path.coefs[:, -1]
    assert np.any(last == 0)
    assert len(np.unique(last)) < len(last)

"""Columns that do not vary, where the penalty is in units of standard deviations."""

import numpy as np
import pytest

import taut
from taut import penalties

PENALTIES = [
    penalties.L1(),
    penalties.L2(),
    penalties.ElasticNet(0.5),
    penalties.L1() + penalties.NonNegative(),
    penalties.L1(weights=[1, 1, 2, np.inf]),
    penalties.MCP(3.0),
    penalties.SLOPE(),
    penalties.GroupLasso([[0, 1], [2], [3]]),
    penalties.SparseGroupLasso([[0], [1, 2], [3]], 0.5),
    penalties.FusedLasso(l1_ratio=0.5),
]


@pytest.fixture
def table():
    random = np.random.default_rng(0)
    X = random.normal(size=(60, 4)) * [1.0, 5.0, 1.0, 0.2]
    X[:, 2] = 3.0
    return X, X[:, 0] + 2.0 + 0.5 * random.normal(size=60)


@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize("penalty", PENALTIES, ids=repr)
def test_standardising_leaves_them_in_their_unit(table, penalty, fit_intercept):
    """As scikit-learn's StandardScaler does, under every penalty."""
    X, y = table
    deviation = X.std(axis=0)
    scale = np.where(deviation > 1e-12, deviation, 1.0)
    options = {"penalty": penalty, "alphas": [2.0, 0.3, 0.05], "fit_intercept": fit_intercept}
    path = taut.fit_path(X, y, standardize=True, tol=1e-10, **options)
    by_hand = taut.fit_path(X / scale, y, tol=1e-10, **options)
    assert all(c.solved for c in path.certificates)
    np.testing.assert_allclose(path.coefs * scale[:, None], by_hand.coefs, atol=2e-5)


@pytest.mark.parametrize("penalty", [p for p in PENALTIES if "FusedLasso" not in repr(p)], ids=repr)
def test_an_intercept_leaves_nothing_to_them(table, penalty):
    X, y = table
    path = taut.fit_path(X, y, penalty=penalty, standardize=True, n_alphas=10)
    assert not path.coefs[2].any()


def test_without_an_intercept_a_strong_penalty_takes_them_out(table):
    X, y = table
    for penalty in (penalties.L1(), penalties.GroupLasso([[0], [1], [2], [3]])):
        options = {"penalty": penalty, "standardize": True, "fit_intercept": False}
        assert not taut.fit_path(X, y, n_alphas=5, **options).coefs[:, 0].any()

"""The judge itself: exact where a closed form is known, and never fooled by a wrong answer."""

import numpy as np
import pytest
from scipy.optimize import minimize

from certifier import judge

from .fits import made


def orthonormal(n_samples=40, n_features=6):
    random = np.random.default_rng(1)
    columns = random.normal(size=(n_samples, n_features))
    columns = np.linalg.qr(columns - columns.mean(axis=0))[0] * np.sqrt(n_samples)
    return columns, columns @ np.arange(n_features) + random.normal(size=n_samples) + 3.0


@pytest.mark.parametrize("l2", [0.0, 0.7])
def test_orthonormal_columns_have_a_closed_form(l2):
    X, y = orthonormal()
    pull = X.T @ (y - y.mean()) / len(y)
    coef = np.sign(pull) * np.maximum(np.abs(pull) - 0.5, 0.0) / (1.0 + 0.5 * l2)
    verdict = judge(X, y, coef, y.mean(), alpha=0.5, l2=l2)
    assert abs(verdict.relative_gap) < 1e-14


def test_bounds_agree_with_a_general_solver():
    X, y = made(50, 4)
    v = np.full(50, 1 / 50)
    bounds = [(0.0, np.inf), (-0.1, 0.2), (0.3, 0.9), (-np.inf, np.inf)]

    def objective(b):
        residual = y - b[4] - X @ b[:4]
        return 0.5 * v @ residual**2, -np.append(X.T @ (v * residual), v @ residual)

    best = minimize(objective, np.zeros(5), jac=True, bounds=[*bounds, (None, None)], tol=1e-15)
    lower, upper = np.transpose(bounds)
    verdict = judge(X, y, best.x[:4], best.x[4], alpha=1.0, l1=0.0, lower=lower, upper=upper)
    assert verdict.primal == pytest.approx(best.fun, rel=1e-12)
    assert -1e-13 < verdict.relative_gap < 1e-6


@pytest.mark.parametrize("intercept", [True, False])
def test_the_dual_never_exceeds_the_primal_and_sees_every_error(intercept):
    X, y = made(30, 8)
    random = np.random.default_rng(2)
    lowest = np.inf
    for size in (0.0, 1e-3, 1.0, 30.0):
        coef = size * random.normal(size=8)
        verdict = judge(X, y, coef, 5.0 * intercept, 0.4, l2=0.5, fit_intercept=intercept)
        assert verdict.dual <= verdict.primal
        assert verdict.relative_gap > 1e-3
        lowest = min(lowest, verdict.primal)
    assert verdict.dual <= lowest


def test_a_point_outside_its_bounds_is_infinitely_bad():
    X, y = made(30, 2)
    assert judge(X, y, np.array([1.0, -0.1]), 0.0, 1.0, lower=0.0).relative_gap == np.inf


def test_excluded_features_count_as_absent():
    X, y = made(30, 3)
    alone = judge(X[:, :2], y, np.array([0.4, 0.0]), 4.0, 0.3)
    beside = judge(X, y, np.array([0.4, 0.0, 0.0]), 4.0, 0.3, l1=np.array([1.0, 1.0, np.inf]))
    assert alone == pytest.approx(beside, rel=1e-13)

"""Bounds that leave zero out: where features rest is not the null model."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from scipy.optimize import minimize

import taut
from taut.penalties import L1, L2, Box
from taut.solvers import Controls, Grid, solve_path

from .pairs import LOSSES
from .test_pairs import posed

ALPHA = 0.05


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize(
    "penalty", [L1() + Box(0.1, 0.5), Box(0.2, 5.0), L2() + Box(-1.0, -0.1)], ids=repr
)
def test_no_outside_solver_does_better(loss, penalty, fit_intercept):
    problem = posed(loss, penalty, fit_intercept=fit_intercept)
    path = solve_path(problem, Grid(np.array([ALPHA])), Controls(1e-9, 10_000))
    coef, intercept = path.coefs[..., 0], path.intercepts[..., 0]
    lower, upper = penalty.coordinates(1).lower[0], penalty.coordinates(1).upper[0]
    assert path.certificates[0].solved
    assert np.all((lower <= coef) & (coef <= upper))
    size = coef.size

    def objective(point):
        level = point[size:].reshape(np.shape(intercept)) if fit_intercept else intercept
        return problem.objective(point[:size].reshape(coef.shape), level, ALPHA)

    levels = np.ravel(intercept) if fit_intercept else np.zeros(0)
    bounds = [(lower, upper)] * size + [(None, None)] * len(levels)
    first = np.append(np.full(size, np.clip(0.0, lower, upper)), levels)
    outside = minimize(objective, first, bounds=bounds, method="L-BFGS-B", tol=1e-12)
    found = problem.objective(coef, intercept, ALPHA)
    assert found <= outside.fun + 1e-9 * (1 + abs(outside.fun))


@pytest.mark.parametrize("loss", ["logistic", "poisson", "huber"])
def test_sparse_columns_end_where_dense_ones_do(loss):
    random = np.random.default_rng(0)
    X = sparse.random(200, 600, 0.02, "csc", rng=random)
    y = 1.0 * (random.uniform(size=200) < 0.4)
    options = {"penalty": L1() + Box(0.01, 0.3), "alphas": [0.02, 0.002], "tol": 1e-10}
    lean, full = (taut.fit_path(each, y, loss, **options) for each in (X, X.toarray()))
    assert all(certificate.solved for certificate in lean.certificates)
    assert_allclose(lean.coefs, full.coefs, rtol=0, atol=1e-4)

"""Losses that are written to an outside solver in forms of their own, with every penalty."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from taut import losses
from taut.solvers import Controls, solve_path

from .pairs import LOSSES, PENALTIES, SIGNED, features
from .test_pairs import as_cvxpy_penalty, middle, posed_as


def efron(cp, y, v, eta, level):
    """Efron (1977): the l-th of d deaths at a time leaves l / d of all of them in the risk set."""
    total = 0.0
    for time in np.unique(y[(v > 0) & (y[:, 1] == 1), 0]):
        dying = np.flatnonzero((v > 0) & (y[:, 1] == 1) & (y[:, 0] == time))
        risk = np.flatnonzero((v > 0) & (y[:, 0] >= time))
        for place in range(len(dying)):
            shares = v[risk] * np.where(np.isin(risk, dying), 1 - place / len(dying), 1.0)
            total += v[dying].mean() * cp.log_sum_exp(eta[risk] + np.log(shares))
        total -= v[dying] @ eta[dying]
    return total


def reference(cp, y, v, eta, level):
    """The first class has the linear predictor 0, and no indicator."""
    eta = eta + np.ones((len(v), 1)) @ cp.reshape(level, (1, y.shape[1]), order="F")
    whole = cp.hstack([np.zeros((len(v), 1)), eta])
    return v @ (cp.log_sum_exp(whole, axis=1) - cp.sum(cp.multiply(y, eta), axis=1))


def quantile(cp, y, v, eta, level):
    residual = y - eta - level
    return v @ cp.maximum(0.3 * residual, -0.7 * residual)


FORMS = {
    "efron": (losses.Cox("efron"), "cox", efron),
    "reference": (losses.Multinomial("reference"), "multinomial", reference),
    "quantile": (losses.Quantile(0.3), "huber", quantile),
}


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("form", FORMS)
def test_an_outside_solver_does_no_better(form, penalty):
    cp = pytest.importorskip("cvxpy")
    loss, like, written = FORMS[form]
    response = loss.check_response(LOSSES[like][1]())
    problem = posed_as(features(), response, loss, PENALTIES[penalty])
    grid = middle(problem, solve_path)
    path = solve_path(problem, grid, Controls(1e-8, 5000))
    for k, alpha in enumerate(grid.alphas):
        assert path.certificates[k].solved
        b = cp.Variable(problem.coef_shape)
        level = cp.Variable(problem.coef_shape[1:] or 1)
        eta = problem.design.matrix @ b
        fit = written(cp, problem.response, problem.weights, eta, level)
        limits = [b >= 0] if penalty in SIGNED else []
        objective = fit + alpha * as_cvxpy_penalty(cp, penalty, b)
        outside = cp.Problem(cp.Minimize(objective), limits)
        outside.solve(solver=cp.CLARABEL)
        # By the outside solver's own words for the objective.
        b.value, level.value = path.coefs[..., k], np.atleast_1d(path.intercepts[..., k])
        assert_allclose(objective.value, outside.value, rtol=0, atol=1e-6)

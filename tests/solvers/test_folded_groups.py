"""MCP and SCAD on groups: Newton steps end what forward-backward steps began."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import taut
from taut import losses
from taut.designs import as_design
from taut.penalties import MCP, SCAD
from taut.problem import Problem
from taut.solvers import Controls
from taut.solvers.folded_walk import FoldedWalk
from taut.solvers.walk import Walk

GROUPS = np.array([0, 0, 1, 1, 1, 2, 3])
WEIGHTS = [1.0, 0.0, 2.0, np.inf]
each_penalty = pytest.mark.parametrize(
    "penalty",
    [MCP(1.5, groups=GROUPS, weights=WEIGHTS), SCAD(2.5, groups=GROUPS, weights=WEIGHTS)],
    ids=repr,
)


@each_penalty
@pytest.mark.parametrize("shape", [(7,), (7, 3)])
@pytest.mark.parametrize("size", [0.3, 1.0, 3.0])
def test_the_relaxation_is_the_norm_less_the_penalty(penalty, shape, size):
    alpha, near = 0.8, 1e-5
    coef, direction = size * np.random.default_rng(0).normal(size=(2, *shape))
    coef[6] = direction[6] = 0.0

    def relaxed(coef):
        blocks = [np.linalg.norm(coef[g == GROUPS]) for g in range(3)]
        return alpha * np.dot(WEIGHTS[:3], blocks) - penalty.scaled_value(coef, alpha)

    gradient, hessian = penalty.relaxation(coef, alpha)
    ahead, behind = coef + near * direction, coef - near * direction
    slope = (relaxed(ahead) - relaxed(behind)) / (2 * near)
    assert_allclose(np.vdot(gradient, direction), slope, atol=1e-8)
    change = penalty.relaxation(ahead, alpha)[0] - penalty.relaxation(behind, alpha)[0]
    assert_allclose(hessian @ direction.ravel(), change.ravel() / (2 * near), atol=1e-6)
    assert np.linalg.eigvalsh(hessian)[0] >= -1e-12


def posed(loss, response, penalty, shape=(100, 200)):
    random = np.random.default_rng(0)
    X = random.normal(size=shape)
    eta = X[:, :4].sum(axis=1) - X[:, 10:12].sum(axis=1)
    y = response(random, eta / eta.std())
    n_samples = len(y)
    weights = np.full(n_samples, 1 / n_samples)
    return Problem(as_design(X), loss.check_response(y), loss, penalty, weights)


CASES = [
    (losses.Poisson(), lambda r, eta: r.poisson(np.exp(0.7 * eta))),
    (losses.Gamma(), lambda r, eta: r.gamma(2.0, size=len(eta)) * np.exp(0.7 * eta)),
    (losses.Squared(), lambda r, eta: np.outer(eta, [1.0, -1.0]) + r.normal(size=(len(eta), 2))),
    (
        losses.Multinomial(),
        lambda r, eta: np.argmax(r.gumbel(size=(len(eta), 3)) + np.outer(eta, range(3)), axis=1),
    ),
]


@pytest.mark.parametrize(("loss", "response"), CASES)
@pytest.mark.parametrize("kind", [MCP, SCAD])
def test_they_end_in_few_steps_at_the_minimum_nearby(loss, response, kind):
    groups = np.arange(200) // 5
    problem = posed(loss, response, kind(groups=groups))
    controls = Controls(tol=1e-7)
    alphas = Walk(problem, controls).largest_alpha() * np.geomspace(1, 0.2, 6)
    fast = list(FoldedWalk(problem, controls).along(alphas))
    slow = list(Walk(problem, controls).along(alphas))
    for alpha, ours, plain in zip(alphas, fast, slow, strict=True):
        assert ours[2].solved
        assert ours[2].kkt <= 1e-7
        assert ours[2].n_iter <= 300
        values = [problem.objective(*one[:2], alpha) for one in (ours, plain)]
        assert values[0] <= values[1] + 1e-6 * abs(values[1])


def test_paths_take_them():
    random = np.random.default_rng(0)
    X = random.normal(size=(100, 200))
    eta = X[:, :4].sum(axis=1) - X[:, 10:12].sum(axis=1)
    y = random.poisson(np.exp(0.7 * eta / eta.std()))
    penalty = SCAD(groups=np.arange(200) // 5)
    path = taut.fit_path(X, y, losses.Poisson(), penalty, n_alphas=7, alpha_min_ratio=0.2)
    assert all(c.solved for c in path.certificates)

"""The compiled partial likelihood against that in NumPy, its path against another solver's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import sparse

from taut import _core, losses, penalties
from taut.designs import as_design
from taut.problem import Problem
from taut.solvers import Controls, Grid
from taut.solvers.prox_newton import ProxNewton, partial_likelihood
from taut.solvers.proximal_gradient import ProximalGradient

both_ties = pytest.mark.parametrize("ties", ["efron", "breslow"])


def sample(n_samples, seed, n_times=12, n_strata=3):
    """Times with ties, some of them censored, in strata, with weights, some of them zero."""
    random = np.random.default_rng(seed)
    time = random.integers(1, n_times + 1, n_samples)
    event = random.random(n_samples) < 0.7
    event[0] = True
    strata = random.integers(0, n_strata, n_samples)
    y = np.column_stack([time, event, np.full(n_samples, -np.inf), strata])
    weights = random.exponential(size=n_samples) * (random.random(n_samples) < 0.8)
    weights[0] = 1.0
    return y, random.normal(size=n_samples), weights / weights.sum()


def hessian_times(loss, y, eta, v, along):
    """By complex steps there is none: central differences of the slopes in NumPy."""
    step = 1e-5
    return (loss.slope(y, eta + step * along, v) - loss.slope(y, eta - step * along, v)) / (
        2 * step
    )


@both_ties
@settings(max_examples=40, deadline=None)
@given(st.integers(2, 60), st.integers(0, 10**6), st.integers(1, 20), st.integers(1, 4))
def test_value_slopes_and_hessian(ties, n_samples, seed, n_times, n_strata):
    y, eta, v = sample(n_samples, seed, n_times, n_strata)
    loss = losses.Cox(ties)
    along = np.random.default_rng(seed).normal(size=n_samples)
    compiled = partial_likelihood(loss, y, v)
    value, slope, change = _core.evaluate_loss(compiled, np.zeros(n_samples), eta, v, along)
    assert_allclose(value, loss.total(y, eta, v), rtol=1e-12, atol=1e-14)
    assert_allclose(v * slope, loss.slope(y, eta, v), rtol=1e-10, atol=1e-14)
    assert_allclose(v * change, hessian_times(loss, y, eta, v, along), rtol=1e-6, atol=1e-9)


@both_ties
def test_hazards_far_apart(ties):
    # The samples at risk in the end have exp(-2000) of the hazard of those who left before.
    y, eta, v = sample(50, 1, n_strata=2)
    eta = eta - 200 * y[:, 0]
    loss, zeros = losses.Cox(ties), np.zeros(50)
    value, slope, _ = _core.evaluate_loss(partial_likelihood(loss, y, v), zeros, eta, v, zeros)
    assert_allclose(value, loss.total(y, eta, v), rtol=1e-12)
    assert_allclose(v * slope, loss.slope(y, eta, v), rtol=1e-10, atol=1e-14)


def posed(ties, penalty, shape=(80, 120), kind=np.asfortranarray, seed=0, **options):
    y, _, v = sample(shape[0], seed, n_times=30)
    random = np.random.default_rng(seed)
    X = random.normal(size=shape) * (random.random(shape) < 0.5) + 0.3
    risk = X[:, :4] @ [1.0, -1.0, 0.5, 0.5]
    y[:, 0] = np.ceil(10 * random.exponential(np.exp(-risk)))
    loss = losses.Cox(ties)
    return Problem(as_design(kind(X)), loss.check_response(y), loss, penalty, v, **options)


PENALTIES = {
    "l1": lambda p: penalties.L1(),
    "elastic net": lambda p: penalties.ElasticNet(0.5),
    "one free, one out": lambda p: penalties.L1(weights=np.r_[0.0, np.inf, np.ones(p - 2)]),
    "non-negative": lambda p: penalties.L1() + penalties.NonNegative(),
}


@both_ties
@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("shape", [(80, 120), (150, 8)])
def test_path_is_that_of_forward_backward_steps(ties, penalty, shape):
    problem = posed(ties, PENALTIES[penalty](shape[1]), shape)
    assert ProxNewton().refuses(problem) is None
    found = ProxNewton().path(problem, Grid(None, 10, 0.05), Controls(1e-9, 2000))
    expected = ProximalGradient().path(problem, Grid(found.alphas), Controls(1e-9, 20000))
    assert all(c.solved for c in found.certificates)
    for k, alpha in enumerate(found.alphas):
        objective = problem.objective(found.coefs[:, k], 0.0, alpha)
        best = problem.objective(expected.coefs[:, k], 0.0, alpha)
        assert abs(objective - best) <= 1e-8 * (1 + abs(best))
        # The claim bounds what is left from above.
        assert objective - best <= found.certificates[k].gap + 1e-13


@pytest.mark.parametrize("kind", [sparse.csc_matrix, np.ascontiguousarray])
def test_kinds_of_matrices_agree(kind):
    expected = ProxNewton().path(
        posed("efron", penalties.L1()), Grid(None, 8, 0.1), Controls(1e-10, 2000)
    )
    found = ProxNewton().path(
        posed("efron", penalties.L1(), kind=kind), Grid(expected.alphas), Controls(1e-10, 2000)
    )
    assert_allclose(found.coefs, expected.coefs, atol=1e-6)


@pytest.mark.parametrize("engine", [2, 3, 4])
def test_engines_agree(engine):
    problem = posed("breslow", penalties.ElasticNet(0.7), offset=np.linspace(-1, 1, 80))
    expected = ProxNewton().path(problem, Grid(None, 8, 0.1), Controls(1e-10, 10000))
    found = ProxNewton().path(problem, Grid(expected.alphas), Controls(1e-10, 10000), engine=engine)
    assert all(c.solved for c in found.certificates)
    # The error of coefficients is about the root of that of the objective.
    assert_allclose(found.coefs, expected.coefs, atol=5e-5)


def test_left_truncation_is_left_to_another_solver():
    problem = posed("efron", penalties.L1())
    problem.response[:40, 2] = problem.response[:40, 0] - 0.5
    assert "left truncation" in ProxNewton().refuses(problem)


def test_bad_arguments():
    v = np.full(3, 1 / 3)
    last, event, begins = (
        np.array([0, 1, 1], dtype=np.int32),
        np.array([True, True, False]),
        np.array([True, False]),
    )
    with pytest.raises(ValueError, match="one entry for each row"):
        _core.cox_loss(last, event, begins, v[:2], True)
    with pytest.raises(ValueError, match="last out of range"):
        _core.cox_loss(last + 1, event, begins, v, True)
    with pytest.raises(ValueError, match="last out of range"):
        _core.cox_loss(last - 1, event, begins, v, True)
    with pytest.raises(ValueError, match="begins a stratum"):
        _core.cox_loss(last, event, ~begins, v, True)
    with pytest.raises(ValueError, match="one length"):
        _core.evaluate_loss(_core.cox_loss(last, event, begins, v, True), v, v, v, v[:2])

"""Quadratic models inside the walk: every form of them gives what forward-backward steps give."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

from taut import losses
from taut.designs import as_design
from taut.penalties import L1, L2, SLOPE, GroupLasso, MultiTask, SparseGroupLasso
from taut.problem import Problem
from taut.solvers import Controls, Grid
from taut.solvers.proximal_gradient import ProximalGradient

N_SAMPLES, N_FEATURES = 60, 90
GROUPS = np.arange(N_FEATURES) // 3
WEIGHTS = np.where(np.arange(30) == 0, 0.0, np.where(np.arange(30) == 5, np.inf, 1.5))


def posed(loss, penalty):
    random = np.random.default_rng(4)
    X = random.normal(size=(N_SAMPLES, N_FEATURES)) * (random.random((N_SAMPLES, N_FEATURES)) < 0.5)
    eta = X[:, :6] @ random.normal(size=(6, 3))
    y = {
        "squared": eta[:, 0] + random.normal(size=N_SAMPLES),
        "targets": eta + random.normal(size=eta.shape),
        "one target": eta[:, :1] + random.normal(size=(N_SAMPLES, 1)),
        "logistic": (eta[:, 0] + random.normal(size=N_SAMPLES) > eta[:, 0].mean()) * 1.0,
        "poisson": random.poisson(np.exp(np.clip(eta[:, 0], -3, 2))) * 1.0,
        "multinomial": np.argmax(eta + random.normal(size=eta.shape), axis=1),
        "cox": np.column_stack(
            [random.exponential(np.exp(-eta[:, 0])), np.arange(N_SAMPLES) % 4 > 0]
        ),
    }[loss]
    loss = losses.by_name("squared" if "target" in loss else loss)
    weights = np.full(N_SAMPLES, 1 / N_SAMPLES)
    return Problem(as_design(np.asfortranarray(X)), loss.check_response(y), loss, penalty, weights)


def path_of(problem):
    return ProximalGradient().path(problem, Grid(None, 8, 0.05), Controls(1e-10, 20000))


CASES = [
    ("squared", GroupLasso(GROUPS, weights=WEIGHTS)),
    ("squared", SparseGroupLasso(GROUPS, weights=WEIGHTS)),
    ("targets", MultiTask()),
    ("targets", GroupLasso(GROUPS)),
    ("one target", MultiTask()),
    ("logistic", GroupLasso(GROUPS, weights=WEIGHTS)),
    ("poisson", SparseGroupLasso(GROUPS)),
    ("multinomial", L1()),
    ("multinomial", GroupLasso(GROUPS)),
    ("cox", L1()),
    ("cox", GroupLasso(GROUPS)),
    ("squared", SLOPE()),
    ("targets", SLOPE()),
    ("poisson", SLOPE()),
    ("multinomial", SLOPE()),
    ("squared", GroupLasso(GROUPS, weights=WEIGHTS) + L2()),
    ("logistic", GroupLasso(GROUPS, weights=WEIGHTS) + L1(weights=np.linspace(0, 1, N_FEATURES))),
    ("poisson", SparseGroupLasso(GROUPS) + L1() + L2()),
    ("targets", MultiTask() + L2(weights=np.linspace(0, 1, N_FEATURES))),
    ("multinomial", GroupLasso(GROUPS) + L2()),
    ("squared", SLOPE() + L1() + L2()),
]


@pytest.mark.parametrize(("loss", "penalty"), CASES, ids=repr)
def test_models_give_what_forward_backward_steps_give(loss, penalty, monkeypatch):
    problem = posed(loss, penalty)
    found = path_of(problem)
    assert all(c.solved for c in found.certificates)
    monkeypatch.setattr("taut.solvers.model_walk._FEW", 0)
    by_rows = path_of(problem)
    assert all(c.solved for c in by_rows.certificates)
    monkeypatch.setattr("taut.solvers.proximal_gradient.has_model", lambda _: False)
    expected = path_of(problem)
    # Forward-backward steps meet rounding earlier.
    assert all(c.relative_gap <= 1e-8 for c in expected.certificates)
    for other in (found, by_rows):
        assert_allclose(other.coefs, expected.coefs, rtol=0, atol=2e-4)
        assert_allclose(other.alphas, expected.alphas, rtol=1e-8)


@pytest.mark.parametrize(("loss", "penalty"), CASES, ids=repr)
def test_sparse_columns_give_what_dense_ones_give(loss, penalty):
    problem = posed(loss, penalty)
    matrix = problem.design.matrix
    assert np.count_nonzero(matrix) < 0.7 * matrix.size
    sparse_problem = replace(problem, design=as_design(sparse.csc_matrix(matrix)))
    found, expected = path_of(sparse_problem), path_of(problem)
    assert all(c.solved for c in found.certificates)
    assert_allclose(found.coefs, expected.coefs, rtol=0, atol=2e-4)


def test_a_working_set_beyond_the_model_goes_on_by_forward_backward_steps(monkeypatch):
    problem = posed("multinomial", L1())
    expected = path_of(problem)
    monkeypatch.setattr("taut.solvers.model_walk._LARGEST", 12)
    found = path_of(problem)
    assert all(c.solved for c in found.certificates)
    assert_allclose(found.coefs, expected.coefs, rtol=0, atol=2e-4)


@pytest.mark.parametrize("penalty", [GroupLasso(GROUPS[:60]), SparseGroupLasso(GROUPS[:60])])
def test_where_single_precision_ends_the_gram_matrix_goes_on(penalty):
    """Counts of which few are large: curvatures, and with them rows, over many decades."""
    random = np.random.default_rng(3)
    X = random.normal(size=(80, 60))
    y = np.floor(np.exp(0.3 * (X[:, :6] @ [2, -1, 1, 1, 0, 3] + random.normal(size=80)) - 0.5))
    y, loss = np.clip(y, 0, 50), losses.Poisson()
    weights = np.full(80, 1 / 80)
    problem = Problem(as_design(X), loss.check_response(y), loss, penalty, weights)
    path = ProximalGradient().path(problem, Grid(None, 10, 1e-4), Controls(1e-8))
    assert all(c.solved for c in path.certificates)

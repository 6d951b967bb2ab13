"""The systems of Newton's steps: of rows and pieces, the same as of coefficients."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

import taut
from taut import losses, penalties
from taut.designs import Design
from taut.problem import Problem
from taut.solvers.columns import GrowingColumns
from taut.solvers.fitted import Fitted
from taut.solvers.lagrangian import Lagrangian, Minimum
from taut.solvers.newton_system import direction, hessian

N_SAMPLES, N_FEATURES = 12, 30
EDGES = np.column_stack([np.arange(N_FEATURES - 3), np.arange(3, N_FEATURES)])
PENALTIES = [
    penalties.FusedLasso(0.5),
    penalties.TotalVariation(edges=EDGES),
    penalties.SLOPE(),
]


def responses():
    random = np.random.default_rng(1)
    normal = random.normal(size=N_SAMPLES)
    classes = np.arange(N_SAMPLES) % 3
    survival = np.column_stack([random.exponential(size=N_SAMPLES), normal > -0.5])
    return [
        (losses.Squared(), normal),
        (losses.Squared(), random.normal(size=(N_SAMPLES, 2))),
        (losses.Poisson(), random.poisson(2.0, N_SAMPLES)),
        (losses.Huber(0.5), normal),
        (losses.Multinomial(), classes),
        (losses.Multinomial("reference"), classes),
        (losses.Cox(), survival),
    ]


def posed(loss, y, penalty, fit_intercept=True, as_sparse=False):
    X = np.random.default_rng(0).normal(size=(N_SAMPLES, N_FEATURES)) + 0.5
    design = Design(sparse.csc_array(np.where(X > 0.8, X, 0.0)) if as_sparse else X)
    weights = np.r_[0.0, np.ones(N_SAMPLES - 1)] / (N_SAMPLES - 1)
    return Problem(design, loss.check_response(y), loss, penalty, weights, fit_intercept)


def somewhere(problem):
    random = np.random.default_rng(2)
    columns = GrowingColumns(problem, np.ones(N_FEATURES))
    columns.append(np.arange(N_FEATURES))
    coef, forces = 0.3 * random.normal(size=(2, *problem.coef_shape))
    lagrangian = Lagrangian(problem, columns, problem.penalty, 0.1, forces, 0.7)
    fitted = Fitted(problem, columns, problem.null_intercept)
    return columns, Minimum(lagrangian, coef, fitted.at(coef))


@pytest.mark.parametrize("penalty", PENALTIES, ids=repr)
@pytest.mark.parametrize(("loss", "y"), responses())
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("as_sparse", [True, False])
@pytest.mark.parametrize("damping", [1e-6, 0.1])
def test_rows_and_pieces_give_the_step_of_all_coefficients(
    loss, y, penalty, fit_intercept, as_sparse, damping
):
    problem = posed(loss, y, penalty, fit_intercept, as_sparse)
    columns, here = somewhere(problem)
    move = direction(problem, columns, here, (penalty, 0.1), 0.7, damping)
    system = hessian(problem, columns.with_ones, here.point)
    system -= penalty.prox_derivative(here.raised, here.copy, 0.7, 0.1) / 0.7
    system += (1 + damping) / 0.7 * np.eye(len(system))
    left = system @ move.ravel() + here.gradient.ravel()
    assert move.shape == problem.coef_shape
    assert_allclose(left, 0, atol=1e-9 * np.abs(here.gradient).max())


@pytest.mark.parametrize(("loss", "y"), responses())
def test_a_root_of_the_hessian(loss, y):
    problem = posed(loss, y, PENALTIES[0])
    _, here = somewhere(problem)
    where, every = (problem.response, here.point.eta, problem.weights), np.eye(N_SAMPLES)
    root = loss.hessian_root(*where)
    root = root.toarray() if sparse.issparse(root) else root
    assert_allclose(root @ root.T, loss.hessian_gram(*where, every, every), atol=1e-14)


@pytest.mark.parametrize("most", [1, 7])
def test_a_round_ends_with_the_iterations(most):
    random = np.random.default_rng(0)
    X, y = random.normal(size=(40, 60)), random.normal(size=40)
    penalty = penalties.FusedLasso(0.5)
    with pytest.warns(taut.ConvergenceWarning):
        path = taut.fit_path(X, y, losses.Quantile(0.3), penalty, n_alphas=4, max_iter=most)
    assert max(c.n_iter for c in path.certificates) <= most


@pytest.mark.slow
def test_rounds_too_hard_to_end_become_easier():
    random = np.random.default_rng(2)
    X = random.normal(size=(60, 200))
    eta = X[:, :4].sum(axis=1) - X[:, 10:12].sum(axis=1)
    y = eta / eta.std() + 0.5 * random.standard_t(2, size=60)
    along = np.column_stack([np.arange(199), np.arange(1, 200)])
    edges = np.vstack([along, np.column_stack([np.arange(196), np.arange(4, 200)])])
    penalty = penalties.FusedLasso(0.5, edges=edges)
    path = taut.fit_path(X, y, losses.Quantile(0.9), penalty, n_alphas=20, alpha_min_ratio=0.02)
    assert all(c.solved for c in path.certificates)

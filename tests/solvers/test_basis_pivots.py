"""Simplex steps from a point nearby: the solution of the linear programme, or None."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.linalg import qr
from scipy.optimize import linprog

from taut.applications.sensing.measurements import Measurement
from taut.penalties import L1, NonNegative
from taut.solvers.basis_pivots import solution_near

M, N = 40, 100
WEIGHTS = 1.0 + np.arange(N) % 3
PENALTIES = {
    "l1": (L1(), np.ones(N), False),
    "weighted": (L1(weights=WEIGHTS), WEIGHTS, False),
    "non-negative": (L1() + NonNegative(), np.ones(N), True),
}


def instance(weights, is_positive, seed):
    """A matrix of orthonormal rows, measurements, and what the programme makes of them."""
    rng = np.random.default_rng(seed)
    A = qr(rng.standard_normal((N, M)), mode="economic")[0].T
    x = rng.standard_normal(N)
    y = A @ (np.abs(x) if is_positive else x)
    sides = np.hstack([A, np.zeros_like(A) if is_positive else -A])
    solved = linprog(np.tile(weights, 2), A_eq=sides, b_eq=y, method="highs")
    least = solved.x[:N] - (0.0 if is_positive else solved.x[N:])
    return A, y, np.where(np.abs(least) > 1e-12, least, 0.0), solved.eqlin.marginals


@pytest.mark.parametrize("off", [0.0, 0.03, 0.1])
@pytest.mark.parametrize("penalty", PENALTIES)
def test_exchanges_lead_from_near_the_solution_to_it(penalty, off):
    penalty, weights, is_positive = PENALTIES[penalty]
    for seed in range(5):
        A, y, least, dual = instance(weights, is_positive, seed)
        rng = np.random.default_rng(seed)
        near = least + off * np.max(np.abs(least)) * rng.standard_normal(N) * (rng.random(N) < 0.4)
        around = dual + off * np.linalg.norm(dual) / np.sqrt(M) * rng.standard_normal(M)
        x, u = solution_near(Measurement(A), y, penalty, near, around)
        assert_allclose(A @ x, y, atol=1e-12)
        assert_allclose(x, least, atol=1e-8)
        # The dual point proves it.
        assert penalty.dual_norm(A.T @ u) <= 1.0 + 1e-7
        assert y @ u == pytest.approx(penalty.value(x), rel=1e-9)


def test_a_vertex_of_fewer_entries_than_measurements_is_found():
    A = instance(np.ones(N), False, 0)[0]
    signal = np.zeros(N)
    signal[[3, 50, 70]] = 1.0, -2.0, 0.5
    near = signal + 1e-3 * np.random.default_rng(0).standard_normal(N)
    x, _ = solution_near(Measurement(A), A @ signal, L1(), near, A @ np.sign(signal))
    assert_allclose(x, signal, atol=1e-10)


def test_columns_that_depend_on_one_another_are_no_basis():
    A = np.hstack([np.eye(2), np.eye(2)]) / np.sqrt(2.0)
    near = np.array([1.0, 0.0, 1.0, 0.0])  # twice the same column
    assert solution_near(Measurement(A), np.array([1.0, 0.0]), L1(), near, np.ones(2)) is None

"""Points near the solution of an equality, made feasible: what their gap comes to."""

import numpy as np
import pytest
from scipy.linalg import qr
from scipy.optimize import linprog

from taut.applications.sensing.measurements import Measurement
from taut.penalties import L1, NonNegative
from taut.solvers.feasible_pair import feasible_pair

M, N, TOL = 150, 600, 1e-5
WEIGHTS = 1.0 + np.arange(N) % 3
PENALTIES = {
    "l1": (L1(), np.ones(N), False),
    "weighted": (L1(weights=WEIGHTS), WEIGHTS, False),
    "non-negative": (L1() + NonNegative(), np.ones(N), True),
}


def instance(weights, is_positive, rows, seed):
    """A matrix of orthogonal rows, measurements of a compressible signal, and both solutions."""
    rng = np.random.default_rng(seed)
    A = np.sqrt(rows)[:, None] * qr(rng.standard_normal((N, M)), mode="economic")[0].T
    x = rng.permutation(np.arange(1.0, N + 1) ** -1.0 * rng.choice([-1.0, 1.0], N))
    y = A @ (np.abs(x) if is_positive else x)
    sides = np.hstack([A, np.zeros_like(A) if is_positive else -A])
    solved = linprog(np.tile(weights, 2), A_eq=sides, b_eq=y, method="highs")
    least = solved.x[:N] - (0.0 if is_positive else solved.x[N:])
    return A, y, np.where(np.abs(least) > 1e-12, least, 0.0), solved.eqlin.marginals


@pytest.mark.parametrize("rows", [np.ones(M), np.linspace(0.5, 2.0, M)], ids=["even", "uneven"])
@pytest.mark.parametrize("penalty", PENALTIES)
def test_both_are_feasible_and_their_gap_is_a_fraction_of_what_it_was(penalty, rows):
    penalty, weights, is_positive = PENALTIES[penalty]
    A, y, least, dual = instance(weights, is_positive, rows, 0)
    rng = np.random.default_rng(1)
    # Small entries are lost, others are a little off, and the dual point breaks its bounds.
    off = 1e-5 * np.abs(least).max() * rng.standard_normal(N) * (least != 0)
    near = np.where(np.abs(least) > 1e-4 * np.abs(least).max(), least + off, 0.0)
    around = dual + 1e-3 * np.linalg.norm(dual) / np.sqrt(M) * rng.standard_normal(M)
    before = 1.0 - y @ around / penalty.dual_norm(A.T @ around) / penalty.value(least)
    assert before > 30 * TOL
    x, u = feasible_pair(Measurement(A), rows, y, penalty, near, around, TOL)
    assert np.linalg.norm(A @ x - y) <= TOL * np.linalg.norm(y)
    assert penalty.dual_norm(A.T @ u) <= 1.0 + TOL
    bound = y @ u / penalty.dual_norm(A.T @ u)
    # Weak duality bounds it by the least norm, which an interior-point or simplex code found.
    assert bound <= penalty.value(least) * (1.0 + 1e-9)
    assert penalty.value(x) - bound <= 0.2 * before * penalty.value(least)


def test_the_solution_stays_what_it_is():
    A, y, least, dual = instance(np.ones(N), False, np.ones(M), 0)
    x, u = feasible_pair(Measurement(A), np.ones(M), y, L1(), least, dual, TOL)
    assert np.abs(x - least).max() <= TOL * np.abs(least).max()
    assert np.abs(A.T @ u).max() <= 1.0 + TOL
    assert y @ u == pytest.approx(np.abs(least).sum(), rel=TOL)

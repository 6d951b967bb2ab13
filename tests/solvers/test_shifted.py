"""Many shifts in one sequence of products: each as solved on its own."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from taut.solvers.shifted import shifted_conjugate_gradients

RANDOM = np.random.default_rng(0)
FACTOR = RANDOM.normal(size=(30, 20)) * np.geomspace(1.0, 10.0, 20)
A, B = FACTOR.T @ FACTOR / 30, RANDOM.normal(size=20)
SHIFTS = np.geomspace(1e4, 1e-1, 9)


def counted(matrix):
    calls = []
    return calls, lambda x: (calls.append(1), matrix @ x)[1]


def test_every_shift_is_solved():
    calls, apply = counted(A)
    solutions, n_iter = shifted_conjugate_gradients(apply, B, SHIFTS)
    for k, shift in enumerate(SHIFTS):
        expected = np.linalg.solve(A + shift * np.eye(20), B)
        assert_allclose(solutions[:, k], expected, rtol=1e-9, atol=1e-12)
    assert np.all(np.diff(n_iter) >= 0)
    assert len(calls) == n_iter[-1] < 60


@pytest.mark.parametrize("shifts", [[2.0], [2.0, 2.0, 2.0]])
def test_equal_shifts_have_equal_solutions(shifts):
    solutions, _ = shifted_conjugate_gradients(lambda x: A @ x, B, np.array(shifts))
    expected = np.linalg.solve(A + 2.0 * np.eye(20), B)
    assert_allclose(solutions, np.repeat(expected[:, None], len(shifts), axis=1), rtol=1e-9)


def test_a_singular_matrix_and_a_right_hand_side_of_zero():
    singular = np.outer(B, B)
    solutions, _ = shifted_conjugate_gradients(lambda x: singular @ x, B, SHIFTS)
    assert_allclose(solutions, np.outer(B, 1.0 / (B @ B + SHIFTS)), rtol=1e-10)
    solutions, n_iter = shifted_conjugate_gradients(lambda x: A @ x, np.zeros(20), SHIFTS)
    assert not solutions.any()
    assert not n_iter.any()


def test_it_stops_where_it_is_told():
    solutions, n_iter = shifted_conjugate_gradients(lambda x: A @ x, B, SHIFTS, max_iter=3)
    assert n_iter.max() == 3
    assert np.isfinite(solutions).all()

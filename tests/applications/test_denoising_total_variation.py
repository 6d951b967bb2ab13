"""The total variation of signals, images and volumes: its prox, and what certifies it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from taut.applications.denoising.total_variation import (
    differences,
    divergence,
    total_variation,
    total_variation_prox,
)


@pytest.mark.parametrize("shape", [(9,), (5, 7), (3, 4, 5)])
def test_the_divergence_is_the_adjoint_of_the_differences(shape):
    rng = np.random.default_rng(0)
    image, field = rng.standard_normal(shape), rng.standard_normal((len(shape), *shape))
    assert np.vdot(differences(image), field) == pytest.approx(np.vdot(image, divergence(field)))


@pytest.mark.parametrize("shape", [(40,), (12, 9), (5, 6, 4)])
def test_the_prox_agrees_with_cvxpy(shape):
    cvxpy = pytest.importorskip("cvxpy")
    image = np.random.default_rng(1).standard_normal(shape)
    x, gap = total_variation_prox(image, 0.4, tol=1e-9)
    flat = cvxpy.Variable(image.size)
    index = np.arange(image.size).reshape(shape)
    slopes = []
    for axis in range(len(shape)):
        following = np.take(index, np.minimum(np.arange(shape[axis]) + 1, shape[axis] - 1), axis)
        slopes.append(flat[following.ravel()] - flat)
    length = cvxpy.sum(cvxpy.norm(cvxpy.vstack(slopes), 2, axis=0))
    problem = cvxpy.Minimize(0.5 * cvxpy.sum_squares(flat - image.ravel()) + 0.4 * length)
    cvxpy.Problem(problem).solve(solver="CLARABEL")
    assert_allclose(x.ravel(), flat.value, atol=2e-4)
    assert gap <= 1e-9


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), step=st.floats(0.01, 3.0))
def test_the_gap_bounds_the_distance_to_any_other_point(seed, step):
    rng = np.random.default_rng(seed)
    image = rng.standard_normal((8, 8))

    def objective(x):
        return 0.5 * np.square(x - image).sum() + step * total_variation(x)

    x, gap = total_variation_prox(image, step, tol=1e-6)
    allowed = gap * 0.5 * np.square(image - image.mean()).sum()
    for other in (image, np.full_like(image, image.mean()), x + 0.01 * rng.standard_normal((8, 8))):
        assert objective(x) <= objective(other) + allowed + 1e-12


def test_a_large_step_leaves_the_mean():
    image = np.random.default_rng(0).standard_normal((10, 10))
    x, _ = total_variation_prox(image, 100.0, tol=1e-8)
    assert_allclose(x, image.mean(), atol=1e-3)

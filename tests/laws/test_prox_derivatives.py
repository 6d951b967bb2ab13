"""Derivatives of proxes, held against differences of them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from .registry import N_FEATURES, PENALTIES

STEP, ALPHA, NEAR = 0.7, 0.6, 1e-6


def has_derivative(penalty):
    zero = np.zeros(N_FEATURES)
    result = penalty.scaled_prox(zero, STEP, ALPHA)
    return penalty.prox_derivative(zero, result, STEP, ALPHA) is not None


KNOWN = [case.penalty for case in PENALTIES if has_derivative(case.penalty)]


def test_convex_penalties_have_one():
    assert {type(penalty) for penalty in KNOWN} == {
        type(case.penalty) for case in PENALTIES if case.penalty.is_convex
    }


@pytest.mark.parametrize("penalty", KNOWN, ids=repr)
@pytest.mark.parametrize("shape", [(N_FEATURES,), (N_FEATURES, 3)])
@pytest.mark.parametrize("seed", range(5))
def test_it_is_the_slope_of_the_prox(penalty, shape, seed):
    random = np.random.default_rng(seed)
    # Kinks lie at no random point.
    coef, direction = 1.5 * random.normal(size=(2, *shape))
    result = penalty.scaled_prox(coef, STEP, ALPHA)
    derivative = penalty.prox_derivative(coef, result, STEP, ALPHA)
    ahead, behind = (
        penalty.scaled_prox(coef + sign * NEAR * direction, STEP, ALPHA) for sign in (1, -1)
    )
    expected = (ahead - behind).ravel() / (2 * NEAR)
    assert_allclose(derivative @ direction.ravel(), expected, rtol=0, atol=1e-7)


@pytest.mark.parametrize("penalty", KNOWN, ids=repr)
@pytest.mark.parametrize("shape", [(N_FEATURES,), (N_FEATURES, 3)])
@pytest.mark.parametrize("at", ["somewhere", "ties", "zero"])
def test_it_is_symmetric_and_shortens(penalty, shape, at):
    coef = np.random.default_rng(0).normal(size=shape)
    if at != "somewhere":
        coef = np.round(coef) if at == "ties" else np.zeros(shape)
    result = penalty.scaled_prox(coef, STEP, ALPHA)
    derivative = penalty.prox_derivative(coef, result, STEP, ALPHA)
    assert derivative.shape == (coef.size, coef.size)
    assert_allclose(derivative, derivative.T, rtol=0, atol=1e-12)
    eigenvalues = np.linalg.eigvalsh(derivative)
    assert eigenvalues[0] >= -1e-12
    assert eigenvalues[-1] <= 1 + 1e-12

"""Automatic grids where no penalty sets a coefficient to zero."""

import numpy as np
import pytest

import taut
from taut.penalties import L2, Box, NonNegative

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(60, 5)) * [1e-3, 1.0, 1.0, 1.0, 1e3]
Y = X @ [1e3, 1.0, 0.5, 0.0, 1e-3] + RANDOM.normal(size=60)


@pytest.mark.parametrize("bounds", [NonNegative(), Box(-1e4, 1e4)])
def test_a_bounded_ridge_goes_from_strong_to_weak(bounds):
    path = taut.fit_path(X, Y, penalty=L2() + bounds)
    sizes = np.linalg.norm(path.coefs * X.std(axis=0)[:, None], axis=0)
    assert sizes[0] < 0.1 * sizes[-1]
    assert all(certificate.solved for certificate in path.certificates)


def test_bounds_alone_need_one_fit():
    path = taut.fit_path(X, Y, penalty=NonNegative())
    assert path.coefs.shape == (5, 1)
    assert path.certificates[0].solved


def test_the_range_follows_the_units_of_neither_side():
    plain, scaled = (taut.fit_path(X, c * Y, penalty=L2() + NonNegative()) for c in (1.0, 1e6))
    np.testing.assert_allclose(plain.alphas, scaled.alphas)


def test_cross_validation_of_a_bounded_ridge_has_something_to_choose_from():
    model = taut.ElasticNet(alpha=taut.CV(), l1_ratio=0, positive=True).fit(X, Y)
    assert np.ptp(model.cv_results_.mean) > 0.1 * model.cv_results_.mean.min()

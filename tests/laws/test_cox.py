"""What is particular to the partial likelihood."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose

from taut.losses import Cox

from . import textbook

both_ties = pytest.mark.parametrize("ties", ["efron", "breslow"])


def sample(n, seed, ties=False, truncated=False, n_strata=1):
    """Times of n samples, some censored, with weights, some of them zero."""
    rng = np.random.default_rng(seed)
    time = rng.permutation(n) + 1.0
    if ties:
        time = np.ceil(time / 4)
    entry = np.where(rng.random(n) < 0.5, time * rng.random(n) - 0.1, -np.inf)
    y = np.column_stack([time, rng.random(n) < 0.7, entry, rng.integers(0, n_strata, n)])
    if not truncated:
        y[:, 2] = -np.inf
    weights = rng.exponential(size=n) * (rng.random(n) < 0.9)
    return y, rng.normal(size=n), weights


@both_ties
@pytest.mark.parametrize("truncated", [False, True])
@pytest.mark.parametrize("n_strata", [1, 5, 40])
def test_log_partial_likelihood_against_a_naive_sum(ties, truncated, n_strata):
    y, eta, weights = sample(120, n_strata, ties=True, truncated=truncated, n_strata=n_strata)
    loss, negative = Cox(ties), textbook.cox(ties)
    log_likelihood = loss.saturated(y, weights) - loss.total(y, eta, weights)
    assert_allclose(-log_likelihood, negative(y, eta, weights), rtol=1e-12)
    expected = textbook.gradient(lambda eta: negative(y, eta, weights), eta)
    assert_allclose(loss.slope(y, eta, weights), expected, rtol=1e-10, atol=1e-12)
    # What is dropped is a constant, and none without ties and weights.
    y, eta, _ = sample(120, n_strata, truncated=truncated, n_strata=n_strata)
    ones = np.ones(120)
    assert_allclose(loss.total(y, eta, ones), negative(y, eta, ones), rtol=1e-12)
    assert loss.saturated(y, ones) == 0


def test_published_fits_of_six_samples():
    # Therneau and Grambsch (2000), appendix E.1: with r = exp(b), Breslow's log likelihood is
    # 2 b - log(3 r + 3) - 2 log(r + 3); Efron splits the tie into log(r + 3) + log((r + 5) / 2).
    y = np.array([[9, 1], [1, 1], [1, 0], [6, 1], [6, 1], [8, 0]], dtype=float)
    x = np.array([0.0, 1.0, 1.0, 1.0, 0.0, 0.0])
    y, ones = Cox().check_response(y), np.ones(6)

    def log_likelihood(ties, b):
        loss = Cox(ties)
        return loss.saturated(y, ones) - loss.total(y, b * x, ones)

    for b in (0.0, 0.7, -1.3):
        r = np.exp(b)
        assert_allclose(log_likelihood("breslow", b), 2 * b - np.log(3 * r + 3) - 2 * np.log(r + 3))
        assert_allclose(
            log_likelihood("efron", b),
            2 * b - np.log(3 * r + 3) - np.log(r + 3) - np.log((r + 5) / 2),
        )
    assert_allclose(x @ Cox("breslow").slope(y, 1.475285 * x, ones), 0, atol=1e-6)
    assert_allclose(x @ Cox("efron").slope(y, 1.676857 * x, ones), 0, atol=1e-6)


@pytest.mark.parametrize("truncated", [False, True])
def test_without_ties_the_two_agree(truncated):
    y, eta, weights = sample(60, 3, truncated=truncated, n_strata=2)
    efron, breslow = Cox("efron"), Cox("breslow")
    theta = breslow.slope(y, eta, weights)
    assert_allclose(efron.total(y, eta, weights), breslow.total(y, eta, weights), rtol=1e-14)
    assert_allclose(efron.slope(y, eta, weights), theta, rtol=1e-12)
    assert_allclose(efron.curvature(y, eta, weights), breslow.curvature(y, eta, weights))
    conjugates = [loss.total_conjugate(y, 0.5 * theta, weights) for loss in (efron, breslow)]
    assert_allclose(*conjugates, rtol=1e-12)
    assert np.isinf(conjugates[0]) == truncated


@both_ties
def test_upper_bound_of_the_hessian(ties):
    y, eta, weights = sample(30, 4, ties=True, truncated=True, n_strata=2)
    loss, h = Cox(ties), 1e-5
    columns = [
        loss.slope(y, eta + h * e, weights) - loss.slope(y, eta - h * e, weights)
        for e in np.eye(30)
    ]
    hessian = np.array(columns) / (2 * h)
    bound = loss.slope(y, eta, weights) + weights * y[:, 1]
    assert np.linalg.eigvalsh(np.diag(bound) - hessian)[0] > -1e-8
    assert np.linalg.eigvalsh(np.diag(loss.curvature(y, eta, weights)) - hessian)[0] < -0.1


@both_ties
def test_a_shift_of_a_stratum_changes_nothing(ties):
    y, eta, weights = sample(80, 5, ties=True, n_strata=3)
    loss, shifted = Cox(ties), eta + 500 * y[:, 3]
    total = loss.total(y, eta, weights)
    assert_allclose(loss.total(y, shifted, weights), total, rtol=1e-10)
    assert_allclose(
        loss.slope(y, shifted, weights), loss.slope(y, eta, weights), rtol=1e-9, atol=1e-13
    )


@both_ties
def test_the_order_of_rows_does_not_matter(ties):
    y, eta, weights = sample(80, 6, ties=True, truncated=True, n_strata=3)
    order = np.random.default_rng(0).permutation(80)
    loss = Cox(ties)
    mixed = y[order], eta[order], weights[order]
    assert_allclose(loss.total(*mixed), loss.total(y, eta, weights), rtol=1e-12)
    assert_allclose(loss.slope(*mixed), loss.slope(y, eta, weights)[order], rtol=1e-10, atol=1e-14)


@both_ties
def test_one_who_enters_late_takes_no_digits_from_those_before(ties):
    # Cumulative sums from the right, less those not yet entered, would lose all of the first two.
    early = np.array([[1.0, 1, -np.inf], [2, 1, -np.inf], [2.2, 0, -np.inf]])
    late = np.array([[4.0, 1, 2.5], [5, 1, 2.5]])
    y, v = np.vstack([early, late]), np.full(5, 0.2)
    eta = np.array([0.3, -0.2, 0.1, 700.0, -700.0])
    loss = Cox(ties)
    apart = loss.total(early, eta[:3], v[:3]) + loss.total(late, eta[3:], v[3:])
    assert_allclose(loss.total(y, eta, v), apart, rtol=1e-13)
    slopes = loss.slope(early, eta[:3], v[:3]), loss.slope(late, eta[3:], v[3:])
    assert_allclose(loss.slope(y, eta, v), np.concatenate(slopes), rtol=1e-12, atol=1e-16)


@both_ties
def test_extreme_predictors_by_hand(ties):
    y, v = np.array([[1.0, 1], [2, 1], [3, 0]]), np.ones(3)
    loss = Cox(ties)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_allclose(loss.total(y, np.array([-800.0, 0, 800]), v), 2400)
        assert_allclose(loss.total(y, np.array([800.0, 0, -800]), v), 0, atol=1e-12)
        assert_allclose(loss.slope(y, np.array([-800.0, 0, 800]), v), [-1, -1, 2])
        assert_allclose(loss.slope(y, np.array([800.0, 0, -800]), v), 0, atol=1e-12)
        assert_allclose(loss.curvature(y, np.array([800.0, 0, -800]), v), 0, atol=1e-12)


@both_ties
def test_the_conjugate_is_infinite_outside_its_domain(ties):
    y, eta, _ = sample(20, 7, ties=True, n_strata=2)
    loss, v = Cox(ties), np.full(20, 0.05)
    theta = loss.slope(y, eta, v)
    assert np.isfinite(loss.total_conjugate(y, theta, v))
    assert loss.total_conjugate(y, theta + 1e-3, v) == np.inf  # slopes sum to zero
    lowest = np.argmin(theta + v * y[:, 1])
    shifted = theta.copy()
    shifted[lowest] = -v[lowest] * y[lowest, 1] - 1e-3
    assert loss.total_conjugate(y, shifted, v) == np.inf  # risks are positive
    # Nobody can collect more hazard than there was while they were at risk.
    stratum = y[:, 3] == 0
    first, last = (pick(np.flatnonzero(stratum), key=lambda i: y[i, 0]) for pick in (min, max))
    moved = theta.copy()
    moved[first] += theta[last] + v[last] * y[last, 1] + 10 * v[first]
    moved[last] -= theta[last] + v[last] * y[last, 1] + 10 * v[first]
    assert loss.total_conjugate(y, moved, v) == np.inf


def test_a_sample_never_at_risk_has_no_part():
    y = np.array([[1.0, 0], [2, 1], [3, 0]])  # the first is gone before the only event
    loss, v = Cox(), np.full(3, 1 / 3)
    theta = loss.slope(y, np.array([500.0, 0.1, 0.2]), v)
    assert theta[0] == 0
    assert loss.curvature(y, np.zeros(3), v)[0] == 0
    assert np.isfinite(loss.total_conjugate(y, theta, v))
    theta[0] = 1e-3
    assert loss.total_conjugate(y, theta, v) == np.inf


def test_no_loss_sample_by_sample():
    for method in ("value", "gradient", "hessian", "conjugate"):
        with pytest.raises(NotImplementedError, match=rf"Cox.*{method}\(\).*call total"):
            getattr(Cox(), method)(np.ones((3, 2)), np.zeros(3))

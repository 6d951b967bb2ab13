"""Losses that are special cases of one another, and scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn._loss import (
    AbsoluteError,
    HalfBinomialLoss,
    HalfGammaLoss,
    HalfMultinomialLoss,
    HalfPoissonLoss,
    HalfSquaredError,
    HalfTweedieLoss,
    HuberLoss,
    PinballLoss,
)

from taut.losses import (
    Gamma,
    Huber,
    Logistic,
    Loss,
    Multinomial,
    Poisson,
    Quantile,
    Squared,
    SquaredHinge,
    Tweedie,
)

N_SAMPLES = 200
rng = np.random.default_rng(0)
ETA = rng.normal(scale=3, size=N_SAMPLES)
LABELS = rng.integers(0, 2, N_SAMPLES).astype(float)
CLASSES = rng.integers(0, 4, N_SAMPLES).astype(float)
AMOUNTS = rng.gamma(2.0, size=N_SAMPLES)
COUNTS = rng.poisson(1.0, N_SAMPLES).astype(float)
NUMBERS = rng.normal(scale=3, size=N_SAMPLES)


def huber_of_sklearn(delta):
    loss = HuberLoss(quantile=0.5)
    loss.closs.delta = delta  # scikit-learn takes a quantile of the residuals
    return loss


@pytest.mark.parametrize(
    ("ours", "theirs", "y"),
    [
        (Squared(), HalfSquaredError(), NUMBERS),
        (Logistic(), HalfBinomialLoss(), LABELS),
        (Poisson(), HalfPoissonLoss(), COUNTS),
        (Gamma(), HalfGammaLoss(), AMOUNTS),
        (Tweedie(power=1.0), HalfTweedieLoss(power=1.0), COUNTS),
        (Tweedie(power=1.3), HalfTweedieLoss(power=1.3), COUNTS),
        (Tweedie(), HalfTweedieLoss(power=1.5), AMOUNTS),
        (Tweedie(power=2.0), HalfTweedieLoss(power=2.0), AMOUNTS),
        (Quantile(q=0.8), PinballLoss(quantile=0.8), NUMBERS),
        (Huber(delta=1.7), huber_of_sklearn(1.7), NUMBERS),
    ],
    ids=lambda value: repr(value) if isinstance(value, Loss) else type(value).__name__,
)
def test_as_scikit_learn_up_to_constants(ours, theirs, y):
    ours_rise = ours.value(y, ETA) - ours.value(y, np.ones(N_SAMPLES))
    loss = {"y_true": y, "sample_weight": None}
    theirs_rise = theirs.loss(raw_prediction=ETA, **loss) - theirs.loss(
        raw_prediction=np.ones(N_SAMPLES), **loss
    )
    assert_allclose(ours_rise, theirs_rise, rtol=1e-10, atol=1e-12)
    gradient = theirs.gradient(raw_prediction=ETA, **loss)
    assert_allclose(ours.gradient(y, ETA), gradient, rtol=1e-10, atol=1e-13)
    assert_allclose(ours.mean(ETA), theirs.link.inverse(ETA), rtol=1e-12)


@pytest.mark.parametrize(
    ("ours", "theirs", "y"),
    [
        (Squared(), HalfSquaredError(), NUMBERS),
        (Logistic(), HalfBinomialLoss(), LABELS),
        (Poisson(), HalfPoissonLoss(), COUNTS),
        (Gamma(), HalfGammaLoss(), AMOUNTS),
        (Tweedie(), HalfTweedieLoss(power=1.5), COUNTS),
    ],
    ids=lambda value: repr(value) if isinstance(value, Loss) else type(value).__name__,
)
def test_hessian_and_null_model_as_scikit_learn(ours, theirs, y):
    _, hessian = theirs.gradient_hessian(y_true=y, raw_prediction=ETA)
    assert_allclose(ours.hessian(y, ETA), hessian, rtol=1e-9, atol=1e-12)
    v = np.full(N_SAMPLES, 1 / N_SAMPLES)
    assert_allclose(ours.null_intercept(y, v), theirs.fit_intercept_only(y))


def test_several_classes_as_scikit_learn():
    ours, theirs = Multinomial(), HalfMultinomialLoss(n_classes=4)
    eta = np.random.default_rng(1).normal(scale=3, size=(N_SAMPLES, 4))
    y = ours.check_response(CLASSES)
    arguments = {"y_true": CLASSES, "raw_prediction": eta, "sample_weight": None}
    assert_allclose(ours.value(y, eta), theirs.loss(**arguments), rtol=1e-10, atol=1e-13)
    gradient, hessian = theirs.gradient_hessian(**arguments)
    assert_allclose(ours.gradient(y, eta), gradient, rtol=1e-10, atol=1e-13)
    assert_allclose(ours.hessian(y, eta), hessian, rtol=1e-9, atol=1e-13)
    assert_allclose(ours.mean(eta), theirs.predict_proba(eta))
    v = np.full(N_SAMPLES, 1 / N_SAMPLES)
    assert_allclose(ours.null_intercept(y, v), theirs.fit_intercept_only(CLASSES))


def test_half_the_absolute_error_is_the_median():
    theirs = AbsoluteError().loss(y_true=NUMBERS, raw_prediction=ETA, sample_weight=None)
    assert_allclose(Quantile().value(NUMBERS, ETA), theirs / 2)


def test_two_classes_are_logistic():
    eta = np.column_stack([np.zeros(N_SAMPLES), ETA])
    y = np.column_stack([1 - LABELS, LABELS])
    two, one = Multinomial(), Logistic()
    assert_allclose(two.value(y, eta), one.value(LABELS, ETA))
    assert_allclose(two.gradient(y, eta)[:, 1], one.gradient(LABELS, ETA), atol=1e-15)
    assert_allclose(two.hessian(y, eta)[:, 1], one.hessian(LABELS, ETA), atol=1e-15)
    theta = one.gradient(LABELS, ETA) / 2
    both = np.column_stack([-theta, theta])
    assert_allclose(two.conjugate(y, both), one.conjugate(LABELS, theta))


def test_reference_coding_is_the_symmetric_one_with_a_class_held_at_zero():
    reference, symmetric = Multinomial("reference"), Multinomial()
    eta = np.random.default_rng(2).normal(scale=3, size=(N_SAMPLES, 3))
    of_all = np.column_stack([np.zeros(N_SAMPLES), eta])
    y, y_of_all = reference.check_response(CLASSES), symmetric.check_response(CLASSES)
    np.testing.assert_array_equal(y, y_of_all[:, 1:])
    np.testing.assert_array_equal(reference.check_response(y_of_all), y)
    np.testing.assert_array_equal(reference.check_response(y), y)
    assert_allclose(reference.value(y, eta), symmetric.value(y_of_all, of_all))
    assert_allclose(reference.gradient(y, eta), symmetric.gradient(y_of_all, of_all)[:, 1:])
    assert_allclose(reference.mean(eta), symmetric.mean(of_all))
    intercepts = symmetric.null_intercept(y_of_all, np.ones(N_SAMPLES))
    expected = intercepts[1:] - intercepts[0]
    assert_allclose(reference.null_intercept(y, np.ones(N_SAMPLES)), expected)


def test_reference_coding_of_two_classes_is_logistic():
    two, one = Multinomial("reference"), Logistic()
    y, eta = LABELS[:, None], ETA[:, None]
    assert_allclose(two.value(y, eta), one.value(LABELS, ETA))
    assert_allclose(two.gradient(y, eta)[:, 0], one.gradient(LABELS, ETA), atol=1e-15)
    theta = one.gradient(LABELS, ETA) / 2
    assert_allclose(two.conjugate(y, theta[:, None]), one.conjugate(LABELS, theta))


@pytest.mark.parametrize(
    ("power", "limit"),
    [(1.0, Poisson()), (1 + 1e-9, Poisson()), (2.0, Gamma()), (2 - 1e-9, Gamma())],
)
def test_tweedie_runs_from_poisson_to_gamma(power, limit):
    loss = Tweedie(power)
    constant = loss.value(AMOUNTS, 0.0) - limit.value(AMOUNTS, 0.0)
    assert_allclose(loss.value(AMOUNTS, ETA), limit.value(AMOUNTS, ETA) + constant, rtol=1e-6)
    assert_allclose(loss.gradient(AMOUNTS, ETA), limit.gradient(AMOUNTS, ETA), rtol=1e-6, atol=1e-7)
    theta = 0.5 * limit.gradient(AMOUNTS, ETA)
    conjugate = limit.conjugate(AMOUNTS, theta) - constant
    assert_allclose(loss.conjugate(AMOUNTS, theta), conjugate, rtol=1e-6, atol=1e-6)


def test_wide_huber_is_least_squares_and_narrow_huber_the_median():
    assert_allclose(Huber(delta=1e3).value(NUMBERS, ETA), Squared().value(NUMBERS, ETA))
    narrow = Huber(delta=1e-6).value(NUMBERS, ETA) / 1e-6
    assert_allclose(narrow, 2 * Quantile().value(NUMBERS, ETA), atol=1e-6)


def test_a_margin_that_all_violate_is_least_squares():
    eta = np.clip(ETA, -1, 1)
    signs = 2 * LABELS - 1
    assert_allclose(SquaredHinge().value(LABELS, eta), Squared().value(signs, eta))

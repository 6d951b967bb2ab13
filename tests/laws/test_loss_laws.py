"""Every loss x every law of convex losses, sample by sample."""

from __future__ import annotations

import copy
import pickle
import warnings
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from scipy.optimize import minimize_scalar
from sklearn.base import clone

from taut import losses
from taut.losses import Cox, Huber, Logistic, Multinomial, Poisson, Quantile, Squared

from . import textbook
from .registry import LOSSES, SURVIVAL
from .strategies import numbers, tried

every_loss = pytest.mark.parametrize("case", LOSSES, ids=lambda case: repr(case.loss))
every_loss_and_cox = pytest.mark.parametrize(
    "loss", {repr(case.loss): case.loss for case in [*LOSSES, *SURVIVAL]}.values(), ids=repr
)
etas = numbers(-20, 20)


def draw_target(data, case):
    """A target; the row of indicators of a class where there are several."""
    low, high = case.targets
    if not case.is_whole:
        return data.draw(numbers(low, high))
    label = data.draw(st.integers(int(low), int(high)).map(float))
    return label if case.n_classes is None else case.indicators(label)


def draw_eta(data, case):
    return data.draw(arrays(np.float64, case.shape, elements=etas))[()]


def is_kink(loss, y, eta, h):
    """Whether a derivative jumps between eta - h and eta + h."""
    jumps = (
        ~np.isclose(of_samples(y, eta - h), of_samples(y, eta + h), rtol=0.05, atol=0.05)
        for of_samples in (loss.gradient, loss.hessian)
    )
    return any(np.any(jump) for jump in jumps)


@every_loss
@tried
@given(data=st.data(), theta=etas)
def test_fenchel_young(case, data, theta):
    y, eta = draw_target(data, case), draw_eta(data, case)
    inside = case.loss.gradient(y, draw_eta(data, case))
    for slope in (inside, theta + np.zeros(case.shape)):
        product = np.sum(slope * eta)
        value, conjugate = case.loss.value(y, eta), case.loss.conjugate(y, slope)
        assert value + conjugate >= product - 1e-9 * (1 + abs(product) + abs(value))


@every_loss
@tried
@given(data=st.data())
def test_fenchel_young_is_tight_at_the_gradient(case, data):
    y, eta = draw_target(data, case), draw_eta(data, case)
    theta, value = case.loss.gradient(y, eta), case.loss.value(y, eta)
    total = value + case.loss.conjugate(y, theta)
    assert_allclose(total, np.sum(theta * eta), rtol=1e-9, atol=1e-8 + 1e-14 * abs(value))


@every_loss
@tried
@given(data=st.data())
def test_value_is_the_textbook_formula_but_for_a_constant(case, data):
    y, eta, other = draw_target(data, case), draw_eta(data, case), draw_eta(data, case)
    rise = case.loss.value(y, eta) - case.loss.value(y, other)
    printed = case.textbook(y, eta), case.textbook(y, other)
    scale = 1e-11 * (1 + max(map(abs, printed)))
    assert_allclose(rise, printed[0] - printed[1], rtol=1e-9, atol=scale)


@every_loss
@tried
@given(data=st.data())
def test_gradient_by_complex_step(case, data):
    y, eta = draw_target(data, case), draw_eta(data, case)
    assume(not is_kink(case.loss, y, eta, 1e-6))
    expected = textbook.gradient(lambda eta: case.textbook(y, eta), eta)
    assert_allclose(case.loss.gradient(y, eta), expected, rtol=1e-9, atol=1e-9)


@every_loss
@tried
@given(data=st.data())
def test_hessian_by_differences_of_fourth_order(case, data):
    y, eta, h = draw_target(data, case), draw_eta(data, case), 1e-3
    assume(not is_kink(case.loss, y, eta, 2 * h))
    for place in np.ndindex(case.shape):
        step = np.zeros(case.shape)
        step[place] = h
        near, far = (
            case.loss.gradient(y, eta + k * step)[place]
            - case.loss.gradient(y, eta - k * step)[place]
            for k in (1, 2)
        )
        by_differences = (8 * near - far) / (12 * h)
        assert_allclose(case.loss.hessian(y, eta)[place], by_differences, rtol=1e-8, atol=1e-8)


@every_loss
@tried
@given(data=st.data())
def test_convex(case, data):
    y, eta, other = draw_target(data, case), draw_eta(data, case), draw_eta(data, case)
    value = case.loss.value(y, eta)
    tangent = value + np.sum(case.loss.gradient(y, eta) * (other - eta))
    assert case.loss.value(y, other) >= tangent - 1e-9 * (1 + abs(tangent) + abs(value))
    assert np.all(case.loss.hessian(y, eta) >= 0)


@every_loss
@tried
@given(data=st.data())
def test_lowest_is_the_infimum(case, data):
    y = draw_target(data, case)
    # With several classes, along the direction in which the class observed becomes certain.
    direction = 1.0 if case.n_classes is None else 2 * y - 1
    found = minimize_scalar(
        lambda t: case.loss.value(y, t * direction),
        bounds=(-400, 400),
        method="bounded",
        options={"xatol": 1e-10},
    )
    assert_allclose(case.loss.lowest(y), found.fun, rtol=1e-8, atol=1e-7)
    assert case.loss.lowest(y) <= found.fun + 1e-9 * (1 + abs(found.fun))


@every_loss
def test_curvature_bound_is_the_supremum_of_the_hessian(case):
    low, high = case.targets
    grid = np.linspace(-30, 30, 2001)
    if case.n_classes is not None:
        # Eigenvalues are largest where two classes share all the probability.
        eta = np.zeros(case.shape)
        eta[:2] = 50
        p = case.loss.mean(eta)
        largest = np.linalg.eigvalsh(np.diag(p) - np.outer(p, p))[-1]
    else:
        y = np.linspace(low, high, 201)[:, None]
        largest = case.loss.hessian(y, grid).max()
    if case.loss.curvature_bound is not None:
        assert_allclose(largest, case.loss.curvature_bound)
    elif case.loss.is_smooth:
        assert largest > 1e6


@every_loss
@tried
@given(data=st.data())
def test_the_mean_is_what_fits_best(case, data):
    eta = draw_eta(data, case)
    if isinstance(case.loss, Quantile | losses.SquaredHinge):
        return  # eta is a quantile, or a score: their own tests
    mean = case.of_predictors(case.loss.mean(eta))
    assert_allclose(case.loss.gradient(mean, eta), 0, atol=1e-12 * (1 + np.max(np.abs(mean))))


@pytest.mark.parametrize(
    "case",
    [c for c in LOSSES if isinstance(c.loss, Squared | Logistic | Poisson | Multinomial)],
    ids=lambda case: repr(case.loss),
)
@tried
@given(data=st.data())
def test_the_mean_is_the_derivative_of_the_cumulant(case, data):
    # The loss is cumulant(eta) - y eta up to a constant; at y = 0 the cumulant alone is left.
    eta = draw_eta(data, case)
    no_target = np.zeros(case.shape)
    cumulant_slope = textbook.gradient(lambda eta: case.textbook(no_target, eta), eta)
    mean = case.of_predictors(case.loss.mean(eta))
    assert_allclose(mean, cumulant_slope, rtol=1e-12, atol=1e-14)


def test_means_by_hand():
    assert losses.SquaredHinge().mean([-2.0, 0.0, 3.0]).tolist() == [0.0, 0.0, 1.0]
    assert Quantile().mean([2.0]).tolist() == [2.0]
    assert_allclose(Cox().mean([0.0, np.log(2)]), [1, 2])


@pytest.mark.parametrize(
    "case", [c for c in LOSSES if c.n_classes is None], ids=lambda case: repr(case.loss)
)
def test_sample_by_sample_in_the_dtype_given(case):
    loss, y = case.loss, np.linspace(*case.targets, 6, dtype=np.float32)
    if case.is_whole:
        y = np.round(y)
    eta = np.linspace(-1, 1, 6, dtype=np.float32)
    for of_samples in (loss.value, loss.gradient, loss.hessian, loss.conjugate):
        result = of_samples(y, eta)
        assert result.shape == (6,)
        assert result.dtype == np.float32
        assert result[2:3] == of_samples(y[2:3], eta[2:3])
        assert of_samples(y[:, None], np.stack([eta, eta], axis=1)).shape == (6, 2)
        assert of_samples(np.float64(y), eta[3]).dtype == np.float64
    assert loss.lowest(y).dtype == loss.mean(eta).dtype == np.float32
    assert loss.lowest(y).shape == loss.mean(eta).shape == (6,)


def test_several_classes_row_by_row():
    loss, y = Multinomial(), np.eye(3, dtype=np.float32)
    eta = np.linspace(-1, 1, 9, dtype=np.float32).reshape(3, 3)
    for of_samples in (loss.value, loss.gradient, loss.hessian, loss.conjugate, loss.mean):
        arguments = [eta] if of_samples == loss.mean else [y, eta]
        result = of_samples(*arguments)
        assert result.shape == ((3,) if of_samples in (loss.value, loss.conjugate) else (3, 3))
        assert result.dtype == np.float32


@every_loss
@pytest.mark.parametrize("far", [800.0, -800.0])
def test_nothing_breaks_far_out(case, far):
    y = np.linspace(*case.targets, 5)
    y = np.round(y) if case.is_whole else y
    eta = np.full(5, far)
    if case.n_classes is not None:
        y = case.indicators(y)
        eta = far * np.cos(np.arange(y.size)).reshape(y.shape)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        value, gradient = case.loss.value(y, eta), case.loss.gradient(y, eta)
        hessian, mean = case.loss.hessian(y, eta), case.loss.mean(eta)
    assert not np.isnan(value).any()
    assert not np.isnan(gradient).any()
    assert np.all(hessian >= 0)
    assert not np.isnan(mean).any()
    if case.loss.curvature_bound is not None:
        assert np.all(np.isfinite(value))
        assert np.all(np.isfinite(gradient))


def test_what_is_fitted_well_keeps_its_digits():
    for eta in (40.0, 400.0):
        tiny = np.exp(-eta)
        assert_allclose(Logistic().value([1.0, 0.0], [eta, -eta]), tiny, rtol=1e-12)
        assert_allclose(Logistic().gradient([1.0, 0.0], [eta, -eta]), [-tiny, tiny], rtol=1e-12)
        assert_allclose(Logistic().hessian([1.0, 0.0], [eta, -eta]), tiny, rtol=1e-12)
        assert_allclose(Multinomial().value([1.0, 0.0], [eta, 0.0]), tiny, rtol=1e-12)
    assert Logistic().value(0.0, 800.0) == Logistic().value(1.0, -800.0) == 800
    assert Multinomial().value([1.0, 0.0, 0.0], [-800.0, 800.0, 0.0]) == 1600
    # -theta log(-theta) - ... near a slope of zero, where y + theta rounds to y
    assert_allclose(Logistic().conjugate(1.0, -1e-20), 1e-20 * (np.log(1e-20) - 1))


@pytest.mark.parametrize(
    ("loss", "y", "outside"),
    [
        (Logistic(), 1.0, [0.1, -1.1]),
        (Logistic(), 0.0, [-0.1, 1.1]),
        (losses.SquaredHinge(), 1.0, [0.1]),
        (losses.SquaredHinge(), 0.0, [-0.1]),
        (Poisson(), 3.0, [-3.1]),
        (losses.Gamma(), 2.0, [1.1]),
        (losses.Tweedie(), 0.0, [-0.1]),
        (Huber(delta=2.0), 1.0, [-2.1, 2.1]),
        (Quantile(q=0.9), 1.0, [-0.91, 0.11]),
    ],
    ids=repr,
)
def test_conjugate_is_infinite_outside_its_domain(loss, y, outside):
    assert np.all(np.isposinf(loss.conjugate(y, np.array(outside))))


def test_conjugate_of_several_classes_wants_a_slope():
    y = np.array([1.0, 0.0, 0.0])
    assert np.isfinite(Multinomial().conjugate(y, np.array([-0.5, 0.2, 0.3])))
    assert Multinomial().conjugate(y, np.array([-0.5, 0.2, 0.4])) == np.inf  # sums to 0.1
    assert Multinomial().conjugate(y, np.array([0.3, -0.5, 0.2])) == np.inf  # no probability


@every_loss_and_cox
@pytest.mark.parametrize(
    "travel",
    [
        copy.copy,
        copy.deepcopy,
        lambda loss: clone(loss, safe=False),  # as for any parameter of an estimator
        lambda loss: pickle.loads(pickle.dumps(loss)),
    ],
)
def test_losses_are_values(loss, travel):
    assert travel(loss) == loss
    assert hash(travel(loss)) == hash(loss)
    assert eval(repr(loss), vars(losses)) == loss
    with pytest.raises(FrozenInstanceError):
        loss.name = "another"


def test_squared_by_hand():
    assert Squared().value([1.0, 2.0], [3.0, 2.0]).tolist() == [2.0, 0.0]
    assert Squared().gradient([1.0, 2.0], [3.0, 2.0]).tolist() == [2.0, 0.0]
    assert Squared().conjugate(1.0, 2.0) == 4.0


@every_loss_and_cox
def test_by_name(loss):
    assert type(losses.by_name(loss.name)) is type(loss)
    assert losses.by_name(loss) is loss


@pytest.mark.parametrize(
    ("loss", "error", "message"),
    [
        ("squred", ValueError, "loss.*'squred'.*did you mean 'squared'"),
        ("Squared", ValueError, "loss.*'Squared'.*did you mean 'squared'"),
        ("zzz", ValueError, "loss.*'zzz'.*choose from.*'squared'"),
        (3, TypeError, "loss.*3.*pass one of.*'squared'"),
        (Squared, TypeError, "loss.*Squared"),
    ],
)
def test_by_name_refuses(loss, error, message):
    with pytest.raises(error, match=message):
        losses.by_name(loss)


def test_a_loss_of_ones_own_shows_its_parameters():
    class Expectile(losses.Loss):
        def __init__(self, tau):
            self.tau = tau

    class Plain(losses.Loss):
        pass

    assert repr(Expectile(0.8)) == "Expectile(tau=0.8)"
    assert repr(Plain()) == "Plain()"

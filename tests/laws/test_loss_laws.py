"""Every loss x every law of convex losses."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from sklearn.base import clone

from taut import losses
from taut.losses import Squared

from .registry import LOSSES
from .strategies import numbers, tried

every_loss = pytest.mark.parametrize(("loss", "targets"), LOSSES, ids=repr)
etas = numbers(-20, 20)


def draw_target(data, targets):
    return data.draw(numbers(*targets))


@every_loss
@tried
@given(data=st.data(), eta=etas, theta=etas)
def test_fenchel_young(loss, targets, data, eta, theta):
    y = draw_target(data, targets)
    total = loss.value(y, eta) + loss.conjugate(y, theta)
    assert total >= theta * eta - 1e-9 * (1 + abs(theta * eta))


@every_loss
@tried
@given(data=st.data(), eta=etas)
def test_fenchel_young_is_tight_at_the_gradient(loss, targets, data, eta):
    y = draw_target(data, targets)
    theta = loss.gradient(y, eta)
    assert_allclose(loss.value(y, eta) + loss.conjugate(y, theta), theta * eta, atol=1e-8)


@every_loss
@tried
@given(data=st.data(), eta=etas)
def test_derivatives_by_central_differences(loss, targets, data, eta):
    y, h = draw_target(data, targets), 1e-4
    slope = (loss.value(y, eta + h) - loss.value(y, eta - h)) / (2 * h)
    curvature = (loss.gradient(y, eta + h) - loss.gradient(y, eta - h)) / (2 * h)
    assert_allclose(loss.gradient(y, eta), slope, rtol=1e-6, atol=1e-6)
    assert_allclose(loss.hessian(y, eta), curvature, rtol=1e-6, atol=1e-6)


@every_loss
@tried
@given(data=st.data(), eta=etas, other=etas)
def test_convex(loss, targets, data, eta, other):
    y = draw_target(data, targets)
    tangent = loss.value(y, eta) + loss.gradient(y, eta) * (other - eta)
    assert loss.value(y, other) >= tangent - 1e-9 * (1 + abs(tangent))


@every_loss
def test_sample_by_sample_in_the_dtype_given(loss, targets):
    y = np.linspace(*targets, 6, dtype=np.float32)
    eta = np.linspace(-1, 1, 6, dtype=np.float32)
    for of_samples in (loss.value, loss.gradient, loss.hessian, loss.conjugate):
        result = of_samples(y, eta)
        assert result.shape == (6,)
        assert result.dtype == np.float32
        assert result[2:3] == of_samples(y[2:3], eta[2:3])
        assert of_samples(y[:, None], np.stack([eta, eta], axis=1)).shape == (6, 2)


@every_loss
@pytest.mark.parametrize(
    "travel",
    [
        copy.copy,
        copy.deepcopy,
        lambda loss: clone(loss, safe=False),  # as for any parameter of an estimator
        lambda loss: pickle.loads(pickle.dumps(loss)),
    ],
)
def test_losses_are_values(loss, targets, travel):
    assert travel(loss) == loss
    assert hash(travel(loss)) == hash(loss)
    assert eval(repr(loss), vars(losses)) == loss
    with pytest.raises(FrozenInstanceError):
        loss.name = "another"


def test_squared_by_hand():
    assert Squared().value([1.0, 2.0], [3.0, 2.0]).tolist() == [2.0, 0.0]
    assert Squared().gradient([1.0, 2.0], [3.0, 2.0]).tolist() == [2.0, 0.0]
    assert Squared().conjugate(1.0, 2.0) == 4.0


@every_loss
def test_by_name(loss, targets):
    assert type(losses.by_name(loss.name)) is type(loss)
    assert losses.by_name(loss) is loss


@pytest.mark.parametrize(
    ("loss", "error", "message"),
    [
        ("squred", ValueError, "loss.*'squred'.*did you mean 'squared'"),
        ("Squared", ValueError, "loss.*'Squared'.*did you mean 'squared'"),
        ("zzz", ValueError, "loss.*'zzz'.*choose from.*'squared'"),
        (3, TypeError, "loss.*3.*pass one of 'squared'"),
        (Squared, TypeError, "loss.*Squared"),
    ],
)
def test_by_name_refuses(loss, error, message):
    with pytest.raises(error, match=message):
        losses.by_name(loss)

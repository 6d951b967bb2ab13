"""A compiled loss of one's own is as good as those of taut, in the same solvers."""

import copy
import math
import pickle
import threading
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.base import clone
from sklearn.model_selection import KFold

import taut
from taut import losses, penalties

from .functions import (
    as_callback,
    logistic_conjugate,
    logistic_gradient,
    logistic_hessian,
    logistic_value,
)

FUNCTIONS = {
    "value": logistic_value,
    "gradient": logistic_gradient,
    "hessian": logistic_hessian,
    "conjugate": logistic_conjugate,
}
CALLBACKS = {name: as_callback(function) for name, function in FUNCTIONS.items()}


@dataclass(frozen=True)
class ArrayLogistic(losses.Loss):
    """The other level: array code, and no conjugate."""

    def value(self, y, eta):
        return np.logaddexp(0, eta) - y * eta

    def gradient(self, y, eta):
        return 1 / (1 + np.exp(-eta)) - y

    def hessian(self, y, eta):
        share = 1 / (1 + np.exp(-eta))
        return share * (1 - share) + 0 * y


def own(make=None, **changes):
    given = {name: make(f) if make else CALLBACKS[name] for name, f in FUNCTIONS.items()}
    return losses.NativeLoss(**given | changes)


def data(n_samples=60, n_features=25, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_samples, n_features))
    return X, (X[:, :3].sum(axis=1) + rng.normal(size=n_samples) > 0) * 1.0


def path(loss, penalty=None, tol=1e-11, **options):
    options = {"n_alphas": 10, "alpha_min_ratio": 0.05} | options
    return taut.fit_path(*data(), loss=loss, penalty=penalty, tol=tol, **options)


PENALTIES = [
    penalties.L1(),
    penalties.ElasticNet(0.5),
    penalties.L1() + penalties.NonNegative(),
    penalties.GroupLasso(np.arange(25) // 5),
]


@pytest.mark.parametrize("penalty", PENALTIES, ids=repr)
def test_equal_to_the_logistic_loss_of_taut(make, penalty):
    expected, found = path("logistic", penalty), path(own(make), penalty)
    assert_allclose(found.alphas, expected.alphas, rtol=1e-12)
    assert_allclose(found.coefs, expected.coefs, atol=1e-8)
    assert_allclose(found.intercepts, expected.intercepts, atol=1e-8)
    for one, other in zip(found.certificates, expected.certificates, strict=True):
        assert one.solved
        assert one.relative_gap <= 1e-11
        assert_allclose(one.gap, other.gap, atol=1e-11)


@pytest.mark.parametrize("penalty", PENALTIES, ids=repr)
@pytest.mark.parametrize("loss", [own(conjugate=None), ArrayLogistic()], ids=["native", "arrays"])
def test_without_a_conjugate_the_certificate_is_the_kkt_residual(loss, penalty):
    expected, found = path("logistic", penalty), path(loss, penalty)
    assert_allclose(found.coefs, expected.coefs, atol=1e-8)
    for certificate in found.certificates:
        assert certificate.solved
        assert np.isnan(certificate.gap)
        assert certificate.kkt <= 1e-11


def test_weights_and_offsets():
    rng = np.random.default_rng(1)
    known = {"sample_weight": rng.integers(0, 3, 60) * 1.0, "offset": rng.normal(size=60)}
    assert_allclose(path(own(), **known).coefs, path("logistic", **known).coefs, atol=1e-8)


def test_estimators_and_cross_validation_take_it():
    X, y = data()
    rule = taut.CV(KFold(3))
    expected = taut.PenalizedClassifier("logistic", alpha=rule).fit(X, y)
    for loss in (own(), own(conjugate=None)):
        found = taut.PenalizedClassifier(loss, alpha=rule).fit(X, y)
        assert_allclose(found.alpha_, expected.alpha_)
        assert_allclose(found.coef_, expected.coef_, atol=1e-3)
        assert np.array_equal(found.predict(X), expected.predict(X))
    regression = taut.PenalizedRegressor(own(), alpha=0.05).fit(X, y)
    assert 0 < regression.score(X, y) < 1


def test_several_threads_at_once(make):
    loss, found = own(make), {}

    def fit(k):
        found[k] = path(loss, tol=1e-8).coefs

    threads = [threading.Thread(target=fit, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for k in range(4):
        assert_allclose(found[k], found[0], atol=0)


def test_curvature_may_vanish_or_bound_the_loss_from_above():
    """Huber's loss by its second derivative, and by the parabola that touches it from above."""
    X, y = data()
    y = y + X[:, 0] * 3 + np.where(np.arange(len(y)) % 7 == 0, 20.0, 0.0)

    def slope(y, eta):
        return min(max(eta - y, -1.0), 1.0)

    value = as_callback(lambda y, eta: slope(y, eta) * (eta - y - 0.5 * slope(y, eta)))
    for hessian in (
        lambda y, eta: float(abs(y - eta) <= 1),
        lambda y, eta: 1 / max(abs(y - eta), 1.0),
    ):
        loss = losses.NativeLoss(value, as_callback(slope), as_callback(hessian))
        for penalty in (penalties.L1(), penalties.GroupLasso(np.arange(25) // 5)):
            fits = [
                taut.fit_path(X, y, loss=each, penalty=penalty, alphas=[0.3, 0.1], tol=1e-9)
                for each in (loss, losses.Huber(1.0))
            ]
            assert all(certificate.solved for certificate in fits[0].certificates)
            assert_allclose(fits[0].coefs, fits[1].coefs, atol=1e-6)


def test_an_immutable_value():
    loss = own()
    assert loss == own() != own(conjugate=None)
    assert hash(loss) == hash(own())
    assert copy.deepcopy(loss) is copy.copy(loss) is clone(loss, safe=False) is loss
    assert repr(loss).startswith("NativeLoss(value=<CFunctionType")
    with pytest.raises(AttributeError, match="NativeLoss is immutable, value cannot be set"):
        loss.value = None
    with pytest.raises(TypeError, match=r"value is a C function.*cannot be pickled"):
        pickle.dumps(loss)
    with pytest.raises(NotImplementedError, match="pass conjugate="):
        own(conjugate=None).lowest(np.ones(3))


def nan(y, eta):
    return math.nan


@pytest.mark.parametrize(
    ("name", "function", "message"),
    [
        ("value", nan, r"value\(y=.*returned nan"),
        ("gradient", nan, r"gradient\(y=.*returned nan"),
        ("hessian", nan, r"hessian\(y=.*returned nan"),
        ("conjugate", nan, r"conjugate\(y=.*theta=.*returned nan"),
        ("value", lambda y, eta: math.inf, "returned inf: it must be finite at some"),
        ("gradient", lambda y, eta: math.inf, "returned inf: it must be the derivative of value"),
        (
            "gradient",
            lambda y, eta: -logistic_gradient(y, eta),
            r"gradient\(y=0, eta=-1\).*returned -0.268941: it must be the derivative of value, "
            "which is about 0.268941",
        ),
        ("hessian", lambda y, eta: -1.0, "returned -1: it must be >= 0"),
        ("hessian", lambda y, eta: 0.0, "returned 0: it must be the derivative of gradient"),
        ("conjugate", lambda y, theta: math.inf, "returned inf: it must be theta"),
        ("conjugate", lambda y, theta: theta**2, "it must be theta .* eta - value"),
    ],
)
@pytest.mark.parametrize("penalty", [penalties.L1(), PENALTIES[-1]], ids=repr)
def test_functions_that_contradict_one_another_are_refused(name, function, message, penalty):
    with pytest.raises(ValueError, match=message):
        path(own(**{name: as_callback(function)}), penalty)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("value", "be a number, or inf, at every eta"),
        ("gradient", "be finite wherever value is"),
        ("hessian", "be finite and >= 0"),
    ],
)
def test_nan_in_the_midst_of_a_fit_ends_it(name, message):
    """Beyond the predictors that are looked at before."""

    def spoilt(y, eta):
        return math.nan if eta > 1.3 else FUNCTIONS[name](y, eta)

    with pytest.raises(ValueError, match=rf"{name}\(y=[01], eta=.*returned nan: it must {message}"):
        path(own(**{name: as_callback(spoilt)}), alpha_min_ratio=1e-4)


def test_a_conjugate_that_is_nan_in_the_midst_of_a_fit_ends_it():
    def spoilt(y, theta):
        return math.nan if 0 < abs(theta) < 0.2 else logistic_conjugate(y, theta)

    with pytest.raises(ValueError, match=r"conjugate\(y=[01], theta=.*returned nan"):
        path(own(conjugate=as_callback(spoilt)), alpha_min_ratio=1e-4)


def test_the_response_must_be_numbers():
    X, y = data()
    with pytest.raises(ValueError, match="y must"):
        taut.fit_path(X, np.where(y > 0, np.nan, y), loss=own())

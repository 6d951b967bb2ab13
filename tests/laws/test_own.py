"""Classes of users' own that contradict themselves, or return what is of no use, are refused."""

from __future__ import annotations

import numpy as np
import pytest

import taut
from taut.losses import Loss
from taut.penalties import L1, L2, Penalty


class Lasso(Penalty):
    def value(self, coef):
        return float(np.sum(np.abs(coef)))

    def prox(self, coef, step):
        return np.sign(coef) * np.maximum(np.abs(coef) - step, 0.0)


def with_prox(prox, **attributes):
    return type("Own", (Lasso,), {"prox": lambda self, coef, step: prox(coef, step), **attributes})


def with_value(value):
    return type("Own", (Lasso,), {"value": lambda self, coef: value(coef)})


def soft(coef, step):
    return Lasso().prox(coef, step)


def in_place(coef, step):
    coef[:] = soft(coef, step)
    return coef


def norm(**attributes):
    return with_prox(soft, is_norm=True, **attributes)


class ValueOnly(Penalty):
    def value(self, coef):
        return 0.0


class ProxOnly(Penalty):
    def prox(self, coef, step):
        return coef.copy()


PENALTIES = [
    (ValueOnly, NotImplementedError, r"ValueOnly does not define prox\(\).*argmin_b"),
    (ProxOnly, NotImplementedError, r"ProxOnly does not define value\(\).*a number"),
    (with_prox(lambda c, t: None), TypeError, r"prox.* of Own .*shape of coef, \(6,\), got None"),
    (with_prox(lambda c, t: c.tolist()), TypeError, "prox.* of Own .*of type list"),
    (with_prox(lambda c, t: c[:2]), ValueError, r"shape of coef, \(6,\), got shape \(2,\)"),
    (with_prox(lambda c, t: np.nan * c), ValueError, "prox.*finite numbers, got .nan,.*step="),
    (with_prox(lambda c, t: c + 0j), TypeError, "what prox of Own returns must hold real numbers"),
    (with_prox(in_place), ValueError, "prox.* of Own changes coef in place: return a new array"),
    (with_prox(lambda c, t: soft(c, 2 * t)), ValueError, "not that of its value.*correct prox, or"),
    (with_prox(lambda c, t: c), ValueError, "prox.* of Own is not that of its value"),
    (with_value(lambda c: None), TypeError, r"value\(coef\) of Own .* one number, got None"),
    (with_value(np.abs), ValueError, r"value.* one number, got shape \(6,\): add up"),
    (with_value(lambda c: np.nan), ValueError, "value.* got nan for coef=.*return inf"),
    (with_value(lambda c: np.sum(c**2)), ValueError, "prox.* of Own is not that of its value"),
    (norm(dual_norm=lambda self, z: np.linalg.norm(z)), ValueError, "dual_norm.* it must be 1,"),
    (
        with_prox(lambda c, t: c / (1 + t), value=lambda self, c: np.sum(c**2) / 2, is_norm=True),
        ValueError,
        "declared a norm, is_norm = True",
    ),
    (
        with_prox(soft, has_conjugate=True, conjugate=lambda self, z, alpha: 1.0),
        ValueError,
        "conjugate.* of Own returned 1 for.*correct conjugate",
    ),
]


def data():
    random = np.random.default_rng(0)
    X = random.normal(size=(40, 6))
    return X, X[:, 0] + random.normal(size=40)


@pytest.mark.parametrize(("kind", "error", "message"), PENALTIES)
@pytest.mark.parametrize("loss", ["squared", "quantile"])
@pytest.mark.parametrize("more", [None, L2()], ids=["alone", "ridge"])
def test_penalties(kind, error, message, loss, more):
    X, y = data()
    penalty = kind() if more is None else kind() + more
    with pytest.raises(error, match=message):
        taut.fit_path(X, y, loss=loss, penalty=penalty, alphas=[0.1])


def test_a_prox_that_ends_in_nan_later_ends_the_fit():
    X, y = data()
    late = with_prox(lambda c, t: soft(c, t) if t > 1e-3 else np.nan * c)
    with pytest.raises(ValueError, match=r"prox.* of Own .*finite numbers"):
        taut.fit_path(X, y, penalty=late(), alphas=[1e-4])


@pytest.mark.parametrize("kind", [Lasso, norm(dual_norm=lambda self, z: np.max(np.abs(z)))])
def test_what_is_sound_passes(kind):
    X, y = data()
    ours = taut.fit_path(X, y, penalty=kind(), n_alphas=5, tol=1e-9)
    known = taut.fit_path(X, y, n_alphas=5, tol=1e-9)
    assert all(c.solved for c in ours.certificates)
    np.testing.assert_allclose(ours.coefs, known.coefs, atol=1e-6)


class Squares(Loss):
    def value(self, y, eta):
        return (y - eta) ** 2 / 2

    def gradient(self, y, eta):
        return eta - y

    def hessian(self, y, eta):
        return np.ones_like(eta)


def loss_with(**methods):
    return type("Own", (Squares,), methods)


LOSSES = [
    (loss_with(gradient=lambda self, y, eta: y - eta), ValueError, "gradient.*derivative of value"),
    (loss_with(gradient=lambda self, y, eta: 2 * (eta - y)), ValueError, "gradient.* of the Own"),
    (loss_with(gradient=lambda self, y, eta: None), TypeError, "gradient of Own.*got None"),
    (loss_with(gradient=lambda self, y, eta: eta[:3]), ValueError, r"gradient.*got shape \(3,\)"),
    (loss_with(hessian=lambda self, y, eta: 0.1 + 0 * eta), ValueError, "hessian.*or more"),
    (loss_with(hessian=lambda self, y, eta: 0 * eta - 1), ValueError, "hessian.*convex"),
    (loss_with(hessian=lambda self, y, eta: 1.0), TypeError, "hessian of Own.*got 1.0"),
    (
        loss_with(value=lambda self, y, eta: np.sum((y - eta) ** 2) / 2),
        ValueError,
        r"value of Own.*got shape \(\): leave sums",
    ),
    (loss_with(value=lambda self, y, eta: np.nan * eta), ValueError, "value.*returned nan"),
    (loss_with(conjugate=lambda self, y, theta: theta * y), ValueError, "conjugate.*it must be"),
]


@pytest.mark.parametrize(("kind", "error", "message"), LOSSES)
def test_losses(kind, error, message):
    X, y = data()
    with pytest.raises(error, match=message):
        taut.fit_path(X, y, loss=kind(), penalty=L1())
    with pytest.raises(error, match=message):
        taut.PenalizedRegressor(kind(), alpha=0.1).fit(X, y)


class Duck:
    value, prox = Lasso.value, Lasso.prox


@pytest.mark.parametrize(
    ("penalty", "message"),
    [
        (Duck(), r"class Duck\(taut\.penalties\.Penalty\)"),
        (Duck, r"class Duck\(taut\.penalties\.Penalty\)"),
        (Lasso, r"pass an object, Lasso\(\.\.\.\)"),
        ("l1", r"got 'l1': pass an object such as penalties\.L1\(\)"),
    ],
)
def test_what_is_no_penalty_hears_how_it_becomes_one(penalty, message):
    with pytest.raises(TypeError, match=message):
        taut.fit_path(*data(), penalty=penalty)

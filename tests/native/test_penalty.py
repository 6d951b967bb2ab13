"""A compiled penalty of one's own is as good as those of taut, in the same solvers."""

import copy
import math
import pickle
from ctypes import CFUNCTYPE, c_double
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from sklearn.base import clone

import taut
from taut import penalties

from .functions import absolute, as_callback, concave, firm, soft

WEIGHTS = [0.0, np.inf, 0.5, *[1.0] * 22]


@dataclass(frozen=True)
class ArrayLasso(penalties.Penalty):
    """The other level: array code."""

    def value(self, coef):
        return float(np.abs(coef).sum())

    def prox(self, coef, step):
        return np.sign(coef) * np.maximum(np.abs(coef) - step, 0)


def own_l1(make=as_callback, weights=None):
    return penalties.NativePenalty(make(absolute), make(soft), weights)


def own_mcp(make=as_callback, weights=None):
    return penalties.NativePenalty(make(concave), make(firm), weights)


def data(n_samples=60, n_features=25, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_samples, n_features)) * rng.uniform(0.5, 2, n_features)
    eta = X[:, :4].sum(axis=1)
    return X, eta + rng.normal(size=n_samples), (eta + rng.normal(size=n_samples) > 0) * 1.0


def path(penalty, loss="squared", tol=1e-11, convert=np.asarray, **options):
    X, numbers, labels = data()
    y = labels if loss == "logistic" else numbers
    options = {"n_alphas": 10, "alpha_min_ratio": 0.05} | options
    return taut.fit_path(convert(X), y, loss=loss, penalty=penalty, tol=tol, **options)


def assert_same(found, expected, tol=1e-11):
    assert_allclose(found.alphas, expected.alphas, rtol=1e-10)
    assert_allclose(found.coefs, expected.coefs, atol=1e-8)
    assert_allclose(found.intercepts, expected.intercepts, atol=1e-8)
    for certificate in found.certificates:
        assert certificate.solved
        assert np.isnan(certificate.gap)
        assert certificate.kkt <= tol


@pytest.mark.parametrize("loss", ["squared", "logistic", "huber"])
@pytest.mark.parametrize(
    ("own", "known"), [(own_l1, penalties.L1), (own_mcp, penalties.MCP)], ids=["L1", "MCP"]
)
def test_equal_to_the_penalty_of_taut(make, own, known, loss):
    options = {}
    if known is penalties.MCP:
        # So much curvature that there is one stationary point.
        options = {"alpha_min_ratio": 0.3, "convert": lambda X: 4 * X}
    assert_same(path(own(make), loss, **options), path(known(), loss, **options))


@pytest.mark.parametrize("loss", ["squared", "logistic"])
@pytest.mark.parametrize(
    "options",
    [{"standardize": True}, {"fit_intercept": False}, {"convert": sparse.csc_array}],
    ids=str,
)
def test_under_other_conditions(loss, options):
    assert_same(path(own_l1(), loss, **options), path(penalties.L1(), loss, **options))


@pytest.mark.parametrize("loss", ["squared", "logistic"])
def test_weights(loss):
    found = path(own_l1(weights=WEIGHTS), loss)
    assert_same(found, path(penalties.L1(WEIGHTS), loss))
    assert np.all(found.coefs[0] != 0)
    assert not found.coefs[1].any()


def test_arrays_of_a_users_class_come_to_the_same():
    alphas = path(penalties.L1()).alphas
    assert_same(path(ArrayLasso(), alphas=alphas), path(penalties.L1()))
    assert repr(ArrayLasso()) == "ArrayLasso()"


@dataclass(frozen=True)
class OneByOne(ArrayLasso):
    """It says that features can be left out."""

    by_coefficient = True


@dataclass(frozen=True)
class ArrayRidge(penalties.Penalty):
    """It leaves no coefficient at zero."""

    def value(self, coef):
        return float((coef**2).sum() / 2)

    def prox(self, coef, step):
        return coef / (1 + step)


@pytest.mark.parametrize("kind", [ArrayLasso, OneByOne])
@pytest.mark.parametrize("loss", ["squared", "logistic"])
def test_a_users_class_has_automatic_alphas(kind, loss):
    assert_same(path(kind(), loss, n_alphas=10), path(penalties.L1(), loss, n_alphas=10))


def test_a_users_class_that_selects_nothing_needs_alphas():
    with pytest.raises(ValueError, match=r"alphas must be given for ArrayRidge\(\).*dual_norm"):
        path(ArrayRidge())
    alphas = [0.2, 0.1]
    assert_same(path(ArrayRidge(), alphas=alphas), path(penalties.L2(), alphas=alphas))


def test_features_of_a_users_class_are_left_out():
    """What the prox is called on: whole vectors, or working sets where the class allows them."""
    sizes = set()

    class Counting(ArrayLasso):
        def prox(self, coef, step):
            sizes.add(len(coef))
            return super().prox(coef, step)

    class CountingSets(Counting):
        by_coefficient = True

    rng = np.random.default_rng(0)
    X = rng.normal(size=(50, 400))
    y = X[:, 0] + 0.1 * rng.normal(size=50)
    taut.fit_path(X, y, penalty=Counting(), alphas=[0.5])
    assert sizes == {400}
    sizes.clear()
    taut.fit_path(X, y, penalty=CountingSets(), alphas=[0.5])
    assert min(sizes) < 100


def test_a_users_class_with_an_init_of_its_own_hears_of_dataclasses():
    class Own(penalties.Penalty):
        def __init__(self, gamma):
            self.gamma = gamma

    with pytest.raises(AttributeError, match=r"gamma cannot be set: .*frozen dataclass"):
        Own(2.0)


def test_a_penalty_that_taut_does_not_have():
    """The square root of the size, by its stationary points; and positive coefficients only."""

    def root_prox(b, step, strength):
        # x^3 - |b| x + step strength / 2 = 0 in the root of x has its largest solution by a cosine.
        size = step * strength
        if abs(b) <= 1.5 * size ** (2 / 3):
            return 0.0
        angle = math.acos(-0.25 * size * (3 / abs(b)) ** 1.5)
        return math.copysign(4 / 3 * abs(b) * math.cos(angle / 3) ** 2, b)

    root = penalties.NativePenalty(
        as_callback(lambda b, strength: strength * math.sqrt(abs(b))), as_callback(root_prox)
    )
    found = path(root, alphas=[0.5, 0.2, 0.1], tol=1e-9)
    X, y, _ = data()
    for alpha, coef, intercept, certificate in zip(
        found.alphas, found.coefs.T, found.intercepts, found.certificates, strict=True
    ):
        assert certificate.solved
        used = coef != 0
        assert 0 < used.sum() < 25
        gradient = X.T @ (X @ coef + intercept - y) / len(y)
        slope = 0.5 * alpha * np.sign(coef[used]) / np.sqrt(np.abs(coef[used]))
        assert_allclose(gradient[used] + slope, 0, atol=1e-6)

    positive = penalties.NativePenalty(
        as_callback(lambda b, strength: strength * b if b >= 0 else math.inf),
        as_callback(lambda b, step, strength: max(b - step * strength, 0.0)),
    )
    both = penalties.L1() + penalties.NonNegative()
    assert_same(path(positive), path(both))


def test_estimators_and_cross_validation_take_it():
    X, y, _ = data()
    found = taut.PenalizedRegressor(penalty=own_l1(), alpha=taut.CV(3)).fit(X, y)
    expected = taut.PenalizedRegressor(penalty=penalties.L1(), alpha=taut.CV(3)).fit(X, y)
    assert_allclose(found.alpha_, expected.alpha_)
    assert_allclose(found.coef_, expected.coef_, atol=1e-4)


def test_value_and_prox_on_arrays(make):
    coef = np.array([[-3.0, 0.2], [1.0, 5.0], [0.0, -0.7]])
    for own, known in ((own_l1, penalties.L1), (own_mcp, penalties.MCP)):
        for weights in (None, [0.0, 1.0, 2.0]):
            one, other = own(make, weights), known(weights=weights)
            assert_allclose(one.value(coef), other.value(coef))
            assert_allclose(one.scaled_value(coef, 0.3), other.scaled_value(coef, 0.3))
            steps = np.array([0.1, 0.0, 2.0])
            assert_allclose(one.prox(coef, 0.5), other.prox(coef, 0.5))
            assert_allclose(one.scaled_prox(coef, steps, 0.7), other.scaled_prox(coef, steps, 0.7))
            assert_allclose(one.scaled_prox(coef, 1.0, 0.0), coef)
            assert_allclose(one.dual_norm(coef), other.dual_norm(coef), rtol=1e-11)
    excluded = own_l1(make, [np.inf, 1.0, 1.0])
    assert excluded.value(coef) == np.inf
    assert_allclose(excluded.prox(coef, 0.1)[0], 0.0)
    assert excluded.prox(coef.astype(np.float32), 0.1).dtype == np.float32
    assert own_l1(make).dual_norm(np.zeros(3)) == 0


def test_tensors():
    torch = pytest.importorskip("torch", reason="torch is not installed")
    coef = torch.tensor([-3.0, 0.2, 1.5])
    for own, known in ((own_l1(), penalties.L1()), (own_mcp(), penalties.MCP())):
        found = own.prox(coef, 0.5)
        assert found.dtype == coef.dtype
        assert_allclose(found.numpy(), known.prox(coef, 0.5).numpy(), rtol=1e-6)
        assert_allclose(float(own.value(coef)), float(known.value(coef)), rtol=1e-6)


def test_an_immutable_value():
    value, prox = as_callback(absolute), as_callback(soft)
    penalty = penalties.NativePenalty(value, prox, [1.0, 2.0])
    assert penalty == penalties.NativePenalty(value, prox, [1.0, 2.0])
    assert penalty != penalties.NativePenalty(value, prox)
    assert copy.deepcopy(penalty) is copy.copy(penalty) is clone(penalty, safe=False) is penalty
    assert repr(penalty).startswith("NativePenalty(value=<CFunctionType")
    assert repr(penalty).endswith("weights=array of 2)")
    with pytest.raises(AttributeError, match="NativePenalty is immutable, weights cannot be set"):
        penalty.weights = None
    with pytest.raises(TypeError, match=r"value is a C function.*cannot be pickled"):
        pickle.dumps(penalty)


def three(function):
    return CFUNCTYPE(c_double, c_double, c_double, c_double)(function)


@pytest.mark.parametrize(
    ("prox", "message"),
    [
        (lambda b, t, s: math.nan, r"prox\(b=-30.0, step=0.1, strength=0.2\) returned nan"),
        (lambda b, t, s: soft(b, 1.0, s), "is lower at x=.*correct prox, or value"),
        (lambda b, t, s: b, "is lower at x="),
        (lambda b, t, s: 2 * b, "is lower at x="),
        (lambda b, t, s: 0.0, "is lower at x="),
    ],
)
def test_a_prox_that_is_not_that_of_the_value_is_refused(prox, message):
    with pytest.raises(ValueError, match=message):
        penalties.NativePenalty(as_callback(absolute), three(prox))


def test_functions_for_one_another_are_refused():
    value, prox = as_callback(absolute), as_callback(soft)
    with pytest.raises(TypeError, match=r"value must be a C function double .double, double."):
        penalties.NativePenalty(prox, prox)
    with pytest.raises(
        TypeError, match=r"prox must be a C function double .double, double, double"
    ):
        penalties.NativePenalty(value, value)


@pytest.mark.parametrize("spoilt", ["value", "prox"])
@pytest.mark.parametrize("loss", ["squared", "huber"])
def test_nan_in_the_midst_of_a_fit_ends_it(spoilt, loss):
    """At strengths that were not looked at before."""

    def value(b, strength):
        return math.nan if spoilt == "value" and strength < 0.1 else absolute(b, strength)

    def prox(b, step, strength):
        return math.nan if spoilt == "prox" and strength < 0.1 else soft(b, step, strength)

    penalty = penalties.NativePenalty(as_callback(value), three(prox))
    with pytest.raises(ValueError, match=rf"{spoilt}\(b=.* returned nan"):
        path(penalty, loss)


def test_losses_with_kinks_take_what_is_declared_convex():
    functions = as_callback(absolute), as_callback(soft)
    with pytest.raises(ValueError, match="declared so: convex=True"):
        path(penalties.NativePenalty(*functions), "quantile")
    weights = np.r_[0.5, np.ones(24)]
    declared = penalties.NativePenalty(*functions, weights, convex=True)
    assert declared != penalties.NativePenalty(*functions, weights)
    expected = path(penalties.L1(weights), "quantile", 1e-8, n_alphas=5, alpha_min_ratio=0.3)
    found = path(declared, "quantile", 1e-6, alphas=expected.alphas)
    assert all(c.solved for c in found.certificates)
    # Minimisers need not be unique where the loss is flat; the minimum is.
    X, y, _ = data()
    least, reached = (
        [
            0.5 * np.abs(y - X @ p.coefs[:, k] - p.intercepts[k]).mean()
            + p.alphas[k] * weights @ np.abs(p.coefs[:, k])
            for k in range(5)
        ]
        for p in (expected, found)
    )
    assert_allclose(reached, least, rtol=1e-4)
    with pytest.raises(TypeError, match="convex must be True or False"):
        penalties.NativePenalty(*functions, convex="yes")


def test_other_bad_arguments():
    with pytest.raises(ValueError, match="weights must be non-negative"):
        own_l1(weights=[-1.0])
    with pytest.raises(ValueError, match=r"weights of NativePenalty.* are for 2 features"):
        path(own_l1(weights=[1.0, 2.0]))
    ridge = penalties.NativePenalty(
        as_callback(lambda b, s: 0.5 * s * b * b), as_callback(lambda b, t, s: b / (1 + t * s))
    )
    with pytest.raises(ValueError, match="alphas must be given"):
        path(ridge)
    assert_allclose(
        path(ridge, alphas=[0.5]).coefs, path(penalties.L2(), alphas=[0.5]).coefs, atol=1e-8
    )

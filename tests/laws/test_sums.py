"""Sums of a penalty that ties coefficients and separable ones: identities, conjugates, paths."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from numpy.testing import assert_allclose

import taut
from taut.penalties import (
    L1,
    L2,
    MCP,
    SCAD,
    SLOPE,
    Box,
    ElasticNet,
    FoldedSum,
    FusedLasso,
    GroupLasso,
    MixedSum,
    MultiTask,
    NonNegative,
    Nuclear,
    Penalty,
    SparseGroupLasso,
    Sum,
    TotalVariation,
)

from .registry import GROUPS, N_FEATURES, PENALTIES
from .strategies import coefs, steps, tried

with_conjugate = pytest.mark.parametrize(
    "penalty", [case.penalty for case in PENALTIES if case.penalty.has_conjugate], ids=repr
)


def test_what_is_made_of_a_sum():
    groups = GroupLasso(GROUPS)
    assert type(L1() + L2()) is Sum
    assert type(groups + L2()) is type(L2() + groups) is MixedSum
    assert type(L1() + SCAD()) is FoldedSum
    assert TotalVariation([1.0, 2.0]) + L1() == FusedLasso(1.0, [1.0, 2.0])
    assert L1() + TotalVariation(edges=[[0, 1]]) + L1() == FusedLasso(1.0, edges=[[0, 1]]) + L1()
    assert groups + (L1() + L2()) == groups + L1() + L2() == L1() + groups + L2()
    assert sum([groups, L1(), L2()]) == groups + L1() + L2()
    assert repr(L2() + Nuclear() + L2()) == "Nuclear() + L2() + L2()"


@tried
@given(coef=coefs(), step=steps)
def test_sums_that_have_names(coef, step):
    def same(left, right, factor=1.0):
        assert_allclose(left.prox(coef, step), right.prox(coef, factor * step), atol=1e-10)
        assert left.value(coef) == pytest.approx(factor * right.value(coef))

    same(GroupLasso(GROUPS) + L1(), SparseGroupLasso(GROUPS), 2.0)
    same(SLOPE([1.0] * N_FEATURES) + L1() + L2(), L1() + L1() + L2())
    same(SLOPE([3.0, 2.0, 1.0, 0.5, 0.0]) + L1(), SLOPE([4.0, 3.0, 2.0, 1.5, 1.0]))
    same(FusedLasso(0.5) + L1(), FusedLasso(1.5))
    same(MultiTask() + ElasticNet(0.3), L1() + ElasticNet(0.3))
    same(GroupLasso([*range(N_FEATURES)]) + L2(weights=np.arange(5.0)), L1() + L2(np.arange(5.0)))


@pytest.mark.parametrize(
    "penalty",
    [
        *(
            folded(gamma) + more
            for folded in (MCP, SCAD)
            for gamma in (2.5, 4.0)
            for more in (L1(), NonNegative(), ElasticNet(0.3), L1() + Box(-np.inf, 0.0))
        ),
    ],
    ids=repr,
)
@pytest.mark.parametrize("step", [0.3, 1.0, 5.0])
def test_prox_of_folded_sums_is_the_least_of_a_fine_grid(penalty, step):
    grid = np.linspace(-8, 8, 32001)
    value = np.array([penalty.scaled_value([b], 0.7) for b in grid])
    for z in np.linspace(-6, 6, 25):
        p = float(penalty.scaled_prox([z], step, 0.7)[0])
        ours = 0.5 * (p - z) ** 2 + step * penalty.scaled_value([p], 0.7)
        assert ours <= np.min(0.5 * (grid - z) ** 2 + step * value) + 1e-12


@with_conjugate
@tried
@given(coef=coefs(), other=coefs(), step=steps)
def test_conjugates_meet_fenchel_and_young(penalty, coef, other, step):
    p = penalty.prox(coef, step)
    z = (coef - p) / step  # a subgradient at p: there they are equal
    share = penalty.dual_share(z, 1.0)
    assert share >= 1 - 1e-8
    conjugate, z = penalty.conjugate(share * z, 1.0), share * z
    scale = 1 + abs(z) @ abs(p) + penalty.value(p)
    assert conjugate == pytest.approx(z @ p - penalty.value(p), rel=0, abs=1e-7 * scale)
    q = penalty.prox(other, 0.0)
    assert conjugate >= z @ q - penalty.value(q) - 1e-7 * (scale + abs(z) @ abs(q))


def test_which_sums_have_a_gap():
    penalties = [case.penalty for case in PENALTIES if isinstance(case.penalty, MixedSum)]
    for penalty in penalties:
        assert penalty.is_convex == (penalty.is_norm or penalty.has_conjugate)
    # The level of a chain that may not be negative asks for dual points of one sign.
    assert not (TotalVariation() + NonNegative()).has_conjugate
    assert not (GroupLasso([0, 0, 1], weights=[1, 0]) + NonNegative()).has_conjugate
    assert (GroupLasso([0, 0, 1], weights=[1, 0]) + NonNegative() + L2()).has_conjugate


def data(n_samples=50, n_features=12):
    random = np.random.default_rng(0)
    X = random.normal(size=(n_samples, n_features))
    return X, X[:, :4] @ [2.0, 1.0, -1.0, 1.5] + random.normal(size=n_samples)


LABELS = np.repeat(np.arange(4), 3)
RIDGED = {
    "groups": (GroupLasso(LABELS), np.repeat([0.0, 0.5, 2.0, 1.0], 3)),
    "sparse groups": (SparseGroupLasso(LABELS), np.repeat([0.3, 0.5, 2.0, 1.0], 3)),
    "sorted": (SLOPE(), np.full(12, 0.7)),
    "fused": (FusedLasso(0.4), np.full(12, 0.7)),
    "jumps": (TotalVariation(), np.full(12, 0.7)),
}


@pytest.mark.parametrize("name", RIDGED)
@pytest.mark.parametrize("alpha", [0.05, 0.3])
def test_a_ridge_is_as_good_as_more_rows(name, alpha):
    """``alpha/2 c b^2`` is the square of a row ``root(n alpha c) b`` with the response zero."""
    (X, y), (penalty, ridge) = data(), RIDGED[name]
    n = len(y)
    options = {"fit_intercept": False, "tol": 1e-10}
    path = taut.fit_path(X, y, penalty=penalty + L2(ridge), alphas=[alpha], **options)
    # The mean is over more rows, which alpha makes up for.
    more = np.vstack([X, np.diag(np.sqrt(n * alpha * ridge))])
    share = n / len(more)
    target = np.append(y, np.zeros(len(ridge)))
    expected = taut.fit_path(more, target, penalty=penalty, alphas=[share * alpha], **options)
    assert path.certificates[0].solved
    assert expected.certificates[0].solved
    assert_allclose(path.coefs, expected.coefs, rtol=0, atol=1e-4)


class Absolute(Penalty):
    """Of a user: value and prox, and nothing else."""

    def value(self, coef):
        return float(np.sum(np.abs(coef)))

    def prox(self, coef, step):
        return np.sign(coef) * np.maximum(np.abs(coef) - step, 0.0)


@pytest.mark.parametrize("loss", ["squared", "logistic", "huber"])
def test_a_ridge_beside_a_penalty_of_ones_own_gives_it_a_gap(loss):
    X, y = data()
    y = (y > 0) * 1.0 if loss == "logistic" else y
    options = {"n_alphas": 5, "alpha_min_ratio": 0.05, "tol": 1e-11}
    ours = taut.fit_path(X, y, loss=loss, penalty=Absolute() + L2(), **options)
    known = taut.fit_path(X, y, loss=loss, penalty=L1() + L2(), **options)
    assert_allclose(ours.alphas, known.alphas, rtol=1e-6)
    assert max(c.relative_gap for c in ours.certificates) <= 1e-11
    assert_allclose(ours.coefs, known.coefs, rtol=0, atol=1e-4)


def test_signs_stay_where_alpha_is_zero():
    X, y = data()
    penalty = GroupLasso(LABELS) + NonNegative()
    path = taut.fit_path(X, y, penalty=penalty, alphas=[0.1, 0.0], tol=1e-9)
    bounded = taut.fit_path(X, y, penalty=NonNegative(), alphas=[1.0], tol=1e-9)
    assert np.all(path.coefs >= 0)
    assert_allclose(path.coefs[:, 1], bounded.coefs[:, 0], rtol=0, atol=1e-5)


def test_targets_under_a_ridge_with_rows():
    X, y = data()
    Y = np.column_stack([y, -y, X[:, 0]])
    path = taut.fit_path(X, Y, penalty=MultiTask() + L2(weights=np.linspace(0, 1, 12)), n_alphas=8)
    assert all(c.solved and c.relative_gap <= 1e-6 for c in path.certificates)
    assert np.any(path.coefs[..., 2])
    assert not np.all(path.coefs[..., 2])


@pytest.mark.parametrize("loss", ["squared", "logistic", "quantile"])
@pytest.mark.parametrize(
    "jumps", [TotalVariation, lambda w: FusedLasso(0.5, w), lambda w: TotalVariation(w) + L2()]
)
def test_at_no_strength_features_without_a_jump_are_one(loss, jumps):
    """Columns whose coefficients must be equal are worth their sum."""
    X, y = data()
    y = (y > 0) * 1.0 if loss == "logistic" else y
    weights = np.ones(11)
    weights[[1, 2, 7]] = np.inf
    labels = np.cumsum(np.r_[True, np.isfinite(weights)]) - 1
    summed = X @ np.eye(labels[-1] + 1)[labels]
    options = {"alphas": [0.1, 0.0], "loss": loss, "tol": 1e-8}
    tied = taut.fit_path(X, y, penalty=jumps(weights), **options)
    plain = taut.fit_path(summed, y, penalty=L2(), **options)
    assert tied.certificates[1].solved
    assert_allclose(tied.coefs[:, 1], plain.coefs[labels, 1], rtol=0, atol=1e-3)

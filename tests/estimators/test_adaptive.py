"""penalty_weights="adaptive": two stages under every loss."""

import numpy as np
import pytest
from sklearn import datasets
from sklearn.preprocessing import scale
from tests.estimators.messages import refused
from tests.estimators.test_structured import survival

import taut

CANCER = scale(datasets.load_breast_cancer().data), datasets.load_breast_cancer().target
WINE = scale(datasets.load_wine().data), datasets.load_wine().target
DIABETES = datasets.load_diabetes(return_X_y=True)
FEATURES, TIME, EVENT = survival()
RULE = taut.CV(3, n_alphas=15, alpha_min_ratio=1e-2)
FIRST = taut.CV(3, n_alphas=15)  # a ridge path has its own least strength
CASES = {
    "classes": (taut.LogisticRegression(C=RULE, l1_ratio=1.0), "C", CANCER),
    "several classes": (taut.LogisticRegression(C=RULE, l1_ratio=1.0), "C", WINE),
    "counts": (
        taut.PoissonRegressor(alpha=RULE, l1_ratio=1.0),
        "alpha",
        (scale(DIABETES[0]), np.floor(DIABETES[1] / 50)),
    ),
    "times": (taut.CoxRegression(RULE), "alpha", (FEATURES, np.column_stack([TIME, EVENT]))),
    "joint targets": (
        taut.MultiTaskElasticNet(RULE, l1_ratio=0.9),
        "alpha",
        (DIABETES[0], np.column_stack([DIABETES[1], DIABETES[1] ** 2 / 100])),
    ),
}


@pytest.mark.parametrize("standardize", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_the_two_stages(case, standardize):
    model, strength, (X, y) = CASES[case]
    X = X * np.linspace(0.5, 2.0, X.shape[1])
    model = model.set_params(standardize=standardize, penalty_weights=None)
    kind, settings = type(model), model.get_params()
    found = kind(**settings | {"penalty_weights": "adaptive"}).fit(X, y)
    first = kind(**settings | {"l1_ratio": 0.0, strength: FIRST}).fit(X, y)
    sizes = np.linalg.norm(np.atleast_2d(first.coef_), axis=0)
    weights = 1 / (sizes * X.std(axis=0)) if standardize else 1 / sizes
    np.testing.assert_allclose(found.penalty_weights_, weights, rtol=1e-3)
    second = kind(**settings | {"penalty_weights": found.penalty_weights_}).fit(X, y)
    np.testing.assert_allclose(found.coef_, second.coef_, rtol=1e-6, atol=1e-9)
    plain = kind(**settings).fit(X, y)
    assert np.abs(found.coef_ - plain.coef_).max() > 1e-3 * np.abs(plain.coef_).max()


def test_it_is_the_adaptive_lasso_for_least_squares():
    X, y = DIABETES
    initial = taut.Ridge(alpha=taut.CV())
    expected = taut.AdaptiveLasso(alpha=taut.CV(), initial=initial).fit(X, y)
    found = taut.Lasso(alpha=taut.CV(), penalty_weights="adaptive").fit(X, y)
    np.testing.assert_allclose(found.coef_, expected.coef_, rtol=1e-6)
    np.testing.assert_allclose(found.penalty_weights_, expected.penalty_weights_, rtol=1e-8)


def test_the_unit_of_a_column_does_not_matter_once_standardized():
    X, y = CANCER
    units = np.geomspace(0.01, 100.0, X.shape[1])
    model = taut.LogisticRegression(
        C=taut.CV(3), l1_ratio=1.0, standardize=True, penalty_weights="adaptive"
    )
    here, there = model.fit(X, y).coef_, model.fit(X * units, y).coef_ * units
    np.testing.assert_allclose(here, there, atol=1e-4)


def test_it_selects_fewer_features_than_the_lasso():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 30))
    y = X[:, 0] - 2 * X[:, 1] + rng.logistic(size=400) > 0
    settings = {"C": taut.CV(), "l1_ratio": 1.0}
    adaptive = taut.LogisticRegression(**settings, penalty_weights="adaptive").fit(X, y)
    lasso = taut.LogisticRegression(**settings).fit(X, y)
    assert 2 <= (adaptive.coef_ != 0).sum() < (lasso.coef_ != 0).sum()
    assert (adaptive.coef_[0, :2] != 0).all()


def test_a_number_for_the_strength_and_a_second_fit():
    X, y = CANCER
    model = taut.LogisticRegression(C=0.5, l1_ratio=1.0, penalty_weights="adaptive")
    weights = model.fit(X, y).penalty_weights_
    first = taut.LogisticRegression(C=taut.CV(), l1_ratio=0.0).fit(X, y)
    np.testing.assert_allclose(weights, 1 / np.abs(first.coef_[0]), rtol=1e-3)
    assert model.fit(X[:, :5], y).penalty_weights_.shape == (5,)
    # A constant column has no coefficient, and stays out.
    with_constant = np.column_stack([X, np.ones(len(X))])
    assert np.isinf(model.fit(with_constant, y).penalty_weights_[-1])
    assert model.coef_[0, -1] == 0


def test_offsets_weights_and_strata_are_those_of_both_stages():
    y = np.column_stack([TIME, EVENT])
    weights, strata = np.linspace(0.0, 2.0, 120), np.arange(120) % 2
    known = {"strata": strata, "offset": 0.5 * FEATURES[:, 1]}
    found = taut.CoxRegression(RULE, penalty_weights="adaptive").fit(FEATURES, y, weights, **known)
    first = taut.CoxRegression(FIRST, l1_ratio=0.0).fit(FEATURES, y, weights, **known)
    np.testing.assert_allclose(found.penalty_weights_, 1 / np.abs(first.coef_), rtol=1e-3)


def test_bad_words():
    X, y = CANCER
    for model in (taut.LogisticRegression(penalty_weights="adapt"), taut.Lasso(penalty_weights="")):
        refused(lambda model=model: model.fit(X, y), "penalty_weights", "pass a numeric array")
    model = taut.CoxRegression(penalty=taut.penalties.L1(), penalty_weights="adaptive")
    refused(lambda: model.fit(FEATURES, TIME), "left alone beside a penalty", "'adaptive'")

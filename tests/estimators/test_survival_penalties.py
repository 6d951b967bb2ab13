"""Cox regression with any penalty: relations to the lasso, optimality, and bad input."""

import numpy as np
import pandas as pd
import pytest
from tests.estimators.messages import refused
from tests.estimators.test_structured import partial_likelihood_slope, survival

import taut
from taut import penalties

FEATURES, TIME, EVENT = survival()
TARGET = np.column_stack([TIME, EVENT])
GROUPS = [0, 0, 1, 1, 1]
TIGHT = {"tol": 1e-12}


def fitted(penalty=None, alpha=0.05, **parameters):
    return taut.CoxRegression(alpha, penalty=penalty, **TIGHT, **parameters).fit(FEATURES, TARGET)


@pytest.mark.parametrize(
    "penalty",
    [
        penalties.L1(),
        penalties.GroupLasso(range(5)),
        penalties.SparseGroupLasso(GROUPS, l1_ratio=1.0),
        penalties.MCP(gamma=1e9),
        penalties.SLOPE(np.ones(5)),
    ],
)
def test_what_the_lasso_is_a_case_of(penalty):
    lasso = fitted()
    assert 0 < (lasso.coef_ != 0).sum() < 5
    np.testing.assert_allclose(fitted(penalty).coef_, lasso.coef_, atol=1e-5)


def test_the_group_lasso_is_stationary():
    model = fitted(penalties.GroupLasso(GROUPS), alpha=0.06)
    slope = partial_likelihood_slope(FEATURES, TIME, EVENT, model.coef_, np.ones(len(TIME)))
    first, second = model.coef_[:2], model.coef_[2:]
    np.testing.assert_allclose(
        slope[:2], -0.06 * np.sqrt(2) * first / np.linalg.norm(first), atol=1e-6
    )
    assert not second.any()
    assert np.linalg.norm(slope[2:]) <= 0.06 * np.sqrt(3)
    assert model.certificate_.relative_gap <= 1e-12


def test_mcp_does_not_shrink_what_is_large():
    model = fitted(penalties.MCP(gamma=1.5), alpha=0.15)
    used = np.flatnonzero(model.coef_)
    assert used.tolist() == [0, 1]
    alone = taut.CoxRegression(0.0, **TIGHT).fit(FEATURES[:, used], TARGET)
    np.testing.assert_allclose(model.coef_[used], alone.coef_, atol=1e-4)
    assert np.abs(fitted(alpha=0.15).coef_[used]).max() < np.abs(alone.coef_).max() - 0.1
    assert np.isnan(model.dual_gap_)


@pytest.mark.parametrize(
    "penalty", [penalties.SLOPE(), penalties.SCAD(), penalties.FusedLasso(), penalties.L2()]
)
def test_estimator_and_path_agree(penalty):
    path = taut.fit_path(FEATURES, TARGET, "cox", penalty, alphas=[0.05], tol=1e-9)
    model = taut.CoxRegression(0.05, penalty=penalty, tol=1e-9).fit(FEATURES, TARGET)
    np.testing.assert_allclose(model.coef_, path.coefs[:, 0], atol=1e-6)
    assert model.certificate_.solved
    assert model.predict_survival_function(FEATURES[:3]).shape == (3, len(model.event_times_))


def test_rules_strata_and_entries_go_with_a_penalty():
    strata = np.where(np.arange(120) % 3, "b", "a")
    entry = np.where(np.arange(120) % 5, -np.inf, 0.5 * TIME)
    model = taut.CoxRegression(taut.CV(4, n_alphas=15), penalty=penalties.GroupLasso(GROUPS))
    model.fit(FEATURES, TARGET, strata=strata, entry=entry)
    assert model.score(FEATURES, TARGET, strata=strata) > 0.6
    assert list(model.baselines_) == ["a", "b"]
    assert model.path_.coefs.shape == (5, 15)


def test_bounds_go_with_separable_penalties():
    model = fitted(penalties.L1(), lower=0.0)
    np.testing.assert_allclose(model.coef_, fitted(lower=0.0).coef_, atol=1e-8)
    assert (model.coef_ >= 0).all()


def test_bad_penalties():
    refused(lambda: fitted("l1"), "penalty must be a taut penalty", "'l1'", "penalties.L1()")
    refused(lambda: fitted(penalties.L1), "penalty must be a taut penalty")
    parts = "must be left alone beside a penalty", "penalties.L1(weights)"
    refused(lambda: fitted(penalties.L1(), l1_ratio=0.5), *parts, "0.5")
    refused(lambda: fitted(penalties.L1(), penalty_weights=np.ones(5)), *parts)
    refused(lambda: fitted(penalties.GroupLasso([0, 1])), "groups", "2 features", "X has 5")
    refused(
        lambda: fitted(penalties.GroupLasso(GROUPS), lower=-1.0),
        *("cannot add GroupLasso and Box", "at zero only"),
    )
    bounded = fitted(penalties.GroupLasso(GROUPS), lower=0.0)
    assert bounded.certificate_.solved
    assert np.all(bounded.coef_ >= 0)
    frame = pd.DataFrame(FEATURES, columns=list("abcde"))
    named = taut.CoxRegression(0.05, penalty=penalties.GroupLasso([["a", "b"], ["c", "d", "e"]]))
    by_index = fitted(penalties.GroupLasso(GROUPS))
    np.testing.assert_allclose(named.fit(frame, TARGET).coef_, by_index.coef_, atol=1e-4)
    refused(
        lambda: taut.PenalizedRegressor("cox").fit(FEATURES, TIME), "taut.CoxRegression(penalty="
    )


@pytest.mark.parametrize("times", [1.0, ["a"], [np.nan], [[1.0, 2.0]]])
def test_times_that_are_none(times):
    model = fitted(penalties.MCP())
    refused(lambda: model.predict_survival_function(FEATURES, times), "times must be a sequence")

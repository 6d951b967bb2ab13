"""RidgeCV: leave-one-out by the formula, by hand, and as scikit-learn has it."""

import numpy as np
import pytest
from scipy import sparse
from sklearn import linear_model as reference
from sklearn.model_selection import KFold
from tests.estimators.samples import regression, thinned, weights

import taut

ALPHAS = (0.01, 0.3, 5.0, 80.0)


def by_hand(X, Y, alphas, w, fit_intercept):
    """Squared errors of one Ridge fit per left-out row, alpha and target, times the weight."""
    X, Y = np.asarray(X), Y.reshape(len(Y), -1)
    errors = np.empty((*Y.shape, len(alphas)))
    for i in range(len(X)):
        rest = np.arange(len(X)) != i
        for k, alpha in enumerate(alphas):
            model = reference.Ridge(alpha=alpha, fit_intercept=fit_intercept, solver="svd")
            model.fit(X[rest], Y[rest], sample_weight=w[rest])
            errors[i, :, k] = w[i] * (Y[i] - model.predict(X[i : i + 1])) ** 2
    return errors


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array], ids=["dense", "sparse"])
@pytest.mark.parametrize("shape", [(25, 6), (15, 30), (12, 12)], ids=["tall", "wide", "square"])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("weighted", [False, True])
def test_leave_one_out_is_exact(container, shape, fit_intercept, weighted):
    X, Y = regression(*shape, n_targets=2)
    X = thinned(X, share=0.3)
    w = weights(len(X)) if weighted else np.ones(len(X))
    model = taut.RidgeCV(ALPHAS, fit_intercept=fit_intercept, store_cv_results=True)
    model.fit(container(X), Y, sample_weight=w if weighted else None)
    expected = by_hand(X, Y, ALPHAS, w, fit_intercept)
    np.testing.assert_allclose(model.cv_results_, expected, rtol=1e-6, atol=1e-9)
    best = expected.mean(axis=(0, 1))
    assert model.alpha_ == ALPHAS[np.argmin(best)]
    assert model.best_score_ == pytest.approx(-best.min())


@pytest.mark.parametrize("shape", [(40, 6), (15, 30)], ids=["tall", "wide"])
@pytest.mark.parametrize("n_targets", [None, 1, 3])
@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"scoring": "neg_mean_absolute_error"},
        {"scoring": "r2", "store_cv_results": True},
        {"store_cv_results": True},
        {"alpha_per_target": True},
        {"cv": 4},
        {"cv": KFold(3, shuffle=True, random_state=0), "scoring": "neg_median_absolute_error"},
        {"fit_intercept": False, "cv": 3},
        {"alphas": 2.0},
    ],
)
@pytest.mark.filterwarnings("ignore:Singular matrix")
def test_same_as_sklearn(shape, n_targets, parameters):
    X, y = regression(*shape, n_targets=n_targets)
    assert_same_choice({"alphas": ALPHAS, **parameters}, X, y)


@pytest.mark.parametrize("n_targets", [1, 3])
def test_same_as_sklearn_with_a_score_per_target(n_targets):
    X, Y = regression(n_targets=n_targets)
    assert_same_choice(
        {"alphas": ALPHAS, "alpha_per_target": True, "scoring": "neg_mean_absolute_error"}, X, Y
    )


def assert_same_choice(parameters, X, y):
    ours = taut.RidgeCV(**parameters).fit(X, y)
    theirs = reference.RidgeCV(**parameters).fit(X, y)
    assert np.array_equal(ours.alpha_, theirs.alpha_)
    assert np.shape(ours.coef_) == np.shape(theirs.coef_)
    np.testing.assert_allclose(ours.best_score_, theirs.best_score_, rtol=1e-8)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-8)
    if parameters.get("store_cv_results"):
        np.testing.assert_allclose(ours.cv_results_, theirs.cv_results_, rtol=1e-7, atol=1e-10)


def test_weights_count_in_the_scores_of_folds():
    """A row of zero weight is no row: neither for fitting nor for the score."""
    X, y = regression()
    w = np.ones(60)
    w[:10] = 0.0
    y_spoilt = np.where(w > 0, y, 1e3)
    folds = [(np.r_[0:5, 30:60], np.r_[5:30]), (np.r_[5:30], np.r_[0:5, 30:60])]
    kept = [(train[train >= 10] - 10, test[test >= 10] - 10) for train, test in folds]
    weighted = taut.RidgeCV(ALPHAS, cv=folds).fit(X, y_spoilt, sample_weight=w)
    without = taut.RidgeCV(ALPHAS, cv=kept).fit(X[10:], y[10:])
    assert weighted.best_score_ == pytest.approx(without.best_score_)
    np.testing.assert_allclose(weighted.coef_, without.coef_)


def test_scorers_that_take_no_weights_get_none():
    X, y = regression()
    seen = []

    def score(model, X, y):
        seen.append(len(y))
        return -np.abs(model.predict(X) - y).max()

    taut.RidgeCV(ALPHAS, scoring=score).fit(X, y, sample_weight=weights())
    assert seen == [60] * len(ALPHAS)

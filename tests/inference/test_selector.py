"""Selection of features as a step of a pipeline."""

from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

import taut
from taut.inference import lasso_selection

from .samples import sparse_regression


@pytest.mark.parametrize(
    ("estimator", "check"),
    [
        pytest.param(estimator, check, id=f"{estimator.method}-{check.func.__name__}")
        for method in ("lasso", "stability", "knockoffs")
        for estimator, check in estimator_checks_generator(taut.Selector(method))
    ],
)
@pytest.mark.filterwarnings("ignore:No features were selected", "ignore:fdr=")
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize(
    "method", ["lasso", partial(taut.stability_selection, expected_false=20.0), "knockoffs"]
)
def test_relevant_features_are_kept(method):
    X, y, coef = sparse_regression(300, 30, 11)
    selector = taut.Selector(method).fit(X, y)
    assert selector.get_support()[coef != 0].all()
    assert selector.get_support().sum() < 25
    assert_array_equal(selector.transform(X), X[:, selector.get_support()])
    assert selector.importances_.shape == (30,)


def test_names_go_through_a_pipeline():
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    model = make_pipeline(StandardScaler(), taut.Selector("stability"), taut.LinearRegression())
    model[0].set_output(transform="pandas")
    model.fit(X, y)
    assert set(model[:-1].get_feature_names_out()) == {"bmi", "s5", "bp"}
    assert model[-1].coef_.shape == (3,)
    assert model.score(X, y) > 0.4


def test_a_grid_search_over_methods():
    X, y = load_diabetes(return_X_y=True)
    pipeline = make_pipeline(taut.Selector(), taut.Ridge(1e-3))
    methods = ["lasso", "stability", partial(taut.stability_selection, expected_false=3.0)]
    search = GridSearchCV(pipeline, {"selector__method": methods}, cv=3).fit(X, y)
    assert search.best_score_ > 0.3


def test_options_come_with_partial_and_survive_cloning():
    X, y, _ = sparse_regression(100, 10, 3)
    selector = clone(taut.Selector(partial(lasso_selection, alpha=0.4, n_pairs=2)))
    assert selector.fit(X, y).selection_.alpha == 0.4


def test_labels_of_classes():
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    names = y.map({0: "malignant", 1: "benign"}).to_numpy()
    selector = taut.Selector(partial(lasso_selection, n_pairs=2)).fit(X, names)
    model = taut.LogisticRegression(C=10.0).fit(selector.transform(X), names)
    assert model.score(selector.transform(X), names) > 0.9


def test_sparse_input_stays_sparse():
    X, y, _ = sparse_regression(100, 10, 3)
    X[np.abs(X) < 0.3] = 0
    selector = taut.Selector(partial(lasso_selection, n_pairs=2)).fit(sparse.csr_array(X), y)
    assert sparse.issparse(selector.transform(sparse.csr_array(X)))


def test_the_lasso_selects_what_its_coefficients_say():
    X, y, _ = sparse_regression(100, 10, 3)
    found = lasso_selection(X, y, alpha=0.2, n_pairs=4)
    model = taut.Lasso(0.2, standardize=True, tol=1e-10).fit(X, y)
    assert_array_equal(found.support, model.coef_ != 0)
    assert_allclose(found.importances, np.abs(model.coef_) * X.std(axis=0), atol=1e-5)
    assert set(np.unique(found.stability * 8)) <= set(range(9))


def test_rules_choose_the_strength():
    X, y, _ = sparse_regression(100, 10, 3)
    rule = taut.CV(5, rule="1se")
    expected = taut.Lasso(rule, standardize=True).fit(X, y).alpha_
    assert lasso_selection(X, y, n_pairs=1, alpha=rule).alpha == pytest.approx(expected)
    assert lasso_selection(X, y, n_pairs=1).alpha == pytest.approx(expected)


def test_bad_input_is_named():
    X, y, _ = sparse_regression(20, 3, 1)
    with pytest.raises(ValueError, match="did you mean 'lasso'"):
        taut.Selector("laso").fit(X, y)
    with pytest.raises(ValueError, match="alpha must be finite and > 0"):
        lasso_selection(X, y, alpha=-1.0)
    with pytest.raises(ValueError, match="X must vary"):
        taut.Selector().fit(np.ones((20, 3)), y)
    with pytest.raises(ValueError, match="features"):
        taut.Selector(partial(lasso_selection, n_pairs=1)).fit(X, y).transform(X[:, :2])


def test_rare_labels_and_methods_that_select_nothing_are_refused():
    X, y, _ = sparse_regression(60, 6, 2)
    with pytest.raises(ValueError, match="at least two classes, got 'a' in all 60 rows"):
        taut.Selector().fit(X, ["a"] * 60)
    with pytest.raises(ValueError, match="every class at least twice, got 'b' in one row"):
        taut.Selector().fit(X, ["a"] * 59 + ["b"])
    with pytest.raises(TypeError, match="method must return a taut"):
        taut.Selector(lambda X, y: 3).fit(X, y)

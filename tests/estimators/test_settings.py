"""No parameter takes a value that means nothing, and what scikit-learn takes is taken."""

import inspect
import warnings

import numpy as np
import pytest
import sklearn.linear_model
from sklearn.base import is_classifier
from sklearn.model_selection import GroupKFold
from sklearn.utils._param_validation import (
    generate_invalid_param_val,
    generate_valid_param,
    make_constraint,
)
from tests.estimators.samples import regression

import taut
from taut import estimators

X, y = regression(40, 4)
ESTIMATORS = [getattr(estimators, name) for name in estimators.__all__]
PARAMETERS = [
    pytest.param(kind, name, id=f"{kind.__name__}-{name}")
    for kind in ESTIMATORS
    for name in inspect.signature(kind).parameters
]
# Choices of scikit-learn's that depend on its solvers, and names that it is about to drop.
ELSEWHERE = {"solver", "penalty", "scoring", "cv", "l1_ratios", "use_legacy_attributes"}


def target(kind):
    if kind is taut.CoxRegression:
        return np.c_[np.exp(y), np.arange(40) % 3 > 0]
    if kind.__name__.startswith("MultiTask"):
        return np.c_[y, y]
    return (y > np.median(y)).astype(int) if is_classifier(kind()) else np.exp(y / 10)


def fit(kind, **settings):
    few = (
        {"alphas": 3, "cv": 3}
        if kind.__name__.startswith(("MultiTask", "Lasso", "Elastic"))
        else {}
    )
    shared = few.keys() & inspect.signature(kind).parameters
    settings = {name: few[name] for name in shared} | settings
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return kind(**settings).fit(X, target(kind))


def constraints():
    for kind in ESTIMATORS:
        theirs = getattr(sklearn.linear_model, kind.__name__, None)
        if theirs is None:
            continue
        for name, allowed in theirs._parameter_constraints.items():
            shared = name in inspect.signature(kind).parameters
            if shared and name not in ELSEWHERE and allowed != "no_validation":
                yield pytest.param(kind, name, allowed, id=f"{kind.__name__}-{name}")


@pytest.mark.parametrize(("kind", "name"), PARAMETERS)
def test_nothing_takes_any_object(kind, name):
    with pytest.raises((TypeError, ValueError), match=rf"\b{name}\b.*<object objec"):
        fit(kind, **{name: object()})


@pytest.mark.parametrize(("kind", "name", "allowed"), list(constraints()))
def test_what_scikit_learn_refuses_is_refused(kind, name, allowed):
    for constraint in map(make_constraint, allowed):
        try:
            wrong = generate_invalid_param_val(constraint)
        except NotImplementedError:
            continue
        if any(make_constraint(other).is_satisfied_by(wrong) for other in allowed):
            continue
        with pytest.raises((TypeError, ValueError), match=name):
            fit(kind, **{name: wrong})


@pytest.mark.parametrize(("kind", "name", "allowed"), list(constraints()))
def test_what_scikit_learn_takes_is_taken(kind, name, allowed):
    if name in {"alphas", "Cs", "l1_ratio", "precompute", "alpha", "eps", "link"}:
        pytest.skip("scikit-learn's constraint is wider than what can be fitted")
    for constraint in map(make_constraint, allowed):
        if not constraint.hidden:
            fit(kind, **{name: generate_valid_param(constraint)})


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (taut.Lasso(warm_start="no"), "warm_start must be True or False, got 'no'"),
        (taut.LassoCV(n_jobs="x"), "n_jobs must be None or a whole number other than 0, got 'x'"),
        (taut.LassoCV(n_jobs=0), "n_jobs must be None or a whole number other than 0, got 0"),
        (taut.Lasso(precompute="maybe"), "precompute must be one of its names, got 'maybe'"),
        (taut.Lasso(precompute=np.ones(3)), "a Gram matrix of shape"),
        (taut.Ridge(random_state="a"), "random_state must be None, a whole number from 0"),
        (taut.RidgeCV(gcv_mode="fast"), "gcv_mode must be one of its names, got 'fast'"),
        (taut.LassoCV(selection="cycle"), "did you mean 'cyclic'"),
        (taut.LassoCV(verbose=-1), "verbose must be finite and >= 0, got -1"),
        (taut.LogisticRegression(intercept_scaling=0), "intercept_scaling must be finite and > 0"),
        (taut.QuantileRegressor(solver_options=3), "solver_options must be None or a dict, got 3"),
    ],
)
def test_the_message_says_what_is_allowed(model, said):
    with pytest.raises((TypeError, ValueError), match=said):
        model.fit(X, target(type(model)))


@pytest.mark.parametrize("strength", [1.0, taut.CV(3), taut.BIC()])
def test_groups_are_not_ignored(strength):
    groups = np.arange(40) % 8
    with pytest.raises(ValueError, match=r"groups must go with a rule that splits by them, got"):
        taut.Lasso(alpha=strength).fit(X, y, groups=groups)
    by_groups = taut.CV(GroupKFold(4))
    assert taut.Lasso(alpha=by_groups).fit(X, y, groups=groups).certificate_.solved


def test_one_iteration_is_not_several():
    assert repr(taut.LinearRegression().fit(X, y)).endswith("1 iteration")


def test_a_gram_matrix_is_taken():
    assert taut.Lasso(precompute=X.T @ X).fit(X, y).certificate_.solved

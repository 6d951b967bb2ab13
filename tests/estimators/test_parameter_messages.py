"""Whatever parameter is wrong, the message names it, its value and the fix."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.model_selection import GroupKFold
from tests.estimators.messages import refused
from tests.estimators.samples import regression

import taut
from taut import penalties

X, y = regression(20, 4)
FITTED, PATH = taut.Lasso().fit(X, y), taut.fit_path(X, y, n_alphas=5)
ROWS = [([0, 1], [2])]
TWICE = np.c_[y, y]


def fit(model):
    return lambda: model.fit(X, y)


def path(**arguments):
    return lambda: taut.fit_path(X, y, **arguments)


BAD_PARAMETERS = {
    "alpha": (fit(taut.Lasso(alpha=-1)), "alpha", "got -1:", "pass 1.0"),
    "alpha, of NumPy": (fit(taut.Lasso(alpha=np.float64(-1))), "alpha", "got -1.0:", "pass 1.0"),
    "alpha, a word": (fit(taut.Lasso(alpha="cv")), "alpha", "'cv'", "taut.CV()"),
    "alpha, of a target": (fit(taut.Ridge(alpha=np.array([-1.0]))), "alpha[0]", "-1.0", "pass 1.0"),
    "alpha, none": (fit(taut.Ridge(alpha=[])), "alpha", "got none", "pass [1.0]"),
    "max_iter": (fit(taut.Lasso(max_iter=0)), "max_iter", "got 0", "pass 1000"),
    "max_iter, no count": (fit(taut.Lasso(max_iter=1.5)), "max_iter", "1.5", "pass 1000"),
    "max_iter, huge": (fit(taut.Lasso(max_iter=2**31)), "max_iter", "2147483648", "pass 1000"),
    "max_iter, enormous": (fit(taut.Lasso(max_iter=10**400)), "max_iter", "1000", "pass 1000"),
    "tol": (fit(taut.Lasso(tol=-1)), "tol", "got -1", "pass 1e-06"),
    "tol, a word": (fit(taut.Lasso(tol="x")), "tol", "'x'", "pass 1e-06"),
    "tol of a path": (path(tol=np.nan), "tol", "nan", "pass 1e-06"),
    "fit_intercept": (fit(taut.Lasso(fit_intercept=2)), "fit_intercept", "got 2", "True or False"),
    "fit_intercept of a path": (path(fit_intercept="no"), "fit_intercept", "'no'", "True or False"),
    "standardize of a path": (path(standardize=2), "standardize", "got 2", "True or False"),
    "alphas": (path(alphas=[1, np.nan]), "alphas[1]", "nan", "pass 1.0"),
    "alphas, negative": (path(alphas=np.array([1, -1.0])), "alphas[1]", "got -1.0:", "pass 1.0"),
    "alphas, a word": (path(alphas="a"), "alphas[0]", "'a'", "pass 1.0"),
    "alphas, a table": (path(alphas=[[1.0]]), "alphas", "(1, 1)", "shape (1,)"),
    "alphas, none": (path(alphas=[]), "alphas", "none", "pass [1.0]"),
    "alphas of LassoCV": (fit(taut.LassoCV(alphas=[1, np.nan])), "alphas[1]", "nan", "pass 1.0"),
    "alphas of RidgeCV": (
        fit(taut.RidgeCV(alphas=np.zeros(1))),
        "alphas[0]",
        "got 0.0",
        "pass 1.0",
    ),
    "n_alphas": (path(n_alphas=0), "n_alphas", "got 0", "pass 100"),
    "alpha_min_ratio": (path(alpha_min_ratio=2), "alpha_min_ratio", "2", "pass 0.001"),
    "eps": (fit(taut.LassoCV(eps=2)), "eps", "got 2", "pass 0.001"),
    "loss": (path(loss=object()), "loss", "<object object", "'squared'"),
    "penalty": (path(penalty=object()), "penalty", "<object", "penalties.L1()"),
    "penalty, a class": (path(penalty=penalties.L1), "penalty", "L1'>", "penalties.L1()"),
    "weights, length": (
        path(penalty=penalties.L1([1, 2])),
        "weights",
        "for 2 features",
        "length 4",
    ),
    "weights, text": (lambda: penalties.L1(["a"]), "weights", "['a']", "pass a numeric array"),
    "weights, negative": (lambda: penalties.L2([1, -1.0]), "weights", "-1.0 at index 1", "use 0"),
    "weights, NaN": (lambda: penalties.L2([1, np.nan]), "weights", "nan at index 1", "use 0"),
    "penalty_weights, length": (
        fit(taut.Lasso(penalty_weights=[1, 2])),
        "penalty_weights",
        "2 features",
        "one number for each",
    ),
    "penalty_weights, negative": (
        fit(taut.Ridge(penalty_weights=[1, -2, 1, 1])),
        "penalty_weights",
        "-2.0 at index 1",
        "use 0",
    ),
    "penalty_weights, text": (
        fit(taut.Lasso(penalty_weights="a")),
        "penalty_weights",
        "'a'",
        "pass a numeric array",
    ),
    "lower, length": (fit(taut.Lasso(lower=[0, 0])), "lower", "2 features", "one number for each"),
    "lower above upper": (
        lambda: penalties.Box(2, 1),
        "lower=2.0",
        "upper=1.0",
        "pass lower <= upper",
    ),
    "lower, text": (fit(taut.Lasso(lower="a")), "lower", "'a'", "pass a numeric array"),
    "rule": (lambda: taut.CV(rule="x"), "rule", "'x'", "choose from min, 1se"),
    "folds, one": (lambda: taut.CV(folds=1), "folds", "got 1", "pass 5"),
    "folds, a word": (lambda: taut.CV(folds="a"), "folds", "'a'", "pass 5"),
    "folds, none": (lambda: taut.CV(folds=None), "folds", "None", "pass 5"),
    "folds, more than rows": (fit(taut.Lasso(taut.CV(21))), "folds", "got 21", "pass 5"),
    "folds, no pairs": (fit(taut.Lasso(taut.CV([1, 2]))), "folds[0]", "got 1", "a list of pairs"),
    "folds, triples": (
        fit(taut.Lasso(taut.CV([([0], [1], [2])]))),
        "folds[0]",
        "([0], [1], [2])",
        "a list of pairs",
    ),
    "folds, beyond": (
        fit(taut.Lasso(taut.CV([*ROWS, ([0], [-21])]))),
        "folds[1]",
        "-21",
        "for this table",
    ),
    "folds, fractions": (
        fit(taut.Lasso(taut.CV([([0.5], [1])]))),
        "folds[0]",
        "0.5",
        "for this table",
    ),
    "folds, tables": (
        fit(taut.Lasso(taut.CV([([[0]], [1])]))),
        "folds[0]",
        "index of 0",
        "for this table",
    ),
    "folds, a short mask": (
        fit(taut.Lasso(taut.CV([([True], [1])]))),
        "folds[0]",
        "True",
        "for this table",
    ),
    "folds by groups": (
        fit(taut.Lasso(taut.CV(GroupKFold(3)))),
        "folds",
        "GroupKFold(n_splits=3",
        "Pass fit the groups",
    ),
    "cv by groups": (
        fit(taut.LassoCV(cv=GroupKFold(3))),
        "cv",
        "GroupKFold(n_splits=3",
        "list(splitter.split(X, y, groups))",
    ),
    "groups, length": (
        lambda: taut.Lasso(taut.CV(GroupKFold(3))).fit(X, y, groups=[1, 2]),
        "groups",
        "[20, 20, 2]",
        "one for each row",
    ),
    "cv": (fit(taut.RidgeCV(cv=40)), "cv", "got 40", "pass 5"),
    "random_state": (lambda: taut.CV(random_state="a"), "random_state", "'a'", "pass 0"),
    "noise_variance": (lambda: taut.AIC(noise_variance=-1), "noise_variance", "got -1", "pass 1.0"),
    "gamma": (lambda: taut.EBIC(gamma="a"), "gamma", "'a'", "pass 1.0"),
    "scoring": (fit(taut.RidgeCV(scoring="r22")), "scoring", "'r22'", "did you mean 'r2'"),
    "alpha of predictions": (lambda: PATH.predict(X, "a"), "alpha", "'a'", "include it"),
    "alpha off the path": (
        lambda: PATH.predict(X, np.float64(1e9)),
        "alpha",
        "got 1000000000.0",
        "include it",
    ),
    "columns of predictions": (
        lambda: PATH.predict(X[:, :3]),
        "X must have the 4",
        "3 columns",
        "those columns, in their order",
    ),
    "columns of a model": (
        lambda: FITTED.predict(X[:, :3]),
        "X has 3 features",
        "expecting 4",
        "in their order",
    ),
    "several targets": (
        lambda: taut.LassoCV().fit(X, TWICE),
        "y",
        "(20, 2)",
        "taut.Lasso(alpha=taut.CV())",
    ),
}

TABLE = pd.DataFrame(np.c_[X, y], columns=["age", "height", "income", "rooms", "price"])
TABLE = pd.concat([TABLE, 2 * TABLE], ignore_index=True)


def compare(table=TABLE, target="price", **arguments):
    return lambda: taut.compare(table, target, **{"techniques": "null", **arguments})


BAD_COMPARISONS = {
    "a path": (compare("houses.csv"), "X", "'houses.csv'", "polars.read_csv"),
    "a lazy frame": (compare(pl.DataFrame(TABLE).lazy()), "X", "lazy frame", "call .collect()"),
    "a column": (compare(TABLE["age"]), "X", "shape (40,)", "reshape it"),
    "repeated names": (
        compare(TABLE.set_axis(["a", "a", "b", "c", "price"], axis=1)),
        "X",
        "'a' 2 times",
        "Rename",
    ),
    "no target": (compare(target=None), "y", "None", "name a column"),
    "an unknown target": (compare(target="prize"), "y", "'prize'", "did you mean 'price'?"),
    "a number": (compare(target=3), "y", "got 3", "one value for each row"),
    "too few values": (compare(target=[1.0, 2.0]), "y", "has 2", "one value for each row"),
    "techniques": (compare(techniques="laso"), "techniques", "'laso'", "did you mean 'lasso'"),
    "techniques, no text": (compare(techniques=3), "techniques", "'3'", "there are: null"),
    "cv": (compare(cv=41), "cv", "41 folds", "use 2 to 40"),
    "cv, a word": (compare(cv="five"), "cv", "'five'", "pass 5"),
    "cv, a fraction": (compare(cv=2.5), "cv", "2.5", "pass 5"),
    "cv, beyond": (compare(cv=[*ROWS, ([0], [40])]), "cv[1]", "40", "for this table"),
    "cv by groups": (compare(cv=GroupKFold(3)), "cv", "GroupKFold", "groups"),
    "seed": (compare(seed="a"), "seed", "'a'", "use a whole number"),
    "quick": (compare(quick="yes"), "quick", "'yes'", "True or False"),
    "progress": (compare(progress=3), "progress", "got 3", "pass a function"),
    "sample_weight": (
        compare(sample_weight=np.r_[np.ones(39), -1.0]),
        "sample_weight",
        "row 40 has -1",
        "correct it",
    ),
    "groups": (compare(groups="rums"), "groups", "'rums'", "did you mean 'rooms'?"),
}


@pytest.mark.parametrize("case", BAD_PARAMETERS)
def test_bad_parameter(case):
    refused(*BAD_PARAMETERS[case])


@pytest.mark.parametrize("case", BAD_COMPARISONS)
def test_bad_comparison(case):
    refused(*BAD_COMPARISONS[case])

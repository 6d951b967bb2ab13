"""Wrong arguments: the error names the argument, the value and the fix."""

import re

import numpy as np
import pytest
from scipy import sparse
from tests.estimators.samples import regression

import taut

X, y = regression(20, 4)
NAN = np.where(np.arange(20) == 3, np.nan, y)
ALL = [
    taut.LinearRegression(),
    taut.Ridge(),
    taut.Lasso(),
    taut.ElasticNet(),
    taut.RidgeCV(),
    taut.LassoCV(),
    taut.ElasticNetCV(),
    taut.Lasso(alpha=taut.CV()),
]


def _spoilt(value):
    spoilt = X.copy()
    spoilt[2, 1] = value
    return spoilt


DATA = {
    "NaN in X": (_spoilt(np.nan), y, None, "Input X contains NaN"),
    "inf in X": (_spoilt(np.inf), y, None, "Input X contains infinity"),
    "both infinities in X": (_spoilt(np.inf) * X[0, 0], y, None, "Input X contains infinity"),
    "NaN in sparse X": (sparse.csr_array(_spoilt(np.nan)), y, None, "Input X contains NaN"),
    "NaN in y": (X, NAN, None, "Input y contains NaN"),
    "inf in y": (X, np.r_[np.inf, y[1:]], None, "Input y contains infinity"),
    "text in X": ([["a", "b"], ["c", "d"]], [1.0, 2.0], None, "could not convert string"),
    "text in y": (X, ["a"] * 20, None, "could not convert string"),
    "complex X": (X + 1j, y, None, "Complex data not supported"),
    "X of one dimension": (y, y, None, "Expected 2D array"),
    "X of three dimensions": (X[None], y[:1], None, "dim 3"),
    "y of three dimensions": (X, y[:, None, None], None, "dim 3"),
    "no y": (X, None, None, "requires y to be passed"),
    "different lengths": (X, y[:-1], None, "inconsistent numbers of samples"),
    "one row": (X[:1], y[:1], None, "1 sample"),
    "no rows": (X[:0], y[:0], None, "0 sample"),
    "no columns": (X[:, :0], y, None, "0 feature"),
    "negative weight": (X, y, np.r_[-0.5, np.ones(19)], "sample_weight .* got -0.5 for row 0"),
    "weights of zero": (X, y, np.zeros(20), "sample_weight .* positive"),
    "NaN weight": (X, y, np.r_[np.nan, np.ones(19)], "sample_weight contains NaN"),
    "weights of two dimensions": (X, y, np.ones((20, 1)), r"sample_weight .* got \(20, 1\)"),
    "too few weights": (X, y, np.ones(19), r"sample_weight must have shape \(20,\), got \(19,\)"),
}


@pytest.mark.parametrize("model", ALL, ids=repr)
@pytest.mark.parametrize("case", DATA)
def test_bad_data(model, case):
    X, y, w, message = DATA[case]
    with pytest.raises(ValueError, match=message):
        model.fit(X, y, sample_weight=w)


@pytest.mark.parametrize(
    ("model", "error", "message"),
    [
        (taut.Lasso(alpha=-1.0), ValueError, "alpha must be finite and >= 0, got -1.0"),
        (taut.Lasso(alpha=np.nan), ValueError, "alpha must be finite and >= 0, got nan"),
        (taut.Lasso(alpha=np.inf), ValueError, "alpha must be finite and >= 0, got inf"),
        (taut.Lasso(alpha="cv"), TypeError, r"alpha .* rule such as taut.CV\(\), got 'cv'"),
        (taut.Lasso(alpha=None), TypeError, "alpha must be a number .* got None"),
        (taut.Lasso(alpha=True), TypeError, "alpha must be a number .* got True"),
        (taut.Lasso(alpha=[0.1, 0.2]), TypeError, "alpha must be a number"),
        (taut.Lasso(alpha=taut.CV), TypeError, "alpha must be a number or a rule"),
        (taut.Ridge(solver="svds"), ValueError, "solver .* got 'svds': did you mean 'svd'"),
        (taut.Lasso(selection="x"), ValueError, "selection .* got 'x': choose from cyclic"),
        (taut.Ridge(alpha=[0.1, 0.2]), ValueError, "alpha .* 1 targets, got 2"),
        (taut.Ridge(alpha=[-0.1]), ValueError, r"alpha\[0\] must be .* got -0.1"),
        (taut.Lasso(tol=-1), ValueError, "tol must be finite and >= 0, got -1"),
        (taut.Lasso(tol="x"), TypeError, "tol must be a number, got 'x'"),
        (taut.Lasso(max_iter=0), ValueError, "max_iter must be finite and > 0, got 0"),
        (taut.Lasso(max_iter=1.5), TypeError, "max_iter must be a whole number, got 1.5"),
        (taut.Lasso(fit_intercept="yes"), TypeError, "fit_intercept must be True or False"),
        (taut.Lasso(positive=1), TypeError, "positive must be True or False, got 1"),
        (taut.Lasso(standardize=None), TypeError, "standardize must be True or False"),
        (taut.Lasso(penalty_weights=[1.0]), ValueError, "for 1 features, but X has 4"),
        (taut.Lasso(penalty_weights=[1, -1, 1, 1]), ValueError, "weights must be non-negative"),
        (taut.Lasso(lower=1.0, upper=0.0), ValueError, "lower=1.0 and upper=0.0"),
        (taut.Lasso(upper=-1.0, positive=True), ValueError, "no real number lies between"),
        (taut.Lasso(lower=[0.0, 0.0]), ValueError, "for 2 features, but X has 4"),
        (taut.ElasticNet(l1_ratio=1.5), ValueError, r"l1_ratio must lie in \[0, 1\], got 1.5"),
        (taut.ElasticNet(l1_ratio="a"), TypeError, "l1_ratio must be a number, got 'a'"),
        (taut.ElasticNetCV(l1_ratio=[0.5, 2]), ValueError, "l1_ratio .* got 2"),
        (taut.ElasticNetCV(l1_ratio=[]), ValueError, "l1_ratio must hold at least one"),
        (taut.LassoCV(alphas=0), ValueError, "alphas must be finite and > 0, got 0"),
        (taut.LassoCV(alphas=[0.1, -2.0]), ValueError, r"alphas\[1\] must .* got -2.0"),
        (taut.LassoCV(alphas=1.5), TypeError, "alphas must be a whole number .* got 1.5"),
        (taut.LassoCV(eps=0), ValueError, "eps must be finite and > 0, got 0"),
        (taut.LassoCV(eps=1.5), ValueError, "eps must be below 1, got 1.5"),
        (taut.LassoCV(cv=21), ValueError, "cv .* number of rows, 20, got 21"),
        (taut.LassoCV(cv=1), ValueError, "cv .* got 1"),
        (taut.LassoCV(cv="five"), TypeError, "cv must be a number, .* got 'five'"),
        (taut.LassoCV(cv=[([0, 1], [20])]), ValueError, r"cv\[0\] must index the 20 rows"),
        (taut.LassoCV(cv=iter([])), ValueError, "got none .* generator"),
        (taut.Lasso(alpha=taut.CV(folds=21)), ValueError, "folds .* number of rows, 20, got 21"),
        (taut.RidgeCV(alphas=[1.0, 0.0]), ValueError, r"alphas\[1\] must be .* > 0, got 0.0"),
        (taut.RidgeCV(alphas=[]), ValueError, "alphas must hold at least one number"),
        (taut.RidgeCV(alphas="a"), TypeError, r"alphas\[0\] must be a number, got 'a'"),
        (taut.RidgeCV(scoring="nonsense"), ValueError, "'nonsense'|nonsense"),
        (taut.RidgeCV(cv=3, store_cv_results=True), ValueError, "store_cv_results=True needs"),
        (taut.RidgeCV(cv=3, alpha_per_target=True), ValueError, "alpha_per_target=True needs"),
        (taut.RidgeCV(cv=40), ValueError, "cv .* number of rows, 20, got 40"),
    ],
    ids=lambda value: re.sub(" at 0x[0-9a-f]+", "", repr(value)),
)
def test_bad_parameter(model, error, message):
    with pytest.raises(error, match=message):
        model.fit(X, y)


def test_single_output_classes_name_the_others():
    with pytest.raises(ValueError, match=r"y must have one target.*taut.Lasso\(alpha=taut.CV"):
        taut.LassoCV().fit(X, np.c_[y, y])


@pytest.mark.parametrize("model", ALL, ids=repr)
def test_predict_checks_its_features(model):
    model.fit(X, y)
    with pytest.raises(ValueError, match=r"3 features, but .* is expecting 4"):
        model.predict(X[:, :3])


def test_memory_that_would_not_fit_is_refused_at_once():
    wide = sparse.csr_matrix(([1.0, 1.0], ([0, 1], [0, 1])), shape=(3, 1_000_000))
    message = "1,000,000 features at 1000000 alphas would take .* GiB.*n_alphas"
    with pytest.raises(MemoryError, match=message):
        taut.fit_path(wide, [0.0, 1.0, 2.0], n_alphas=1_000_000)

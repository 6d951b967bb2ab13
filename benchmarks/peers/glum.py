import os

import scipy.sparse as sp
import tabmat
from glum import GeneralizedLinearRegressor, GeneralizedLinearRegressorCV
from sklearn.model_selection import PredefinedSplit

from benchmarks.tasks import L1_RATIO

OPTIONS = {"max_iter": 1_000}
LASSO = OPTIONS | {"l1_ratio": 1, "family": "normal"}


def refuses(X):
    large = X.shape[1] > 10_000
    return "its Hessian of all features would take gigabytes" if large else None


def _path(X, y, alphas, tol, **model):
    model = GeneralizedLinearRegressor(
        alpha_search=True, alphas=alphas, gradient_tol=tol, **OPTIONS, **model
    ).fit(X, y)
    return model.coef_path_.T, model.intercept_path_


def lasso(X, y, alphas, tol):
    return _path(X, y, alphas, tol, family="normal", l1_ratio=1)


def logistic(X, y, alphas, tol):
    return _path(X, y, alphas, tol, family="binomial", l1_ratio=1)


def poisson(X, y, alphas, tol):
    return _path(_split(X), y, alphas, tol, family="poisson", l1_ratio=L1_RATIO)


def gamma(X, y, alphas, tol):
    return _path(_split(X), y, alphas, tol, family="gamma", link="log", l1_ratio=L1_RATIO)


def _split(X):
    """Columns of indicators as sparse ones, the others dense: what its own matrices are for."""
    return tabmat.from_csc(sp.csc_matrix(X), threshold=0.5)


def cv(X, y, alphas, fold, tol):
    model = GeneralizedLinearRegressorCV(
        alphas=alphas,
        cv=PredefinedSplit(fold),
        gradient_tol=tol,
        n_jobs=os.cpu_count(),
        **LASSO,
    ).fit(X, y)
    return model.deviance_path_.mean(axis=(0, 1)), model.coef_, model.intercept_

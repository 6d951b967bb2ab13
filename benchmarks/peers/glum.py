import os

from glum import GeneralizedLinearRegressor, GeneralizedLinearRegressorCV
from sklearn.model_selection import PredefinedSplit

OPTIONS = {"l1_ratio": 1, "family": "normal", "max_iter": 1_000}


def refuses(X):
    large = X.shape[1] > 10_000
    return "its Hessian of all features would take gigabytes" if large else None


def path(X, y, alphas, tol):
    model = GeneralizedLinearRegressor(
        alpha_search=True, alphas=alphas, gradient_tol=tol, **OPTIONS
    ).fit(X, y)
    return model.coef_path_.T, model.intercept_path_


def cv(X, y, alphas, fold, tol):
    model = GeneralizedLinearRegressorCV(
        alphas=alphas,
        cv=PredefinedSplit(fold),
        gradient_tol=tol,
        n_jobs=os.cpu_count(),
        **OPTIONS,
    ).fit(X, y)
    return model.deviance_path_.mean(axis=(0, 1)), model.coef_, model.intercept_

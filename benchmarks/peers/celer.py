import os

from celer import LassoCV, celer_path
from sklearn.model_selection import PredefinedSplit

from benchmarks.peers.centre import centred, implicit


def path(X, y, alphas, tol):
    design, response, means = centred(X, y)
    options = implicit(X, means) | {"tol": tol, "max_iter": 1_000, "prune": True}
    coefs = celer_path(design, response, "lasso", alphas=alphas, **options)[1]
    return coefs, y.mean() - means @ coefs


def cv(X, y, alphas, fold, tol):
    options = {"tol": tol, "max_iter": 1_000, "n_jobs": os.cpu_count()}
    model = LassoCV(alphas=alphas, cv=PredefinedSplit(fold), **options).fit(X, y)
    return model.mse_path_.mean(axis=1), model.coef_, model.intercept_

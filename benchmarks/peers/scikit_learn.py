import os

from sklearn.linear_model import LassoCV, lasso_path
from sklearn.model_selection import PredefinedSplit

from benchmarks.peers.centre import centred, implicit

MAX_ITER = 1_000_000


def path(X, y, alphas, tol):
    design, response, means = centred(X, y)
    options = implicit(X, means) | {"tol": tol, "max_iter": MAX_ITER}
    coefs = lasso_path(design, response, alphas=alphas, **options)[1]
    return coefs, y.mean() - means @ coefs


def cv(X, y, alphas, fold, tol):
    options = {"tol": tol, "max_iter": MAX_ITER, "n_jobs": os.cpu_count()}
    model = LassoCV(alphas=alphas, cv=PredefinedSplit(fold), **options).fit(X, y)
    return model.mse_path_.mean(axis=1), model.coef_, model.intercept_

import os

import numpy as np
from sklearn.linear_model import LassoCV, LogisticRegression, lasso_path
from sklearn.model_selection import PredefinedSplit

from benchmarks.peers.centre import centred, implicit

MAX_ITER = 1_000_000
# liblinear penalises the intercept as the coefficient of a column of so many ones.
INTERCEPT_SCALING = 1e3


def lasso(X, y, alphas, tol):
    design, response, means = centred(X, y)
    options = implicit(X, means) | {"tol": tol, "max_iter": MAX_ITER}
    coefs = lasso_path(design, response, alphas=alphas, **options)[1]
    return coefs, y.mean() - means @ coefs


def logistic(X, y, alphas, tol):
    """liblinear, alpha by alpha: it takes no start."""
    options = {"solver": "liblinear", "l1_ratio": 1, "max_iter": MAX_ITER, "random_state": 0}
    options["intercept_scaling"] = INTERCEPT_SCALING
    models = [
        LogisticRegression(C=1 / (alpha * len(y)), tol=tol, **options).fit(X, y) for alpha in alphas
    ]
    return np.column_stack([m.coef_[0] for m in models]), np.array(
        [m.intercept_[0] for m in models]
    )


def multinomial(X, y, alphas, tol):
    """SAGA, each alpha from the solution before."""
    model = LogisticRegression(
        solver="saga", l1_ratio=1, tol=tol, max_iter=MAX_ITER, warm_start=True, random_state=0
    )
    coefs, intercepts = [], []
    for alpha in alphas:
        model.set_params(C=1 / (alpha * len(y))).fit(X, y)
        coefs.append(model.coef_.T.copy())
        intercepts.append(model.intercept_.copy())
    return np.stack(coefs, axis=-1), np.stack(intercepts, axis=-1)


def cv(X, y, alphas, fold, tol):
    options = {"tol": tol, "max_iter": MAX_ITER, "n_jobs": os.cpu_count()}
    model = LassoCV(alphas=alphas, cv=PredefinedSplit(fold), **options).fit(X, y)
    return model.mse_path_.mean(axis=1), model.coef_, model.intercept_

import os

import numpy as np
from celer import celer_path
from joblib import Parallel, delayed

from benchmarks.peers.centre import centred, implicit
from benchmarks.tasks import GROUP_SIZE

LACKS = {"logistic": "its logistic path has no intercept"}
MAX_ITER = 1_000


def lasso(X, y, alphas, tol):
    return _path(X, y, alphas, tol, "lasso")


def group_lasso(X, y, alphas, tol):
    weights = np.full(X.shape[1] // GROUP_SIZE, np.sqrt(GROUP_SIZE))
    return _path(X, y, alphas, tol, "grouplasso", groups=GROUP_SIZE, weights=weights)


def _path(X, y, alphas, tol, problem, **model):
    design, response, means = centred(X, y)
    options = implicit(X, means) | {"tol": tol, "max_iter": MAX_ITER, "prune": True} | model
    coefs = celer_path(design, response, problem, alphas=alphas, **options)[1]
    return coefs, y.mean() - means @ coefs


def cv(X, y, alphas, fold, tol):
    """What its LassoCV does where scikit-learn still takes the arguments that it passes."""

    def errors(k):
        train, test = fold != k, fold == k
        coefs, intercepts = lasso(X[train], y[train], alphas, tol)
        return np.mean(np.square(y[test, None] - intercepts - X[test] @ coefs), axis=0)

    folds = range(fold.max() + 1)
    curves = Parallel(n_jobs=os.cpu_count(), prefer="threads")(delayed(errors)(k) for k in folds)
    curve = np.mean(curves, axis=0)
    coefs, intercepts = lasso(X, y, alphas[[np.argmin(curve)]], tol)
    return curve, coefs[:, 0], intercepts[0]

import os

import adelie
import numpy as np
import scipy.sparse as sp

from benchmarks.problems import ALPHA_RATIO
from benchmarks.tasks import GROUP_SIZE, L1_RATIO

LACKS = {"multinomial": "its multinomial penalises classes together"}
OPTIONS = {"progress_bar": False, "n_threads": os.cpu_count(), "max_iters": 10_000_000}


def _path(X, glm, alphas, tol, **model):
    matrix = adelie.matrix.sparse if sp.issparse(X) else adelie.matrix.dense
    design = matrix(X, method="naive", n_threads=os.cpu_count())
    options = OPTIONS | {"tol": tol, "early_exit": False} | model
    state = adelie.grpnet(design, glm, lmda_path=alphas, **options)
    return state.betas.T.toarray(), np.asarray(state.intercepts)


def lasso(X, y, alphas, tol):
    return _path(X, adelie.glm.gaussian(y), alphas, tol)


def group_lasso(X, y, alphas, tol):
    groups = np.arange(0, X.shape[1], GROUP_SIZE)
    return _path(X, adelie.glm.gaussian(y), alphas, tol, groups=groups)


def logistic(X, y, alphas, tol):
    return _path(X, adelie.glm.binomial(y), alphas, tol, irls_tol=tol)


def poisson(X, y, alphas, tol):
    return _path(X, adelie.glm.poisson(y), alphas, tol, irls_tol=tol, alpha=L1_RATIO)


def cox(X, y, alphas, tol):
    time, event = np.ascontiguousarray(y.T)
    glm = adelie.glm.cox(np.zeros(len(time)), time, event)
    return _path(X, glm, alphas, tol, irls_tol=tol)


def cv(X, y, alphas, fold, tol):
    """adelie makes its own grid: the same alphas, then as many down to the one that it chose."""
    loss, options = adelie.glm.gaussian(y), OPTIONS | {"tol": tol}
    size = {"lmda_path_size": len(alphas)}
    found = adelie.cv_grpnet(
        X, loss, n_folds=fold.max() + 1, seed=0, min_ratio=1 / ALPHA_RATIO, **size, **options
    )
    state = found.fit(X, loss, **size, **options)
    # Its loss of a prediction is half the squared error less y^2 / 2.
    squares = np.mean([np.mean(y[fold == k] ** 2) for k in range(fold.max() + 1)])
    coef = state.betas[-1].toarray().ravel()
    return 2 * found.avg_losses + squares, coef, state.intercepts[-1]

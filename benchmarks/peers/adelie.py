import os

import adelie
import numpy as np
import scipy.sparse as sp

from benchmarks.problems import ALPHA_RATIO

OPTIONS = {"progress_bar": False, "n_threads": os.cpu_count(), "max_iters": 10_000_000}


def path(X, y, alphas, tol):
    matrix = adelie.matrix.sparse if sp.issparse(X) else adelie.matrix.dense
    design = matrix(X, method="naive", n_threads=os.cpu_count())
    state = adelie.grpnet(
        design, adelie.glm.gaussian(y), lmda_path=alphas, tol=tol, early_exit=False, **OPTIONS
    )
    return state.betas.T.toarray(), np.asarray(state.intercepts)


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

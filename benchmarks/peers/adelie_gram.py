"""adelie's solver for a matrix of covariances, which NumPy gives it."""

import os

import adelie
import numpy as np
import scipy.sparse as sp


def refuses(X):
    wide = sp.issparse(X) or X.shape[1] > X.shape[0]
    return "X'X is for tall tables" if wide else None


def lasso(X, y, alphas, tol):
    n, means = len(y), X.mean(axis=0)
    gram = np.asfortranarray(X.T @ X / n - np.outer(means, means))
    correlation = X.T @ (y - y.mean()) / n
    threads = {"n_threads": os.cpu_count()}
    state = adelie.gaussian_cov(
        adelie.matrix.dense(gram, method="cov", **threads),
        correlation,
        lmda_path=alphas,
        tol=tol,
        early_exit=False,
        rdev_tol=0,
        max_iters=10_000_000,
        progress_bar=False,
        **threads,
    )
    coefs = state.betas.T.toarray()
    return coefs, y.mean() - means @ coefs

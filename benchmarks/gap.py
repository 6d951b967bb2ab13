"""The judge: duality gaps in float64, with no code of any solver."""

from __future__ import annotations

import numpy as np


def relative_gaps(X, y, alphas, coefs, intercepts):
    """Duality gap of each solution of a lasso path, relative to the null model's objective.

    The primal is ``1/(2 n) |y - b0 - X b|^2 + alpha |b|_1``. For any u with ``sum(u) = 0`` and
    ``|X'u|_inf <= alpha`` the dual is ``y'u - n/2 |u|^2``; u is the centred residual, scaled to be
    feasible and then as good as scaling makes it.

    Parameters
    ----------
    X : array or sparse matrix of shape (n_samples, n_features)
    y : ndarray of shape (n_samples,)
    alphas : ndarray of shape (n_alphas,)
    coefs : ndarray of shape (n_features, n_alphas)
    intercepts : ndarray of shape (n_alphas,)

    Returns
    -------
    ndarray of shape (n_alphas,)
        Infinite where a coefficient is not finite.
    """
    n, centred = len(y), y - y.mean()
    null = centred @ centred / (2 * n)
    gaps = np.full(len(alphas), np.inf)
    usable = np.isfinite(coefs).all(axis=0) & np.isfinite(intercepts)
    # A few alphas at a time, so that the residuals of 100,000 rows stay small in memory.
    for block in np.array_split(np.flatnonzero(usable), 10):
        residuals = y[:, None] - intercepts[block] - X @ coefs[:, block]
        size = np.abs(coefs[:, block]).sum(axis=0)
        primal = np.square(residuals).sum(axis=0) / (2 * n) + alphas[block] * size
        point = (residuals - residuals.mean(axis=0)) / n
        correlation = np.abs(X.T @ point).max(axis=0)
        limit = alphas[block] / np.maximum(correlation, np.finfo(float).tiny)
        length = n * np.square(point).sum(axis=0)
        product = centred @ point
        best = product / np.maximum(length, np.finfo(float).tiny)
        scale = np.clip(best, -limit, limit)
        gaps[block] = (primal - scale * product + scale**2 * length / 2) / null
    return gaps

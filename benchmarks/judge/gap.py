"""Duality gaps of paths, and the strengths at which all coefficients are zero."""

from __future__ import annotations

import numpy as np
from scipy.optimize import root

# A dual point has slopes that sum to zero; what rounding leaves of their mean.
LEVEL = 1e-8


def relative_gaps(task, X, y, alphas, coefs, intercepts):
    """Duality gap of each solution of a path, relative to the excess of the null model's loss.

    The primal is ``P = F(b0 + X b) + alpha h(b)``. Every u with ``sum(u) = 0`` gives the bound
    ``-F*(u) - (alpha h)*(-X'u)``. Here u is the gradient of F where the intercept is at its best
    for the other coefficients, scaled to be feasible.

    Parameters
    ----------
    task : Task
    X : array or sparse matrix of shape (n_samples, n_features)
    y : ndarray of shape (n_samples,), or with times and events (n_samples, 2)
    alphas : ndarray of shape (n_alphas,)
    coefs : ndarray of shape (n_features, [n_classes,] n_alphas)
    intercepts : ndarray of shape ([n_classes,] n_alphas)

    Returns
    -------
    ndarray of shape (n_alphas,)
        Infinite where a number is not finite, or no intercept is best.
    """
    excess = _null(task.loss, y)[1]
    gaps = np.full(len(alphas), np.inf)
    finite = np.isfinite(coefs).all(axis=tuple(range(coefs.ndim - 1)))
    usable = np.flatnonzero(finite & np.isfinite(np.atleast_2d(intercepts)).all(axis=0))
    # A few alphas at a time, so that the residuals of 100,000 rows stay small in memory.
    for block in np.array_split(usable, 10):
        etas = _product(X, coefs[..., block]) + intercepts[..., block]
        points = [levelled(task.loss, y, eta) for eta in np.moveaxis(etas, -1, 0)]
        slopes = [task.loss.slope(y, point) for point in points]
        correlations = _product(X.T, np.stack(slopes, axis=-1)) / len(y) if slopes else etas
        for k, alpha, eta, point, slope, z in zip(
            block,
            alphas[block],
            np.moveaxis(etas, -1, 0),
            points,
            slopes,
            np.moveaxis(correlations, -1, 0),
            strict=True,
        ):
            if np.abs(slope.mean(axis=0)).max() > LEVEL and task.loss.has_intercept:
                continue
            scale = task.penalty.scale(z, alpha)
            primal = task.loss.value(y, eta) + alpha * task.penalty.value(coefs[..., k])
            dual = task.loss.dual(y, point, scale) - task.penalty.conjugate(scale * z, alpha)
            gaps[k] = (primal - dual) / excess
    return gaps


def largest_alpha(task, X, y):
    """The least strength at which every coefficient is zero."""
    eta = _null(task.loss, y)[0]
    return task.penalty.dual_norm(_product(X.T, task.loss.slope(y, eta)) / len(y))


def levelled(loss, y, eta):
    """``eta``, moved by the intercept at which the slopes sum to zero."""
    if not loss.has_intercept:
        return eta
    shape = loss.outputs(y)

    def miss(shift):
        return np.atleast_1d(loss.slope(y, eta + shift.reshape(shape)).mean(axis=0))

    # Levenberg and Marquardt's method does with classes whose common shift changes nothing.
    shift = root(miss, np.zeros(max(shape, default=1)), method="lm", tol=1e-15).x
    return eta + shift.reshape(shape)


def _null(loss, y):
    """The linear predictor of the model without features, and its loss above the lowest."""
    eta = levelled(loss, y, np.zeros((len(y), *loss.outputs(y))))
    return eta, loss.value(y, eta) - loss.lowest(y)


def _product(X, values):
    """X times the first axis of an array."""
    flat = X @ values.reshape(len(values), -1)
    return np.asarray(flat).reshape(X.shape[0], *values.shape[1:])

"""Knockoffs: columns correlated like the features, and with them, but of no use to the target.

With Sigma the covariance of the features and S = diag(s), the joint covariance of features and
knockoffs is ``[[Sigma, Sigma - S], [Sigma - S, Sigma]]``: swapping a feature with its knockoff
changes nothing. It is a covariance where ``0 <= S <= 2 Sigma``. The larger s_j, the less a knockoff
resembles its feature, and the more power there is.
"""

from __future__ import annotations

import numpy as np
from scipy import linalg
from sklearn.covariance import ledoit_wolf

__all__ = ["equicorrelated", "fixed_knockoffs", "gaussian_knockoffs", "least_reconstructable"]

_MANY = 500  # features beyond which a sweep over all s_j, of cost p^3, would take long
_SWEEPS = 20


def gaussian_knockoffs(X, random):
    """Knockoffs of rows drawn from a normal distribution, its covariance estimated by shrinkage.

    Given x, they are normal with mean ``x - S Sigma^-1 (x - mu)`` and covariance
    ``2 S - S Sigma^-1 S`` (Candès, Fan, Janson and Lv 2018, equation 3.2).

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Standardised.
    random : numpy.random.RandomState
    """
    sigma = _correlation(ledoit_wolf(X)[0])
    s = _separation(sigma)
    weights = linalg.solve(sigma, np.diag(s), assume_a="pos")
    root = _root(2 * np.diag(s) - s[:, None] * weights)
    return X - (X - X.mean(axis=0)) @ weights + random.normal(size=X.shape) @ root.T


def fixed_knockoffs(X, random):
    """Knockoffs with exactly these inner products, for the rows as they are.

    ``X (I - Sigma^-1 S) + U C`` with U orthonormal and orthogonal to X, and
    ``C'C = 2 S - S Sigma^-1 S`` (Barber and Candès 2015, equation 2.2); X and U are orthogonal to
    the constant, for an intercept.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Centred; of full rank, with more than twice as many rows as columns.
    random : numpy.random.RandomState
    """
    n_samples, n_features = X.shape
    scale = np.linalg.norm(X, axis=0)
    X = X / scale
    sigma = X.T @ X
    s = _separation(sigma)
    weights = linalg.solve(sigma, np.diag(s), assume_a="pos")
    noise = random.normal(size=(n_samples, n_features))
    basis = linalg.qr(np.column_stack([np.ones(n_samples), X, noise]), mode="economic")[0]
    root = _root(2 * np.diag(s) - s[:, None] * weights)
    return (X - X @ weights + basis[:, n_features + 1 :] @ root.T) * scale


def equicorrelated(sigma):
    """The same s for all features, as large as can be: ``min(1, 2 lambda_min)``."""
    least = linalg.eigvalsh(sigma, subset_by_index=[0, 0])[0]
    return np.full(len(sigma), min(1.0, 2 * max(least, 0.0)))


def least_reconstructable(sigma):
    """The s for which features and knockoffs tell least of one another, by coordinate descent.

    Minimises ``tr((2 Sigma - S)^-1) + sum_j 1 / s_j``, the sum of the inverse variances that remain
    of each column given all others. Where s_j moves by d, Sherman and Morrison give with
    ``M = (2 Sigma - S)^-1``

        tr(M') = tr(M) + d |M_j|^2 / (1 - d M_jj),

    and the derivative of that and of ``1 / (s_j + d)`` cancel where
    ``|M_j| (s_j + d) = 1 - d M_jj``.

    References
    ----------
    Spector, A. and Janson, L. (2022). Powerful knockoffs via minimizing reconstructability. Annals
    of Statistics 50, 252-276.
    """
    s = equicorrelated(sigma) / 2
    for _ in range(_SWEEPS):
        before, inverse = s.copy(), linalg.inv(2 * sigma - np.diag(s))
        for j in range(len(s)):
            column = inverse[:, j].copy()
            norm = np.linalg.norm(column)
            step = (1 - norm * s[j]) / (column[j] + norm)
            inverse += np.outer(column, (step / (1 - step * column[j])) * column)
            s[j] += step
        if np.max(np.abs(s - before)) < 1e-4:
            break
    return s


def _separation(sigma):
    found = equicorrelated if len(sigma) > _MANY else least_reconstructable
    # Strictly inside, or the last eigenvalue is lost to rounding.
    return (1 - 1e-6) * found(sigma)


def _correlation(covariance):
    # Columns are standardised already: what shrinking took off the diagonal goes back on.
    scale = np.sqrt(np.diagonal(covariance))
    return covariance / np.outer(scale, scale)


def _root(matrix):
    """R with ``R R' = matrix``, for one that rounding may have left slightly indefinite."""
    values, vectors = linalg.eigh((matrix + matrix.T) / 2)
    return vectors * np.sqrt(np.maximum(values, 0.0))

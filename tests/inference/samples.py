"""Problems whose answer is known."""

import numpy as np
from scipy.linalg import toeplitz


def sparse_regression(n_samples, n_features, n_relevant, size=1.0, correlation=0.3, seed=0):
    """X with neighbouring columns correlated, y = X b + noise of variance 1, and b."""
    random = np.random.default_rng(seed)
    root = np.linalg.cholesky(toeplitz(correlation ** np.arange(n_features)))
    X = random.normal(size=(n_samples, n_features)) @ root.T
    coef = np.zeros(n_features)
    places = random.choice(n_features, n_relevant, replace=False)
    coef[places] = size * random.choice([-1.0, 1.0], n_relevant)
    return X, X @ coef + random.normal(size=n_samples), coef

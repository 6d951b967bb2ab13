"""Small data for the tests of the estimators."""

import numpy as np
from scipy import sparse


def regression(n_samples=60, n_features=12, n_targets=None, seed=0, noise=0.5):
    """A sparse linear signal, columns of different location and scale."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_samples, n_features)) * np.linspace(0.5, 3, n_features) + 1.0
    coef = rng.normal(size=(n_features, n_targets or 1)) * (np.arange(n_features) % 3 == 0)[:, None]
    Y = X @ coef + noise * rng.normal(size=(n_samples, n_targets or 1)) + 2.0
    return X, (Y if n_targets else Y[:, 0])


def weights(n_samples=60, seed=1):
    """Positive weights, a few of them zero."""
    w = np.random.default_rng(seed).uniform(0.2, 3.0, n_samples)
    w[::13] = 0.0
    return w


def thinned(X, seed=2, share=0.6):
    """Many entries set to zero."""
    return np.where(np.random.default_rng(seed).uniform(size=X.shape) < share, 0.0, X)


def _long_indices(X):
    X = X.copy()
    X.indices, X.indptr = X.indices.astype(np.int64), X.indptr.astype(np.int64)
    return X


LAYOUTS = {
    "C": np.ascontiguousarray,
    "F": np.asfortranarray,
    "strided": lambda X: np.repeat(X, 2, axis=1)[:, ::2],
    "csr": sparse.csr_array,
    "csc": sparse.csc_array,
    "csc matrix": sparse.csc_matrix,
    "csr, 64-bit indices": lambda X: _long_indices(sparse.csr_array(X)),
    "csc, 64-bit indices": lambda X: _long_indices(sparse.csc_array(X)),
}

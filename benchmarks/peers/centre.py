"""Centring for the solvers whose path has no intercept: it is part of their time."""

import numpy as np
import scipy.sparse as sp


def centred(X, y):
    """X centred where it is dense and as it is where sparse, y centred, and the means of X."""
    means = np.asarray(X.mean(axis=0)).ravel()
    return (X if sp.issparse(X) else X - means), y - y.mean(), means


def implicit(X, means):
    """scikit-learn's arguments for a sparse X that is centred as it is multiplied."""
    return {"X_offset": means, "X_scale": np.ones_like(means)} if sp.issparse(X) else {}

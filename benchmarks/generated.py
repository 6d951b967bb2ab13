"""Problems that are drawn at random, the same on every machine."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from benchmarks.tasks import GROUP_SIZE, TASKS


def _response(X, rng, active, task="lasso"):
    """Drawn for the task from a sparse linear signal of unit variance."""
    signal = X[:, active] @ rng.standard_normal(len(active))
    return TASKS[task].draw(signal / signal.std(), rng)


def gaussian(n_samples, n_features, n_active, task="lasso", seed=0):
    """Independent Gaussian columns."""
    rng = np.random.default_rng(seed)
    # Column by column in memory, as most peers want it: nobody pays for a copy.
    X = rng.standard_normal((n_features, n_samples)).T
    return X, _response(X, rng, rng.choice(n_features, n_active, replace=False), task)


def grouped(n_samples, n_groups, n_active, seed=0):
    """Independent Gaussian columns in groups; those of a few groups count."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n_groups * GROUP_SIZE, n_samples)).T
    first = GROUP_SIZE * rng.choice(n_groups, n_active, replace=False)
    return X, _response(X, rng, np.add.outer(first, np.arange(GROUP_SIZE)).ravel())


def correlated(n_samples, n_features, n_active, rho, seed=0):
    """Columns correlated as rho^|i - j|."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n_features, n_samples)).T
    for j in range(1, n_features):
        X[:, j] = rho * X[:, j - 1] + np.sqrt(1 - rho**2) * X[:, j]
    return X, _response(X, rng, rng.choice(n_features, n_active, replace=False))


def text_like(n_samples, n_features, words=100, n_active=200, seed=0):
    """Term counts with Zipf's frequencies, as tf-idf with rows of norm one."""
    from sklearn.feature_extraction.text import TfidfTransformer

    rng = np.random.default_rng(seed)
    frequency = 1 / np.arange(10, n_features + 10)
    terms = rng.choice(n_features, (n_samples, words), p=frequency / frequency.sum())
    rows = np.repeat(np.arange(n_samples), words)
    counts = sp.csr_matrix((np.ones(terms.size), (rows, terms.ravel())), (n_samples, n_features))
    X = TfidfTransformer().fit_transform(counts).tocsc()
    used = np.flatnonzero(np.diff(X.indptr) > 20)
    active = rng.choice(used, n_active, replace=False)
    return X, _response(X, rng, active)


def insurance(n_samples, task, seed=0):
    """Policies in the style of freMTPL2: 56 levels of five factors, and four measured columns.

    Levels are as unequal as regions and brands are, and columns depend on them: density on the
    region, bonus on the age of the driver.
    """
    rng = np.random.default_rng(seed)
    factors = []
    for n_levels in (22, 12, 11, 7, 4):
        frequency = 1 / np.arange(1, n_levels + 1)
        factors.append(rng.choice(n_levels, n_samples, p=frequency / frequency.sum()))
    levels = [np.equal.outer(np.arange(factor.max() + 1), factor) for factor in factors]
    measured = rng.standard_normal((4, n_samples))
    measured[0] += rng.standard_normal(22)[factors[0]]
    measured[1] += rng.standard_normal(7)[factors[3]]
    X = np.vstack([*measured, *levels]).T
    return X, _response(X, rng, np.arange(X.shape[1]), task)

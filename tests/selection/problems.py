"""Small regressions, and the task of a rule on them."""

import numpy as np

from taut.designs import as_design
from taut.losses import Squared
from taut.penalties import L1
from taut.problem import Problem


def regression(n_samples=60, n_features=8, noise=1.0, seed=0):
    """Features of different means and sizes that float32 holds exactly; some do nothing."""
    random = np.random.default_rng(seed)
    X = random.normal(size=(n_samples, n_features)) * np.linspace(0.5, 3.0, n_features)
    X = (X + random.normal(size=n_features)).astype(np.float32).astype(np.float64)
    coef = random.normal(size=n_features) * (np.arange(n_features) % 2 == 0)
    return X, X @ coef + noise * random.normal(size=n_samples) + 5.0


def weights_for(n_samples, seed=1):
    """Positive weights and some zeros."""
    weights = np.random.default_rng(seed).uniform(0.2, 3.0, n_samples)
    weights[::13] = 0.0
    return weights


def posed(X, y, penalty=None, sample_weight=None, **options):
    weights = np.ones(len(y)) if sample_weight is None else np.asarray(sample_weight, dtype=float)
    penalty = L1() if penalty is None else penalty
    return Problem(as_design(X), y, Squared(), penalty, weights / weights.sum(), **options)

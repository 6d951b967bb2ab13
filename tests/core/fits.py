"""Small problems, and a fit that picks the engine: what the tests of the core share."""

import os
from typing import NamedTuple

import numpy as np

from taut.designs import as_design
from taut.losses import Squared
from taut.path import Path
from taut.penalties import L1
from taut.problem import Problem
from taut.solvers import Controls, Grid
from taut.solvers.path_engine import PathEngine

ENGINES = {"gram": 1, "working set": 2}
SANITIZED = "libasan" in os.environ.get("LD_PRELOAD", "")


class Data(NamedTuple):
    X: np.ndarray
    y: np.ndarray


def made(n_samples, n_features, density=1.0, seed=0) -> Data:
    """Features of different sizes and means; entries that float32 holds exactly; noisy response."""
    random = np.random.default_rng(seed)
    X = random.normal(size=(n_samples, n_features)) * random.uniform(0.5, 2.0, n_features)
    X += random.normal(size=n_features)
    X *= random.uniform(size=X.shape) < density
    X = X.astype(np.float32).astype(np.float64)
    coef = random.normal(size=n_features) * (np.arange(n_features) % 3 == 0)
    return Data(X, X @ coef + random.normal(size=n_samples) + 5.0)


def fit(data, engine, penalty=None, weights=None, alphas=None, n_alphas=20, tol=1e-10, **options):
    """A path by one engine of the core, past all checks of arguments."""
    X, y = data
    weights = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=np.float64)
    problem = Problem(
        design=as_design(X),
        response=y,
        loss=Squared(),
        penalty=L1() if penalty is None else penalty,
        weights=weights / weights.sum(),
        **options,
    )
    alphas = None if alphas is None else np.asarray(alphas, dtype=np.float64)
    grid = Grid(alphas, n_alphas, 1e-3)
    return Path.of(PathEngine().path(problem, grid, Controls(tol), ENGINES[engine]))


def relative_gaps(path):
    return np.array([c.relative_gap for c in path.certificates])

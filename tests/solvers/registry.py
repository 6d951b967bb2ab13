"""Problems, penalties and engines: every law of the path is tried on their product."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import sparse

from certifier import judge
from taut.designs import as_design
from taut.designs.moments import Moments
from taut.losses import Squared
from taut.penalties import L1, Box, ElasticNet, NonNegative
from taut.problem import Problem
from taut.solvers import Solved
from taut.solvers.path_engine import PathEngine
from taut.solvers.products import shift_of


class Case(NamedTuple):
    """Data, and what may be asked of a solver on it.

    ``unique``: the minimiser is determined well beyond rounding. ``hard``: columns whose sizes (or
    means) differ so much that rounding may end a fit early; it must then say so. ``rounding``:
    what rounding of the residuals may hide in a relative gap.
    """

    X: np.ndarray | sparse.csc_array
    y: np.ndarray
    weights: np.ndarray | None = None
    unique: bool = True
    hard: bool = False
    rounding: float = 1e-14

    @property
    def shares(self) -> np.ndarray:
        weights = np.ones(len(self.y)) if self.weights is None else self.weights
        return weights / weights.sum()

    @property
    def dense(self) -> np.ndarray:
        return self.X.toarray() if sparse.issparse(self.X) else self.X


def _linear(n_samples, n_features, **options):
    random = np.random.default_rng(0)
    X = random.normal(size=(n_samples, n_features)) * np.linspace(0.5, 2.0, n_features)
    X += random.normal(size=n_features)
    coef = random.normal(size=n_features) * (np.arange(n_features) % 3 == 0)
    return Case(X, X @ coef + random.normal(size=n_samples) + 5.0, **options)


def _correlated(n_samples, n_features, rho=0.99):
    random = np.random.default_rng(1)
    X = np.sqrt(rho) * random.normal(size=(n_samples, 1))
    X = X + np.sqrt(1 - rho) * random.normal(size=(n_samples, n_features))
    y = X[:, :5] @ [3.0, -2.0, 1.0, -1.0, 2.0] + 0.1 * random.normal(size=n_samples)
    return Case(X, y)


def _duplicates(n_samples, n_features):
    case = _linear(n_samples, n_features, unique=False)
    case.X[:, 1], case.X[:, 5] = case.X[:, 0], -2.0 * case.X[:, 4]
    return case


def _constants(n_samples, n_features):
    case = _linear(n_samples, n_features, hard=True)
    case.X[:, 1], case.X[:, 4], case.X[:, 6] = 3.7, -1e6, 0.1
    return case


def _zeros(n_samples, n_features):
    case = _linear(n_samples, n_features)
    case.X[:, [1, 4, 6]] = 0.0
    return case


def _weights_over_twelve_decades(n_samples, n_features):
    weights = 10.0 ** np.linspace(-12, 0, n_samples)
    weights = np.random.default_rng(3).permutation(weights)
    # More features than rows that matter: rows of next to no weight decide the rest.
    return _linear(n_samples, n_features, weights=weights, unique=n_samples > n_features)


def _zero_weights(n_samples, n_features):
    weights = np.random.default_rng(3).uniform(0.2, 2.0, n_samples)
    weights[::4] = 0.0
    return _linear(n_samples, n_features, weights=weights)


def _units(n_samples, n_features):
    case = _linear(n_samples, n_features, hard=True)
    return case._replace(X=case.X * 10.0 ** np.linspace(-12, 12, n_features))


def _integers(n_samples, n_features):
    random = np.random.default_rng(5)
    X = random.integers(-3, 4, size=(n_samples, n_features)).astype(float)
    y = X[:, 0] - 2.0 * X[:, 3] + random.integers(-2, 3, size=n_samples)
    # Ties: with more features than rows, several may serve equally.
    return Case(X, y, unique=n_samples > n_features)


def _sparse(n_samples, n_features):
    case = _linear(n_samples, n_features)
    kept = np.random.default_rng(6).uniform(size=case.X.shape) < 0.15
    return case._replace(X=sparse.csc_array(case.X * kept))


def _far_from_zero(n_samples, n_features):
    case = _linear(n_samples, n_features, unique=False, hard=True, rounding=1e-9)
    # Residuals keep nine digits, and at 1e-8 alpha_max a correlation is that of a few last ones.
    return case._replace(X=case.X + 1e6, y=case.y + 1e7)


PROBLEMS = {
    "tall": _linear(80, 12),
    "wide": _linear(30, 60),
    "square": _linear(25, 25),
    "p >> n": _linear(20, 200),
    "rho .99, tall": _correlated(60, 20),
    "rho .99, wide": _correlated(30, 60),
    "duplicates, tall": _duplicates(60, 12),
    "duplicates, wide": _duplicates(20, 40),
    "constants, tall": _constants(60, 12),
    "constants, wide": _constants(20, 40),
    "zeros, tall": _zeros(60, 12),
    "zeros, wide": _zeros(20, 40),
    "weights over 1e12, tall": _weights_over_twelve_decades(60, 12),
    "weights over 1e12, wide": _weights_over_twelve_decades(20, 40),
    "zero weights, tall": _zero_weights(60, 12),
    "zero weights, wide": _zero_weights(20, 40),
    "units over 1e24, tall": _units(60, 12),
    "units over 1e24, wide": _units(20, 40),
    "integers, tall": _integers(60, 12),
    "integers, wide": _integers(20, 40),
    "sparse, tall": _sparse(80, 12),
    "sparse, wide": _sparse(30, 60),
    "far from zero, tall": _far_from_zero(60, 12),
    "far from zero, wide": _far_from_zero(20, 40),
}


def factors(n_features):
    """One free feature, and ordinary and excluded ones in turn."""
    weights = np.resize([0.5, 1.0, np.inf, 3.0, 0.2], n_features)
    weights[0] = 0.0
    return weights


# name: (penalty for p features, the same in the judge's terms)
PENALTIES = {
    "l1": lambda p: (L1(), {}),
    "l1, weights": lambda p: (L1(weights=factors(p)), {"l1": factors(p)}),
    "elastic net": lambda p: (ElasticNet(l1_ratio=0.5), {"l1": 0.5, "l2": 0.5}),
    "elastic net, weights": lambda p: (
        ElasticNet(l1_ratio=0.3, weights=factors(p)),
        {"l1": 0.3 * factors(p), "l2": 0.7 * factors(p)},
    ),
    "non-negative": lambda p: (L1() + NonNegative(), {"lower": 0.0}),
    "box": lambda p: (L1() + Box(-0.2, 0.4), {"lower": -0.2, "upper": 0.4}),
}

OPTIONS = {
    "plain": {},
    "standardised": {"standardize": True},
    "no intercept": {"fit_intercept": False},
}


def posed(case: Case, penalty, **options) -> Problem:
    return Problem(as_design(case.X), case.y, Squared(), penalty, case.shares, **options)


def _by_moments(problem, grid, controls):
    shift = shift_of(problem)
    moments = Moments.of(problem.design, problem.response, problem.weights, shift)
    centred = moments.centred(problem.fit_intercept)
    varying = centred.without(centred.constant)
    return PathEngine().path_of_moments(problem, varying, grid, controls)


ENGINES = {
    "gram": lambda *task: PathEngine().path(*task, engine=1),
    "working set": lambda *task: PathEngine().path(*task, engine=2),
    "one by one": lambda *task: PathEngine().path(*task, engine=3),
    "moments": _by_moments,
}


def engines_for(case: Case) -> dict:
    """Moments are gathered from dense matrices only."""
    if sparse.issparse(case.X):
        return {name: engine for name, engine in ENGINES.items() if name != "moments"}
    return ENGINES


def null_objective(case: Case, fit_intercept=True) -> float:
    """Objective of the model without features."""
    centre = case.shares @ case.y if fit_intercept else 0.0
    return float(0.5 * case.shares @ (case.y - centre) ** 2)


def judged(case: Case, solved: Solved, *, standardize=False, fit_intercept=True, **terms):
    """Relative gaps by the independent certifier, and the rounding in them.

    The judge works in float64, too, so it is given the data about a rounded origin, from which they
    differ exactly, and constant columns as zeros. What is left is the rounding of correlations,
    which enters its dual times the bound of a feature.
    """
    X, y, intercepts = case.dense, case.y, solved.intercepts
    if fit_intercept:
        origin, level = np.round(X.mean(axis=0)), np.round(y.mean())
        intercepts = intercepts - level + origin @ solved.coefs
        X, y = np.where(np.ptp(X, axis=0) > 0, X - origin, 0.0), y - level
    reach = max(np.where(np.isinf(bound), 0.0, np.abs(bound)).max() for bound in _bounds(terms))
    gaps, rounding = [], []
    for k, alpha in enumerate(solved.alphas):
        coef, intercept = solved.coefs[:, k], intercepts[k]
        verdict = judge(
            X,
            y,
            coef,
            intercept,
            alpha,
            sample_weight=case.weights,
            standardize=standardize,
            fit_intercept=fit_intercept,
            **terms,
        )
        gaps.append(verdict.relative_gap)
        parts = np.abs(y) + abs(intercept) + np.abs(X) @ np.abs(coef)
        correlations = np.abs(X).T @ (case.shares * parts)
        rounding.append(case.rounding + 1e-15 * reach * correlations.sum() / verdict.null)
    return np.array(gaps), np.array(rounding)


def _bounds(terms):
    return (np.asarray(terms.get(side, np.inf)) for side in ("lower", "upper"))

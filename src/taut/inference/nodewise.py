"""Every feature regressed on all the others by the lasso."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from taut.designs import as_design
from taut.designs.moments import Moments
from taut.losses import Squared
from taut.memory import fits
from taut.penalties import L1
from taut.problem import Problem
from taut.progress import tracked
from taut.selection.rule import Rule
from taut.solution import warn_unless_solved
from taut.solvers import Controls, Grid, solve_path

__all__ = ["Nodewise", "nodewise_lasso"]

_MANY_FEATURES = 2000  # beyond it, X'X costs more than the working sets of strong penalties


@dataclass(frozen=True, eq=False)
class Nodewise:
    """One lasso for each feature.

    Attributes
    ----------
    coefs : ndarray of shape (n_features, n_features)
        Column j predicts feature j from the others; its own entry is zero.
    intercepts, alphas : ndarray of shape (n_features,)
    """

    coefs: np.ndarray
    intercepts: np.ndarray
    alphas: np.ndarray

    def predict(self, X):
        """Every feature as the others have it, of the shape of X."""
        return X @ self.coefs + self.intercepts


def nodewise_lasso(X, strength, verbose=False) -> Nodewise:
    """Regress every feature on all the others, never on itself.

    A feature that may be used to predict itself is predicted perfectly, by the identity: in each
    regression its own penalty is infinite, which leaves X where it lies.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Finite, and standardised where one strength is to mean the same for all features.
    strength : float or Rule
        The same number for all, or a rule that chooses for each.
    verbose : bool, default False
        Show progress over the features.

    References
    ----------
    Meinshausen, N. and Bühlmann, P. (2006). High-dimensional graphs and variable selection with
    the lasso. Annals of Statistics 34, 1436-1462.
    """
    n_features = X.shape[1]
    found = Nodewise(np.zeros((n_features, n_features)), X.mean(axis=0), np.zeros(n_features))
    certificates = []
    varying = np.flatnonzero(np.ptp(X, axis=0) > 0) if n_features > 1 else np.array([], dtype=int)
    for problem, j in _problems(X, tracked(varying, verbose, "features")):
        solved, k = _solve(problem, strength)
        found.coefs[:, j] = solved.coefs[:, k]
        found.intercepts[j], found.alphas[j] = solved.intercepts[k], solved.alphas[k]
        certificates.append(solved.certificates[k])
    warn_unless_solved("nodewise_lasso", certificates)
    return found


def _solve(problem, strength):
    if isinstance(strength, Rule):
        choice = strength.choose([problem], Grid(), Controls())
        return choice.solved[0], choice.index
    return solve_path(problem, Grid(np.array([float(strength)])), Controls()), 0


def _problems(X, features):
    """The regression of each of these features, which vary; a constant one is its mean."""
    design, (n_samples, n_features) = as_design(X), X.shape
    weights = np.full(n_samples, 1.0 / n_samples)
    base = Problem(design, X[:, 0], Squared(), L1(), weights)
    shared = _shared_moments(design, weights)
    for j in features:
        penalty_weights = np.ones(n_features)
        penalty_weights[j] = np.inf
        response = np.ascontiguousarray(X[:, j], dtype=np.float64)
        kept = {} if shared is None else {"centred": (response, _about(shared, j))}
        yield replace(base, response=response, penalty=L1(penalty_weights), shared=kept), j


def _shared_moments(design, weights):
    """X'X, which holds the statistics of every one of the regressions, where it is worth it."""
    n_samples, n_features = design.shape
    tall = n_samples >= n_features <= _MANY_FEATURES
    if not tall or not fits((4, n_features, n_features)):
        return None
    zeros = np.zeros(n_samples)
    return Moments.of(design, zeros, weights).centred()


def _about(centred, j):
    """The statistics of the regression of feature j, whose row of X'X is its correlation."""
    correlation = np.ascontiguousarray(centred.gram[j])
    squares, mean = float(centred.gram[j, j]), float(centred.mean[j])
    about = replace(centred, correlation=correlation, squares=squares, response_mean=mean)
    return about.without(centred.constant)

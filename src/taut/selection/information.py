"""Information criteria for Gaussian errors: fit against degrees of freedom."""

from __future__ import annotations

import numbers
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import gammaln

from taut.path import solve_targets
from taut.problem import Problem
from taut.selection.errors import mean_errors
from taut.selection.rule import Choice, Rule
from taut.solvers import Controls, Grid, Solved
from taut.solvers.centred import system_columns
from taut.validation import check_positive, shown

__all__ = ["AIC", "BIC", "EBIC", "CriterionResults", "degrees_of_freedom"]


@dataclass(frozen=True)
class CriterionResults:
    """A criterion along the path.

    Attributes
    ----------
    alphas, criterion, degrees_of_freedom : ndarray of shape (n_alphas,)
        ``criterion`` is inf where a model is no candidate.
    """

    alphas: np.ndarray
    criterion: np.ndarray
    degrees_of_freedom: np.ndarray


class _Criterion(Rule):
    """``-2 log likelihood + price(df)``, the least along the path.

    With the noise variance unknown the likelihood is profiled, n log(RSS / n), which falls without
    bound as the residuals vanish: models with more degrees of freedom than half the rows are no
    candidates.
    """

    noise_variance: float | None = None

    def __post_init__(self):
        if self.noise_variance is not None:
            check_positive(self.noise_variance, "noise_variance", 1.0, other="or None")

    def price(self, df, n_samples, n_features):
        raise NotImplementedError

    results_name: ClassVar[str] = "criterion_results_"

    def choose(self, problems, grid: Grid, controls: Controls, groups=None) -> Choice:
        solved = solve_targets(problems, grid, controls)
        # Targets have errors of their own: their likelihoods multiply, their prices add up.
        parts = [self._criterion(p, s) for p, s in zip(problems, solved, strict=True)]
        criterion, df = (sum(part) for part in zip(*parts, strict=True))
        results = CriterionResults(solved[0].alphas, criterion, df)
        return Choice(solved, int(np.argmin(criterion)), results)

    def _criterion(self, problem: Problem, solved: Solved):
        n_samples = np.count_nonzero(problem.weights)
        n_features = problem.design.shape[1]
        df = degrees_of_freedom(problem, solved)
        [residual] = mean_errors(problem, solved, [problem.weights])
        if self.noise_variance is None:
            number = np.finfo(np.float64)
            floor = max(number.eps**2 * residual[0], number.tiny)
            misfit = n_samples * np.log(np.maximum(residual, floor))
        else:
            misfit = n_samples * residual / self.noise_variance
        criterion = misfit + self.price(df, n_samples, n_features)
        if self.noise_variance is None:
            criterion = np.where(df <= max(n_samples / 2, df.min()), criterion, np.inf)
        return criterion, df


@dataclass(frozen=True)
class AIC(_Criterion):
    """Akaike's criterion: 2 per degree of freedom.

    Parameters
    ----------
    noise_variance : float, default None
        Variance of the errors; None estimates it along with the model.

    References
    ----------
    Akaike, H. (1974). A new look at the statistical model identification. IEEE TAC 19, 716-723.
    """

    noise_variance: float | None = None

    def price(self, df, n_samples, n_features):
        return 2.0 * df


@dataclass(frozen=True)
class BIC(_Criterion):
    """The Bayesian criterion: log(n_samples) per degree of freedom.

    Parameters
    ----------
    noise_variance : float, default None
        Variance of the errors; None estimates it along with the model.

    References
    ----------
    Schwarz, G. (1978). Estimating the dimension of a model. Annals of Statistics 6, 461-464.
    """

    noise_variance: float | None = None

    def price(self, df, n_samples, n_features):
        return np.log(n_samples) * df


@dataclass(frozen=True)
class EBIC(_Criterion):
    """The extended Bayesian criterion, for many features: BIC + 2 gamma log C(p, df).

    Parameters
    ----------
    gamma : float, default 1.0
        Between 0 (BIC) and 1.
    noise_variance : float, default None
        Variance of the errors; None estimates it along with the model.

    References
    ----------
    Chen, J. and Chen, Z. (2008). Extended Bayesian information criteria for model selection with
    large model spaces. Biometrika 95, 759-771, equation 1.
    """

    gamma: float = 1.0
    noise_variance: float | None = None

    def __post_init__(self):
        super().__post_init__()
        if not (isinstance(self.gamma, numbers.Real) and 0 <= self.gamma <= 1):
            raise ValueError(
                f"gamma must be between 0 and 1, got {shown(self.gamma)}: pass 1.0, say; 0 is BIC"
            )

    def price(self, df, n_samples, n_features):
        models = gammaln(n_features + 1) - gammaln(df + 1) - gammaln(n_features - df + 1)
        return np.log(n_samples) * df + 2.0 * self.gamma * models


def degrees_of_freedom(problem: Problem, solved: Solved) -> np.ndarray:
    """trace(Z_A (Z_A'Z_A + alpha D_A)^-1 Z_A') over the features A that are used, per alpha.

    Without a quadratic part that is the number of features (Zou, Hastie & Tibshirani 2007, On the
    degrees of freedom of the lasso, theorem 1; Tibshirani & Taylor 2012 for the rest).
    """
    l2 = problem.coordinates.l2
    used = solved.coefs != 0
    if not np.any(l2):
        return used.sum(axis=0).astype(np.float64)
    return np.array(
        [
            _trace(problem, np.flatnonzero(used[:, k]), alpha)
            for k, alpha in enumerate(solved.alphas)
        ]
    )


def _trace(problem, active, alpha):
    if len(active) == 0:
        return 0.0
    Z = system_columns(problem, active)
    gram = Z.T @ Z
    ridge = alpha * problem.coordinates.l2[active]
    return float(np.trace(np.linalg.lstsq(gram + np.diag(ridge), gram, rcond=None)[0]))

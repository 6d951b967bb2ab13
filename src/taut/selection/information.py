"""Information criteria: the fit of a model against its degrees of freedom."""

from __future__ import annotations

import numbers
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from scipy.special import gammaln

from taut.losses import Cox, Gamma, Logistic, Multinomial, Poisson, Squared, Tweedie
from taut.path import solve_targets
from taut.problem import Problem
from taut.selection.errors import mean_errors
from taut.selection.rule import Choice, Rule
from taut.solvers import Controls, Grid, Solved
from taut.solvers.centred import system_columns
from taut.validation import check_positive, shown

__all__ = ["AIC", "BIC", "EBIC", "Criterion", "CriterionResults", "degrees_of_freedom"]


@dataclass(frozen=True, repr=False)
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

    def __repr__(self):
        best = self.alphas[np.argmin(self.criterion)]
        return f"CriterionResults({len(self.alphas)} alphas, least criterion at {best:.4g})"


_LIKELIHOODS = (Logistic, Multinomial, Poisson, Cox)  # whose dispersion is one
_DISPERSED = (Squared, Gamma, Tweedie)


class Criterion(Rule):
    """``-2 log likelihood + price(df)``, the least along the path.

    Twice the loss above its least value is the deviance, -2 log likelihood up to a constant, in
    units of the dispersion: one for classes, counts and survival, the variance of the errors for
    least squares (McCullagh & Nelder 1989, Generalized linear models, sections 2.3 and 2.4).

    With the noise variance unknown the likelihood is profiled, n log(RSS / n), which falls without
    bound as the residuals vanish: models with more degrees of freedom than half the rows are no
    candidates.
    """

    noise_variance: float | None = None

    def __post_init__(self):
        if self.noise_variance is not None:
            check_positive(self.noise_variance, "noise_variance", 1.0, other="or None")

    def price(self, df, n_samples, n_features, n_used=None):
        """What a model of ``df`` degrees of freedom pays.

        ``n_used`` coefficients are not zero: as many as ``df``, None says, but under a ridge.
        """
        raise NotImplementedError

    results_name: ClassVar[str] = "criterion_results_"

    def choose(self, problems, grid: Grid, controls: Controls, groups=None) -> Choice:
        self._check(problems[0])
        solved = solve_targets(problems, grid, controls)
        # Targets have errors of their own: their likelihoods multiply, their prices add up.
        parts = [self._criterion(p, s) for p, s in zip(problems, solved, strict=True)]
        criterion, df = (sum(part) for part in zip(*parts, strict=True))
        results = CriterionResults(solved[0].alphas, criterion, df)
        return Choice(solved, int(np.argmin(criterion)), results)

    def _check(self, problem: Problem):
        """Refuse a problem without a likelihood, or without known degrees of freedom."""
        name, loss = type(self).__name__, problem.loss
        if not isinstance(loss, _LIKELIHOODS + _DISPERSED):
            lack = f"a likelihood, which the loss {loss.name!r} has not"
        elif isinstance(loss, Gamma | Tweedie) and self.noise_variance is None:
            raise ValueError(
                f"noise_variance must be the dispersion for the loss {loss.name!r}, got None: pass "
                f"{name}(noise_variance=phi), such as the mean squared Pearson residual of a rich "
                "model, or choose alpha by taut.CV()"
            )
        elif problem.coordinates is None:
            lack = f"known degrees of freedom, which those of {problem.penalty!r} are not"
        elif len(problem.coef_shape) > 1 and np.any(problem.coordinates.l2):
            lack = (
                f"known degrees of freedom, which those of {problem.penalty!r} are for two classes"
            )
        else:
            return
        raise ValueError(f"alpha={name}() needs {lack}: choose alpha by taut.CV()")

    def _criterion(self, problem: Problem, solved: Solved):
        n_samples = np.count_nonzero(problem.weights)
        df = degrees_of_freedom(problem, solved)
        [deviance] = mean_errors(problem, solved, [problem.weights])
        n_coefs = int(np.prod(problem.coef_shape))
        used = np.count_nonzero(solved.coefs.reshape(n_coefs, -1), axis=0)
        price = self.price(df, _informative(problem), n_coefs, used)
        if isinstance(problem.loss, Squared):
            return self.of_squares(deviance, df, price, n_samples), df
        return n_samples * deviance / (self.noise_variance or 1.0) + price, df

    def of_squares(self, squares, df, price, n_samples):
        """The criterion of least squares, from the mean squared errors along a path."""
        number = np.finfo(np.float64)
        floor = max(number.eps**2 * squares[0], number.tiny)
        criterion = self.misfit(squares, n_samples, floor) + price
        if self.noise_variance is not None:
            return criterion
        return np.where(df <= max(n_samples / 2, df.min()), criterion, np.inf)

    def misfit(self, squares, n_samples, least):
        """-2 log likelihood of normal errors, up to a constant, from mean squared errors.

        With the variance unknown a perfect fit would be infinitely good: none counts as better
        than ``least``.
        """
        if self.noise_variance is not None:
            return n_samples * squares / self.noise_variance
        return n_samples * np.log(np.maximum(squares, least))


def _informative(problem: Problem) -> int:
    """Samples that tell something of the coefficients; of survival those with an event.

    Volinsky, C. and Raftery, A. (2000). Bayesian information criterion for censored survival
    models. Biometrics 56, 256-262.
    """
    rows = problem.weights > 0
    if isinstance(problem.loss, Cox):
        rows = rows & (problem.response[:, 1] > 0)
    return np.count_nonzero(rows)


@dataclass(frozen=True)
class AIC(Criterion):
    """Akaike's criterion: 2 per degree of freedom.

    Parameters
    ----------
    noise_variance : float, default None
        Variance of the errors, or the dispersion; None estimates it along with the model for least
        squares, and is 1 for classes, counts and survival.

    References
    ----------
    Akaike, H. (1974). A new look at the statistical model identification. IEEE TAC 19, 716-723.
    """

    noise_variance: float | None = None

    def price(self, df, n_samples, n_features, n_used=None):
        return 2.0 * df


@dataclass(frozen=True)
class BIC(Criterion):
    """The Bayesian criterion: log(n_samples) per degree of freedom.

    Parameters
    ----------
    noise_variance : float, default None
        Variance of the errors, or the dispersion; None estimates it along with the model for least
        squares, and is 1 for classes, counts and survival.

    References
    ----------
    Schwarz, G. (1978). Estimating the dimension of a model. Annals of Statistics 6, 461-464.
    """

    noise_variance: float | None = None

    def price(self, df, n_samples, n_features, n_used=None):
        return np.log(n_samples) * df


@dataclass(frozen=True)
class EBIC(Criterion):
    """The extended Bayesian criterion, for many features: BIC + 2 gamma log C(p, k).

    C(p, k) models have as many coefficients other than zero as this one, k: it is a price on the
    choice among them, and none for ridge, which uses all.

    Parameters
    ----------
    gamma : float, default 1.0
        Between 0 (BIC) and 1.
    noise_variance : float, default None
        Variance of the errors, or the dispersion; None estimates it along with the model for least
        squares, and is 1 for classes, counts and survival.

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

    def price(self, df, n_samples, n_features, n_used=None):
        size = df if n_used is None else n_used
        models = gammaln(n_features + 1) - gammaln(size + 1) - gammaln(n_features - size + 1)
        return np.log(n_samples) * df + 2.0 * self.gamma * models


def degrees_of_freedom(problem: Problem, solved: Solved) -> np.ndarray:
    """trace(Z_A (Z_A'Z_A + alpha D_A)^-1 Z_A') over the features A that are used, per alpha.

    Without a quadratic part that is the number of coefficients other than zero (Zou, Hastie &
    Tibshirani 2007, On the degrees of freedom of the lasso, theorem 1; Tibshirani & Taylor 2012 for
    the rest; Park & Hastie 2007, L1-regularization path algorithm for generalized linear models,
    section 3, for other likelihoods). Rows weigh as much as the likelihood bends there.
    """
    used = solved.coefs != 0
    if not np.any(problem.coordinates.l2):
        return used.reshape(-1, used.shape[-1]).sum(axis=0).astype(np.float64)
    return np.array([_trace(problem, solved, k) for k in range(len(solved.alphas))])


def _trace(problem, solved, k):
    active = np.flatnonzero(solved.coefs[:, k])
    if len(active) == 0:
        return 0.0
    bent, total = _weighed(problem, solved.coefs[:, k], solved.intercepts[k])
    Z = system_columns(bent, active)
    gram = Z.T @ Z
    ridge = solved.alphas[k] / total * problem.coordinates.l2[active]
    return float(np.trace(np.linalg.lstsq(gram + np.diag(ridge), gram, rcond=None)[0]))


def _weighed(problem, coef, intercept):
    """The problem under the curvatures at a solution, scaled to sum to one; and their sum."""
    if problem.loss.is_quadratic:
        return problem, 1.0
    eta = problem.design.product(coef) + intercept
    if problem.offset is not None:
        eta += problem.offset
    bend = problem.loss.curvature(problem.response, eta, problem.weights)
    total = float(bend.sum())
    return replace(problem, weights=bend / total, shared={}), total

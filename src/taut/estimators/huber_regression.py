"""Huber's robust regression, with the scale of the noise estimated jointly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.optimize import brentq

from taut import losses
from taut.estimators.penalised import PenalisedModel
from taut.estimators.regressor import OffsetRegressor
from taut.penalties import L2
from taut.solvers import Grid, Solved, solve_path
from taut.solvers.certify import judged
from taut.validation import check_positive, shown

__all__ = ["HuberRegressor"]

# Of the scale, relative to it, and of the gaps on the way there.
_ACCURACY = 1e-12
_SMALLEST = 1e-8


class HuberRegressor(OffsetRegressor, PenalisedModel):
    """Linear regression that is robust to outliers in the target.

    Minimises ``sum_i w_i (s + h(r_i / s) s) + alpha * sum_j b_j^2`` over coefficients and the scale
    ``s`` of the noise, with residuals ``r_i = y_i - offset_i - b0 - x_i'b`` and ``h(z) = z^2`` up
    to epsilon and ``2 epsilon |z| - epsilon^2`` beyond: scikit-learn's objective. For a scale that
    is known, ``taut.PenalizedRegressor(losses.Huber(delta), penalties.L2())`` has rules and paths
    as well.

    For a fixed scale this is a ridge problem with Huber's loss, solved with a certificate. What is
    left is a convex function of the scale alone, whose slope the residuals give; its root is
    bracketed.

    Parameters
    ----------
    epsilon : float, default 1.35
        From how many scales on a residual is an outlier, >= 1; 1.35 keeps 95 % of the efficiency of
        least squares where the noise is normal.
    max_iter : int, default 1000
        Most iterations for one scale.
    alpha : float, default 0.0001
        Strength of the ridge penalty, >= 0.
    warm_start : bool, default False
        Begin with the coefficients of the last fit, which saves steps where little has changed (not
        under a ridge on thousands of features). The solution does not depend on the start.
    fit_intercept : bool, default True
        The intercept is not penalised.
    tol : float, default 1e-6
        Duality gap, relative to the objective of the null model, at which the fit counts as solved.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,)
    intercept_ : float
    scale_ : float
        The scale of the noise, in units of the target.
    outliers_ : ndarray of bool of shape (n_samples,)
        Residuals beyond ``epsilon * scale_``.
    alpha_ : float
    certificate_ : Certificate
        Of the coefficients at ``scale_``.
    dual_gap_ : float
        In squared units of the target.
    n_iter_ : int
    n_features_in_ : int
    feature_names_in_ : ndarray of str of shape (n_features,)
        Only where X had column names.

    References
    ----------
    Huber, P. J. and Ronchetti, E. M. (2009). Robust Statistics, second edition, section 7.7.
    Owen, A. B. (2007). A robust hybrid of lasso and ridge regression. Contemporary Mathematics 443.

    Examples
    --------
    >>> import numpy as np
    >>> import taut
    >>> X = np.arange(8.0)[:, None]
    >>> y = np.array([0.1, 0.9, 2.1, 3.0, 3.9, 5.1, 6.0, 70.0])
    >>> bool(abs(taut.HuberRegressor().fit(X, y).coef_[0] - 1) < 0.05)
    True
    """

    def __init__(
        self,
        *,
        epsilon=1.35,
        max_iter=1000,
        alpha=0.0001,
        warm_start=False,
        fit_intercept=True,
        tol=1e-6,
    ):
        self.epsilon = epsilon
        self.max_iter = max_iter
        self.alpha = alpha
        self.warm_start = warm_start
        self.fit_intercept = fit_intercept
        self.tol = tol

    def _loss(self):
        if check_positive(self.epsilon, "epsilon", 1.35) < 1:
            raise ValueError(
                f"epsilon must be >= 1, got {shown(self.epsilon)}: with less the scale would be "
                "zero; pass 1.35, say"
            )
        return losses.Huber(float(self.epsilon))

    def _penalty(self):
        return L2()

    def fit(self, X, y, sample_weight=None, *, offset=None):
        """Fit the model.

        Parameters
        ----------
        X : array, sparse matrix or data frame of shape (n_samples, n_features)
        y : array of shape (n_samples,)
        sample_weight : float or array of shape (n_samples,), default None
            A weight of zero is the same as leaving the row out.
        offset : array of shape (n_samples,), default None
            Known part of the prediction, whose coefficient is one.

        Returns
        -------
        HuberRegressor
            Itself.

        Raises
        ------
        ValueError, TypeError
            An argument is not what it must be; the message names it, its value and the fix.
        """
        task = self._prepare(X, y, sample_weight, offset=offset)
        controls = self._controls()
        self.alpha_ = float(check_positive(self.alpha, "alpha", 1e-4, zero=True))
        start, alpha = self._starts(task)[0], self.alpha_ / task.total_weight
        fits = _AtScale(task.problems[0], float(self.epsilon), alpha, start)
        # Errors of the coefficients are errors of the slope: the search wants exact ones.
        exact = replace(controls, tol=min(controls.tol, _ACCURACY))
        self.scale_ = _least(fits, exact)
        solved = _rejudged(fits.solved(self.scale_, exact), controls.tol)
        residuals = np.abs(fits.residuals(solved))
        self.outliers_ = residuals > self.epsilon * self.scale_
        return self._keep(task, [solved])


class _AtScale:
    """The problem for a fixed scale, and how its objective changes with the scale.

    Each scale begins with the coefficients of the last one.
    """

    def __init__(self, problem, epsilon, alpha, start=None):
        self.problem, self.epsilon, self.alpha, self._start = problem, epsilon, alpha, start

    def solved(self, scale, controls):
        # Divided by 2 sum(w) / s the objective is a mean of Huber's losses with delta = epsilon s.
        problem = replace(self.problem, loss=losses.Huber(self.epsilon * scale), shared={})
        grid = Grid(np.array([self.alpha * scale]))
        solved = solve_path(problem, grid, replace(controls, start=self._start))
        self._start = solved.coefs[:, 0]
        return solved

    def residuals(self, solved):
        fitted = self.problem.design.product(solved.coefs[:, 0]) + solved.intercepts[0]
        return self.problem.response - fitted

    def slope(self, scale, controls):
        """Derivative of the objective over ``sum(w)`` with respect to the scale.

        The coefficients are optimal, so that their change does not count.
        """
        z = self.residuals(self.solved(scale, controls)) / scale
        return 1.0 - self.problem.weights @ np.minimum(z**2, self.epsilon**2)


def _rejudged(solved: Solved, tol) -> Solved:
    """The solution, measured by another tolerance."""
    kept = (
        judged(c.gap, c.relative_gap, c.kkt, c.n_iter, tol) if c.relative_gap <= tol else c
        for c in solved.certificates
    )
    return replace(solved, certificates=tuple(kept))


def _least(fits: _AtScale, controls) -> float:
    """The scale of least objective."""
    problem = fits.problem
    centre = problem.weights @ problem.response if problem.fit_intercept else 0.0
    # From the spread of the null model's residuals on, the objective rises.
    high = float(np.sqrt(problem.weights @ (problem.response - centre) ** 2))
    if high == 0:
        return float(np.finfo(np.float64).tiny)
    # Where nearly all rows are fitted exactly the scale tends to zero; it ends at the smallest.
    low = high
    while low > _SMALLEST * high:
        low *= 0.1
        if fits.slope(low, controls) < 0:
            return float(brentq(fits.slope, low, 10 * low, (controls,), xtol=_ACCURACY * low))
    return low

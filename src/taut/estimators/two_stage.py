"""Lassos in two stages: adaptive weights, and relaxed coefficients on the features selected."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from sklearn.base import clone

from taut.designs import as_design
from taut.estimators.adaptive import adaptive_weights
from taut.estimators.linear_regression import LinearRegression
from taut.estimators.penalised import PenalisedModel
from taut.estimators.regressor import SingleTargetRegressor
from taut.penalties import L1
from taut.selection import CV
from taut.selection.cross_validation import CVResults, share
from taut.selection.errors import mean_errors
from taut.selection.folds import as_splits
from taut.selection.rule import Choice, Rule
from taut.solvers import Grid, Solved, solve_path
from taut.validation import check_positive, check_strengths, shown

__all__ = ["AdaptiveLasso", "RelaxedLasso"]


class AdaptiveLasso(SingleTargetRegressor, PenalisedModel):
    """Lasso whose penalties are the smaller, the larger a first estimate of the coefficient is.

    Minimises ``1/(2 sum(w)) sum_i w_i (y_i - b0 - x_i'b)^2 + alpha * sum_j |b_j| / |a_j|^gamma``
    with coefficients ``a`` of an initial model. A feature with ``a_j = 0`` stays out. With
    ``gamma=1`` the scale of the columns does not matter. For classes, counts and survival see
    ``penalty_weights="adaptive"`` of ``LogisticRegression``, ``PoissonRegressor`` and their like.

    Parameters
    ----------
    alpha : float or rule, default 1.0
        Strength of the penalty, >= 0 (0 is least squares), or a rule that chooses it on the whole
        path: ``taut.CV()``, ``taut.AIC()``, ``taut.BIC()``, ``taut.EBIC()``. The initial model is
        the same for all folds.
    gamma : float, default 1.0
        Power of the initial coefficients, > 0.
    initial : estimator, default None
        Any linear model with ``coef_``; None is least squares. Where columns are many or nearly
        collinear, pass ``taut.Ridge(alpha=taut.CV())``.
    fit_intercept : bool, default True
        The intercept is not penalised.
    tol : float, default 1e-6
        Duality gap, relative to the objective of the null model, at which the fit counts as solved.
    max_iter : int, default 1000
        Most iterations for one alpha.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,)
    intercept_ : float
    initial_ : estimator
        The fitted initial model.
    penalty_weights_ : ndarray of shape (n_features,)
        ``1 / |a_j|^gamma``.
    alpha_ : float
        The strength used.
    certificate_ : Certificate
    dual_gap_ : float
        In units of the objective.
    n_iter_ : int
    path_ : Path
        Only where alpha is a rule: all that it chose from.
    cv_results_ : CVResults
        Only where alpha is ``taut.CV``.
    criterion_results_ : CriterionResults
        Only where alpha is an information criterion.
    n_features_in_ : int
    feature_names_in_ : ndarray of str of shape (n_features,)
        Only where X had column names.

    References
    ----------
    Zou, H. (2006). The adaptive lasso and its oracle properties. JASA 101, 1418-1429.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> import taut
    >>> X, y = load_diabetes(return_X_y=True)
    >>> taut.AdaptiveLasso(alpha=taut.BIC()).fit(X, y).certificate_.solved
    True
    """

    def __init__(
        self,
        alpha=1.0,
        *,
        gamma=1.0,
        initial=None,
        fit_intercept=True,
        tol=1e-6,
        max_iter=1000,
    ):
        self.alpha = alpha
        self.gamma = gamma
        self.initial = initial
        self.fit_intercept = fit_intercept
        self.tol = tol
        self.max_iter = max_iter

    def _penalty(self):
        return L1(self.penalty_weights_)

    def fit(self, X, y, sample_weight=None, *, groups=None):
        """Fit the initial model, and the model.

        Parameters
        ----------
        X : array, sparse matrix or data frame of shape (n_samples, n_features)
        y : array of shape (n_samples,)
        sample_weight : float or array of shape (n_samples,), default None
            A weight of zero is the same as leaving the row out.
        groups : array of shape (n_samples,), default None
            For the splitter of ``alpha=taut.CV(splitter)``.

        Returns
        -------
        AdaptiveLasso
            Itself.

        Raises
        ------
        ValueError, TypeError
            An argument is not what it must be; the message names it, its value and the fix.
        """
        gamma = check_positive(self.gamma, "gamma", 1.0)
        self.initial_ = self._initial()
        weighted = {} if sample_weight is None else {"sample_weight": sample_weight}
        size = np.abs(np.ravel(self.initial_.fit(X, y, **weighted).coef_))
        self.penalty_weights_ = adaptive_weights(size, gamma)
        return self._fit(X, y, sample_weight, groups)

    def _initial(self):
        if self.initial is None:
            return LinearRegression(fit_intercept=self.fit_intercept)
        if not hasattr(self.initial, "fit"):
            raise TypeError(
                f"initial must be an estimator, got {shown(self.initial)}: pass taut.Ridge(), say"
            )
        return clone(self.initial)


class RelaxedLasso(SingleTargetRegressor, PenalisedModel):
    """Lasso that selects features with one strength and shrinks them with a smaller one.

    The features that the lasso with strength ``alpha`` uses are fitted anew by a lasso on them with
    strength ``phi * alpha``: ``phi=1`` is the lasso, ``phi=0`` least squares on what it selects.

    Parameters
    ----------
    alpha : float or taut.CV, default 1.0
        Strength that selects, >= 0, or ``taut.CV()``, which chooses it together with phi.
    phi : float or sequence of float in [0, 1], default 0.5
        Share of the strength that shrinks. Of several ``taut.CV`` chooses the best; a number for
        ``alpha`` needs a number here.
    fit_intercept : bool, default True
        The intercept is not penalised.
    standardize : bool, default False
        Penalise as if the columns had unit standard deviation; coefficients come back on the scale
        of the columns as given. Constant columns keep their unit.
    tol : float, default 1e-6
        Duality gap, relative to the objective of the null model, at which the fit counts as solved.
    max_iter : int, default 1000
        Most iterations for one alpha.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,)
    intercept_ : float
    alpha_, phi_ : float
        The strength and the share used.
    certificate_ : Certificate
        Of the second stage, among the features selected.
    dual_gap_ : float
        In units of the objective.
    n_iter_ : int
    path_ : Path
        Only where alpha is a rule: the relaxed path for ``phi_``.
    cv_results_ : CVResults
        Only where alpha is a rule: the errors for ``phi_``.
    n_features_in_ : int
    feature_names_in_ : ndarray of str of shape (n_features,)
        Only where X had column names.

    References
    ----------
    Meinshausen, N. (2007). Relaxed lasso. Computational Statistics and Data Analysis 52, 374-393.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> import taut
    >>> X, y = load_diabetes(return_X_y=True)
    >>> taut.RelaxedLasso(alpha=1.0, phi=0.0).fit(X, y).certificate_.solved
    True
    """

    def __init__(
        self,
        alpha=1.0,
        *,
        phi=0.5,
        fit_intercept=True,
        standardize=False,
        tol=1e-6,
        max_iter=1000,
    ):
        self.alpha = alpha
        self.phi = phi
        self.fit_intercept = fit_intercept
        self.standardize = standardize
        self.tol = tol
        self.max_iter = max_iter

    def _penalty(self):
        return L1()

    def fit(self, X, y, sample_weight=None, *, groups=None):
        """Fit the model.

        Parameters
        ----------
        X : array, sparse matrix or data frame of shape (n_samples, n_features)
        y : array of shape (n_samples,)
        sample_weight : float or array of shape (n_samples,), default None
            A weight of zero is the same as leaving the row out.
        groups : array of shape (n_samples,), default None
            For the splitter of ``alpha=taut.CV(splitter)``.

        Returns
        -------
        RelaxedLasso
            Itself.

        Raises
        ------
        ValueError, TypeError
            An argument is not what it must be; the message names it, its value and the fix.
        """
        self._shares()
        return self._fit(X, y, sample_weight, groups)

    def _shares(self) -> np.ndarray:
        shares = check_strengths(self.phi, "phi")
        if shares.max() > 1:
            raise ValueError(f"phi must lie in [0, 1], got {shares.max():g}: pass 0.5, say")
        rule = self.alpha
        if len(shares) > 1 and not isinstance(rule, CV):
            raise ValueError(
                f"phi must be one number unless alpha is taut.CV(), got {len(shares)} of them: "
                "nothing else chooses among them"
            )
        if isinstance(rule, Rule) and not isinstance(rule, CV):
            raise TypeError(
                f"alpha must be a number or taut.CV(), got {rule!r}: a criterion knows no degrees "
                "of freedom for a relaxed fit"
            )
        return shares

    def _solve(self, task, strengths):
        controls = self._controls()
        self.phi_ = float(self._shares()[0])
        solved = super()._solve(task, strengths)
        return [_relaxed(task.problems[0], solved[0], self.phi_, controls)]

    def _fit_path(self, task, groups):
        problem, controls, rule = task.problems[0], self._controls(), self.alpha
        solved = solve_path(problem, Grid(), controls)
        shares = self._shares()
        splits = as_splits(
            rule.folds, len(problem.response), rule.random_state, task.target, groups
        )
        results = _validated(problem, solved.alphas, shares, splits, controls)
        best = int(np.argmin([found.mean.min() for found in results]))
        self.phi_ = float(shares[best])
        relaxed = _relaxed(problem, solved, self.phi_, controls)
        self.cv_results_ = results[best]
        index = self.cv_results_.index_min if rule.rule == "min" else self.cv_results_.index_1se
        choice = Choice([relaxed], index, self.cv_results_)
        self.path_ = self._path(task, choice.solved)
        self.alpha_ = float(self.path_.alphas[index])
        return self._keep(task, choice.solved, index)


def _relaxed(problem, solved: Solved, phi: float, controls) -> Solved:
    """The second stage at each strength of a lasso path."""
    if phi == 1:
        return solved
    coefs, intercepts = np.zeros_like(solved.coefs), solved.intercepts.copy()
    certificates = list(solved.certificates)
    for k, alpha in enumerate(solved.alphas):
        used = np.flatnonzero(solved.coefs[:, k])
        if not used.size:
            continue
        design = as_design(problem.design.matrix[:, used])
        part = replace(problem, design=design, shared={})
        found = solve_path(part, Grid(np.array([phi * alpha])), controls)
        coefs[used, k], intercepts[k] = found.coefs[:, 0], found.intercepts[0]
        certificates[k] = found.certificates[0]
    return Solved(solved.alphas, coefs, intercepts, tuple(certificates), solved.method)


def _validated(problem, alphas, shares, splits, controls) -> list[CVResults]:
    """Errors along the path for each share, on the same folds."""
    errors = np.empty((len(shares), 2, len(alphas), len(splits)))
    held_out = np.empty(len(splits))
    for k, (train, test) in enumerate(splits):
        training, testing = (share(problem.weights, rows, k) for rows in (train, test))
        fold = replace(problem, weights=training / training.sum(), shared={})
        solved = solve_path(fold, Grid(alphas), controls)
        for s, phi in enumerate(shares):
            relaxed = _relaxed(fold, solved, phi, controls)
            errors[s, :, :, k] = mean_errors(problem, relaxed, (training, testing))
        held_out[k] = testing.sum()
    counts = held_out if np.ptp(problem.weights) > 0 else None
    return [CVResults(alphas, test, train, counts) for train, test in errors]

"""Lasso and elastic net."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from scipy import sparse
from sklearn.utils.metadata_routing import UNUSED

from taut import penalties
from taut.estimators.coefficient_paths import enet_path
from taut.estimators.penalised import PenalisedModel, constrained
from taut.estimators.regressor import LinearRegressor

__all__ = ["ElasticNet", "Lasso"]


class ElasticNet(LinearRegressor, PenalisedModel):
    """Least squares with a penalty between lasso and ridge.

    Minimises ``1/(2 sum(w)) sum_i w_i (y_i - b0 - x_i'b)^2
    + alpha * (l1_ratio * sum_j |b_j| + (1 - l1_ratio)/2 * sum_j b_j^2)``.

    Parameters
    ----------
    alpha : float or rule, default 1.0
        Strength of the penalty, >= 0 (0 is least squares), or a rule that chooses it on the whole
        path: ``taut.CV()``, ``taut.AIC()``, ``taut.BIC()``, ``taut.EBIC()``.
    l1_ratio : float in [0, 1], default 0.5
        1 is the lasso, 0 ridge regression.
    fit_intercept : bool, default True
        The intercept is not penalised.
    precompute : bool or array, default False
        Accepted for compatibility; what to precompute is chosen by the shape of the problem.
    max_iter : int, default 1000
        Most iterations for one alpha.
    copy_X : bool, default True
        Accepted for compatibility; X is never written to.
    tol : float, default 1e-6
        Duality gap, relative to the objective of the null model, at which the fit counts as solved.
    warm_start : bool, default False
        Begin with the coefficients of the last fit, which saves steps where little has changed. The
        solution does not depend on the start.
    positive : bool, default False
        Hold the coefficients at or above zero.
    random_state : int, default None
        Accepted for compatibility; nothing is random.
    selection : str, default "cyclic"
        Accepted for compatibility; features are not visited one by one.
    standardize : bool, default False
        Penalise as if the columns had unit standard deviation; coefficients come back on the scale
        of the columns as given. Constant columns keep their unit.
    penalty_weights : array of shape (n_features,) or "adaptive", default None
        Factor on each feature's penalty; 0 = unpenalised, inf = excluded. "adaptive" is
        ``1 / |a_j|`` with the coefficients ``a`` of the same model under a ridge penalty, whose
        strength the rule chooses, or ``taut.CV()`` (the adaptive lasso, Zou 2006).
    lower, upper : float or array of shape (n_features,), default None
        Bounds on the coefficients, on the scale of the columns as given.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,) or (n_targets, n_features)
    sparse_coef_ : sparse matrix of shape (n_targets, n_features)
    intercept_ : float or ndarray of shape (n_targets,)
    alpha_ : float
        The strength used.
    certificate_ : Certificate
        The worst of the targets'.
    dual_gap_ : float or ndarray of shape (n_targets,)
        In units of the objective.
    n_iter_ : int or list of int
    path_ : Path
        Only where alpha is a rule: all that it chose from.
    cv_results_ : CVResults
        Only where alpha is ``taut.CV``.
    criterion_results_ : CriterionResults
        Only where alpha is an information criterion.
    penalty_weights_ : ndarray of shape (n_features,)
        Only with ``penalty_weights="adaptive"``.
    n_features_in_ : int
    feature_names_in_ : ndarray of str of shape (n_features,)
        Only where X had column names.

    References
    ----------
    Zou, H. and Hastie, T. (2005). Regularization and variable selection via the elastic net.
    JRSS B 67, 301-320.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> import taut
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = taut.ElasticNet(alpha=taut.CV(folds=10), l1_ratio=0.9).fit(X, y)
    >>> model.certificate_.solved
    True
    """

    # A switch for the call, nothing that comes with the data.
    __metadata_request__fit: ClassVar[dict] = {"check_input": UNUSED}

    path = staticmethod(enet_path)

    def __init__(
        self,
        alpha=1.0,
        *,
        l1_ratio=0.5,
        fit_intercept=True,
        precompute=False,
        max_iter=1000,
        copy_X=True,
        tol=1e-6,
        warm_start=False,
        positive=False,
        random_state=None,
        selection="cyclic",
        standardize=False,
        penalty_weights=None,
        lower=None,
        upper=None,
    ):
        self.alpha = alpha
        self.l1_ratio = l1_ratio
        self.fit_intercept = fit_intercept
        self.precompute = precompute
        self.max_iter = max_iter
        self.copy_X = copy_X
        self.tol = tol
        self.warm_start = warm_start
        self.positive = positive
        self.random_state = random_state
        self.selection = selection
        self.standardize = standardize
        self.penalty_weights = penalty_weights
        self.lower = lower
        self.upper = upper

    def _penalty(self):
        mixture = penalties.ElasticNet(self.l1_ratio, self._feature_weights)
        return constrained(mixture, self.positive, self.lower, self.upper)

    def fit(self, X, y, sample_weight=None, check_input=True, *, groups=None):
        """Fit the model.

        Parameters
        ----------
        X : array, sparse matrix or data frame of shape (n_samples, n_features)
        y : array of shape (n_samples,) or (n_samples, n_targets)
            Targets are fitted independently; a rule chooses one alpha for all.
        sample_weight : float or array of shape (n_samples,), default None
            A weight of zero is the same as leaving the row out.
        check_input : bool, default True
            Accepted for compatibility; the input is always checked.
        groups : array of shape (n_samples,), default None
            For the splitter of ``alpha=taut.CV(splitter)``.

        Returns
        -------
        ElasticNet or Lasso
            Itself.

        Raises
        ------
        ValueError, TypeError
            An argument is not what it must be; the message names it, its value and the fix.
        """
        return self._fit(X, y, sample_weight, groups)

    @property
    def sparse_coef_(self):
        """The coefficients as a sparse matrix of shape (n_targets, n_features)."""
        return sparse.csr_matrix(np.atleast_2d(self.coef_))


class Lasso(ElasticNet):
    """Least squares with an absolute penalty: sets coefficients to exactly zero.

    Minimises ``1/(2 sum(w)) sum_i w_i (y_i - b0 - x_i'b)^2 + alpha * sum_j |b_j|``.

    Parameters
    ----------
    alpha : float or rule, default 1.0
        Strength of the penalty, >= 0 (0 is least squares), or a rule that chooses it on the whole
        path: ``taut.CV()``, ``taut.AIC()``, ``taut.BIC()``, ``taut.EBIC()``.
    fit_intercept : bool, default True
        The intercept is not penalised.
    precompute : bool or array, default False
        Accepted for compatibility; what to precompute is chosen by the shape of the problem.
    copy_X : bool, default True
        Accepted for compatibility; X is never written to.
    max_iter : int, default 1000
        Most iterations for one alpha.
    tol : float, default 1e-6
        Duality gap, relative to the objective of the null model, at which the fit counts as solved.
    warm_start : bool, default False
        Begin with the coefficients of the last fit, which saves steps where little has changed. The
        solution does not depend on the start.
    positive : bool, default False
        Hold the coefficients at or above zero.
    random_state : int, default None
        Accepted for compatibility; nothing is random.
    selection : str, default "cyclic"
        Accepted for compatibility; features are not visited one by one.
    standardize : bool, default False
        Penalise as if the columns had unit standard deviation; coefficients come back on the scale
        of the columns as given. Constant columns keep their unit.
    penalty_weights : array of shape (n_features,) or "adaptive", default None
        Factor on each feature's penalty; 0 = unpenalised, inf = excluded. "adaptive" is
        ``1 / |a_j|`` with the coefficients ``a`` of the same model under a ridge penalty, whose
        strength the rule chooses, or ``taut.CV()`` (the adaptive lasso, Zou 2006).
    lower, upper : float or array of shape (n_features,), default None
        Bounds on the coefficients, on the scale of the columns as given.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,) or (n_targets, n_features)
    sparse_coef_ : sparse matrix of shape (n_targets, n_features)
    intercept_ : float or ndarray of shape (n_targets,)
    alpha_ : float
        The strength used.
    certificate_ : Certificate
        The worst of the targets'.
    dual_gap_ : float or ndarray of shape (n_targets,)
        In units of the objective.
    n_iter_ : int or list of int
    path_ : Path
        Only where alpha is a rule: all that it chose from.
    cv_results_ : CVResults
        Only where alpha is ``taut.CV``.
    criterion_results_ : CriterionResults
        Only where alpha is an information criterion.
    penalty_weights_ : ndarray of shape (n_features,)
        Only with ``penalty_weights="adaptive"``.
    n_features_in_ : int
    feature_names_in_ : ndarray of str of shape (n_features,)
        Only where X had column names.

    References
    ----------
    Tibshirani, R. (1996). Regression shrinkage and selection via the lasso. JRSS B 58, 267-288.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> import taut
    >>> X, y = load_diabetes(return_X_y=True)
    >>> int((taut.Lasso(alpha=1.0).fit(X, y).coef_ != 0).sum())
    3
    """

    def __init__(
        self,
        alpha=1.0,
        *,
        fit_intercept=True,
        precompute=False,
        copy_X=True,
        max_iter=1000,
        tol=1e-6,
        warm_start=False,
        positive=False,
        random_state=None,
        selection="cyclic",
        standardize=False,
        penalty_weights=None,
        lower=None,
        upper=None,
    ):
        super().__init__(
            alpha,
            l1_ratio=1.0,
            fit_intercept=fit_intercept,
            precompute=precompute,
            max_iter=max_iter,
            copy_X=copy_X,
            tol=tol,
            warm_start=warm_start,
            positive=positive,
            random_state=random_state,
            selection=selection,
            standardize=standardize,
            penalty_weights=penalty_weights,
            lower=lower,
            upper=upper,
        )

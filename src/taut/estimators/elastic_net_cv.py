"""Lasso and elastic net with the strength chosen by cross-validation, as scikit-learn has them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping
from sklearn.utils.validation import column_or_1d

from taut import penalties
from taut.estimators.base import Task
from taut.estimators.coefficient_paths import enet_path, grid_of, lasso_path
from taut.estimators.penalised import PenalisedModel, constrained
from taut.estimators.regressor import LinearRegressor
from taut.estimators.routing import check_routable, routed, splits_of, splitter_of
from taut.memory import require_memory
from taut.selection.cross_validation import CVResults, solve_and_validate
from taut.solvers import Grid

__all__ = ["ElasticNetCV", "LassoCV"]


class ElasticNetCV(LinearRegressor, PenalisedModel):
    """Elastic net with alpha, and if asked l1_ratio, chosen by cross-validation.

    A drop-in for scikit-learn's class. ``taut.ElasticNet(alpha=taut.CV())`` is the same choice with
    the one-standard-error rule, standardisation, bounds and several targets.

    Parameters
    ----------
    l1_ratio : float or sequence of float in [0, 1], default 0.5
        1 is the lasso, 0 ridge regression; of several the best is chosen.
    eps : float, default 1e-3
        Smallest over largest alpha of an automatic grid.
    n_alphas : int, default None
        Number of alphas; for programs from before ``alphas`` could be a number.
    alphas : int or sequence of float, default 100
        Number of alphas of an automatic grid, or the alphas themselves.
    fit_intercept : bool, default True
        The intercept is not penalised.
    precompute : "auto", bool or array, default "auto"
        Accepted for compatibility; what to precompute is chosen by the shape of the problem.
    max_iter : int, default 1000
        Most iterations for one alpha.
    tol : float, default 1e-6
        Duality gap, relative to the objective of the null model, at which a fit counts as solved.
    cv : int, splitter or iterable of (train, test), default None
        None is five contiguous folds.
    copy_X : bool, default True
        Accepted for compatibility; X is never written to.
    verbose : bool or int, default 0
        Accepted for compatibility; nothing is printed.
    n_jobs : int, default None
        Accepted for compatibility; the compiled core uses the threads of BLAS.
    positive : bool, default False
        Hold the coefficients at or above zero.
    random_state : int, default None
        Accepted for compatibility; nothing is random.
    selection : str, default "cyclic"
        Accepted for compatibility; features are not visited one by one.

    Attributes
    ----------
    alpha_, l1_ratio_ : float
        Of least mean squared error, averaged over the folds.
    alphas_ : ndarray of shape (n_alphas,) or (n_l1_ratio, n_alphas)
    mse_path_ : ndarray of shape (n_alphas, n_folds) or (n_l1_ratio, n_alphas, n_folds)
        Mean squared errors on the held-out rows.
    coef_ : ndarray of shape (n_features,)
    intercept_ : float
    path_ : Path
        On all rows, at ``l1_ratio_``.
    cv_results_ : CVResults
        At ``l1_ratio_``.
    certificate_ : Certificate
    dual_gap_ : float
        In units of the objective.
    n_iter_ : int
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
    >>> taut.ElasticNetCV(l1_ratio=[0.5, 0.9, 1.0]).fit(X, y).mse_path_.shape
    (3, 100, 5)
    """

    def __init__(
        self,
        *,
        l1_ratio=0.5,
        eps=1e-3,
        n_alphas=None,
        alphas=100,
        fit_intercept=True,
        precompute="auto",
        max_iter=1000,
        tol=1e-6,
        cv=None,
        copy_X=True,
        verbose=0,
        n_jobs=None,
        positive=False,
        random_state=None,
        selection="cyclic",
    ):
        self.l1_ratio = l1_ratio
        self.eps = eps
        self.n_alphas = n_alphas
        self.alphas = alphas
        self.fit_intercept = fit_intercept
        self.precompute = precompute
        self.max_iter = max_iter
        self.tol = tol
        self.cv = cv
        self.copy_X = copy_X
        self.verbose = verbose
        self.n_jobs = n_jobs
        self.positive = positive
        self.random_state = random_state
        self.selection = selection

    path = staticmethod(enet_path)

    def fit(self, X, y, sample_weight=None, **params):
        """Choose alpha by cross-validation and fit the model on all rows.

        Parameters
        ----------
        X : array, sparse matrix or data frame of shape (n_samples, n_features)
        y : array of shape (n_samples,)
        sample_weight : array of shape (n_samples,), default None
            Weights of the errors, at fitting and on the held-out rows.
        **params : dict
            For the splitter, such as ``groups``; needs scikit-learn's metadata routing.

        Returns
        -------
        ElasticNetCV or LassoCV
            Itself.

        Raises
        ------
        ValueError, TypeError
            An argument is not what it must be; the message names it, its value and the fix.
        """
        check_routable(params, self)
        split_params = routed(self, sample_weight, params, "splitter").split
        grid, ratios = self._grid(), self._l1_ratios()
        task = self._prepare(X, y, sample_weight)
        require_memory(
            "the coefficients of {:,} features at {} alphas for {} values of l1_ratio",
            (task.problems[0].design.shape[1], grid.count, len(ratios)),
            "take fewer of these, or leave out columns",
        )
        splits = splits_of(self.cv, X, task.target, split_params)
        trials = [self._trial(task, ratio, grid, splits) for ratio in ratios]
        best = int(np.argmin([results.mean.min() for _, results in trials]))
        self.mse_path_ = np.squeeze(np.stack([results.errors for _, results in trials]))
        alphas = np.stack([results.alphas for _, results in trials])
        self.alphas_ = alphas if grid.alphas is None and len(ratios) > 1 else alphas[0]
        self._keep_ratio(np.float64(ratios[best]))
        return self._keep_trial(task, *trials[best])

    def _trial(self, task: Task, l1_ratio, grid: Grid, splits):
        """Path and errors along alpha for one mixture; the mean over folds is not weighted."""
        problem = replace(task.problems[0], penalty=self._mixture(l1_ratio))
        solved, results = solve_and_validate([problem], grid, splits, self._controls())
        return solved, CVResults(results.alphas, results.errors, results.train_errors)

    def _keep_trial(self, task: Task, solved, results: CVResults):
        self.path_ = self._path(task, solved)
        self.cv_results_ = results
        self.alpha_ = np.float64(results.alpha_min)
        return self._keep(task, solved, results.index_min)

    def _keep_ratio(self, l1_ratio: float):
        self.l1_ratio_ = l1_ratio

    def _penalty(self):
        return self._mixture(self._l1_ratios()[0])

    def _mixture(self, l1_ratio):
        return constrained(penalties.ElasticNet(l1_ratio), self.positive)

    def _l1_ratios(self) -> list:
        ratios = np.atleast_1d(np.asarray(self.l1_ratio, dtype=object)).ravel().tolist()
        if not ratios:
            raise ValueError("l1_ratio must hold at least one number, got none: pass [0.5], say")
        return ratios

    def _grid(self) -> Grid:
        return grid_of(self.alphas, self.n_alphas, self.eps)

    def _checked(self, X, y):
        X, y = super()._checked(X, y)
        return X, self._targets(y)

    def _targets(self, y):
        """The one target that there may be."""
        if y.ndim > 1 and y.shape[1] > 1:
            raise ValueError(
                f"y must have one target, got shape {y.shape}: use "
                f"taut.{type(self).__name__.removesuffix('CV')}(alpha=taut.CV()) for several"
            )
        return column_or_1d(y, warn=True)

    def get_metadata_routing(self):
        """Where scikit-learn's metadata routing sends what ``fit`` is given.

        Returns
        -------
        sklearn.utils.metadata_routing.MetadataRouter
        """
        to_split = MethodMapping().add(caller="fit", callee="split")
        router = MetadataRouter(owner=self).add_self_request(self)
        return router.add(splitter=splitter_of(self.cv), method_mapping=to_split)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = False
        return tags


class LassoCV(ElasticNetCV):
    """Lasso with alpha chosen by cross-validation.

    A drop-in for scikit-learn's class. ``taut.Lasso(alpha=taut.CV())`` is the same choice with the
    one-standard-error rule, standardisation, bounds and several targets.

    Parameters
    ----------
    eps : float, default 1e-3
        Smallest over largest alpha of an automatic grid.
    n_alphas : int, default None
        Number of alphas; for programs from before ``alphas`` could be a number.
    alphas : int or sequence of float, default 100
        Number of alphas of an automatic grid, or the alphas themselves.
    fit_intercept : bool, default True
        The intercept is not penalised.
    precompute : "auto", bool or array, default "auto"
        Accepted for compatibility; what to precompute is chosen by the shape of the problem.
    max_iter : int, default 1000
        Most iterations for one alpha.
    tol : float, default 1e-6
        Duality gap, relative to the objective of the null model, at which a fit counts as solved.
    copy_X : bool, default True
        Accepted for compatibility; X is never written to.
    cv : int, splitter or iterable of (train, test), default None
        None is five contiguous folds.
    verbose : bool or int, default False
        Accepted for compatibility; nothing is printed.
    n_jobs : int, default None
        Accepted for compatibility; the compiled core uses the threads of BLAS.
    positive : bool, default False
        Hold the coefficients at or above zero.
    random_state : int, default None
        Accepted for compatibility; nothing is random.
    selection : str, default "cyclic"
        Accepted for compatibility; features are not visited one by one.

    Attributes
    ----------
    alpha_, alphas_, mse_path_, coef_, intercept_, path_, cv_results_, certificate_, dual_gap_, \
n_iter_, n_features_in_, feature_names_in_
        As `ElasticNetCV` has them for one l1_ratio.

    References
    ----------
    Tibshirani, R. (1996). Regression shrinkage and selection via the lasso. JRSS B 58, 267-288.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> import taut
    >>> X, y = load_diabetes(return_X_y=True)
    >>> taut.LassoCV(cv=10).fit(X, y).mse_path_.shape
    (100, 10)
    """

    def __init__(
        self,
        *,
        eps=1e-3,
        n_alphas=None,
        alphas=100,
        fit_intercept=True,
        precompute="auto",
        max_iter=1000,
        tol=1e-6,
        copy_X=True,
        cv=None,
        verbose=False,
        n_jobs=None,
        positive=False,
        random_state=None,
        selection="cyclic",
    ):
        super().__init__(
            l1_ratio=1.0,
            eps=eps,
            n_alphas=n_alphas,
            alphas=alphas,
            fit_intercept=fit_intercept,
            precompute=precompute,
            max_iter=max_iter,
            tol=tol,
            cv=cv,
            copy_X=copy_X,
            verbose=verbose,
            n_jobs=n_jobs,
            positive=positive,
            random_state=random_state,
            selection=selection,
        )

    path = staticmethod(lasso_path)

    def _keep_ratio(self, l1_ratio):
        """The mixture is no choice here."""

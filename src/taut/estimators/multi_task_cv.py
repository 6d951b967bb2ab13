"""Multi-task models with the strength chosen by cross-validation, as scikit-learn has them."""

from __future__ import annotations

from taut.estimators.coefficient_paths import joint_enet_path, joint_lasso_path
from taut.estimators.elastic_net_cv import ElasticNetCV
from taut.estimators.joint_penalty import rows_penalty
from taut.estimators.multi_task import JointTargets

__all__ = ["MultiTaskElasticNetCV", "MultiTaskLassoCV"]


class MultiTaskElasticNetCV(JointTargets, ElasticNetCV):
    """Multi-task elastic net with alpha, and if asked l1_ratio, chosen by cross-validation.

    A drop-in for scikit-learn's class. ``taut.MultiTaskElasticNet(alpha=taut.CV())`` is the same
    choice with the one-standard-error rule and standardisation.

    Parameters
    ----------
    l1_ratio : float or sequence of float in [0, 1], default 0.5
        1 is the multi-task lasso, 0 ridge regression; of several the best is chosen.
    eps : float, default 1e-3
        Smallest over largest alpha of an automatic grid.
    n_alphas : int, default None
        Number of alphas; for programs from before ``alphas`` could be a number.
    alphas : int or sequence of float, default 100
        Number of alphas of an automatic grid, or the alphas themselves.
    fit_intercept : bool, default True
        The intercepts are not penalised.
    max_iter : int, default 1000
        Most iterations for one alpha.
    tol : float, default 1e-6
        Duality gap, relative to the objective of the null model, at which a fit counts as solved;
        a KKT residual for ``0 < l1_ratio < 1``.
    cv : int, splitter or iterable of (train, test), default None
        None is five contiguous folds.
    copy_X : bool, default True
        Accepted for compatibility; X is never written to.
    verbose : bool or int, default False
        Accepted for compatibility; nothing is printed.
    n_jobs : int, default None
        Accepted for compatibility; folds run side by side within the limits on threads.
    random_state : int, default None
        Accepted for compatibility; nothing is random.
    selection : str, default "cyclic"
        Accepted for compatibility; features are not visited one by one.

    Attributes
    ----------
    alpha_, l1_ratio_ : float
        Of least mean squared error, averaged over targets and folds.
    alphas_ : ndarray of shape (n_alphas,) or (n_l1_ratio, n_alphas)
    mse_path_ : ndarray of shape (n_alphas, n_folds) or (n_l1_ratio, n_alphas, n_folds)
        Mean squared errors on the held-out rows.
    coef_ : ndarray of shape (n_targets, n_features)
    intercept_ : ndarray of shape (n_targets,)
    path_ : Path
        On all rows, at ``l1_ratio_``.
    cv_results_ : CVResults
        At ``l1_ratio_``.
    certificate_ : Certificate
    dual_gap_ : float
        In units of the objective; nan where no gap exists.
    n_iter_ : int
    n_features_in_ : int
    feature_names_in_ : ndarray of str of shape (n_features,)
        Only where X had column names.

    Examples
    --------
    >>> from sklearn.datasets import load_linnerud
    >>> import taut
    >>> X, Y = load_linnerud(return_X_y=True)
    >>> taut.MultiTaskElasticNetCV(cv=4, alphas=10).fit(X, Y).mse_path_.shape
    (10, 4)
    """

    positive = False
    path = staticmethod(joint_enet_path)

    def __init__(
        self,
        *,
        l1_ratio=0.5,
        eps=1e-3,
        n_alphas=None,
        alphas=100,
        fit_intercept=True,
        max_iter=1000,
        tol=1e-6,
        cv=None,
        copy_X=True,
        verbose=0,
        n_jobs=None,
        random_state=None,
        selection="cyclic",
    ):
        self.l1_ratio = l1_ratio
        self.eps = eps
        self.n_alphas = n_alphas
        self.alphas = alphas
        self.fit_intercept = fit_intercept
        self.max_iter = max_iter
        self.tol = tol
        self.cv = cv
        self.copy_X = copy_X
        self.verbose = verbose
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.selection = selection

    def _mixture(self, l1_ratio):
        return rows_penalty(l1_ratio)

    def _targets(self, y):
        return y

    def fit(self, X, y, sample_weight=None, **params):
        """Choose alpha by cross-validation and fit the model on all rows.

        Parameters
        ----------
        X : array, sparse matrix or data frame of shape (n_samples, n_features)
        y : array of shape (n_samples, n_targets)
        sample_weight : array of shape (n_samples,), default None
            Weights of the errors, at fitting and on the held-out rows.
        **params : dict
            For the splitter, such as ``groups``; needs scikit-learn's metadata routing.

        Returns
        -------
        MultiTaskElasticNetCV or MultiTaskLassoCV
            Itself.

        Raises
        ------
        ValueError, TypeError
            An argument is not what it must be; the message names it, its value and the fix.
        """
        return super().fit(X, y, sample_weight, **params)


class MultiTaskLassoCV(MultiTaskElasticNetCV):
    """Multi-task lasso with alpha chosen by cross-validation.

    A drop-in for scikit-learn's class. ``taut.MultiTaskLasso(alpha=taut.CV())`` is the same choice
    with the one-standard-error rule and standardisation.

    Parameters
    ----------
    eps : float, default 1e-3
        Smallest over largest alpha of an automatic grid.
    n_alphas : int, default None
        Number of alphas; for programs from before ``alphas`` could be a number.
    alphas : int or sequence of float, default 100
        Number of alphas of an automatic grid, or the alphas themselves.
    fit_intercept : bool, default True
        The intercepts are not penalised.
    max_iter : int, default 1000
        Most iterations for one alpha.
    tol : float, default 1e-6
        Duality gap, relative to the objective of the null model, at which a fit counts as solved.
    cv : int, splitter or iterable of (train, test), default None
        None is five contiguous folds.
    copy_X : bool, default True
        Accepted for compatibility; X is never written to.
    verbose : bool or int, default False
        Accepted for compatibility; nothing is printed.
    n_jobs : int, default None
        Accepted for compatibility; folds run side by side within the limits on threads.
    random_state : int, default None
        Accepted for compatibility; nothing is random.
    selection : str, default "cyclic"
        Accepted for compatibility; features are not visited one by one.

    Attributes
    ----------
    alpha_, alphas_, mse_path_, coef_, intercept_, path_, cv_results_, certificate_, dual_gap_, \
n_iter_, n_features_in_, feature_names_in_
        As `MultiTaskElasticNetCV` has them for one l1_ratio.

    Examples
    --------
    >>> from sklearn.datasets import load_linnerud
    >>> import taut
    >>> X, Y = load_linnerud(return_X_y=True)
    >>> taut.MultiTaskLassoCV(cv=4, alphas=10).fit(X, Y).mse_path_.shape
    (10, 4)
    """

    path = staticmethod(joint_lasso_path)

    def __init__(
        self,
        *,
        eps=1e-3,
        n_alphas=None,
        alphas=100,
        fit_intercept=True,
        max_iter=1000,
        tol=1e-6,
        copy_X=True,
        cv=None,
        verbose=False,
        n_jobs=None,
        random_state=None,
        selection="cyclic",
    ):
        super().__init__(
            l1_ratio=1.0,
            eps=eps,
            n_alphas=n_alphas,
            alphas=alphas,
            fit_intercept=fit_intercept,
            max_iter=max_iter,
            tol=tol,
            copy_X=copy_X,
            cv=cv,
            verbose=verbose,
            n_jobs=n_jobs,
            random_state=random_state,
            selection=selection,
        )

    def _keep_ratio(self, l1_ratio):
        """The mixture is no choice here."""

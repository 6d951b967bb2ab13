"""Several targets that share their features."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from taut.estimators.coefficient_paths import joint_enet_path
from taut.estimators.joint_penalty import rows_penalty
from taut.estimators.penalised import PenalisedModel
from taut.estimators.regressor import LinearRegressor

__all__ = ["JointTargets", "MultiTaskElasticNet", "MultiTaskLasso"]


class JointTargets(LinearRegressor):
    """Base of the models that fit all targets at once."""

    def _checked(self, X, y):
        X, y = super()._checked(X, y)
        if y.ndim == 1:
            raise ValueError(
                f"y must have shape (n_samples, n_targets), got {y.shape}: for a single target use "
                f"taut.{type(self).__name__.removeprefix('MultiTask')}"
            )
        return X, y

    def _responses(self, y):
        return [y]

    def _shifts(self, responses, weights):
        return np.zeros(1)

    def _keep_coefs(self, task, coefs, intercepts):
        self.coef_ = coefs[0]
        self.intercept_ = intercepts[0] if self.fit_intercept else np.zeros(len(self.coef_))
        self.eps_ = self.tol * _null_objective(task.problems[0])

    @property
    def sparse_coef_(self):
        """The coefficients as a sparse matrix of shape (n_targets, n_features)."""
        return sparse.csr_matrix(self.coef_)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = False
        return tags


def _null_objective(problem) -> float:
    centre = problem.weights @ problem.response if problem.fit_intercept else 0.0
    return 0.5 * float(problem.weights @ np.square(problem.response - centre).sum(axis=1))


class MultiTaskElasticNet(JointTargets, PenalisedModel):
    """Least squares for several targets: a feature serves all of them or none.

    Minimises ``1/(2 sum(w)) sum_i w_i |y_i - b0 - B'x_i|^2
    + alpha * (l1_ratio * sum_j |B_j.|_2 + (1 - l1_ratio)/2 * sum_j |B_j.|_2^2)`` with a row
    ``B_j.`` for each feature, scikit-learn's objective.

    Parameters
    ----------
    alpha : float or rule, default 1.0
        Strength of the penalty, >= 0 (0 is least squares), or a rule that chooses it on the whole
        path, such as ``taut.CV()``.
    l1_ratio : float in [0, 1], default 0.5
        1 is the multi-task lasso, 0 ridge regression.
    fit_intercept : bool, default True
        The intercepts are not penalised.
    copy_X : bool, default True
        Accepted for compatibility; X is never written to.
    max_iter : int, default 1000
        Most iterations for one alpha.
    tol : float, default 1e-6
        Duality gap, relative to the objective of the null model, at which the fit counts as solved.
        For ``0 < l1_ratio < 1`` a KKT residual.
    warm_start : bool, default False
        Accepted for compatibility, without effect: the solution does not depend on the start.
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

    Attributes
    ----------
    coef_ : ndarray of shape (n_targets, n_features)
    sparse_coef_ : sparse matrix of shape (n_targets, n_features)
    intercept_ : ndarray of shape (n_targets,)
    alpha_ : float
        The strength used.
    certificate_ : Certificate
    dual_gap_ : float
        In units of the objective.
    eps_ : float
        ``tol`` times the objective of the null model, which bounds the gap.
    n_iter_ : int
    path_ : Path
        Only where alpha is a rule: all that it chose from.
    cv_results_ : CVResults
        Only where alpha is ``taut.CV``.
    penalty_weights_ : ndarray of shape (n_features,)
        Only with ``penalty_weights="adaptive"``.
    n_features_in_ : int
    feature_names_in_ : ndarray of str of shape (n_features,)
        Only where X had column names.

    References
    ----------
    Obozinski, G., Taskar, B. and Jordan, M. I. (2010). Joint covariate selection and joint subspace
    selection for multiple classification problems. Statistics and Computing 20, 231-252.

    Examples
    --------
    >>> from sklearn.datasets import load_linnerud
    >>> import taut
    >>> X, Y = load_linnerud(return_X_y=True)
    >>> taut.MultiTaskElasticNet(alpha=10.0).fit(X, Y).coef_.shape
    (3, 3)
    """

    path = staticmethod(joint_enet_path)

    def __init__(
        self,
        alpha=1.0,
        *,
        l1_ratio=0.5,
        fit_intercept=True,
        copy_X=True,
        max_iter=1000,
        tol=1e-6,
        warm_start=False,
        random_state=None,
        selection="cyclic",
        standardize=False,
        penalty_weights=None,
    ):
        self.alpha = alpha
        self.l1_ratio = l1_ratio
        self.fit_intercept = fit_intercept
        self.copy_X = copy_X
        self.max_iter = max_iter
        self.tol = tol
        self.warm_start = warm_start
        self.random_state = random_state
        self.selection = selection
        self.standardize = standardize
        self.penalty_weights = penalty_weights

    def _penalty(self):
        return rows_penalty(self.l1_ratio, self._feature_weights)

    def fit(self, X, y, sample_weight=None, *, groups=None):
        """Fit the model.

        Parameters
        ----------
        X : array, sparse matrix or data frame of shape (n_samples, n_features)
        y : array of shape (n_samples, n_targets)
        sample_weight : float or array of shape (n_samples,), default None
            A weight of zero is the same as leaving the row out.
        groups : array of shape (n_samples,), default None
            For the splitter of ``alpha=taut.CV(splitter)``.

        Returns
        -------
        MultiTaskElasticNet or MultiTaskLasso
            Itself.

        Raises
        ------
        ValueError, TypeError
            An argument is not what it must be; the message names it, its value and the fix.
        """
        return self._fit(X, y, sample_weight, groups)


class MultiTaskLasso(MultiTaskElasticNet):
    """Least squares for several targets: a feature serves all of them or none.

    Minimises ``1/(2 sum(w)) sum_i w_i |y_i - b0 - B'x_i|^2 + alpha * sum_j |B_j.|_2`` with a row
    ``B_j.`` for each feature, scikit-learn's objective.

    Parameters
    ----------
    alpha : float or rule, default 1.0
        Strength of the penalty, >= 0 (0 is least squares), or a rule that chooses it on the whole
        path, such as ``taut.CV()``.
    fit_intercept : bool, default True
        The intercepts are not penalised.
    copy_X : bool, default True
        Accepted for compatibility; X is never written to.
    max_iter : int, default 1000
        Most iterations for one alpha.
    tol : float, default 1e-6
        Duality gap, relative to the objective of the null model, at which the fit counts as solved.
    warm_start : bool, default False
        Accepted for compatibility, without effect: the solution does not depend on the start.
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

    Attributes
    ----------
    coef_, sparse_coef_, intercept_, alpha_, certificate_, dual_gap_, eps_, n_iter_, path_, \
cv_results_, n_features_in_, feature_names_in_
        As `MultiTaskElasticNet` has them.

    References
    ----------
    Obozinski, G., Taskar, B. and Jordan, M. I. (2010). Joint covariate selection and joint subspace
    selection for multiple classification problems. Statistics and Computing 20, 231-252.

    Examples
    --------
    >>> from sklearn.datasets import load_linnerud
    >>> import taut
    >>> X, Y = load_linnerud(return_X_y=True)
    >>> taut.MultiTaskLasso(alpha=10.0).fit(X, Y).coef_.shape
    (3, 3)
    """

    def __init__(
        self,
        alpha=1.0,
        *,
        fit_intercept=True,
        copy_X=True,
        max_iter=1000,
        tol=1e-6,
        warm_start=False,
        random_state=None,
        selection="cyclic",
        standardize=False,
        penalty_weights=None,
    ):
        super().__init__(
            alpha,
            l1_ratio=1.0,
            fit_intercept=fit_intercept,
            copy_X=copy_X,
            max_iter=max_iter,
            tol=tol,
            warm_start=warm_start,
            random_state=random_state,
            selection=selection,
            standardize=standardize,
            penalty_weights=penalty_weights,
        )

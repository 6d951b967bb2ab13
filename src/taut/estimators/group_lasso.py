"""Group lasso: features enter and leave in groups."""

from __future__ import annotations

import numpy as np

from taut import penalties
from taut.estimators.penalised import PenalisedModel
from taut.estimators.regressor import SingleTargetRegressor
from taut.estimators.table_groups import TableGroups
from taut.penalties.groups import as_group_weights

__all__ = ["GroupLasso", "SparseGroupLasso"]


class GroupLasso(TableGroups, SingleTargetRegressor, PenalisedModel):
    """Least squares with a penalty on the norms of groups of coefficients.

    Minimises ``1/(2 sum(w)) sum_i w_i (y_i - b0 - x_i'b)^2 + alpha * sum_g w_g |b_g|_2``.

    Parameters
    ----------
    groups : sequence, mapping or "categorical"
        A label for each column; or the columns of each group, by place or by name of a frame's
        columns, in a list or in a mapping from names of groups. Columns that overlapping groups
        share have a copy in each, none in memory, and a coefficient is the sum over its copies: the
        features used are a union of groups (the latent group lasso). Where a frame has columns of
        text, all columns are encoded, and what comes of one is in its group, so that a whole factor
        enters or leaves; "categorical" makes each column a group.
    alpha : float or rule, default 1.0
        Strength of the penalty, >= 0 (0 is least squares), or a rule that chooses it on the whole
        path, such as ``taut.CV()``.
    group_weights : array of shape (n_groups,), default None
        Factor on each group's penalty, in the order of the labels or of the list; 0 = unpenalised,
        inf = excluded. None is the root of the size of each group.
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
    coef_ : ndarray of shape (n_coefs,)
        One for each feature; where columns were encoded, for each encoded feature.
    coef_names_ : ndarray of str of shape (n_coefs,)
        Of the encoded features; only where columns were encoded.
    intercept_ : float
    groups_ : ndarray of int of shape (n_coefs,)
        The number of each coefficient's group; with overlapping groups, of each entry of
        ``columns_``.
    columns_ : ndarray of int of shape (n_copies,)
        Only where groups overlap: the coefficient behind each of the copies that are fitted.
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
    encoder_ : TableEncoder
        Only where columns were encoded.
    n_features_in_ : int
    feature_names_in_ : ndarray of str of shape (n_features,)
        Only where X had column names.

    References
    ----------
    Yuan, M. and Lin, Y. (2006). Model selection and estimation in regression with grouped
    variables. JRSS B 68, 49-67.
    Jacob, L., Obozinski, G. and Vert, J.-P. (2009). Group lasso with overlap and graph lasso.
    ICML 2009, 433-440.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> import taut
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = taut.GroupLasso([[0, 1], [2, 3], [4, 5, 6, 7, 8, 9]], alpha=0.5).fit(X, y)
    >>> model.coef_.shape
    (10,)
    """

    def __init__(
        self,
        groups=None,
        alpha=1.0,
        *,
        group_weights=None,
        fit_intercept=True,
        standardize=False,
        tol=1e-6,
        max_iter=1000,
    ):
        self.groups = groups
        self.alpha = alpha
        self.group_weights = group_weights
        self.fit_intercept = fit_intercept
        self.standardize = standardize
        self.tol = tol
        self.max_iter = max_iter

    def _penalty(self):
        return penalties.GroupLasso(self._members.groups, self._group_weights())

    def _group_weights(self):
        return as_group_weights(self.group_weights, self.groups_, "group_weights")

    @property
    def _groups_given(self):
        return self.groups.tolist() if isinstance(self.groups, np.ndarray) else self.groups

    def _checked(self, X, y):
        matrix, y = super()._checked(X, y)
        if self.groups is None:  # each feature is one
            self.groups_ = np.arange(matrix.shape[1])
        return matrix, y

    def fit(self, X, y, sample_weight=None, *, groups=None):
        """Fit the model.

        Parameters
        ----------
        X : array, sparse matrix or data frame of shape (n_samples, n_features)
        y : array of shape (n_samples,)
        sample_weight : float or array of shape (n_samples,), default None
            A weight of zero is the same as leaving the row out.
        groups : array of shape (n_samples,), default None
            Of the rows, for the splitter of ``alpha=taut.CV(splitter)``.

        Returns
        -------
        GroupLasso
            Itself.

        Raises
        ------
        ValueError, TypeError
            An argument is not what it must be; the message names it, its value and the fix.
        """
        return self._fit(X, y, sample_weight, groups)


class SparseGroupLasso(GroupLasso):
    """Least squares with a penalty on groups of coefficients and on each of them.

    Minimises ``1/(2 sum(w)) sum_i w_i (y_i - b0 - x_i'b)^2
    + alpha * (l1_ratio * sum_j |b_j| + (1 - l1_ratio) * sum_g w_g |b_g|_2)``.

    Parameters
    ----------
    groups : sequence, mapping or "categorical"
        A label for each column; or the columns of each group, by place or by name of a frame's
        columns, in a list or in a mapping from names of groups. Columns that overlapping groups
        share have a copy in each, none in memory, and a coefficient is the sum over its copies: the
        features used are a union of groups (the latent group lasso). Where a frame has columns of
        text, all columns are encoded, and what comes of one is in its group, so that a whole factor
        enters or leaves; "categorical" makes each column a group.
    alpha : float or rule, default 1.0
        Strength of the penalty, >= 0 (0 is least squares), or a rule that chooses it on the whole
        path, such as ``taut.CV()``.
    l1_ratio : float in [0, 1], default 0.5
        1 is the lasso, 0 the group lasso.
    group_weights : array of shape (n_groups,), default None
        Factor on each group's penalty, in the order of the labels or of the list; 0 = unpenalised,
        inf = excluded. None is the root of the size of each group.
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
    coef_ : ndarray of shape (n_coefs,)
        One for each feature; where columns were encoded, for each encoded feature.
    coef_names_ : ndarray of str of shape (n_coefs,)
        Of the encoded features; only where columns were encoded.
    intercept_ : float
    groups_ : ndarray of int of shape (n_coefs,)
        The number of each coefficient's group; with overlapping groups, of each entry of
        ``columns_``.
    columns_ : ndarray of int of shape (n_copies,)
        Only where groups overlap: the coefficient behind each of the copies that are fitted.
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
    encoder_ : TableEncoder
        Only where columns were encoded.
    n_features_in_ : int
    feature_names_in_ : ndarray of str of shape (n_features,)
        Only where X had column names.

    References
    ----------
    Simon, N., Friedman, J., Hastie, T. and Tibshirani, R. (2013). A sparse-group lasso. Journal of
    Computational and Graphical Statistics 22, 231-245.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> import taut
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = taut.SparseGroupLasso([[0, 1], [2, 3], [4, 5, 6, 7, 8, 9]], alpha=0.5).fit(X, y)
    >>> model.coef_.shape
    (10,)
    """

    def __init__(
        self,
        groups=None,
        alpha=1.0,
        *,
        l1_ratio=0.5,
        group_weights=None,
        fit_intercept=True,
        standardize=False,
        tol=1e-6,
        max_iter=1000,
    ):
        self.groups = groups
        self.alpha = alpha
        self.l1_ratio = l1_ratio
        self.group_weights = group_weights
        self.fit_intercept = fit_intercept
        self.standardize = standardize
        self.tol = tol
        self.max_iter = max_iter

    def _penalty(self):
        return penalties.SparseGroupLasso(
            self._members.groups, self.l1_ratio, self._group_weights()
        )

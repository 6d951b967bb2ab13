"""Ridge regression."""

from __future__ import annotations

import numpy as np

from taut.estimators.penalised import PenalisedModel, constrained
from taut.estimators.regressor import LinearRegressor
from taut.penalties import L2
from taut.validation import check_choice, check_strengths

__all__ = ["Ridge"]

_SOLVERS = ("auto", "svd", "cholesky", "lsqr", "sparse_cg", "sag", "saga", "lbfgs")


class Ridge(LinearRegressor, PenalisedModel):
    """Least squares with a quadratic penalty.

    Minimises ``sum_i w_i (y_i - b0 - x_i'b)^2 + alpha * sum_j b_j^2``, scikit-learn's objective:
    alpha here is ``sum(w)`` times the alpha of `fit_path` with the penalty L2.

    Parameters
    ----------
    alpha : float, array of shape (n_targets,) or rule, default 1.0
        Strength of the penalty, >= 0 (0 is least squares), or a rule that chooses it on the whole
        path: ``taut.CV()``, ``taut.AIC()``, ``taut.BIC()``, ``taut.EBIC()``.
    fit_intercept : bool, default True
        The intercept is not penalised.
    copy_X : bool, default True
        Accepted for compatibility; X is never written to.
    max_iter : int, default None
        Most iterations, where the problem is solved by iterating; None is 1000.
    tol : float, default 1e-6
        Duality gap, relative to the objective of the null model, at which the fit counts as solved.
    solver : str, default "auto"
        Accepted for compatibility; the solver is chosen by the shape of the problem.
    positive : bool, default False
        Hold the coefficients at or above zero.
    random_state : int, default None
        Accepted for compatibility; nothing is random.
    standardize : bool, default False
        Penalise as if the columns had unit standard deviation; coefficients come back on the scale
        of the columns as given. Constant columns keep their unit.
    penalty_weights : array of shape (n_features,), default None
        Factor on each feature's penalty; 0 = unpenalised, inf = excluded.
    lower, upper : float or array of shape (n_features,), default None
        Bounds on the coefficients, on the scale of the columns as given.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,) or (n_targets, n_features)
    intercept_ : float or ndarray of shape (n_targets,)
    alpha_ : float or ndarray of shape (n_targets,)
        The strength used.
    certificate_ : Certificate
        The worst of the targets'.
    dual_gap_ : float or ndarray of shape (n_targets,)
        In units of the objective divided by ``2 sum(w)``.
    n_iter_ : ndarray of int of shape (n_targets,)
        One where the problem was solved at once.
    solver_ : {"eigen", "sparse_cg", "active_set", "svd", "lsqr"}
        What solved it: one eigendecomposition; conjugate gradients, where that would be too large
        or not exact enough; the path engine, where coefficients are bounded; for ``alpha=0`` a
        singular value decomposition, or LSQR where X is sparse.
    path_ : Path
        Only where alpha is a rule: all that it chose from, alphas on the scale of this class.
    cv_results_ : CVResults
        Only where alpha is ``taut.CV``.
    criterion_results_ : CriterionResults
        Only where alpha is an information criterion.
    n_features_in_ : int
    feature_names_in_ : ndarray of str of shape (n_features,)
        Only where X had column names.

    References
    ----------
    Hoerl, A. E. and Kennard, R. W. (1970). Ridge regression. Technometrics 12, 55-67.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> import taut
    >>> X, y = load_diabetes(return_X_y=True)
    >>> taut.Ridge(alpha=0.1).fit(X, y).coef_.shape
    (10,)
    """

    def __init__(
        self,
        alpha=1.0,
        *,
        fit_intercept=True,
        copy_X=True,
        max_iter=None,
        tol=1e-6,
        solver="auto",
        positive=False,
        random_state=None,
        standardize=False,
        penalty_weights=None,
        lower=None,
        upper=None,
    ):
        self.alpha = alpha
        self.fit_intercept = fit_intercept
        self.copy_X = copy_X
        self.max_iter = max_iter
        self.tol = tol
        self.solver = solver
        self.positive = positive
        self.random_state = random_state
        self.standardize = standardize
        self.penalty_weights = penalty_weights
        self.lower = lower
        self.upper = upper

    def _penalty(self):
        check_choice(self.solver, "solver", _SOLVERS)
        return constrained(L2(self._feature_weights), self.positive, self.lower, self.upper)

    def _unit(self, task):
        return 1.0 / task.total_weight

    def _strengths(self, task):
        n_targets = len(task.problems)
        if np.ndim(self.alpha) == 0:
            return super()._strengths(task)
        strengths = check_strengths(self.alpha, "alpha")
        if len(strengths) not in (1, n_targets):
            raise ValueError(
                f"alpha must be one number, or one for each of the {n_targets} targets, got "
                f"{len(strengths)}: pass {n_targets} of them"
            )
        return np.broadcast_to(strengths, n_targets)

    def fit(self, X, y, sample_weight=None, *, groups=None):
        """Fit the model.

        Parameters
        ----------
        X : array, sparse matrix or data frame of shape (n_samples, n_features)
        y : array of shape (n_samples,) or (n_samples, n_targets)
            With several targets a rule chooses one alpha for all.
        sample_weight : float or array of shape (n_samples,), default None
            A weight of zero is the same as leaving the row out.
        groups : array of shape (n_samples,), default None
            For the splitter of ``alpha=taut.CV(splitter)``.

        Returns
        -------
        Ridge
            Itself.

        Raises
        ------
        ValueError, TypeError
            An argument is not what it must be; the message names it, its value and the fix.
        """
        return self._fit(X, y, sample_weight, groups)

    def _keep(self, task, solved, index=0):
        super()._keep(task, solved, index)
        self.solver_ = solved[0].method
        self.n_iter_ = np.atleast_1d(self.n_iter_)
        return self

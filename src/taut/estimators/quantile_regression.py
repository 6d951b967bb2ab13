"""Quantile regression."""

from __future__ import annotations

from taut import losses
from taut.estimators.penalised import PenalisedModel
from taut.estimators.regressor import OffsetRegressor
from taut.penalties import L1
from taut.validation import check_choice

__all__ = ["QuantileRegressor"]

_SOLVERS = ("highs", "highs-ds", "highs-ipm", "interior-point", "revised simplex")


class QuantileRegressor(OffsetRegressor, PenalisedModel):
    """Linear regression of a quantile of the target, with an absolute penalty.

    Minimises ``1/sum(w) sum_i w_i max(q r_i, (q - 1) r_i) + alpha * sum_j |b_j|`` with residuals
    ``r_i = y_i - offset_i - b0 - x_i'b``, scikit-learn's objective.

    Parameters
    ----------
    quantile : float in (0, 1), default 0.5
        0.5 is the median.
    alpha : float or rule, default 1.0
        Strength of the penalty, >= 0 (0 is none), or a rule that chooses it on the whole path, such
        as ``taut.CV()``.
    fit_intercept : bool, default True
        The intercept is not penalised.
    solver : str, default "highs"
        Accepted for compatibility and not used; the solver is chosen by the problem.
    solver_options : dict, default None
        Accepted for compatibility and not used.
    tol : float, default 1e-6
        Duality gap, relative to the objective of the null model, at which the fit counts as solved.
    max_iter : int, default 1000
        Most iterations for one alpha.
    standardize : bool, default False
        Penalise as if the columns had unit standard deviation; coefficients come back on the scale
        of the columns as given. Constant columns keep their unit.
    penalty_weights : array of shape (n_features,) or "adaptive", default None
        Factor on each feature's penalty; 0 = unpenalised, inf = excluded. "adaptive" is
        ``1 / |a_j|`` with the coefficients ``a`` of the same model under a ridge penalty, whose
        strength the rule chooses, or ``taut.CV()`` (the adaptive lasso, Zou 2006).

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,)
    intercept_ : float
    alpha_ : float
        The strength used.
    certificate_ : Certificate
    dual_gap_ : float
        In units of the target.
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
    Koenker, R. and Bassett, G. (1978). Regression quantiles. Econometrica 46, 33-50.
    Belloni, A. and Chernozhukov, V. (2011). l1-penalized quantile regression in high-dimensional
    sparse models. Annals of Statistics 39, 82-130.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> import taut
    >>> X, y = load_diabetes(return_X_y=True)
    >>> taut.QuantileRegressor(quantile=0.9, alpha=0.01).fit(X, y).coef_.shape
    (10,)
    """

    def __init__(
        self,
        *,
        quantile=0.5,
        alpha=1.0,
        fit_intercept=True,
        solver="highs",
        solver_options=None,
        tol=1e-6,
        max_iter=1000,
        standardize=False,
        penalty_weights=None,
    ):
        self.quantile = quantile
        self.alpha = alpha
        self.fit_intercept = fit_intercept
        self.solver = solver
        self.solver_options = solver_options
        self.tol = tol
        self.max_iter = max_iter
        self.standardize = standardize
        self.penalty_weights = penalty_weights

    def _loss(self):
        try:
            return losses.Quantile(self.quantile)
        except (TypeError, ValueError) as error:
            raise type(error)(str(error).replace("q must", "quantile must", 1)) from error

    def _penalty(self):
        check_choice(self.solver, "solver", _SOLVERS)
        return L1(self._feature_weights)

    def fit(self, X, y, sample_weight=None, *, offset=None, groups=None):
        """Fit the model.

        Parameters
        ----------
        X : array, sparse matrix or data frame of shape (n_samples, n_features)
        y : array of shape (n_samples,)
        sample_weight : float or array of shape (n_samples,), default None
            A weight of zero is the same as leaving the row out.
        offset : array of shape (n_samples,), default None
            Known part of the prediction, whose coefficient is one.
        groups : array of shape (n_samples,), default None
            For the splitter of ``alpha=taut.CV(splitter)``.

        Returns
        -------
        QuantileRegressor
            Itself.

        Raises
        ------
        ValueError, TypeError
            An argument is not what it must be; the message names it, its value and the fix.
        """
        return self._fit(X, y, sample_weight, groups, offset=offset)

"""Recovery of a sparse signal as a scikit-learn regressor: ``CompressedSensing``."""

from __future__ import annotations

import numpy as np
from scipy.sparse.linalg import LinearOperator
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from taut.applications.sensing.recovery import recover
from taut.selection import Rule

__all__ = ["CompressedSensing"]


class CompressedSensing(RegressorMixin, BaseEstimator):
    """`recover` as an estimator: rows of A are samples, entries of the signal coefficients.

    Parameters
    ----------
    noise, alpha, penalty, analysis, debias, tol, max_iter, verbose
        As `recover` takes them.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,)
        The signal.
    intercept_ : float
        0: measurements have none.
    alpha_ : float
    n_iter_ : int
        Products with A and its adjoint.
    recovery_ : Recovery
        With the certificate.
    cv_results_ : CVResults, or criterion_results_ : CriterionResults
        Only where a rule chose alpha.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Only where A had column names.

    Examples
    --------
    >>> import numpy as np
    >>> from taut.applications import CompressedSensing
    >>> A = np.random.default_rng(0).standard_normal((40, 100))
    >>> model = CompressedSensing(noise=0.1).fit(A, A[:, 3] - 2 * A[:, 30])
    >>> model.recovery_.support.tolist()
    [3, 30]
    """

    def __init__(
        self,
        *,
        noise=None,
        alpha=None,
        penalty=None,
        analysis=None,
        debias=False,
        tol=None,
        max_iter=10_000,
        verbose=False,
    ):
        self.noise = noise
        self.alpha = alpha
        self.penalty = penalty
        self.analysis = analysis
        self.debias = debias
        self.tol = tol
        self.max_iter = max_iter
        self.verbose = verbose

    def fit(self, A, y):
        """Recover the signal.

        Parameters
        ----------
        A : array, sparse matrix, data frame or LinearOperator of shape (n_samples, n_features)
        y : array of shape (n_samples,)

        Returns
        -------
        CompressedSensing
            Itself.

        Raises
        ------
        TypeError, ValueError
            As `recover`.
        """
        for stale in ("cv_results_", "criterion_results_", "feature_names_in_"):
            vars(self).pop(stale, None)
        if _is_operator(A):
            self.n_features_in_ = A.shape[1]
        else:
            A, y = validate_data(
                self,
                A,
                y,
                accept_sparse="csc",
                dtype=np.float64,
                y_numeric=True,
                multi_output=False,
            )
        found = recover(A, y, **self.get_params(deep=False))
        self.recovery_, self.coef_, self.intercept_ = found, found.x, 0.0
        self.alpha_, self.n_iter_ = found.alpha, found.n_products
        if isinstance(self.alpha, Rule):
            setattr(self, self.alpha.results_name, found.choice)
        return self

    def predict(self, A):
        """The measurements that A would make of the signal.

        Parameters
        ----------
        A : array, sparse matrix, data frame or LinearOperator of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)

        Raises
        ------
        ValueError
            A has not as many columns as the signal has entries.
        NotFittedError
        """
        check_is_fitted(self)
        if _is_operator(A):
            if A.shape[1] != self.n_features_in_:
                raise ValueError(
                    f"A must have {self.n_features_in_} columns, as at fit, got shape {A.shape}"
                )
            return np.asarray(A.matvec(self.coef_))
        A = validate_data(self, A, accept_sparse="csc", dtype=np.float64, reset=False)
        return np.asarray(A @ self.coef_)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def _is_operator(A):
    return isinstance(A, LinearOperator)

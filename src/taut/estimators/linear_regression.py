"""Least squares."""

from __future__ import annotations

import numpy as np

from taut.estimators.regressor import LinearRegressor
from taut.penalties import Box, NonNegative
from taut.solvers import Grid, solve_path
from taut.solvers.least_squares import rank_and_singular_values
from taut.validation import check_flag

__all__ = ["LinearRegression"]


class LinearRegression(LinearRegressor):
    """Ordinary least squares; of several minimisers the one of smallest norm.

    Minimises ``sum_i w_i (y_i - b0 - x_i'b)^2``.

    Parameters
    ----------
    fit_intercept : bool, default True
    copy_X : bool, default True
        Accepted for compatibility; X is never written to.
    tol : float, default 1e-6
        Bound on the excess of the objective, relative to that of the null model.
    n_jobs : int, default None
        Accepted for compatibility; the compiled core uses the threads of BLAS.
    positive : bool, default False
        Hold the coefficients at or above zero.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,) or (n_targets, n_features)
    intercept_ : float or ndarray of shape (n_targets,)
    certificate_ : Certificate
        The worst of the targets'.
    dual_gap_ : float or ndarray of shape (n_targets,)
        Excess of ``1/(2 sum w) sum_i w_i (y_i - b0 - x_i'b)^2`` over its minimum, at most.
    n_iter_ : int or list of int
    rank_ : int
        Of the centred X; only where X is dense, its factors fit in memory, and coefficients are
        free.
    singular_ : ndarray of shape (min(n_samples, n_features),)
        Singular values of the centred, weighted X; likewise.
    n_features_in_ : int
    feature_names_in_ : ndarray of str of shape (n_features,)
        Only where X had column names.

    References
    ----------
    Lawson, C. L. and Hanson, R. J. (1974). Solving least squares problems. Prentice-Hall.

    Examples
    --------
    >>> import numpy as np
    >>> import taut
    >>> model = taut.LinearRegression().fit(np.arange(4.0)[:, None], [1.0, 3.0, 5.0, 7.0])
    >>> model.predict([[10.0]]).round(6)
    array([21.])
    """

    _keeps_single_target = True

    def __init__(self, *, fit_intercept=True, copy_X=True, tol=1e-6, n_jobs=None, positive=False):
        self.fit_intercept = fit_intercept
        self.copy_X = copy_X
        self.tol = tol
        self.n_jobs = n_jobs
        self.positive = positive

    def _penalty(self):
        return NonNegative() if check_flag(self.positive, "positive") else Box(-np.inf, np.inf)

    def fit(self, X, y, sample_weight=None):
        """Fit the model.

        Parameters
        ----------
        X : array, sparse matrix or data frame of shape (n_samples, n_features)
        y : array of shape (n_samples,) or (n_samples, n_targets)
        sample_weight : array of shape (n_samples,), default None
            A weight of zero is the same as leaving the row out.

        Returns
        -------
        LinearRegression
            Itself.

        Raises
        ------
        ValueError, TypeError
            An argument is not what it must be; the message names it, its value and the fix.
        """
        task, controls = self._prepare(X, y, sample_weight), self._controls()
        grid = Grid(np.zeros(1))
        solved = [solve_path(problem, grid, controls) for problem in task.problems]
        self._keep_rank(task)
        return self._keep(task, solved)

    def _keep_rank(self, task):
        for stale in ("rank_", "singular_"):
            vars(self).pop(stale, None)
        found = rank_and_singular_values(task.problems[0])
        if found is not None:
            self.rank_, singular = found
            self.singular_ = singular * np.sqrt(task.sum_of_weights)

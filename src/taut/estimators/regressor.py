"""Least squares models: predictions in units of the target, scored by R^2."""

from __future__ import annotations

import numpy as np
from sklearn.base import MultiOutputMixin, RegressorMixin
from sklearn.utils.validation import column_or_1d

from taut.estimators.base import LinearModel
from taut.validation import check_response, check_weights

__all__ = ["LinearRegressor", "OffsetRegressor", "SingleTargetRegressor"]


class LinearRegressor(MultiOutputMixin, RegressorMixin, LinearModel):
    """Base of the models whose predictions are the linear predictor, target by target."""

    # scikit-learn keeps the axis of a single target given as a column in LinearRegression alone.
    _keeps_single_target = False

    def _responses(self, y):
        return list(y.reshape(len(y), -1).T)

    def _shifts(self, responses, weights):
        return _constants(np.array(responses), weights)

    def _keep_coefs(self, task, coefs, intercepts):
        flat = task.target.ndim == 1
        single = len(coefs) == 1 and not self._keeps_single_target
        self.coef_ = coefs[0] if flat or single else coefs
        self.intercept_ = (intercepts[0] if flat else intercepts) if self.fit_intercept else 0.0

    def predict(self, X):
        """Predict the target.

        Parameters
        ----------
        X : array, sparse matrix or data frame of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_targets)
            In units of the target.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            The model has not been fitted.
        ValueError
            X has other features than at fitting, or is not finite.
        MemoryError
            The predictions, or a copy of X that they take, would not fit.
        """
        return self._linear_predictor(X)

    def score(self, X, y, sample_weight=None):
        """Coefficient of determination of the predictions, R^2, averaged over targets.

        Parameters
        ----------
        X : array, sparse matrix or data frame of shape (n_samples, n_features)
        y : array of shape (n_samples,) or (n_samples, n_targets)
        sample_weight : float or array of shape (n_samples,), default None

        Returns
        -------
        float
            1 at best; 0 is as good as the mean.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            The model has not been fitted.
        ValueError, TypeError
            An argument is not what it must be; the message names it, its value and the fix.
        """
        return self._r2(y, self.predict(X), sample_weight)

    def _r2(self, y, predictions, sample_weight):
        # Imported where it is needed: it costs a good part of importing all of scikit-learn.
        from sklearn.metrics import r2_score

        y = check_response(y, predictions)
        weights = None if sample_weight is None else check_weights(sample_weight, predictions)
        return r2_score(y, predictions, sample_weight=weights)


class SingleTargetRegressor(LinearRegressor):
    """Base of the models for one target."""

    def _checked(self, X, y):
        X, y = super()._checked(X, y)
        if y.ndim > 1 and y.shape[1] > 1:
            raise ValueError(
                f"y must have one target, got shape {y.shape}: fit one model for each column, or "
                "wrap this one in sklearn.multioutput.MultiOutputRegressor"
            )
        return X, column_or_1d(y, warn=True)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = False
        return tags


class OffsetRegressor(SingleTargetRegressor):
    """Base of the models for one target, a part of whose predictions may be known."""

    def predict(self, X, *, offset=None):
        """Predict the target.

        Parameters
        ----------
        X : array, sparse matrix or data frame of shape (n_samples, n_features)
        offset : array of shape (n_samples,), default None
            Known part of the prediction, as at fitting.

        Returns
        -------
        ndarray of shape (n_samples,)
            In units of the target.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            The model has not been fitted.
        ValueError, TypeError
            An argument is not what it must be; the message names it, its value and the fix.
        MemoryError
            The predictions, or a copy of X that they take, would not fit.
        """
        eta = self._linear_predictor(X)
        known = self._offset(eta, offset=offset)
        return eta if known is None else eta + known

    def score(self, X, y, sample_weight=None, *, offset=None):
        """Coefficient of determination of the predictions, R^2.

        Parameters
        ----------
        X : array, sparse matrix or data frame of shape (n_samples, n_features)
        y : array of shape (n_samples,)
        sample_weight : float or array of shape (n_samples,), default None
        offset : array of shape (n_samples,), default None
            As for `predict`.

        Returns
        -------
        float
            1 at best; 0 is as good as the mean.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            The model has not been fitted.
        ValueError, TypeError
            An argument is not what it must be; the message names it, its value and the fix.
        """
        return self._r2(y, self.predict(X, offset=offset), sample_weight)


def _constants(targets, weights):
    """The value of each target that is constant, and 0 for the others.

    Without it rounding in the mean would leave a constant target residuals to be explained.
    """
    rows = slice(None) if weights.min() > 0 else weights > 0
    used = targets[:, rows]
    return np.where(used.min(axis=1) == used.max(axis=1), used[:, 0], 0.0)

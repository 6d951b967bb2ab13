"""What generalised linear models share: offsets, predictions by a link, and deviances."""

from __future__ import annotations

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.validation import column_or_1d

from taut import penalties
from taut.estimators.penalised import PenalisedModel, constrained
from taut.losses.log_link import LogLink
from taut.validation import check_choice, check_response, check_weights

__all__ = ["GeneralisedLinearModel", "PenalisedGLM"]


class GeneralisedLinearModel(RegressorMixin, PenalisedModel):
    """Base of the models that predict by the link of their loss: it states loss and penalty."""

    def _checked(self, X, y):
        X, y = super()._checked(X, y)
        return X, column_or_1d(y, warn=True) if y.ndim == 2 and y.shape[1] == 1 else y

    def _keep_coefs(self, task, coefs, intercepts):
        single = len(coefs) == 1
        self.coef_ = coefs[0] if single else coefs
        self.intercept_ = (intercepts[0] if single else intercepts) if self.fit_intercept else 0.0

    def predict(self, X, *, offset=None, exposure=None):
        """Predict the mean of the target.

        Parameters
        ----------
        X : array, sparse matrix or data frame of shape (n_samples, n_features)
        offset : array of shape (n_samples,), default None
            Known part of the linear predictor, as at fitting.
        exposure : array of shape (n_samples,), default None
            What predictions are proportional to, as at fitting; None predicts for one unit.

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
        """
        eta = self._linear_predictor(X)
        known = self._offset(eta, offset=offset, exposure=exposure)
        # Of several targets all have the same offset.
        return self._loss().mean(eta if known is None else (eta.T + known).T)

    def score(self, X, y, sample_weight=None, *, offset=None, exposure=None):
        """Share of the deviance that is explained, D^2; of several targets its mean.

        Parameters
        ----------
        X : array, sparse matrix or data frame of shape (n_samples, n_features)
        y : array of shape (n_samples,) or (n_samples, n_targets)
        sample_weight : float or array of shape (n_samples,), default None
        offset, exposure : array of shape (n_samples,), default None
            As for `predict`; the null model knows them as well.

        Returns
        -------
        float
            1 at best; 0 is as good as the best constant.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            The model has not been fitted.
        ValueError, TypeError
            An argument is not what it must be; the message names it, its value and the fix.
        """
        eta = self._linear_predictor(X)
        y = check_response(y, eta)
        if y.shape[1:] not in (eta.shape[1:], (1,)[: 2 - eta.ndim]):
            raise ValueError(
                f"y must have shape {eta.shape}, as the model's targets, got {y.shape}: give one "
                "column for each target"
            )
        weights = check_weights(sample_weight, eta)
        known = self._offset(eta, offset=offset, exposure=exposure)
        known = np.zeros(len(eta)) if known is None else known
        targets = zip(y.reshape(len(y), -1).T, eta.reshape(len(eta), -1).T, strict=True)
        return float(np.mean([self._explained(*pair, weights, known) for pair in targets]))

    def _explained(self, y, eta, weights, known):
        """Of one target, beyond the best constant, which knows as much."""
        loss = self._loss()
        y = loss.check_response(y)
        null = known + loss.null_intercept(y, weights, known)
        lowest = loss.total_lowest(y, weights)
        left = loss.total(y, eta + known, weights) - lowest
        return 1.0 - left / (loss.total(y, null, weights) - lowest)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        try:
            tags.target_tags.positive_only = isinstance(self._loss(), LogLink)
        except (TypeError, ValueError):  # parameters are refused by fit
            tags.target_tags.positive_only = False
        return tags


class PenalisedGLM(GeneralisedLinearModel):
    """Base of the models with scikit-learn's parameters for a generalised linear model."""

    def _penalty(self):
        check_choice(self.solver, "solver", ("lbfgs", "newton-cholesky"))
        mixture = penalties.ElasticNet(self.l1_ratio, self._feature_weights)
        return constrained(mixture, False, self.lower, self.upper)

    def fit(self, X, y, sample_weight=None, *, offset=None, exposure=None, groups=None):
        """Fit the model.

        Parameters
        ----------
        X : array, sparse matrix or data frame of shape (n_samples, n_features)
        y : array of shape (n_samples,)
        sample_weight : float or array of shape (n_samples,), default None
            A weight of zero is the same as leaving the row out.
        offset : array of shape (n_samples,), default None
            Known part of the linear predictor, whose coefficient is one.
        exposure : array of shape (n_samples,), default None
            What the mean is proportional to, > 0: its logarithm is an offset. For a log link.
        groups : array of shape (n_samples,), default None
            For the splitter of ``alpha=taut.CV(splitter)``.

        Returns
        -------
        PenalisedGLM
            Itself.

        Raises
        ------
        ValueError, TypeError
            An argument is not what it must be; the message names it, its value and the fix.
        """
        return self._fit(X, y, sample_weight, groups, offset=offset, exposure=exposure)

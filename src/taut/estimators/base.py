"""What all linear models share: reading the data, keeping a solution, predicting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from taut import losses
from taut.designs import as_design
from taut.designs.design import product
from taut.designs.from_frame import names_of
from taut.memory import require_memory
from taut.path import worst
from taut.penalties import Penalty
from taut.problem import Problem
from taut.solution import warn_unless_solved
from taut.solvers import Controls, Solved
from taut.validation import check_flag, check_matrix, check_response, check_weights

__all__ = ["LinearModel", "Task"]


@dataclass(frozen=True)
class Task:
    """One call of ``fit``, as the solvers see it.

    Attributes
    ----------
    problems : list of Problem
        One per target.
    target : ndarray of shape (n_samples,) or (n_samples, n_targets)
        As given.
    shifts : ndarray of shape (n_targets,)
        What was taken off each target, and belongs to its intercept.
    total_weight : float
        Sum of the sample weights as given; the number of rows without any.
    """

    problems: list[Problem]
    target: np.ndarray
    shifts: np.ndarray
    total_weight: float

    @property
    def weights(self) -> np.ndarray:
        """Sample weights over their sum, of shape (n_samples,)."""
        return self.problems[0].weights


class LinearModel(MultiOutputMixin, RegressorMixin, BaseEstimator):
    """Base of the linear models: a subclass states its penalty, and calls ``_keep``."""

    # Parameters of some subclasses, constants of the others.
    standardize = False
    tol = 1e-6
    max_iter = None

    # scikit-learn keeps the axis of a single target given as a column in LinearRegression alone.
    _keeps_single_target = False

    def _penalty(self) -> Penalty:
        raise NotImplementedError

    def _prepare(self, X, y, sample_weight) -> Task:
        """Check the data, once, and state the problem of each target."""
        X, y = self._checked(X, y)
        weights = check_weights(sample_weight, X)
        total = len(weights) if sample_weight is None else _total(sample_weight, len(weights))
        fit_intercept = check_flag(self.fit_intercept, "fit_intercept")
        targets = y.reshape(len(y), -1).T
        require_memory(
            "the coefficients of {:,} features for {:,} targets",
            (X.shape[1], len(targets)),
            "fit fewer targets at a time, or leave out columns",
            each=24,
        )
        shifts = _constants(targets, weights) if fit_intercept else np.zeros(len(targets))
        first = Problem(
            design=as_design(X),
            response=np.ascontiguousarray(targets[0] - shifts[0]),
            loss=losses.Squared(),
            penalty=self._penalty(),
            weights=weights,
            fit_intercept=fit_intercept,
            standardize=check_flag(self.standardize, "standardize"),
        )
        rest = zip(targets[1:], shifts[1:], strict=True)
        problems = [first, *(first.for_response(column - shift) for column, shift in rest)]
        return Task(problems, y, shifts, float(total))

    def _checked(self, X, y):
        if _is_plain(X, y):
            vars(self).pop("feature_names_in_", None)
            self.n_features_in_ = X.shape[1]
            return X, y
        matrix = check_matrix(X, names_of(X))
        y = check_response(y, matrix)
        validate_data(self, X, skip_check_array=True)
        return matrix, y

    def _controls(self) -> Controls:
        max_iter = Controls.max_iter if self.max_iter is None else self.max_iter
        return Controls.checked(self.tol, max_iter)

    def _keep(self, task: Task, solved: Sequence[Solved], index: int = 0):
        """Set the fitted attributes from one strength of each target's path.

        Warns of strengths that were not solved, also of those that were not chosen: the choice
        was made among them.
        """
        coefs = np.stack([s.coefs[:, index] for s in solved])
        intercepts = np.array([s.intercepts[index] for s in solved]) + task.shifts
        certificates = [s.certificates[index] for s in solved]
        single = len(solved) == 1
        flat = task.target.ndim == 1
        self.coef_ = coefs[0] if flat or (single and not self._keeps_single_target) else coefs
        self.intercept_ = (intercepts[0] if flat else intercepts) if self.fit_intercept else 0.0
        self.certificate_ = certificates[0] if single else worst(certificates)
        # A solution that needed no step was still looked at once.
        n_iter = [max(c.n_iter, 1) for c in certificates]
        self.n_iter_ = n_iter[0] if single else n_iter
        self.dual_gap_ = certificates[0].gap if single else np.array([c.gap for c in certificates])
        paths = [s.certificates for s in solved]
        path = paths[0] if single else [worst(targets) for targets in zip(*paths, strict=True)]
        warn_unless_solved(type(self).__name__, path)
        return self

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
        check_is_fitted(self)
        matrix = check_matrix(X, names_of(X), min_samples=1)
        try:
            validate_data(self, X, reset=False, skip_check_array=True)
        except ValueError as error:
            remedy = "Give X the columns that the model was fitted on, in their order."
            raise ValueError(f"{error}\n{remedy}") from error
        require_memory(
            "predictions for {:,} rows and {:,} targets",
            (matrix.shape[0], self.coef_.size // matrix.shape[1]),
            "predict for fewer rows at a time",
            each=16,
        )
        return product(matrix, self.coef_.T) + self.intercept_

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
        # Imported where it is needed: it costs a good part of importing all of scikit-learn.
        from sklearn.metrics import r2_score

        predictions = self.predict(X)
        y = check_response(y, predictions)
        weights = None if sample_weight is None else check_weights(sample_weight, predictions)
        return r2_score(y, predictions, sample_weight=weights)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def __repr__(self, N_CHAR_MAX=700):
        text = super().__repr__(N_CHAR_MAX)
        certificate = vars(self).get("certificate_")
        # As a comment, so that the text is still the code that makes the estimator.
        return text if certificate is None else f"{text}  # {certificate}"


def _is_plain(X, y) -> bool:
    """Whether validation would hand both on as they are: it takes longer than many a small fit.

    A sum is finite only where all its terms are; where it overflows, validation has the word.
    """
    plain = (
        type(X) is type(y) is np.ndarray
        and X.dtype in (np.float64, np.float32)
        and y.dtype == np.float64
        and X.ndim == 2
        and y.ndim in (1, 2)
        and len(X) == len(y) >= 2
        and min(X.shape[1], y.size) > 0
    )
    with np.errstate(all="ignore"):
        return plain and bool(np.isfinite(X.sum()) and np.isfinite(y.sum()))


def _total(sample_weight, n_samples):
    return np.broadcast_to(np.asarray(sample_weight, dtype=np.float64), n_samples).sum()


def _constants(targets, weights):
    """The value of each target that is constant, and 0 for the others.

    Without it rounding in the mean would leave a constant target residuals to be explained.
    """
    rows = slice(None) if weights.min() > 0 else weights > 0
    used = targets[:, rows]
    return np.where(np.ptp(used, axis=1) == 0, used[:, 0], 0.0)

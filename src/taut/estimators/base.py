"""What all linear models share: reading the data, keeping a solution, predicting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import wraps

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted, validate_data

from taut import losses
from taut.designs import as_design
from taut.designs.design import product
from taut.designs.from_frame import names_of
from taut.losses import Loss
from taut.losses.offsets import known_part
from taut.memory import require_memory
from taut.path import refuse_constant, worst
from taut.penalties import Penalty
from taut.problem import Problem
from taut.solution import warn_unless_solved
from taut.solvers import Controls, Solved
from taut.validation import (
    check_features,
    check_flag,
    check_matrix,
    check_targets,
    check_weights,
)
from taut.validation.magnitudes import LARGEST, SMALLEST
from taut.validation.settings import check_settings

__all__ = ["LinearModel", "Task"]

# What these see of target and prediction is the difference.
_OF_RESIDUALS = (losses.Squared, losses.Huber, losses.Quantile)


@dataclass(frozen=True)
class Task:
    """One call of ``fit``, as the solvers see it.

    Attributes
    ----------
    problems : list of Problem
        One per target; a single one where targets or classes are fitted jointly.
    target : ndarray of shape (n_samples, ...)
        As given.
    shifts : ndarray of shape (n_problems,)
        What was taken off each response, and belongs to its intercept.
    sum_of_weights : float
        Of the sample weights as given; the number of rows without any.
    """

    problems: list[Problem]
    target: np.ndarray
    shifts: np.ndarray
    sum_of_weights: float

    @property
    def total_weight(self) -> float:
        """The sum of weights, for the penalties that are held against a sum over rows.

        Raises
        ------
        ValueError
            Strengths could not be converted by it.
        """
        if not SMALLEST <= self.sum_of_weights <= LARGEST:
            raise ValueError(
                f"sample_weight must have a sum between {SMALLEST:g} and {LARGEST:g}, got "
                f"{self.sum_of_weights:.3g}: alpha (or C) is measured against it; rescale the "
                "weights, use 1 for an ordinary row"
            )
        return self.sum_of_weights

    @property
    def weights(self) -> np.ndarray:
        """Sample weights over their sum, of shape (n_samples,)."""
        return self.problems[0].weights


class LinearModel(BaseEstimator):
    """Base of the linear models: a subclass states its loss and penalty, and calls ``_keep``."""

    # Parameters of some subclasses, constants of the others.
    fit_intercept = True
    standardize = False
    tol = 1e-6
    max_iter = None

    def __init_subclass__(cls, **options):
        super().__init_subclass__(**options)
        if "fit" in vars(cls):
            cls.fit = _whole_or_not_at_all(cls.fit)

    def _loss(self) -> Loss:
        return losses.Squared()

    def _penalty(self) -> Penalty:
        raise NotImplementedError

    def _responses(self, y) -> list[np.ndarray]:
        """The response of each problem, from a target that was checked."""
        return [self._loss().check_response(y)]

    def _weights(self, sample_weight, X, y) -> tuple[np.ndarray, float]:
        """Weights over their sum, and their sum."""
        weights = check_weights(sample_weight, X)
        total = len(weights) if sample_weight is None else _total(sample_weight, len(weights))
        return weights, float(total)

    def _shifts(self, responses, weights) -> np.ndarray:
        """What to take off each response before it is fitted."""
        return np.zeros(len(responses))

    def _offset(self, X, **known) -> np.ndarray | None:
        """The known part of the linear predictor, from what else ``fit`` or ``predict`` got."""
        return known_part(X, self._loss(), **known) if known else None

    def _prepare(self, X, y, sample_weight, **known) -> Task:
        """Check the data, once, and state the problem of each target."""
        X, y = self._checked(X, y)
        weights, total = self._weights(sample_weight, X, y)
        fit_intercept = check_flag(self.fit_intercept, "fit_intercept")
        responses, offset = self._responses(y), self._offset(X, **known)
        if offset is not None and isinstance(self._loss(), _OF_RESIDUALS):
            # The residuals of a target less its offset are those of the target.
            responses, offset = [(response.T - offset).T for response in responses], None
        require_memory(
            "the coefficients of {:,} features for {:,} targets",
            (X.shape[1], len(responses)),
            "fit fewer targets at a time, or leave out columns",
            each=24,
        )
        shifts = self._shifts(responses, weights) if fit_intercept else np.zeros(len(responses))
        several = offset is not None and offset.ndim > 1 and len(responses) > 1
        offsets = list(offset.T) if several else [offset] * len(responses)
        first = Problem(
            design=as_design(X),
            response=np.ascontiguousarray(responses[0] - shifts[0]),
            loss=self._loss(),
            penalty=self._penalty(),
            weights=weights,
            fit_intercept=fit_intercept,
            standardize=check_flag(self.standardize, "standardize"),
            offset=offsets[0],
        )
        rest = zip(responses[1:], shifts[1:], offsets[1:], strict=True)
        others = (replace(first.for_response(y - shift), offset=o) for y, shift, o in rest)
        problems = [first, *others]
        refuse_constant(problems, y)
        return Task(problems, y, shifts, total)

    def _checked(self, X, y):
        names = names_of(X)
        matrix = check_features(X, names)
        y = self._checked_target(y, matrix)
        if type(X) is np.ndarray:  # scikit-learn's way takes longer than many a small fit
            vars(self).pop("feature_names_in_", None)
            self.n_features_in_ = X.shape[1]
        else:
            validate_data(self, X, skip_check_array=True)
        return matrix, y

    def _checked_target(self, y, X):
        return check_targets(y, X)

    def _controls(self) -> Controls:
        max_iter = Controls.max_iter if self.max_iter is None else self.max_iter
        return Controls.checked(self.tol, max_iter)

    def _keep(self, task: Task, solved: Sequence[Solved], index: int = 0):
        """Set the fitted attributes from one strength of each problem's path.

        Warns of strengths that were not solved, also of those that were not chosen: the choice
        was made among them.
        """
        coefs = np.array([s.coefs[..., index].T for s in solved])
        intercepts = np.array([s.intercepts[..., index] for s in solved])
        shifts = task.shifts.reshape(-1, *[1] * (intercepts.ndim - 1))
        certificates = [s.certificates[index] for s in solved]
        single = len(solved) == 1
        self._keep_coefs(task, coefs, intercepts + shifts)
        self.certificate_ = certificates[0] if single else worst(certificates)
        # A solution that needed no step was still looked at once.
        n_iter = [max(c.n_iter, 1) for c in certificates]
        self.n_iter_ = n_iter[0] if single else n_iter
        gaps = np.array([c.gap for c in certificates])
        self.dual_gap_ = gaps[0] if single else gaps
        paths = [s.certificates for s in solved]
        path = paths[0] if single else [worst(targets) for targets in zip(*paths, strict=True)]
        warn_unless_solved(type(self).__name__, path)
        return self

    def _keep_coefs(self, task: Task, coefs, intercepts):
        """Set ``coef_`` and ``intercept_``.

        Parameters
        ----------
        task : Task
        coefs : ndarray of shape (n_problems, n_features) or (n_problems, n_targets, n_features)
        intercepts : ndarray of shape (n_problems,) or (n_problems, n_targets)
        """
        raise NotImplementedError

    def _linear_predictor(self, X):
        """``x_i'b + b0`` of checked rows, of shape (n_samples,) or (n_samples, n_targets)."""
        check_is_fitted(self)
        matrix = self._features(X)
        coef = self.coef_.toarray() if sparse.issparse(self.coef_) else self.coef_
        require_memory(
            "predictions for {:,} rows and {:,} targets",
            (matrix.shape[0], coef.size // matrix.shape[1]),
            "predict for fewer rows at a time",
            each=16,
        )
        return product(matrix, coef.T) + self.intercept_

    def _features(self, X):
        """A checked matrix of the features that the model was fitted on."""
        matrix = check_matrix(X, names_of(X), min_samples=1)
        try:
            validate_data(self, X, reset=False, skip_check_array=True)
        except ValueError as error:
            remedy = "Give X the columns that the model was fitted on, in their order."
            raise ValueError(f"{error}\n{remedy}") from error
        return matrix

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def __repr__(self, N_CHAR_MAX=700):
        text = super().__repr__(N_CHAR_MAX)
        certificate = vars(self).get("certificate_")
        # As a comment, so that the text is still the code that makes the estimator.
        return text if certificate is None else f"{text}  # {certificate}"


def _whole_or_not_at_all(fit):
    """A fit whose settings are checked; refused or interrupted, it leaves the model as it was."""

    @wraps(fit)
    def fit_or_leave(self, *arguments, **options):
        check_settings(self)
        before = dict(vars(self))
        try:
            return fit(self, *arguments, **options)
        except BaseException:
            vars(self).clear()
            vars(self).update(before)
            raise

    return fit_or_leave


def _total(sample_weight, n_samples):
    return np.broadcast_to(np.asarray(sample_weight, dtype=np.float64), n_samples).sum()

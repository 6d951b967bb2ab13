"""What networks predict: numbers, and classes."""

from __future__ import annotations

import numpy as np
import torch
from scipy.special import log_softmax, softmax
from sklearn.base import ClassifierMixin, MultiOutputMixin, RegressorMixin

from taut.estimators.classifier import check_kind, class_factors, labels_of
from taut.nn.estimators.inputs import positive_scale
from taut.nn.training.losses import CrossEntropy, HalfSquaredError
from taut.validation import check_as_many, check_flag, check_response, shown
from taut.validation.trouble import constant_target

__all__ = ["ClassTargets", "NumberTargets"]


class NumberTargets(MultiOutputMixin, RegressorMixin):
    """One or several numbers for each row."""

    _of_classes = False

    def _targets(self, y, X) -> np.ndarray:
        return check_response(y, X)

    def _check_variation(self, y: np.ndarray) -> None:
        if (y == y[0]).all():
            raise constant_target(y)

    def _learn_targets(self, y: np.ndarray, weights) -> None:
        self._flat = y.ndim == 1
        columns = y.reshape(len(y), -1)
        n_targets = columns.shape[1]
        self.target_offset_, self.target_scale_ = np.zeros(n_targets), np.ones(n_targets)
        if check_flag(self.standardize, "standardize"):
            self.target_offset_ = np.average(columns, axis=0, weights=weights)
            variances = np.average((columns - self.target_offset_) ** 2, axis=0, weights=weights)
            self.target_scale_ = positive_scale(np.sqrt(variances))

    def _n_outputs(self) -> int:
        return len(self.target_offset_)

    def _target_tensor(self, y: np.ndarray) -> torch.Tensor:
        scaled = (y.reshape(len(y), -1) - self.target_offset_) / self.target_scale_
        return torch.as_tensor(scaled, dtype=torch.float32)

    def _row_factors(self, y, weights):
        return weights

    def _criterion(self):
        return HalfSquaredError()

    def predict(self, X):
        """Predict the target.

        Parameters
        ----------
        X : array or data frame of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_targets)
            In units of the target.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            The model has not been fitted.
        ValueError, TypeError
            X has other features than at fitting, or is not finite.
        """
        output = self._output(X) * self.target_scale_ + self.target_offset_
        return output[:, 0] if self._flat else output


class ClassTargets(ClassifierMixin):
    """One of several classes for each row."""

    _of_classes = True

    def _targets(self, y, X) -> np.ndarray:
        y = labels_of(y)
        check_as_many(y, X)
        check_kind(y)
        return y

    def _check_variation(self, y: np.ndarray) -> None:
        """Learning the classes finds whether there are two, also in the first of many calls."""

    def _learn_targets(self, y: np.ndarray, weights) -> None:
        self._learn_classes(np.unique(y))

    def _learn_classes(self, classes) -> None:
        self.classes_ = np.unique(classes)
        if len(self.classes_) < 2:
            raise ValueError(
                "y must hold at least two classes, got one class only, "
                f"{shown(self.classes_[0])}: there is nothing to tell apart, add rows of another "
                "class"
            )

    def _take_classes(self, classes) -> None:
        """Of a call of ``partial_fit``: all that there will be in the first one, the same later."""
        if not hasattr(self, "module_"):
            # Those of a call that failed are forgotten.
            vars(self).pop("classes_", None)
        if classes is None:
            return
        if isinstance(classes, str) or np.ndim(classes) != 1 or len(np.unique(classes)) < 2:
            raise ValueError(
                f"classes must be an array of two labels at least, got {shown(classes)}: name all "
                "that there will be"
            )
        if not hasattr(self, "classes_"):
            self._learn_classes(classes)
        elif not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(
                f"classes must be those that the model has, {shown(self.classes_.tolist())}, got "
                f"{shown(np.unique(classes).tolist())}: leave classes out, or fit a new model"
            )

    def _n_outputs(self) -> int:
        return len(self.classes_)

    def _places(self, y) -> np.ndarray:
        """Of labels in ``classes_``; those of rows without weight may be in none."""
        return np.minimum(np.searchsorted(self.classes_, y), len(self.classes_) - 1)

    def _codes(self, y) -> np.ndarray:
        codes = self._places(y)
        unknown = np.flatnonzero(self.classes_[codes] != y)
        if len(unknown):
            raise ValueError(
                f"y holds {shown(y[unknown[0]])} in row {unknown[0]} (counting from 0), which is "
                f"none of the classes {shown(self.classes_.tolist())}: name all classes in the "
                "first call of partial_fit"
            )
        return codes

    def _target_tensor(self, y: np.ndarray) -> torch.Tensor:
        return torch.as_tensor(self._codes(y), dtype=torch.long)

    def _row_factors(self, y, weights):
        """Weights of rows, times those of their classes."""
        if self.class_weight is None:
            return weights
        codes = self._places(y)
        sums = np.bincount(codes, weights, len(self.classes_))
        factors = class_factors(self.class_weight, self.classes_, sums)[codes]
        return factors if weights is None else factors * weights

    def _criterion(self):
        return CrossEntropy(self.label_smoothing)

    def predict_proba(self, X):
        """Probabilities of the classes.

        Parameters
        ----------
        X : array or data frame
            As at fitting.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            In the order of ``classes_``.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            The model has not been fitted.
        ValueError, TypeError
            X has other features than at fitting, or is not finite.
        """
        return softmax(self._output(X), axis=1)

    def predict_log_proba(self, X):
        """Logarithms of `predict_proba`, which are finite where it rounds to 0."""
        return log_softmax(self._output(X), axis=1)

    def predict(self, X):
        """The class of the largest probability, as `predict_proba` takes and raises.

        Returns
        -------
        ndarray of shape (n_samples,)
            Of the labels given at fitting.
        """
        places = self._output(X).argmax(axis=1)
        return self.classes_[places]

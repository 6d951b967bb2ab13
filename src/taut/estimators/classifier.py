"""What all linear classifiers share: labels, weights of classes, decisions and probabilities."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.special import log_expit, log_softmax
from sklearn.base import ClassifierMixin
from sklearn.utils import assert_all_finite
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_is_fitted, column_or_1d

from taut import losses
from taut.estimators.penalised import PenalisedModel
from taut.losses.offsets import known_part
from taut.validation import check_as_many, check_labels, check_positive, shown
from taut.validation.trouble import explained

__all__ = ["LinearClassifier", "class_factors", "decided", "log_probabilities"]


class LinearClassifier(ClassifierMixin, PenalisedModel):
    """Base of the classifiers: a subclass states its loss for two classes, and its penalty.

    Several classes are fitted jointly where the loss is the logistic one, and each against the
    rest otherwise.
    """

    # A parameter of some subclasses.
    class_weight = None

    def _binary_loss(self) -> losses.Loss:
        return losses.Logistic()

    def _loss(self):
        loss = self._binary_loss()
        joint = isinstance(loss, losses.Logistic) and len(self.classes_) > 2
        return self._joint_loss() if joint else loss

    def _joint_loss(self) -> losses.Multinomial:
        return losses.Multinomial()

    def _checked_target(self, y, X):
        labels = labels_of(y)
        check_as_many(labels, X)
        return labels

    def _weights(self, sample_weight, X, y):
        weights, total = super()._weights(sample_weight, X, y)
        self.classes_ = _classes(labels_of(y)[weights > 0])
        if self.class_weight is None:
            return weights, total
        codes = self._codes(y)
        sums = np.bincount(codes, weights, len(self.classes_))
        weighted = weights * class_factors(self.class_weight, self.classes_, sums)[codes]
        if not np.bincount(codes, weighted, len(self.classes_)).min() > 0:
            raise ValueError(
                f"class_weight must leave weight on every class, got {shown(self.class_weight)}: "
                "give each a positive one, and drop the rows of a class that is not to count"
            )
        return weighted / weighted.sum(), total * weighted.sum()

    def _codes(self, y):
        """The place of each label in ``classes_``; rows of no weight may have any."""
        codes = np.searchsorted(self.classes_, labels_of(y))
        return np.minimum(codes, len(self.classes_) - 1)

    def _responses(self, y):
        loss, codes = self._loss(), self._codes(y)
        n_classes = len(self.classes_)
        if n_classes == 2:
            return [loss.check_response(codes)]
        indicators = np.equal.outer(codes, np.arange(n_classes)).astype(np.float64)
        if isinstance(loss, losses.Multinomial):
            return [indicators[:, 1:] if loss.has_reference else indicators]
        return [loss.check_response(column) for column in indicators.T]

    def _offset(self, X, offset=None):
        if offset is None:
            return None
        known, loss = self._known(offset, X), self._loss()
        if isinstance(loss, losses.Multinomial) and loss.has_reference:
            return known[:, 1:] - known[:, :1]
        return known

    def _known(self, offset, X) -> np.ndarray:
        """A checked offset, of shape (n_samples,) for two classes, else (n_samples, n_classes)."""
        n_classes = len(self.classes_)
        outputs = (n_classes,) if n_classes > 2 else ()
        if outputs and np.shape(offset) != (X.shape[0], n_classes):
            raise ValueError(
                f"offset must have shape {(X.shape[0], n_classes)}, got {np.shape(offset)}: give "
                "one number for each row and class (the same for all classes changes nothing)"
            )
        return known_part(X, self._loss(), offset, outputs=outputs)

    def _keep_coefs(self, task, coefs, intercepts):
        self.coef_ = coefs.reshape(-1, coefs.shape[-1])
        self.intercept_ = intercepts.ravel()
        if len(self.intercept_) < len(self.classes_) and len(self.classes_) > 2:
            # The reference has coefficients of zero.
            self.coef_ = np.vstack([np.zeros(self.coef_.shape[1]), self.coef_])
            self.intercept_ = np.append(0.0, self.intercept_)
        elif intercepts.ndim > 1:
            # Only the differences count: as in scikit-learn they sum to zero.
            self.intercept_ = self.intercept_ - self.intercept_.mean()

    def decision_function(self, X, *, offset=None):
        """The linear predictor, whose sign or largest entry decides.

        Parameters
        ----------
        X : array, sparse matrix or data frame of shape (n_samples, n_features)
        offset : array of shape (n_samples,) or (n_samples, n_classes), default None
            Known part of the linear predictor, as at fitting.

        Returns
        -------
        ndarray of shape (n_samples,) for two classes, where ``classes_[1]`` has the positive sign,
        or (n_samples, n_classes)

        Raises
        ------
        sklearn.exceptions.NotFittedError
            The model has not been fitted.
        ValueError, TypeError
            An argument is not what it must be; the message names it, its value and the fix.
        """
        eta = self._linear_predictor(X)
        eta = eta[:, 0] if eta.shape[1] == 1 else eta
        return eta if offset is None else eta + self._known(offset, eta)

    def predict(self, X, *, offset=None):
        """Predict the class.

        Parameters
        ----------
        X : array, sparse matrix or data frame of shape (n_samples, n_features)
        offset : array of shape (n_samples,) or (n_samples, n_classes), default None
            Known part of the linear predictor, as at fitting.

        Returns
        -------
        ndarray of shape (n_samples,)
            Of the labels given at fitting.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            The model has not been fitted.
        ValueError, TypeError
            An argument is not what it must be; the message names it, its value and the fix.
        """
        eta = self.decision_function(X, offset=offset)
        return decided(self.classes_, eta)

    def score(self, X, y, sample_weight=None, *, offset=None):
        """Accuracy of the predicted classes.

        Parameters
        ----------
        X : array, sparse matrix or data frame of shape (n_samples, n_features)
        y : array of shape (n_samples,)
        sample_weight : array of shape (n_samples,), default None
        offset : array of shape (n_samples,) or (n_samples, n_classes), default None
            As for `predict`.

        Returns
        -------
        float
            1 at best.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            The model has not been fitted.
        ValueError, TypeError
            An argument is not what it must be; the message names it, its value and the fix.
        """
        # Imported where it is needed: it costs a good part of importing all of scikit-learn.
        from sklearn.metrics import accuracy_score

        return accuracy_score(y, self.predict(X, offset=offset), sample_weight=sample_weight)

    def sparsify(self):
        """Turn ``coef_`` into a sparse matrix; predictions stay the same.

        Returns
        -------
        LinearClassifier
            Itself.
        """
        check_is_fitted(self)
        self.coef_ = sparse.csr_matrix(self.coef_)
        return self

    def densify(self):
        """Turn ``coef_`` back into an array.

        Returns
        -------
        LinearClassifier
            Itself.
        """
        check_is_fitted(self)
        if sparse.issparse(self.coef_):
            self.coef_ = self.coef_.toarray()
        return self

    def _predict_proba(self, X, offset=None):
        return np.exp(self._predict_log_proba(X, offset))

    def _predict_log_proba(self, X, offset=None):
        return log_probabilities(self.decision_function(X, offset=offset))


def decided(classes, eta) -> np.ndarray:
    """The class that linear predictors decide for, row by row."""
    return classes[(eta > 0).astype(int) if eta.ndim == 1 else eta.argmax(axis=1)]


def log_probabilities(eta) -> np.ndarray:
    """The logarithms of the probabilities of the classes, of shape (n_samples, n_classes)."""
    if eta.ndim == 2:
        return log_softmax(eta, axis=1)
    return np.column_stack([log_expit(-eta), log_expit(eta)])


def labels_of(y) -> np.ndarray:
    """A label for each row.

    Raises
    ------
    ValueError
        y is None or no vector, or one of its labels is missing.
    """
    if y is None:
        raise ValueError(
            "this requires y to be passed, but the target y is None: pass one label for each row "
            "of X"
        )
    shape = getattr(np.asarray(y, dtype=object) if isinstance(y, list) else y, "shape", ())
    if len(shape) == 2 and shape[1] > 1:
        raise ValueError(
            f"y must have shape (n_samples,), one label for each row, got {shape}: give one "
            "column, or y.argmax(axis=1) where each column marks a class"
        )
    with explained("y", y):
        labels = column_or_1d(y, warn=True)
        if labels.dtype.kind == "f":
            assert_all_finite(labels, input_name="y")
    check_labels(labels, "y")
    return labels


def check_kind(labels) -> None:
    """Refuse numbers that are no classes.

    Raises
    ------
    ValueError
    """
    kind = type_of_target(labels, input_name="y")
    if kind not in ("binary", "multiclass"):
        example = f", such as {shown(labels[labels % 1 != 0][0])}" if kind == "continuous" else ""
        raise ValueError(
            f"Unknown label type: {kind}{example}. y must hold classes: cut the numbers into "
            "classes, or use a regressor such as taut.Ridge"
        )


def _classes(labels) -> np.ndarray:
    """The classes of the rows that count, in ascending order."""
    check_kind(labels)
    classes = np.unique(labels)
    if len(classes) < 2:
        raise ValueError(
            f"y must hold at least two classes, got one class only, {shown(classes[0])}, among the "
            "rows with a weight: there is nothing to tell apart, add rows of another class"
        )
    return classes


def class_factors(class_weight, classes, sums) -> np.ndarray:
    """The factor of each class on the weights of its rows.

    Parameters
    ----------
    class_weight : dict or "balanced"
    classes : ndarray of shape (n_classes,)
    sums : ndarray of shape (n_classes,)
        Of the weights of its rows.

    Raises
    ------
    TypeError, ValueError
        ``class_weight`` is something else, names what is no class, or a factor is negative.
    """
    if isinstance(class_weight, str) and class_weight == "balanced":
        mean = np.full(len(classes), sums.sum() / len(classes))
        return np.divide(mean, sums, out=np.ones(len(classes)), where=sums > 0)
    if not isinstance(class_weight, dict):
        raise ValueError(
            f"class_weight must be None, 'balanced' or a dict, got {shown(class_weight)}: "
            "pass {label: weight}, with 1 for a class that is left out"
        )
    factors = np.ones(len(classes))
    for label, factor in class_weight.items():
        place = np.flatnonzero(classes == label)
        if not place.size:
            raise ValueError(
                f"class_weight must name classes of y, {shown(classes.tolist())}, got "
                f"{shown(label)}: correct the label, or leave it out"
            )
        factors[place] = check_positive(factor, f"class_weight[{label!r}]", 1.0, zero=True)
    return factors

"""The error of an estimator in parts: what it gets wrong on average, and how much it wavers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.model_selection import train_test_split
from sklearn.utils import _safe_indexing, check_random_state
from sklearn.utils.validation import _num_samples, column_or_1d

from taut.progress import tracked
from taut.validation import check_choice, check_flag, check_positive, shown

__all__ = ["BiasVariance", "bias_variance", "decompose_squared", "decompose_zero_one"]

_LOSSES = ("squared", "zero_one")


@dataclass(frozen=True, eq=False, repr=False)
class BiasVariance:
    """Mean loss on test rows over training sets, and its parts.

    All are floats, or ndarrays of shape (n_values,) where a parameter was varied.

    Attributes
    ----------
    error : float
        Mean loss. ``error = bias + variance_effect``.
    bias : float
        Loss of the main prediction, which is the mean over training sets (squared loss, so that
        this is the squared bias) or the most frequent class (0-1 loss). Noise in the test targets
        is part of it.
    variance : float
        Mean loss of the predictions against the main prediction.
    variance_effect : float
        What the variance adds to the error: for squared loss the variance itself. For 0-1 loss it
        can be negative: where the main prediction is wrong, wavering helps.
    loss : str
    parameter : str or None
        What was varied.
    values : ndarray or None
        Its values.
    """

    error: float | np.ndarray
    bias: float | np.ndarray
    variance: float | np.ndarray
    variance_effect: float | np.ndarray
    loss: str
    parameter: str | None = None
    values: np.ndarray | None = None

    def plot(self, ax=None):
        """Draw the parts along the parameter, or as bars where none was varied.

        Needs the extra ``plot``.

        Parameters
        ----------
        ax : matplotlib Axes, default None
            None makes a new figure.

        Returns
        -------
        taut.plots.BiasVarianceDisplay
        """
        from taut.plots.bias_variance import BiasVarianceDisplay

        return BiasVarianceDisplay(self).plot(ax)

    def __repr__(self) -> str:
        if self.values is None:
            return (
                f"BiasVariance({self.loss} loss {self.error:.4g} = bias {self.bias:.4g} + "
                f"variance effect {self.variance_effect:.4g})"
            )
        best = int(np.argmin(self.error))
        return (
            f"BiasVariance({self.loss} loss along {len(self.values)} values of {self.parameter}: "
            f"least {self.error[best]:.4g} at {shown(self.values[best])})"
        )


def bias_variance(
    estimator,
    X,
    y,
    *,
    X_test=None,
    y_test=None,
    loss=None,
    draw="bootstrap",
    n_draws=100,
    parameter=None,
    values=None,
    random_state=0,
    verbose=False,
) -> BiasVariance:
    """Split the expected error of an estimator into bias and variance over training sets.

    The estimator is fitted on ``n_draws`` training sets, the same ones for each value of a
    parameter, and predicts the same test rows each time. For squared loss with main prediction
    ``m = mean(f)`` at a test row,

        mean((y - f)^2) = (y - m)^2 + mean((f - m)^2)

    exactly. For 0-1 loss the main prediction is the mode, bias is whether it is wrong, variance how
    often predictions differ from it, and variance adds to the error where the main prediction is
    right and takes from it where that is wrong and the prediction is right (Domingos 2000); the sum
    is James' (2003) variance effect.

    Parameters
    ----------
    estimator : scikit-learn estimator
        It is cloned, and left as it is.
    X : array, sparse matrix or data frame of shape (n_samples, n_features)
    y : array of shape (n_samples,)
    X_test, y_test : as X and y, default None
        Rows to predict. None sets a quarter of the rows aside. Noise in ``y_test`` counts as bias;
        for a problem that was made up, noiseless values show the bias proper.
    loss : {"squared", "zero_one"}, default None
        None is 0-1 loss for classifiers and squared loss for others.
    draw : {"bootstrap", "half"} or callable, default "bootstrap"
        Training sets: as many rows with replacement, half of the rows without, or fresh draws from
        a function that takes a ``numpy.random.RandomState`` and returns X and y. A bootstrap sample
        holds 63 % of the rows, so that variance is that of somewhat fewer rows than there are.
    n_draws : int, default 100
        At least 2.
    parameter : str, default None
        A parameter of the estimator to vary, such as "alpha", or "ridge__alpha" in a pipeline.
    values : sequence, default None
        Its values.
    random_state : int, RandomState instance or None, default 0
    verbose : bool, default False
        Show progress over the training sets (needs rich, as in the extra ``compare``).

    Returns
    -------
    BiasVariance

    Raises
    ------
    ValueError, TypeError
        An argument is not what it must be; the message names it, its value and the fix.

    References
    ----------
    Domingos, P. (2000). A unified bias-variance decomposition and its applications. ICML, 231-238.
    James, G. M. (2003). Variance and bias for general loss functions. Machine Learning 51, 115-135.

    Examples
    --------
    >>> import taut
    >>> from sklearn.datasets import load_diabetes
    >>> X, y = load_diabetes(return_X_y=True)
    >>> found = taut.bias_variance(taut.Ridge(), X, y, parameter="alpha", values=[10, 0.1, 0.001])
    >>> bool(found.bias[0] > found.bias[1] and found.variance[0] < found.variance[1])
    True
    """
    if not (hasattr(estimator, "fit") and hasattr(estimator, "predict")):
        raise TypeError(
            f"estimator must have fit and predict, got {shown(estimator)}: pass taut.Ridge(), say"
        )
    if check_positive(n_draws, "n_draws", 100) < 2:
        raise ValueError(f"n_draws must be at least 2, got {n_draws}: variance takes two fits")
    if loss is None:
        loss = "zero_one" if is_classifier(estimator) else "squared"
    decompose = {"squared": decompose_squared, "zero_one": decompose_zero_one}[
        check_choice(loss, "loss", _LOSSES)
    ]
    candidates = _candidates(estimator, parameter, values)
    random, given = check_random_state(random_state), (X, y)
    X, y, X_test, y_test = _parts(X, y, X_test, y_test, loss, random)
    draws = tracked(range(int(n_draws)), check_flag(verbose, "verbose"), "training sets")
    sets = (_training_set(X, y, draw, random) for _ in draws)
    try:
        predictions = np.array(
            [
                [_predicted(candidate, *rows, X_test, loss) for candidate in candidates]
                for rows in sets
            ]
        )
    except ValueError as error:
        _explain(error, candidates[0], *given)
        raise
    parts = [decompose(y_test, predictions[:, k]) for k in range(len(candidates))]
    if parameter is None:
        return BiasVariance(*parts[0], loss)
    return BiasVariance(*np.array(parts).T, loss, parameter, np.asarray(values))


def decompose_squared(y, predictions) -> tuple[float, float, float, float]:
    """Error, bias, variance and variance effect of predictions of shape (n_draws, n_test)."""
    main = predictions.mean(axis=0)
    bias = float(np.mean((y - main) ** 2))
    variance = float(np.mean((predictions - main) ** 2))
    return float(np.mean((y - predictions) ** 2)), bias, variance, variance


def decompose_zero_one(y, predictions) -> tuple[float, float, float, float]:
    """The same for labels; the first class in order among equally frequent ones is the main."""
    classes, codes = np.unique(predictions, return_inverse=True)
    codes = codes.reshape(predictions.shape)
    counts = np.stack([np.sum(codes == k, axis=0) for k in range(len(classes))])
    main = classes[counts.argmax(axis=0)]
    error = float(np.mean(predictions != y))
    bias = float(np.mean(main != y))
    return error, bias, float(np.mean(predictions != main)), error - bias


def _candidates(estimator, parameter, values):
    if (parameter is None) != (values is None):
        raise ValueError(
            f"parameter and values go together, got parameter={shown(parameter)} and "
            f"values={shown(values)}: pass both, or neither"
        )
    if parameter is None:
        return [estimator]
    if parameter not in estimator.get_params():
        raise ValueError(
            f"parameter must be one of the estimator's, got {shown(parameter)}: choose from "
            + ", ".join(sorted(estimator.get_params()))
        )
    if len(values) == 0:
        raise ValueError("values must hold at least one value, got none: pass [1.0], say")
    return [clone(estimator).set_params(**{parameter: value}) for value in values]


def _parts(X, y, X_test, y_test, loss, random):
    if y is None:
        raise ValueError("y must be given, got None: pass one target for each row of X")
    y = _column(y, X, "X", "y")
    if (X_test is None) != (y_test is None):
        missing = "X_test" if X_test is None else "y_test"
        raise ValueError(f"X_test and y_test go together, but {missing} is None: pass both")
    if X_test is None:
        if len(y) < 8:
            raise ValueError(
                f"X must have at least 8 rows to set a quarter of them aside, got {len(y)}: give "
                "more rows, or X_test and y_test"
            )
        rarest = np.min(np.unique(y, return_counts=True)[1])
        labels = y if loss == "zero_one" and rarest > 1 else None
        X, X_test, y, y_test = train_test_split(
            X, y, test_size=0.25, stratify=labels, random_state=random
        )
    y_test = _column(y_test, X_test, "X_test", "y_test")
    if loss == "squared":
        for name, target in (("y", y), ("y_test", y_test)):
            if not np.issubdtype(target.dtype, np.number):
                raise ValueError(
                    f"{name} must hold numbers for squared loss, got {shown(target[0])}: pass "
                    'loss="zero_one" for labels'
                )
    return X, y, X_test, y_test


def _column(y, X, name_X, name_y):
    """One target for each row; numbers are finite."""
    y = column_or_1d(y)
    if len(y) != _num_samples(X):
        raise ValueError(
            f"{name_X} and {name_y} have inconsistent numbers of samples: {name_X} has "
            f"{_num_samples(X)} rows, {name_y} has {len(y)}: give {name_y} one entry for each row "
            f"of {name_X}"
        )
    if y.dtype.kind == "f" and not np.all(np.isfinite(y)):
        row = int(np.flatnonzero(~np.isfinite(y))[0])
        raise ValueError(
            f"{name_y} must be finite, got {y[row]} in row {row} (counting from 0): correct the "
            "value, or drop the row"
        )
    return y


def _explain(error, estimator, X, y):
    """What all rows as given are refused for, if they are: their numbers are those of the caller.

    Otherwise it is said that a training set was to blame.
    """
    try:
        clone(estimator).fit(X, y)
    except ValueError as plain:
        raise plain from None
    error.add_note("It came up in a training set that was drawn, not on all rows together.")


def _training_set(X, y, draw, random):
    if isinstance(draw, Callable):
        drawn = draw(random)
        if not (isinstance(drawn, tuple | list) and len(drawn) == 2):
            raise TypeError(
                f"draw must return X and y, got {shown(drawn)}: let it end with `return X, y`"
            )
        return drawn
    return _resample(X, y, check_choice(draw, "draw", ("bootstrap", "half")), random)


def _resample(X, y, draw, random):
    """Rows of a bootstrap sample or of a half; drawn anew where one class alone came up."""
    n_samples = len(y)
    varies = np.any(y != y[0])
    for _ in range(1000):
        if draw == "bootstrap":
            rows = random.randint(n_samples, size=n_samples)
        else:
            rows = random.permutation(n_samples)[: n_samples // 2]
        if not varies or np.any(y[rows] != y[rows[0]]):
            return _safe_indexing(X, rows), y[rows]
    raise ValueError(
        "y must vary in the training sets, got 1000 draws in which it did not: give more rows of "
        "the rare value"
    )


def _predicted(estimator, X, y, X_test, loss):
    found = np.asarray(clone(estimator).fit(X, y).predict(X_test))
    found = found.reshape(len(found), -1)
    if found.shape[1] != 1:
        raise ValueError(
            f"estimator must predict one target, got predictions of {found.shape[1]} columns: "
            "take one estimator for each"
        )
    if loss == "squared" and not np.all(np.isfinite(found)):
        raise ValueError(
            f"estimator must predict finite numbers, got {shown(found[~np.isfinite(found)][0])}: "
            "check its parameters"
        )
    return found[:, 0]

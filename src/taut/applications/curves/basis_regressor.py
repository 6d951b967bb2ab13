"""Polynomials and splines under any linear model, and how large a basis the rows can bear."""

from __future__ import annotations

import math
import numbers

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, RegressorMixin, clone, is_regressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    MinMaxScaler,
    PolynomialFeatures,
    SplineTransformer,
    StandardScaler,
)
from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data

from taut.designs.from_frame import names_of
from taut.estimators import Ridge
from taut.memory import require_memory
from taut.progress import tracked
from taut.selection import CV, CVResults, as_splits
from taut.validation import check_choice, check_flag, check_matrix, check_response, shown

__all__ = ["BasisRegressor"]

_SIZES = {"polynomial": range(1, 11), "spline": range(1, 21)}
_COMPARED = ("sizes_", "errors_", "train_errors_")
_CUBIC = 3
_MOST = 1000  # terms that are tried unasked


class BasisRegressor(RegressorMixin, BaseEstimator):
    """A linear model on powers or splines of the columns, with the size of the basis chosen.

    Too small a basis misses the curve, too large a one follows the noise. Sizes are compared on
    held-out rows, the same for all of them; with a penalty the choice matters less, since the
    model itself holds a large basis back.

    Parameters
    ----------
    model : regressor, default None
        What is fitted to the columns of the basis: ``taut.LinearRegression()``,
        ``taut.Lasso(taut.CV())`` … None is ``taut.Ridge(taut.CV(random_state=0))``.
    basis : {"polynomial", "spline"}, default "polynomial"
        All powers and products up to a degree, of columns brought to [-1, 1] and standardised
        again; or cubic splines of each column, on pieces of equal length, added up, and straight
        beyond the rows of ``fit``.
    size : int or taut.CV, default None
        The degree, or the number of pieces of each spline; or a rule that chooses it, of which
        ``rule="1se"`` takes the smallest within one standard error of the best. None is
        ``taut.CV(random_state=0)``: rows are shuffled, since a fold that is one end of a curve
        would measure how the rest goes on beyond its rows.
    sizes : sequence of int, default None
        What the rule chooses from; None is 1 to 10 for polynomials and 1 to 20 for splines, as far
        as the basis has no more than 1,000 terms.
    verbose : bool, default False
        Show progress over the sizes (extra ``compare``: rich).

    Attributes
    ----------
    size_ : int
        The degree, or the number of pieces.
    pipeline_ : sklearn.pipeline.Pipeline
        From the columns as given to the prediction, fitted to all rows.
    coef_ : ndarray of shape (n_terms,)
        Of the columns of the basis, which ``get_feature_names_out`` names.
    sizes_ : ndarray of shape (n_sizes,)
        In increasing order. These three only where a rule has chosen.
    errors_, train_errors_ : ndarray of shape (n_sizes, n_folds)
        Mean squared errors on the held-out and on the training rows.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Only where X had column names.

    References
    ----------
    Hastie, T., Tibshirani, R. and Friedman, J. (2009). The Elements of Statistical Learning,
    sections 5.2 and 7.10.

    Examples
    --------
    >>> import numpy as np, taut
    >>> from taut.applications import BasisRegressor
    >>> random = np.random.default_rng(0)
    >>> x = random.uniform(-2, 2, size=(200, 1))
    >>> y = x[:, 0] ** 3 - 2 * x[:, 0] + random.normal(size=200)
    >>> rule = taut.CV(rule="1se", random_state=0)
    >>> BasisRegressor(taut.LinearRegression(), size=rule).fit(x, y).size_
    3
    """

    def __init__(self, model=None, *, basis="polynomial", size=None, sizes=None, verbose=False):
        self.model = model
        self.basis = basis
        self.size = size
        self.sizes = sizes
        self.verbose = verbose

    def fit(self, X, y):
        """Choose the size, and fit the model to all rows.

        Parameters
        ----------
        X : array or data frame of shape (n_samples, n_features)
        y : array of shape (n_samples,)

        Returns
        -------
        BasisRegressor
            Itself.

        Raises
        ------
        ValueError, TypeError
            An argument is not what it must be; the message names it, its value and the fix.
        MemoryError
            The columns of the basis would not fit.
        """
        check_flag(self.verbose, "verbose")
        names = names_of(X)
        matrix = check_matrix(_refuse_sparse(X), names).astype(np.float64, copy=False)
        sizes = self._checked_sizes(matrix.shape[1])
        y = check_response(y, matrix)
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if y.ndim != 1:
            raise ValueError(f"y must have one column, got {y.shape[1]}: fit a curve for each")
        _require_room(self.basis, int(sizes[-1]), matrix.shape)
        errors, size = None, int(sizes[-1])
        if not isinstance(self.size, numbers.Integral):
            rule = CV(random_state=0) if self.size is None else self.size
            errors = self._errors(sizes, matrix, y, rule)
            size = int(sizes[rule.index(errors)])
        pipeline = self._pipeline(size).fit(matrix, y)
        validate_data(self, matrix if names is None else X, skip_check_array=True)
        self.size_, self.pipeline_ = size, pipeline
        for name in _COMPARED:
            vars(self).pop(name, None)
        if errors is not None:
            found = sizes, errors.errors, errors.train_errors
            vars(self).update(zip(_COMPARED, found, strict=True))
        return self

    def predict(self, X):
        """The curve at X.

        Parameters
        ----------
        X : array or data frame of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)

        Raises
        ------
        sklearn.exceptions.NotFittedError
            The model has not been fitted.
        ValueError, TypeError
            X has other columns than at fitting, or is not finite.
        """
        check_is_fitted(self)
        names = names_of(X)
        matrix = check_matrix(_refuse_sparse(X), names, min_samples=1)
        validate_data(self, matrix if names is None else X, reset=False, skip_check_array=True)
        return self.pipeline_.predict(matrix.astype(np.float64, copy=False))

    @property
    def coef_(self):
        check_is_fitted(self)
        return self.pipeline_[-1].coef_

    def get_feature_names_out(self, input_features=None):
        """Names of the columns of the basis.

        Returns
        -------
        ndarray of str of shape (n_terms,)
        """
        check_is_fitted(self)
        if input_features is None:
            input_features = getattr(self, "feature_names_in_", None)
        return self.pipeline_[:-1].get_feature_names_out(input_features)

    def plot(self, ax=None, *, label="held out ± 1 SE", training=True):
        """Draw the errors against the size of the basis.

        Needs the extra ``plot``.

        Parameters
        ----------
        ax : matplotlib Axes, default None
            None makes a new figure; several models may be drawn into one, one after another.
        label : str, default "held out ± 1 SE"
        training : bool, default True
            Draw the errors on training rows as well.

        Returns
        -------
        taut.plots.BasisDisplay

        Raises
        ------
        AttributeError
            The size was given, so that there is nothing to compare.
        """
        check_is_fitted(self)
        if not hasattr(self, "errors_"):
            raise AttributeError(
                f"size={self.size} was given, so that no sizes were compared: pass size=taut.CV()"
            )
        from taut.plots.basis import BasisDisplay

        results = CVResults(self.sizes_, self.errors_, self.train_errors_)
        xlabel = {"polynomial": "degree", "spline": "pieces of the spline"}[self.basis]
        return BasisDisplay(results, self.size_, xlabel).plot(ax, label=label, training=training)

    def _checked_sizes(self, n_features):
        """Of the basis, in increasing order; the one that is given, or what there is to choose."""
        check_choice(self.basis, "basis", tuple(_SIZES))
        if isinstance(self.model, type) or not (self.model is None or is_regressor(self.model)):
            raise TypeError(
                f"model must be a regressor, got {shown(self.model)}: pass "
                "taut.Lasso(taut.CV()), say"
            )
        if isinstance(self.size, numbers.Integral) and not isinstance(self.size, bool):
            return _positive("size", [self.size])
        if not (self.size is None or isinstance(self.size, CV)):
            raise TypeError(
                f"size must be a whole number or taut.CV(...), got {shown(self.size)}: pass "
                'taut.CV(rule="1se", random_state=0), say'
            )
        if self.sizes is not None:
            return _positive("sizes", self.sizes)
        terms = [_terms(self.basis, size, n_features) for size in _SIZES[self.basis]]
        return np.array(_SIZES[self.basis])[: max(np.searchsorted(terms, _MOST, "right"), 1)]

    def _errors(self, sizes, X, y, rule):
        """Of each size, on the same folds."""
        splits = as_splits(rule.folds, len(y), rule.random_state, y)
        errors = np.empty((2, len(sizes), len(splits)))
        for i, size in enumerate(tracked(sizes, self.verbose, f"{self.basis}s")):
            for k, (train, test) in enumerate(splits):
                fitted = self._pipeline(int(size)).fit(X[train], y[train])
                for part, rows in enumerate((test, train)):
                    errors[part, i, k] = np.mean((y[rows] - fitted.predict(X[rows])) ** 2)
        return CVResults(sizes, *errors)

    def _pipeline(self, size):
        model = Ridge(CV(random_state=0)) if self.model is None else clone(self.model)
        if self.basis == "spline":
            splines = SplineTransformer(
                size + 1, degree=_CUBIC, extrapolation="linear", include_bias=False
            )
            return make_pipeline(splines, model)
        powers = PolynomialFeatures(size, include_bias=False)
        return make_pipeline(MinMaxScaler((-1, 1)), powers, StandardScaler(), model)


def _positive(name, sizes):
    if isinstance(sizes, str) or not np.iterable(sizes) or not len(sizes):
        raise ValueError(
            f"{name} must hold at least one whole number, got {shown(sizes)}: pass range(1, 11), "
            "say"
        )
    for size in sizes:
        if not isinstance(size, numbers.Integral) or isinstance(size, bool) or size < 1:
            raise ValueError(
                f"{name} must be whole numbers from 1, got {shown(size)}: the degree of a "
                "polynomial, or the number of pieces of a spline"
            )
    return np.unique(np.array(sizes))


def _terms(basis, size, n_features):
    """Products multiply fast: of p columns up to degree d there are ``(p + d) over d``, less 1."""
    if basis == "polynomial":
        return math.comb(n_features + size, size) - 1
    return n_features * (size + _CUBIC - 1)


def _require_room(basis, size, shape):
    n_samples, n_features = shape
    require_memory(
        f"the basis of size {size} of {n_features:,} columns, with {{1:,}} terms on {{0:,}} rows,",
        (n_samples, _terms(basis, size, n_features)),
        'lower size (or sizes), pass basis="spline", which has no products, or fewer columns',
        each=24,
    )


def _refuse_sparse(X):
    if sparse.issparse(X):
        raise TypeError(
            "Sparse data was passed for X, but dense data is required: zero is a place on a curve "
            "like any other; pass X.toarray()"
        )
    return X

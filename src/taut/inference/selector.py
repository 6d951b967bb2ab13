"""Feature selection as a step of a scikit-learn pipeline."""

from __future__ import annotations

from difflib import get_close_matches

from sklearn.base import BaseEstimator
from sklearn.feature_selection import SelectorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from taut.designs.from_frame import names_of
from taut.inference.knockoffs import knockoffs
from taut.inference.lasso_selection import lasso_selection
from taut.inference.selection import FeatureSelection
from taut.inference.stability import stability_selection
from taut.validation import shown

__all__ = ["Selector"]

_METHODS = {
    "knockoffs": knockoffs,
    "lasso": lasso_selection,
    "stability": stability_selection,
}


class Selector(SelectorMixin, BaseEstimator):
    """Keep the features that the lasso, stability selection or knockoffs select.

    Parameters
    ----------
    method : {"lasso", "stability", "knockoffs"} or callable, default "lasso"
        "lasso" keeps what helps to predict, "stability" bounds the expected number of features kept
        by mistake, "knockoffs" their share. The functions ``taut.inference.lasso_selection``,
        ``taut.stability_selection`` and ``taut.knockoffs`` have options, which
        ``functools.partial`` sets: ``Selector(partial(taut.knockoffs, fdr=0.2))``. Any other
        function of X and y will do that returns a ``taut.inference.FeatureSelection``.

    Attributes
    ----------
    selection_ : FeatureSelection
        What the method found, with ``plot_importances``.
    importances_ : ndarray of shape (n_features,)
    n_features_in_ : int
    feature_names_in_ : ndarray of str of shape (n_features,)
        Only where X had column names.

    Examples
    --------
    >>> import taut
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.pipeline import make_pipeline
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
    >>> model = make_pipeline(taut.Selector("stability"), taut.LinearRegression()).fit(X, y)
    >>> list(model[0].get_feature_names_out())
    ['bmi', 'bp', 's5']
    """

    def __init__(self, method="lasso"):
        self.method = method

    def fit(self, X, y):
        """Select the features.

        Parameters
        ----------
        X : array, sparse matrix or data frame of shape (n_samples, n_features)
        y : array of shape (n_samples,)
            Numbers, or labels.

        Returns
        -------
        Selector

        Raises
        ------
        ValueError, TypeError
            An argument is not what it must be; the message names it, its value and the fix.
        """
        names_of(X)  # refuses names that repeat, and dates
        selection = self._function()(X, y)
        if not isinstance(selection, FeatureSelection):
            raise TypeError(
                f"method must return a taut.inference.FeatureSelection, got {shown(selection)}: "
                "return one with support and importances"
            )
        validate_data(self, X, skip_check_array=True)
        self.selection_, self.importances_ = selection, selection.importances
        return self

    def _function(self):
        if callable(self.method):
            return self.method
        if self.method not in _METHODS:
            close = get_close_matches(str(self.method), _METHODS, n=1)
            hint = f"did you mean {close[0]!r}?" if close else "or a function of X and y"
            raise ValueError(
                f"method must be one of {', '.join(map(repr, _METHODS))}, got "
                f"{shown(self.method)}: {hint}"
            )
        return _METHODS[self.method]

    def _get_support_mask(self):
        check_is_fitted(self)
        return self.selection_.support

    def plot(self, ax=None, *, top=20):
        """Draw importances as bars with their stability (needs the extra ``plot``).

        Parameters and returns as for ``selection_.plot_importances``.
        """
        check_is_fitted(self)
        return self.selection_.plot_importances(ax, top=top)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.input_tags.sparse = self.method != "knockoffs"
        return tags

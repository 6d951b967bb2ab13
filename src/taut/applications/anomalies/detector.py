"""Rows that neither their own features nor other rows can rebuild."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from taut.applications.anomalies.dictionary import FromDictionary
from taut.applications.anomalies.errors import contributions_of, errors_of, usual_errors
from taut.applications.anomalies.explanation import explained
from taut.applications.anomalies.reconstruction import FromFeatures, FromRows
from taut.applications.anomalies.thresholds import check_contamination, for_false_alarms
from taut.designs.from_frame import names_of
from taut.selection.rule import Rule
from taut.validation import check_flag, check_matrix, check_positive, shown

__all__ = ["SparseAnomalyDetector"]


class SparseAnomalyDetector(OutlierMixin, BaseEstimator):
    """Anomalies as rows that cannot be rebuilt sparsely from their features or from other rows.

    Columns are standardised. Each entry is then rebuilt twice, and never from itself:

    - from the **features** of its row: each feature is predicted by a lasso on all the others.
      This finds combinations that do not go together, each value of which may be common.
    - from other **rows**: each row is rebuilt from the few rows nearest to it in small random
      samples. This finds rows where few others are, with no model of how features are related.
      Or, with ``dictionary``, as a sparse sum of atoms that were learned from other rows, each
      entry by a code that was found without it.

    Each error is divided by its mean over the training rows, feature by feature, and the score of a
    row is the mean of all of them: 1 is usual, 3 is thrice as hard to rebuild. Being a mean, it is
    the sum of what each feature contributes.

    Parameters
    ----------
    alpha : float or rule, default 0.3
        Strength of the lasso of each standardised feature on the rest: a feature helps to predict
        another only where its correlation with what the others leave unexplained exceeds alpha. A
        rule such as ``taut.CV(rule="1se")`` or ``taut.BIC()`` chooses for each feature.
    n_neighbors : int, default 10
        Rows that a row is rebuilt from, in each sample.
    n_references : int, default 128
        Rows in a sample, at most.
    n_draws : int, default 8
        Samples.
    dictionary : estimator, default None
        Learns the atoms that rows are rebuilt from, in place of neighbours: any that has
        ``components_`` once it is fitted, such as
        ``sklearn.decomposition.MiniBatchDictionaryLearning``. See `FromDictionary` for how rows
        are kept from vouching for themselves.
    contamination : float in (0, 0.5], default 0.1
        Share of the training rows that are called anomalies. See `calibrate` for a threshold that
        holds a rate of false alarms instead.
    random_state : int, RandomState instance or None, default 0
        Draws the samples, or the folds of the dictionary.
    verbose : bool, default False
        Show progress over features and blocks of rows (needs rich, as in the extra ``compare``).

    Attributes
    ----------
    offset_ : float
        Rows whose ``score_samples`` is below it are anomalies.
    coef_ : ndarray of shape (n_features, n_features)
        Row j predicts standardised feature j from the others: a graph of the features.
    alphas_ : ndarray of shape (n_features,)
        Strengths used.
    center_, scale_ : ndarray of shape (n_features,)
        Mean and standard deviation of each column; 1 for a constant one, whose later deviations
        count in their own units.
    n_features_in_ : int
    feature_names_in_ : ndarray of str of shape (n_features,)
        Only where X had column names.

    References
    ----------
    Meinshausen, N. and Bühlmann, P. (2006). High-dimensional graphs and variable selection with
    the lasso. Annals of Statistics 34, 1436-1462.
    Liu, F. T., Ting, K. M. and Zhou, Z.-H. (2008). Isolation forest. ICDM, 413-422 (why small
    samples).

    Examples
    --------
    >>> import numpy as np
    >>> from taut.applications import SparseAnomalyDetector
    >>> random = np.random.default_rng(0)
    >>> height = random.normal(size=(200, 1))
    >>> X = np.hstack([height, height + 0.1 * random.normal(size=(200, 1))])
    >>> X[0] = [1.5, -1.5]
    >>> detector = SparseAnomalyDetector(contamination=0.01).fit(X)
    >>> int(np.argmin(detector.score_samples(X)))
    0
    """

    def __init__(
        self,
        alpha=0.3,
        *,
        n_neighbors=10,
        n_references=128,
        n_draws=8,
        dictionary=None,
        contamination=0.1,
        random_state=0,
        verbose=False,
    ):
        self.alpha = alpha
        self.n_neighbors = n_neighbors
        self.n_references = n_references
        self.n_draws = n_draws
        self.dictionary = dictionary
        self.contamination = contamination
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X, y=None):
        """Learn what usual rows look like, and set the threshold by ``contamination``.

        Parameters
        ----------
        X : array or data frame of shape (n_samples, n_features)
            Anomalies among its rows do little harm as long as they are few.
        y : ignored

        Returns
        -------
        SparseAnomalyDetector

        Raises
        ------
        ValueError, TypeError
            An argument is not what it must be; the message names it, its value and the fix.
        """
        self._check_parameters()
        names, matrix = names_of(X), _dense(X)
        if not np.any(np.ptp(matrix, axis=0) > 0):
            raise ValueError(
                f"X must vary, got {len(matrix)} rows that are all the same: without usual "
                "differences nothing is unusual; check the columns"
            )
        center, scale = _centre_and_scale(matrix)
        Z = (matrix - center) / scale
        random = check_random_state(self.random_state)
        parts = FromFeatures.fit(Z, self.alpha, self.verbose), self._from_rows(Z, random)
        errors = errors_of(parts, Z, self.verbose)
        usual = usual_errors(errors)
        validate_data(self, matrix if names is None else X, skip_check_array=True)
        self.center_, self.scale_, self._parts, self._usual = center, scale, parts, usual
        self.coef_, self.alphas_ = parts[0].nodewise.coefs.T, parts[0].nodewise.alphas
        scores = -contributions_of(errors, usual).sum(axis=1)
        self.offset_ = float(np.percentile(scores, 100.0 * self.contamination))
        return self

    def contributions(self, X):
        """What each feature adds to the anomaly score of each row.

        Parameters
        ----------
        X : array or data frame of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            Not negative; rows sum to ``-score_samples(X)``, whose mean over the training rows is 1.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            The detector has not been fitted.
        ValueError, TypeError
            X has other features than at fitting, or is not finite.
        """
        return self._contributions(self._standardised(X))

    def score_samples(self, X):
        """The negative of the anomaly score, as scikit-learn's detectors have it.

        Parameters and raises as for `contributions`.

        Returns
        -------
        ndarray of shape (n_samples,)
            The lower, the less usual; -1 is the mean over the training rows.
        """
        return -self.contributions(X).sum(axis=1)

    def decision_function(self, X):
        """``score_samples(X) - offset_``: negative for anomalies.

        Parameters and raises as for `contributions`.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        return self.score_samples(X) - self.offset_

    def predict(self, X):
        """-1 for anomalies and 1 for usual rows.

        Parameters and raises as for `contributions`.

        Returns
        -------
        ndarray of int of shape (n_samples,)
        """
        return np.where(self.decision_function(X) < 0, -1, 1)

    def calibrate(self, X, false_alarm_rate=0.05):
        """Set the threshold so that at most this share of usual rows is called an anomaly.

        By split conformal inference: where a new usual row and the m given ones are exchangeable,
        its rank among all m + 1 is uniform, so that it falls below the k-th smallest of the given
        scores with probability at most k / (m + 1). The promise is exact, holds for any
        distribution, and is an average over the rows that are given here.

        Parameters
        ----------
        X : array or data frame of shape (n_samples, n_features)
            Usual rows that ``fit`` has not seen.
        false_alarm_rate : float in (0, 1), default 0.05

        Returns
        -------
        SparseAnomalyDetector
            Itself, with another ``offset_``.

        Raises
        ------
        ValueError
            Fewer than ``1 / false_alarm_rate - 1`` rows: no threshold holds the rate.
        sklearn.exceptions.NotFittedError, TypeError
            As for `contributions`.

        References
        ----------
        Laxhammar, R. and Falkman, G. (2010). Conformal prediction for distribution-independent
        anomaly detection in streaming vessel data. StreamKDD, 47-55.
        """
        self.offset_ = for_false_alarms(self.score_samples(X), false_alarm_rate)
        return self

    def explain(self, X, top=3):
        """The features that contribute most to each row's score, and what was expected of them.

        Parameters
        ----------
        X : array or data frame of shape (n_samples, n_features)
        top : int, default 3
            So many features for each row, the largest contributions first.

        Returns
        -------
        list of list of Explanation
            One list for each row.

        Raises
        ------
        sklearn.exceptions.NotFittedError, ValueError, TypeError
            As for `contributions`.
        """
        top = check_positive(top, "top", 3)
        Z = self._standardised(X)
        expected = [self._in_units(part.reconstruct(Z)) for part in self._parts]
        return explained(
            self._names(), self._in_units(Z), expected, self._contributions(Z), int(top)
        )

    def plot(self, X, ax=None, *, top=15):
        """Draw the highest anomaly scores of X by feature, and the threshold.

        Needs the extra ``plot``.

        Parameters
        ----------
        X : array or data frame of shape (n_samples, n_features)
        ax : matplotlib Axes, default None
            None makes a new figure.
        top : int, default 15
            So many rows.

        Returns
        -------
        taut.plots.AnomalyDisplay
        """
        from taut.plots.anomalies import AnomalyDisplay

        contributions = self.contributions(X)
        return AnomalyDisplay(contributions, -self.offset_, self._names()).plot(ax, top=top)

    def _from_rows(self, Z, random):
        if self.dictionary is not None:
            return FromDictionary.fit(Z, self.dictionary, random, self.verbose)
        return FromRows.fit(Z, self.n_neighbors, self.n_references, self.n_draws, random)

    def _check_parameters(self):
        check_flag(self.verbose, "verbose")
        if not isinstance(self.alpha, Rule):
            check_positive(self.alpha, "alpha", 0.3, other="or a rule such as taut.CV()")
        check_positive(self.n_neighbors, "n_neighbors", 10)
        check_positive(self.n_draws, "n_draws", 8)
        if check_positive(self.n_references, "n_references", 128) < 2:
            raise ValueError(
                f"n_references must be at least 2, got {self.n_references}: a row of the sample "
                "is rebuilt from the others, pass 128, say"
            )
        if self.dictionary is not None and (
            isinstance(self.dictionary, type) or not hasattr(self.dictionary, "fit")
        ):
            raise TypeError(
                f"dictionary must be an estimator with components_, got {shown(self.dictionary)}: "
                "pass sklearn.decomposition.MiniBatchDictionaryLearning(), say"
            )
        check_contamination(self.contamination)

    def _contributions(self, Z):
        return contributions_of(errors_of(self._parts, Z, self.verbose), self._usual)

    def _in_units(self, Z):
        return Z * self.scale_ + self.center_

    def _standardised(self, X):
        check_is_fitted(self)
        matrix = _dense(X, min_samples=1)
        kept = matrix if names_of(X) is None else X
        validate_data(self, kept, reset=False, skip_check_array=True)
        return (matrix - self.center_) / self.scale_

    def _names(self):
        known = getattr(self, "feature_names_in_", None)
        return [f"x{j}" if known is None else str(known[j]) for j in range(self.n_features_in_)]


def _centre_and_scale(matrix):
    """Means and standard deviations, in units in which no square overflows or vanishes."""
    varies = np.ptp(matrix, axis=0) > 0
    # A power of two, so that dividing by it does not round.
    unit = np.exp2(np.frexp(np.max(np.abs(matrix), axis=0))[1] - 1.0)
    scaled = matrix / unit
    return unit * scaled.mean(axis=0), np.where(varies, unit * scaled.std(axis=0), 1.0)


def _dense(X, min_samples=2):
    if sparse.issparse(X):
        raise TypeError(
            "Sparse data was passed for X, but dense data is required: distances between rows fill "
            "it in; pass X.toarray(), or reduce it first (sklearn.decomposition.TruncatedSVD)"
        )
    return check_matrix(X, names_of(X), min_samples).astype(np.float64, copy=False)

"""Cox regression: times until an event, some of them censored."""

from __future__ import annotations

import numpy as np

from taut import losses, penalties
from taut.estimators.penalised import PenalisedModel, constrained
from taut.estimators.survival import (
    Baseline,
    baseline,
    check_entries,
    check_strata,
    check_times,
    concordance,
    with_events,
)
from taut.estimators.table_groups import TableGroups
from taut.losses.survival_target import check_times_and_events, times_and_events
from taut.penalties.base import as_penalty
from taut.validation import check_as_many, check_weights, shown

__all__ = ["CoxRegression"]


class CoxRegression(TableGroups, PenalisedModel):
    """Proportional hazards: the hazard at any time is a baseline times ``exp(x_i'b)``.

    Minimises the negative log partial likelihood over ``sum(w)`` plus
    ``alpha * (l1_ratio * sum_j |b_j| + (1 - l1_ratio)/2 * sum_j b_j^2)``. There is no
    intercept: the baseline takes its place.

    Parameters
    ----------
    alpha : float or rule, default 0.1
        Strength of the penalty, >= 0 (0 is none), or a rule that chooses it on the whole path, such
        as ``taut.CV()``.
    l1_ratio : float in [0, 1], default 1.0
        1 is the lasso, 0 the ridge penalty.
    penalty : Penalty, default None
        An object of ``taut.penalties``, or of a class of one's own, in place of this mixture;
        ``l1_ratio`` and ``penalty_weights`` are then left alone. Groups may be columns of a
        frame by their names or places, and may overlap: features that groups share have a copy in
        each, none in memory, and a coefficient is the sum over its copies. Where the frame has
        columns of text, or with "categorical", as in ``penalties.GroupLasso("categorical")``, all
        columns are encoded, and what comes of one is in its group, so that a whole factor enters or
        leaves.
    ties : {"breslow", "efron"}, default "breslow"
        How events at one time share their risk set. Efron's form is closer to the exact likelihood
        where ties are many, and the default of R's ``coxph`` and lifelines, but takes a row of
        weight 2 for something else than two rows. Breslow's is that of glmnet and scikit-survival.
    standardize : bool, default False
        Penalise as if the columns had unit standard deviation; coefficients come back on the scale
        of the columns as given. Constant columns keep their unit.
    penalty_weights : array of shape (n_features,) or "adaptive", default None
        Factor on each feature's penalty; 0 = unpenalised, inf = excluded. "adaptive" is
        ``1 / |a_j|`` with the coefficients ``a`` of the same model under a ridge penalty, whose
        strength the rule chooses, or ``taut.CV()`` (the adaptive lasso, Zou 2006).
    lower, upper : float or array of shape (n_features,), default None
        Bounds on the coefficients, on the scale of the columns as given.
    tol : float, default 1e-6
        Duality gap, relative to the objective of the null model, at which the fit counts as solved;
        a KKT residual where no gap exists.
    max_iter : int, default 1000
        Most iterations for one alpha.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,)
        Log hazard ratios.
    alpha_ : float
        The strength used.
    baselines_ : dict of stratum to Baseline
        Breslow's cumulative hazard of each stratum; the only key is None where there are none.
    event_times_ : ndarray of shape (n_event_times,)
        Ascending, of all strata.
    certificate_ : Certificate
    dual_gap_ : float
        In units of the log partial likelihood over ``sum(w)``; nan where no gap exists.
    n_iter_ : int
    path_ : Path
        Only where alpha is a rule: all that it chose from.
    cv_results_ : CVResults
        Only where alpha is ``taut.CV``.
    penalty_weights_ : ndarray of shape (n_features,)
        Only with ``penalty_weights="adaptive"``.
    groups_ : ndarray of int of shape (n_coefs,)
        The number of each coefficient's group; only where groups overlap or columns were looked
        up. With overlapping groups, of each entry of ``columns_``.
    columns_ : ndarray of int of shape (n_copies,)
        Only where groups overlap: the coefficient behind each member of a group.
    encoder_ : TableEncoder
        Only where columns were encoded: coefficients are then those of features.
    coef_names_ : ndarray of str of shape (n_coefs,)
        Of the encoded features; only where columns were encoded.
    n_features_in_ : int
    feature_names_in_ : ndarray of str of shape (n_features,)
        Only where X had column names.

    References
    ----------
    Cox, D. R. (1972). Regression models and life-tables. JRSS B 34, 187-220.
    Simon, N., Friedman, J., Hastie, T. and Tibshirani, R. (2011). Regularization paths for Cox's
    proportional hazards model via coordinate descent. Journal of Statistical Software 39.

    Examples
    --------
    >>> import numpy as np
    >>> import taut
    >>> X = np.array([[1.0], [0.0], [2.0], [1.5], [0.5]])
    >>> y = np.column_stack([[3.0, 6.0, 1.0, 2.0, 5.0], [1, 0, 1, 1, 1]])
    >>> model = taut.CoxRegression(alpha=0.01).fit(X, y)
    >>> model.predict_survival_function(X, times=[2.0, 4.0]).shape
    (5, 2)
    """

    fit_intercept = False
    intercept_ = 0.0

    def __init__(
        self,
        alpha=0.1,
        *,
        l1_ratio=1.0,
        penalty=None,
        ties="breslow",
        standardize=False,
        penalty_weights=None,
        lower=None,
        upper=None,
        tol=1e-6,
        max_iter=1000,
    ):
        self.alpha = alpha
        self.l1_ratio = l1_ratio
        self.penalty = penalty
        self.ties = ties
        self.standardize = standardize
        self.penalty_weights = penalty_weights
        self.lower = lower
        self.upper = upper
        self.tol = tol
        self.max_iter = max_iter

    def _loss(self):
        return losses.Cox(self.ties)

    def _penalty(self):
        penalty = penalties.ElasticNet(self.l1_ratio, self._feature_weights)
        if self.penalty is not None:
            if self.l1_ratio != 1.0 or self.penalty_weights is not None:
                raise ValueError(
                    "l1_ratio and penalty_weights must be left alone beside a penalty, got "
                    f"{shown(self.l1_ratio)} and {shown(self.penalty_weights)} with "
                    f"{self.penalty!r}: give it its own, as in penalties.L1(weights)"
                )
            penalty = self._on_groups(as_penalty(self.penalty))
        return constrained(penalty, False, self.lower, self.upper)

    def fit(self, X, y, sample_weight=None, *, entry=None, strata=None, offset=None, groups=None):
        """Fit the model.

        Parameters
        ----------
        X : array, sparse matrix or data frame of shape (n_samples, n_features)
        y : structured array, data frame or array of shape (n_samples, 2), or tuple
            Times and events (1, or 0 where censored): scikit-survival's structured array, two
            columns of a frame or of an array, or ``(time, event)``. The one with 0 and 1 alone
            holds the events; where both do, it is the second. Times alone, of shape (n_samples,),
            are taken for those of events, none of them censored, and a warning says so.
        sample_weight : float or array of shape (n_samples,), default None
            Case weights; zero is the same as leaving the row out.
        entry : array of shape (n_samples,), default None
            Time from which a row is at risk (left truncation), -inf for the start.
        strata : array of shape (n_samples,), default None
            Label of each row's stratum, each with a baseline of its own.
        offset : array of shape (n_samples,), default None
            Known part of the log hazard.
        groups : array of shape (n_samples,), default None
            For the splitter of ``alpha=taut.CV(splitter)``.

        Returns
        -------
        CoxRegression
            Itself.

        Raises
        ------
        ValueError, TypeError
            An argument is not what it must be; the message names it, its value and the fix.

        Warns
        -----
        DataConversionWarning
            ``y`` holds times alone.
        """
        self._fit(X, (y, entry, strata), sample_weight, groups, offset=offset)
        if strata is not None:
            labels = np.unique(strata).tolist()
            self.baselines_ = dict(zip(labels, self.baselines_.values(), strict=True))
        return self

    def _checked_target(self, y, X):
        y, entry, strata = y
        y = _target_of(X, y)
        if strata is None:
            return y if entry is None else np.column_stack([y, check_entries(entry, X)])
        codes = np.unique(check_strata(strata, X), return_inverse=True)[1]
        entry = np.full(len(y), -np.inf) if entry is None else check_entries(entry, X)
        return np.column_stack([y, entry, codes])

    def _keep_coefs(self, task, coefs, intercepts):
        self.coef_ = coefs[0]
        problem = task.problems[0]
        eta = problem.design.product(self.coef_)
        eta = eta if problem.offset is None else eta + problem.offset
        self.baselines_ = _baselines(problem.response, eta, problem.weights)
        self.event_times_ = np.unique(np.concatenate([b.times for b in self.baselines_.values()]))

    def predict(self, X, *, offset=None):
        """Predict the risk: the logarithm of the hazard relative to the baseline.

        Parameters
        ----------
        X : array, sparse matrix or data frame of shape (n_samples, n_features)
        offset : array of shape (n_samples,), default None
            Known part of the log hazard.

        Returns
        -------
        ndarray of shape (n_samples,)
            The larger, the earlier the event.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            The model has not been fitted.
        ValueError
            X has other features than at fitting, or is not finite.
        """
        eta = self._linear_predictor(X)
        known = self._offset(eta, offset=offset)
        return eta if known is None else eta + known

    def predict_cumulative_hazard(self, X, times=None, *, strata=None, offset=None):
        """Predict the cumulative hazard.

        Parameters
        ----------
        X : array, sparse matrix or data frame of shape (n_samples, n_features)
        times : array of shape (n_times,), default None
            None is ``event_times_``.
        strata : array of shape (n_samples,), default None
            Needed where the model was fitted with strata.
        offset : array of shape (n_samples,), default None

        Returns
        -------
        ndarray of shape (n_samples, n_times)
            Constant after the last event of the training data.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            The model has not been fitted.
        ValueError, TypeError
            An argument is not what it must be; the message names it, its value and the fix.
        """
        risk = self.predict(X, offset=offset)
        times = self.event_times_ if times is None else check_times(times)
        hazard = np.empty((len(risk), len(times)))
        labels = self._known_strata(strata, risk)
        for stratum, known in self.baselines_.items():
            rows = np.full(len(risk), True) if stratum is None else labels == stratum
            hazard[rows] = known.at(times)
        return hazard * np.exp(risk)[:, None]

    def _known_strata(self, strata, risk):
        if None in self.baselines_:
            if strata is not None:
                raise ValueError(
                    "strata must be None for a model fitted without strata, got an array: leave "
                    "them out, or fit with them"
                )
            return None
        if strata is None:
            raise ValueError(
                "strata must be given for a model fitted with strata, got None: pass one label for "
                "each row"
            )
        labels = check_strata(strata, risk)
        unknown = ~np.isin(labels, list(self.baselines_))
        if unknown.any():
            row = int(np.argmax(unknown))
            raise ValueError(
                f"strata must be among those of fit, {shown(list(self.baselines_))}, got "
                f"{shown(labels[row])} at row {row} (counting from 0): there is no baseline for it"
            )
        return labels

    def predict_survival_function(self, X, times=None, *, strata=None, offset=None):
        """Predict the probability that there is no event up to each time.

        Parameters
        ----------
        X : array, sparse matrix or data frame of shape (n_samples, n_features)
        times : array of shape (n_times,), default None
            None is ``event_times_``.
        strata : array of shape (n_samples,), default None
            Needed where the model was fitted with strata.
        offset : array of shape (n_samples,), default None

        Returns
        -------
        ndarray of shape (n_samples, n_times)

        Raises
        ------
        sklearn.exceptions.NotFittedError
            The model has not been fitted.
        ValueError, TypeError
            An argument is not what it must be; the message names it, its value and the fix.
        """
        return np.exp(-self.predict_cumulative_hazard(X, times, strata=strata, offset=offset))

    def concordance(self, X, y, sample_weight=None, *, strata=None, offset=None):
        """Harrell's concordance of the predicted risks with the times.

        The share of the pairs whose order is known in which the earlier event has the greater risk;
        equal risks count one half.

        Parameters
        ----------
        X : array, sparse matrix or data frame of shape (n_samples, n_features)
        y : as for `fit`
        sample_weight : float or array of shape (n_samples,), default None
        strata : array of shape (n_samples,), default None
            Only pairs of one stratum are compared.
        offset : array of shape (n_samples,), default None

        Returns
        -------
        float
            1 at best, 0.5 by chance, nan where no two times can be compared.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            The model has not been fitted.
        ValueError, TypeError
            An argument is not what it must be; the message names it, its value and the fix.

        References
        ----------
        Harrell, F. E., Califf, R. M., Pryor, D. B., Lee, K. L. and Rosati, R. A. (1982). Evaluating
        the yield of medical tests. JAMA 247, 2543-2546.
        """
        risk = self.predict(X, offset=offset)
        y = _target_of(risk, y)
        check_times_and_events(y)
        strata = None if strata is None else check_strata(strata, risk)
        return concordance(y, risk, check_weights(sample_weight, risk), strata)

    def score(self, X, y, sample_weight=None, *, strata=None, offset=None):
        """The `concordance`, as scikit-learn asks for it.

        Parameters, returns and raises as for `concordance`.
        """
        return self.concordance(X, y, sample_weight, strata=strata, offset=offset)

    def __sklearn_is_fitted__(self):
        return "coef_" in vars(self)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags


def _target_of(X, y) -> np.ndarray:
    """Times and events, one of each for every row of X."""
    y = times_and_events(with_events(y))
    check_as_many(y, X)
    return y


def _baselines(y, eta, weights) -> dict[int | None, Baseline]:
    """By the number of the stratum, in ascending order."""
    if y.shape[1] < 4:
        return {None: baseline(y, eta, weights)}
    parts = ((k, y[:, 3] == k) for k in np.unique(y[:, 3]))
    return {int(k): baseline(y[rows], eta[rows], weights[rows]) for k, rows in parts}

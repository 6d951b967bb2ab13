"""Forecasts by the lasso on lags, and on everything else that is known in time."""

from __future__ import annotations

import numbers
from dataclasses import replace

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.model_selection import TimeSeriesSplit
from sklearn.utils.validation import check_is_fitted

from taut import penalties
from taut.applications.forecasting.lag_features import Past, ahead, check_calendar, check_fourier
from taut.applications.forecasting.origins import Origins, conformal_radius, recursion, side_by_side
from taut.applications.forecasting.series import Covariates, read_covariates, read_series
from taut.estimators import PenalizedRegressor
from taut.progress import tracked
from taut.selection import CV, as_splits
from taut.selection.rule import Rule
from taut.validation import check_choice, check_flag, check_positive, check_share, shown
from taut.validation.magnitudes import check_magnitudes

__all__ = ["LagForecaster"]

_FOLDS = 5
_RANGE = 1e-3  # errors one step ahead hardly say no to less, but recursion goes over them again


class LagForecaster(BaseEstimator):
    """Forecasts a series from its own past, the calendar and what else is known ahead.

    A linear model with an absolute penalty on standardised features: lags, means and changes of the
    past, indicators of the calendar, waves, and further columns. The strength is chosen on
    rolling-origin folds: what is forecast always lies after what was fitted (Tashman 2000).

    Parameters
    ----------
    lags : int or sequence of int, default 12
        All lags up to a number, or those named; lag 1 is the last value known.
    horizon : int, default 1
        Steps ahead for which intervals are calibrated, and models fitted where each step has one.
    alpha : float or rule, default None
        Strength of the penalty, >= 0, in units of the series, or a rule that chooses it:
        ``taut.CV(folds=10, rule="1se")``, ``taut.BIC()`` and so on. A number of folds means rolling
        origins (scikit-learn's ``TimeSeriesSplit``); None is ``taut.CV()`` down to a thousandth of
        the strength that leaves nothing.
    strategy : {"recursive", "direct"}, default "recursive"
        One model for the next step, fed with its own forecasts; or one model for each step.
    rolling : sequence of int, default ()
        Means of the last so many values.
    differences : sequence of int, default ()
        Changes over so many steps up to the last value known.
    calendar : sequence of {"hour", "weekday", "month"}, default ()
        Indicators of the time that is forecast, as the clock on the wall of its time zone has it.
    fourier : dict of float to int, default None
        Waves of the time that is forecast: from the period in steps to their number.
    l1_ratio : float in (0, 1], default 1.0
        1 is the lasso; less keeps neighbouring lags together.
    tol : float, default 1e-6
        Relative duality gap at which a fit counts as solved.
    verbose : bool, default False
        Show progress over the models (extra ``compare``: rich).

    Attributes
    ----------
    models_ : list of PenalizedRegressor
        One for each step, or a single one.
    alpha_ : float or ndarray of shape (horizon,)
        The strength used; an array for direct forecasts.
    coef_ : ndarray of shape (n_models, n_features)
        On the scale of the features as they are; `get_feature_names_out` names them.
    intercept_ : ndarray of shape (n_models,)
    selected_lags_ : ndarray of int
        Lags with a coefficient other than zero, in any model.
    residuals_ : ndarray of shape (n_origins, horizon)
        Actual less forecast, from origins in held-out folds; nan past the end of the series.
    n_features_ : int

    References
    ----------
    Tashman, L. (2000). Out-of-sample tests of forecasting accuracy. International Journal of
    Forecasting 16, 437-450.
    Ben Taieb, S. et al. (2012). A review and comparison of strategies for multi-step ahead time
    series forecasting. Expert Systems with Applications 39, 7067-7083.

    Examples
    --------
    >>> import numpy as np
    >>> from taut.applications import LagForecaster
    >>> series = np.sin(np.arange(120) * 2 * np.pi / 12)
    >>> LagForecaster(lags=24, horizon=2).fit(series[:-2]).predict().round(1).tolist()
    [-0.9, -0.5]
    """

    def __init__(
        self,
        lags=12,
        *,
        horizon=1,
        alpha=None,
        strategy="recursive",
        rolling=(),
        differences=(),
        calendar=(),
        fourier=None,
        l1_ratio=1.0,
        tol=1e-6,
        verbose=False,
    ):
        self.lags = lags
        self.horizon = horizon
        self.alpha = alpha
        self.strategy = strategy
        self.rolling = rolling
        self.differences = differences
        self.calendar = calendar
        self.fourier = fourier
        self.l1_ratio = l1_ratio
        self.tol = tol
        self.verbose = verbose

    def fit(self, y, X=None):
        """Choose the strength on rolling origins, fit on the whole series, calibrate intervals.

        Parameters
        ----------
        y : array of shape (n_samples,), series or frame
            Values one step apart, the oldest first: an array, a pandas series or frame with a date
            index, or any frame with a column of dates and one of numbers.
        X : array of shape (n_samples, n_columns) or frame, default None
            Columns that are known ahead, matched to ``y`` by their dates where both have them.

        Returns
        -------
        LagForecaster
            Itself.

        Raises
        ------
        ValueError, TypeError
            A parameter is not what it must be; dates repeat, fall back or leave a gap; a value is
            missing; the series is too short. The message names the place and the fix.
        """
        past = Past.checked(self.lags, self.rolling, self.differences)
        horizon = check_positive(self.horizon, "horizon", 1)
        direct = check_choice(self.strategy, "strategy", ("recursive", "direct")) == "direct"
        verbose = check_flag(self.verbose, "verbose")
        series = read_series(y)
        check_magnitudes("y", series.values)
        covariates = None if X is None else read_covariates(X)
        self._check_length(series, past, horizon)
        origins = Origins(series, past, *self._known(series, covariates, 0, len(series), "X"))
        models, residuals = [], []
        steps = range(1, horizon + 1) if direct else (1,)
        for step in tracked(steps, verbose, "models"):
            model, held_out = self._fit_step(origins, step, 1 if direct else horizon)
            models.append(model)
            residuals.append(held_out)
        self._keep(origins, covariates, models)
        self.residuals_ = side_by_side(residuals)
        return self

    def predict(self, horizon=None, X=None):
        """Forecast the steps after the series.

        Parameters
        ----------
        horizon : int, default None
            How many; None is the ``horizon`` fitted. Direct forecasts reach no further.
        X : array of shape (horizon, n_columns) or frame, default None
            The columns given at fitting, for the steps to come.

        Returns
        -------
        ndarray of shape (horizon,), or a frame of the library that the series came in
            In units of the series; a frame has the stamps as the series had them, as its index or
            in a column, with their time zone, as periods or days.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            The model has not been fitted.
        ValueError, TypeError
            ``horizon`` is 0 or out of reach, or X lacks a column, a row or a value: which.
        """
        forecast = self._forecast(horizon, X)
        return self._series.answer({self._series.name: forecast})

    def predict_interval(self, horizon=None, X=None, coverage=0.9):
        """Intervals around the forecasts, one step at a time.

        Each is as wide as the errors of that many steps ahead from origins in held-out folds were
        (split conformal prediction, Lei et al. 2018, Distribution-free predictive inference for
        regression, algorithm 2). Exchangeable errors would be covered with at least this
        probability; those of a series are so only as far as it goes on as it did.

        Parameters
        ----------
        horizon, X
            As for `predict`; at most the ``horizon`` fitted.
        coverage : float in (0, 1), default 0.9
            Of each step by itself.

        Returns
        -------
        ndarray of shape (horizon, 2), or a frame with columns ``lower`` and ``upper``

        Raises
        ------
        sklearn.exceptions.NotFittedError
            The model has not been fitted.
        ValueError, TypeError
            As for `predict`, or there are too few held-out errors for the coverage.
        """
        forecast = self._forecast(horizon, X)
        radius = self._radius(len(forecast), coverage)
        return self._series.answer({"lower": forecast - radius, "upper": forecast + radius})

    def get_feature_names_out(self, input_features=None):
        """The names of the features, ndarray of str of shape (n_features,)."""
        check_is_fitted(self)
        return np.array(self._names, dtype=object)

    def plot(self, horizon=None, X=None, *, actual=None, coverage=0.9, ax=None):
        """Draw the end of the series, the forecast and its interval (needs the extra ``plot``).

        Parameters
        ----------
        horizon, X, coverage
            As for `predict_interval`.
        actual : array of shape (n_steps,), series or frame, default None
            What came after the series, to hold against the forecast.
        ax : matplotlib Axes, default None
            None makes a new figure.

        Returns
        -------
        taut.plots.forecast.ForecastDisplay
        """
        from taut.plots.forecast import ForecastDisplay

        forecast, series = self._forecast(horizon, X), self._series
        radius, shown_before = self._radius(len(forecast), coverage), 3 * len(forecast)
        n = len(series)
        places = np.arange(n + len(forecast))
        if series.axis is not None:
            places = np.concatenate([series.axis.stamps, series.axis.extended(len(forecast))])
        later = np.empty(0) if actual is None else read_series(actual).values[: len(forecast)]
        start = max(n - shown_before, 0)
        return ForecastDisplay(
            places[start : n + len(forecast)],
            np.concatenate([series.values[start:], later]),
            forecast,
            radius,
            coverage,
            series.name,
        ).plot(ax)

    def _check_length(self, series, past, horizon):
        needed = past.width + 2 * horizon + self._n_folds + 1
        if len(series) < needed:
            raise ValueError(
                f"y must have at least {needed} values for features that look back {past.width} "
                f"steps, a horizon of {horizon} and {self._n_folds} folds, got {len(series)}: take "
                "fewer lags, a shorter horizon or a longer series"
            )

    @property
    def _n_folds(self) -> int:
        folds = getattr(self.alpha, "folds", _FOLDS)
        return folds if isinstance(folds, numbers.Integral) else 1

    def _known(self, series, covariates, start, stop, argument):
        """Features of the steps ``start`` to ``stop`` that are known ahead, and their names."""
        stamps = None
        if series.axis is not None:
            count = max(stop - len(series), 0)
            stamps = np.concatenate([series.axis.stamps, series.axis.extended(count)])[start:stop]
        calendar = check_calendar(self.calendar, stamps is not None)
        fourier = check_fourier({} if self.fourier is None else self.fourier)
        wall = stamps if stamps is None or not calendar else series.clock.wall(stamps)
        values, names = ahead(np.arange(start, stop), wall, calendar, fourier)
        if covariates is not None:
            columns = covariates.at(stamps, series.clock, stop - start, argument)
            values, names = np.column_stack([values, columns]), [*names, *covariates.names]
        return values, names

    def _fit_step(self, origins, step, reach):
        """The model for one step ahead, and errors up to ``reach`` steps from held-out origins."""
        features, target = origins.design(step)
        if not features.shape[1]:
            raise ValueError(
                "lags must leave something to forecast from, got no lags, no other features and "
                "no X: pass lags=12, say"
            )
        rule, splits = _teaching(*self._rule(len(target), step), target)
        # One scale for all folds: the variance of a series that grows does too, and a strength
        # chosen on early folds in units of their own would be too strong for the whole.
        scales = features.std(axis=0)
        scales[scales == 0] = 1.0
        model = self._model(rule, scales).fit(features, target)
        errors = []
        for train, test in splits:
            fold = self._model(model.alpha_, scales).fit(features[train], target[train])
            errors.append(origins.errors(fold, np.sort(test), step, reach))
        return model, np.concatenate(errors)

    def _model(self, alpha, scales):
        """A penalty on coefficients of features of unit deviation."""
        check_positive(self.l1_ratio, "l1_ratio", 1.0)
        ratio = penalties.ElasticNet(self.l1_ratio).l1_ratio
        penalty = penalties.L1(ratio * scales)
        if ratio < 1:
            penalty = penalty + penalties.L2((1 - ratio) * scales**2)
        return PenalizedRegressor(penalty=penalty, alpha=alpha, tol=self.tol)

    def _rule(self, n_rows, step):
        """The strength or its rule, with rolling origins for a number of folds; and the folds.

        Between training and held-out rows lie ``step - 1``, whose targets come after the first
        held-out origin.
        """
        rule = CV(_FOLDS, alpha_min_ratio=_RANGE) if self.alpha is None else self.alpha
        folds = rule.folds if isinstance(rule, CV) else _FOLDS
        if isinstance(folds, numbers.Integral):
            folds = TimeSeriesSplit(int(folds), gap=step - 1)
        splits = as_splits(folds, n_rows, rule.random_state if isinstance(rule, CV) else None)
        rule = replace(rule, folds=splits) if isinstance(rule, CV) else rule
        if not isinstance(rule, Rule):
            check_positive(rule, "alpha", 1.0, zero=True, other="or a rule such as taut.CV()")
        return rule, splits

    def _keep(self, origins, covariates, models):
        self._series, self._past = origins.series, origins.past
        self._covariates = None if covariates is None else covariates.names
        self._names = [*origins.past.names, *origins.names]
        self.models_ = models
        self.coef_ = np.stack([model.coef_ for model in models])
        self.intercept_ = np.array([model.intercept_ for model in models])
        alphas = np.array([model.alpha_ for model in models])
        self.alpha_ = alphas if self.strategy == "direct" else float(alphas[0])
        lags = np.array(origins.past.lags, dtype=int)
        self.selected_lags_ = lags[np.any(self.coef_[:, : len(lags)] != 0, axis=0)]
        self.n_features_ = len(self._names)

    def _forecast(self, horizon, X):
        check_is_fitted(self)
        fitted = self.residuals_.shape[1]
        horizon = fitted if horizon is None else check_positive(horizon, "horizon", 1)
        if len(self.models_) > 1 and horizon > fitted:
            raise ValueError(
                f"horizon must be at most {fitted}, for which there are direct models, got "
                f"{horizon}: fit with horizon={horizon}, or with strategy='recursive'"
            )
        n = len(self._series)
        known, _ = self._known(self._series, self._ahead(X, horizon), n, n + horizon, "X")
        window = self._series.values[None, n - self._past.width :]
        if self.strategy == "recursive":
            return recursion(self.models_[0], self._past, window, known[None])[0]
        past = np.repeat(self._past.of_windows(window), horizon, axis=0)
        features = np.column_stack([past, known])
        return np.sum(features * self.coef_[:horizon], axis=1) + self.intercept_[:horizon]

    def _ahead(self, X, horizon) -> Covariates | None:
        """Columns for the steps to come: those of the fit, in its order."""
        if self._covariates is None:
            if X is not None:
                raise ValueError(
                    f"X must be None for a model fitted without X, got a {type(X).__name__}: fit "
                    "with the columns first"
                )
            return None
        if X is None:
            raise ValueError(
                f"X must hold {shown(list(self._covariates))} for the {horizon} steps to come, got "
                "None: the model was fitted with these columns, pass what is known of them"
            )
        given = read_covariates(X)
        missing = [name for name in self._covariates if name not in given.names]
        if missing:
            raise ValueError(
                f"X must have the columns it had at fitting, got none called {missing[0]!r}: "
                f"it has {shown(list(given.names))}"
            )
        places = [given.names.index(name) for name in self._covariates]
        return Covariates(given.values[:, places], self._covariates, given.told)

    def _radius(self, horizon, coverage):
        check_share(coverage, "coverage", 0.9)
        fitted = self.residuals_.shape[1]
        if horizon > fitted:
            raise ValueError(
                f"horizon must be at most {fitted}, up to which errors were held out, got "
                f"{horizon}: fit with horizon={horizon}"
            )
        return np.array([conformal_radius(self.residuals_[:, h], coverage) for h in range(horizon)])


def _teaching(rule, splits, target):
    """Without the folds that train on a constant, as where a series begins with zeros."""
    splits = [split for split in splits if np.ptp(target[split[0]]) > 0] or splits
    return replace(rule, folds=splits) if isinstance(rule, CV) else rule, splits

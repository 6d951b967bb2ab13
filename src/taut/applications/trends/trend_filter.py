"""A series as a trend with few changes: ``TrendFilter``."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_array, check_is_fitted

from taut.applications.trends.choice import cross_validated, least_costly, score
from taut.applications.trends.paths import TOL, trends
from taut.applications.trends.pieces import pruned, refitted
from taut.selection import AIC, BIC, CV, EBIC
from taut.solution import ConvergenceWarning
from taut.validation import check_flag, check_positive
from taut.validation.magnitudes import extreme_of
from taut.validation.trouble import explained

__all__ = ["TrendFilter"]

_MOST_ORDER = 3


class TrendFilter(BaseEstimator):
    """Trend filtering of a series, with its change points.

    Minimises ``1/(2n) sum_i (y_i - f_i)^2 + alpha * sum_j |jump of f^(order) at j|``: the fused
    lasso (total variation) for order 0, whose trend is constant in pieces; broken lines for order
    1, splines with few knots beyond.

    Parameters
    ----------
    order : int, default 0
        Degree of the pieces, 0 to 3.
    alpha : float or rule, default BIC()
        Strength, > 0, or a rule: ``taut.BIC()``, ``taut.AIC()``, ``taut.EBIC()``, ``taut.CV()``
        with folds that take every k-th sample (its ``rule`` may be "1se").
    refit : bool, default True
        Change points that the criterion (BIC, unless alpha is another) would rather not pay for are
        dropped, one by one, and the trend is least squares with the others: no jump is shrunk.
        False keeps the minimiser.
    verbose : bool, default False
        Show progress over strengths and folds (extra ``compare``: rich).

    Attributes
    ----------
    trend_ : ndarray of shape (n,)
    change_points_ : ndarray of int
        The first sample of each new piece.
    change_positions_ : ndarray of float
        Their positions, on the scale of ``t``.
    n_pieces_ : int
    alpha_ : float
    relative_gap_ : float
        Duality gap of the minimiser; 0 where it is exact, as for order 0.
    alphas_, scores_ : ndarray of shape (n_alphas,)
        The strengths looked at, and the criterion or the error of cross-validation (of the series
        over its largest value where that is beyond 1e75 or below 1e-75); only where alpha is a
        rule. They end where half of the samples would be change points, or, for orders above 0,
        where fifteen in a row have been no better.
    positions_ : ndarray of shape (n,)

    References
    ----------
    Kim, S.-J., Koh, K., Boyd, S. and Gorinevsky, D. (2009). l1 trend filtering. SIAM Review 51,
    339-360.

    Tibshirani, R. J. and Taylor, J. (2012). Degrees of freedom in lasso problems. Annals of
    Statistics 40, 1198-1232: the number of pieces plus the order, for the criteria.

    Examples
    --------
    >>> import numpy as np
    >>> from taut.applications import TrendFilter
    >>> levels = np.repeat([0.0, 3.0, 1.0], 50)
    >>> y = levels + np.random.default_rng(0).normal(0, 0.3, 150)
    >>> TrendFilter().fit(y).change_points_.tolist()
    [50, 100]
    """

    def __init__(
        self,
        order=0,
        *,
        alpha=BIC(),  # noqa: B008 (rules are immutable)
        refit=True,
        verbose=False,
    ):
        self.order = order
        self.alpha = alpha
        self.refit = refit
        self.verbose = verbose

    def fit(self, y, t=None):
        """Find the trend.

        Parameters
        ----------
        y : array of shape (n,)
            In order.
        t : array of shape (n,), default None
            Rising positions or times; None counts samples.

        Returns
        -------
        TrendFilter
            Itself.

        Raises
        ------
        TypeError, ValueError
            An argument is not what it must be; the message names it, its value and the fix.

        Warns
        -----
        taut.ConvergenceWarning
            The minimiser is not within a relative duality gap of 1e-8.
        """
        order = self._checked_order()
        refit, verbose = check_flag(self.refit, "refit"), check_flag(self.verbose, "verbose")
        y, t = _checked_series(y, t, order)
        for stale in ("alphas_", "scores_"):
            vars(self).pop(stale, None)
        if np.ptp(y) == 0:
            return self._keep(t, y.copy(), np.empty(0, dtype=int), np.inf, 0.0)
        y, unit, rule = _within_range(y, self.alpha)
        found = trends(t, y, order)
        if isinstance(rule, CV):
            self.alphas_, self.scores_, index = cross_validated(
                rule, t, y, order, refit, found.alphas, verbose
            )
            best = found.at(self.alphas_[index])
        elif isinstance(rule, AIC | BIC | EBIC):
            self.alphas_, self.scores_, best = least_costly(rule, t, y, refit, found, verbose)
        else:
            alpha = check_positive(rule, "alpha", 0.1, other="or a rule")
            best = found.at(alpha / unit)
        if "alphas_" in vars(self):
            self.alphas_ = unit * self.alphas_
        trend, knots = best.fit, best.knots
        if refit:
            rule = rule if isinstance(rule, AIC | BIC | EBIC) else BIC()
            knots = pruned(t, y, order, knots, lambda rss, df: score(rule, y, rss, df))
            trend = refitted(t, y, order, knots)
        _warn_unless_solved(best)
        return self._keep(t, unit * trend, knots, unit * best.alpha, best.relative_gap)

    def predict(self, t):
        """The trend between its samples, by lines; beyond them, its last level.

        Parameters
        ----------
        t : array of shape (n_positions,)

        Returns
        -------
        ndarray of shape (n_positions,)
        """
        check_is_fitted(self)
        with explained("t", t):
            t = check_array(t, ensure_2d=False, dtype=np.float64, input_name="t")
        return np.interp(t, self.positions_, self.trend_)

    def plot(self, y=None, ax=None):
        """Draw the trend and its change points, over the series where it is given.

        Needs the extra ``plot``.

        Returns
        -------
        taut.plots.TrendDisplay
        """
        from taut.plots import TrendDisplay

        check_is_fitted(self)
        return TrendDisplay(self.positions_, self.trend_, self.change_points_, y).plot(ax=ax)

    def _keep(self, t, trend, knots, alpha, gap):
        self.positions_, self.trend_, self.change_points_ = t, trend, knots
        self.change_positions_, self.n_pieces_ = t[knots], len(knots) + 1
        self.alpha_, self.relative_gap_ = float(alpha), float(gap)
        return self

    def _checked_order(self):
        order = check_positive(self.order, "order", 1, zero=True)
        if order > _MOST_ORDER:
            raise ValueError(
                f"order must be at most {_MOST_ORDER}, got {order}: knots of higher degrees cannot "
                "be told apart in double precision; pass 2 for smooth curves, say"
            )
        return int(order)


def _within_range(y, rule):
    """Series and rule in units whose squares float64 holds, and the unit."""
    if extreme_of(y) is None:
        return y, 1.0, rule
    unit = float(np.abs(y).max())
    if isinstance(rule, AIC | BIC | EBIC) and rule.noise_variance is not None:
        variance = max(rule.noise_variance / unit / unit, np.finfo(np.float64).tiny)
        rule = replace(rule, noise_variance=variance)
    return y / unit, unit, rule


def _warn_unless_solved(trend):
    if not trend.relative_gap <= TOL:
        warnings.warn(
            f"TrendFilter: the trend of alpha={trend.alpha:.6g} is within a relative duality gap "
            f"of {trend.relative_gap:.1e}, not {TOL:g}: rounding stood in the way. Take another "
            "alpha, a lower order, or fewer samples for each piece (relative_gap_ keeps it)",
            ConvergenceWarning,
            stacklevel=3,
        )


def _checked_series(y, t, order):
    least = 2 * (order + 2)
    if np.ndim(y) != 1:
        raise ValueError(
            f"y must be one series of shape (n,), got shape {np.shape(y)}: fit columns one by one"
        )
    with explained("y", y):
        y = check_array(y, ensure_2d=False, dtype=np.float64, input_name="y")
    if len(y) < least:
        raise ValueError(
            f"y must have at least {least} samples for order={order}, got {len(y)}: use a smaller "
            "order, or a longer series"
        )
    if t is None:
        return y, np.arange(len(y), dtype=np.float64)
    with explained("t", t):
        t = check_array(t, ensure_2d=False, dtype=np.float64, input_name="t")
    if t.shape != y.shape:
        raise ValueError(
            f"t must have shape {y.shape}, one position for each sample, got {t.shape}"
        )
    if np.any(np.diff(t) <= 0):
        place = int(np.argmax(np.diff(t) <= 0)) + 1
        raise ValueError(
            f"t must rise, got {t[place]:g} after {t[place - 1]:g} at sample {place}: sort the "
            "series, and average samples of one position"
        )
    steps = np.array([np.diff(t).min(), np.diff(t).max()])
    with np.errstate(over="ignore", under="ignore"):
        least, largest = steps ** float(order)
    if not (1e-100 * max(largest, 1.0) <= least and largest <= 1e100):
        raise ValueError(
            f"t must have steps whose powers for order={order} float64 can hold side by side, got "
            f"steps from {steps[0]:g} to {steps[1]:g}: give t in another unit, or average samples "
            "that lie close together"
        )
    return y, t

"""A series as a trend with few changes: ``TrendFilter``."""

from __future__ import annotations

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_array, check_is_fitted

from taut.applications.trends.paths import trends
from taut.applications.trends.pieces import pruned, refitted
from taut.progress import tracked
from taut.selection import AIC, BIC, CV, EBIC
from taut.validation import check_flag, check_positive, shown
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
        The grid and the criterion, or the error of cross-validation; only where alpha is a rule.
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
        """
        order = self._checked_order()
        refit, verbose = check_flag(self.refit, "refit"), check_flag(self.verbose, "verbose")
        y, t = _checked_series(y, t, order)
        for stale in ("alphas_", "scores_"):
            vars(self).pop(stale, None)
        if np.ptp(y) == 0:
            return self._keep(t, y.copy(), np.empty(0, dtype=int), np.inf, 0.0)
        if isinstance(self.alpha, AIC | BIC | CV | EBIC):
            found = trends(t, y, order, verbose=verbose)
            self.alphas_ = found.alphas
            if isinstance(self.alpha, CV):
                self.scores_, index = _cross_validated(
                    self.alpha, t, y, order, refit, found.alphas, verbose
                )
            else:
                self.scores_ = _criterion(self.alpha, t, y, order, refit, found)
                index = int(np.argmin(self.scores_))
        else:
            alpha = check_positive(self.alpha, "alpha", 0.1, other="or a rule")
            found, index = trends(t, y, order, alphas=[float(alpha)]), 0
        knots = found.knots[index]
        trend = found.fits[index]
        if refit:
            rule = self.alpha if isinstance(self.alpha, AIC | BIC | EBIC) else BIC()
            knots = pruned(t, y, order, knots, lambda rss, df: _score(rule, y, rss, df))
            trend = refitted(t, y, order, knots)
        return self._keep(t, trend, knots, found.alphas[index], found.relative_gaps[index])

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


def _criterion(rule, t, y, order, refit, found):
    """Along the path, for models with at most half as many degrees of freedom as samples."""
    n = len(y)
    # Of a refitted trend too: rather too many candidates, of which `pruned` drops the cheapest.
    df = np.array([len(knots) for knots in found.knots]) + order + 1.0
    fits = found.fits
    if refit:
        fits = [refitted(t, y, order, knots) if d <= n / 2 else None
                for knots, d in zip(found.knots, df, strict=True)]  # fmt: skip
    rss = np.array([np.inf if fit is None else np.square(y - fit).sum() for fit in fits])
    return np.where(df <= n / 2, _score(rule, y, rss, np.minimum(df, n)), np.inf)


def _score(rule, y, rss, df):
    """The misfit of Gaussian errors, and the price of the degrees of freedom."""
    n = len(y)
    if rule.noise_variance is not None:
        return rss / rule.noise_variance + rule.price(df, n, n)
    # With the variance unknown a perfect fit would be infinitely good.
    least = np.finfo(np.float64).eps * np.square(y - y.mean()).sum()
    return n * np.log(np.maximum(rss, least) / n) + rule.price(df, n, n)


def _cross_validated(rule, t, y, order, refit, alphas, verbose):
    """Errors of samples that are left out, every k-th in turn, and the place of the choice."""
    n_folds, inner = rule.folds, np.arange(len(y))
    if not isinstance(n_folds, int) or n_folds < 2:
        raise ValueError(
            f"alpha=CV(folds) must have a number of folds >= 2 here, got {shown(n_folds)}: folds "
            "take every k-th sample, so that every piece is in all of them"
        )
    errors = np.empty((n_folds, len(alphas)))
    for fold in tracked(range(n_folds), verbose, "folds"):
        # The ends would have to be extrapolated.
        out = (inner % n_folds == fold) & (inner > 0) & (inner < len(y) - 1)
        found = trends(t[~out], y[~out], order, alphas=alphas)
        for k, (fit, knots) in enumerate(zip(found.fits, found.knots, strict=True)):
            if refit and len(knots) + order + 1 <= np.count_nonzero(~out):
                fit = refitted(t[~out], y[~out], order, knots)
            errors[fold, k] = np.mean(np.square(y[out] - np.interp(t[out], t[~out], fit)))
    mean = errors.mean(axis=0)
    best = int(np.argmin(mean))
    if rule.rule == "1se":
        slack = errors[:, best].std(ddof=1) / np.sqrt(n_folds)
        best = int(np.argmax(mean <= mean[best] + slack))
    return mean, best


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
    return y, t

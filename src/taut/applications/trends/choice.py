"""The strength of a trend, by an information criterion or by samples that are left out."""

from __future__ import annotations

import numpy as np

from taut.applications.trends.paths import trends
from taut.applications.trends.pieces import refitted
from taut.progress import tracked
from taut.validation import shown

__all__ = ["cross_validated", "least_costly", "score"]

_PATIENCE = 15  # strengths that are no better, before a path of bends ends


def score(rule, y, rss, df):
    """The misfit of Gaussian errors, and the price of the degrees of freedom."""
    n = len(y)
    return rule.misfit(rss / n, n, np.finfo(np.float64).eps * y.var()) + rule.price(df, n, n)


def least_costly(rule, t, y, refit, found, verbose):
    """The trend of least criterion.

    Models with more than half as many degrees of freedom as samples are no candidates, and the path
    ends there.

    Returns
    -------
    alphas, scores : ndarray of shape (n_alphas,)
        As far as the path went.
    best : Trend
    """
    scores, best = [], None
    for alpha in tracked(found.alphas, verbose, "strengths"):
        trend = found.at(alpha)
        # Of a refitted trend too: rather too many candidates, of which `pruned` drops the cheapest.
        df = len(trend.knots) + found.order + 1.0
        if df > len(y) / 2:
            scores.append(np.inf)
            break
        fit = refitted(t, y, found.order, trend.knots) if refit else trend.fit
        scores.append(float(score(rule, y, np.square(y - fit).sum(), df)))
        if best is None or scores[-1] < min(scores[:-1]):
            best = trend
        if _turned(scores, found.order):
            break
    return found.alphas[: len(scores)], np.array(scores), best


def cross_validated(rule, t, y, order, refit, alphas, verbose):
    """Errors of samples that are left out, every k-th in turn.

    Returns
    -------
    alphas, errors : ndarray of shape (n_alphas,)
        As far as all folds went.
    index : int
        The choice.
    """
    n_folds, inner = rule.folds, np.arange(len(y))
    if not isinstance(n_folds, int) or n_folds < 2:
        raise ValueError(
            f"alpha=CV(folds) must have a number of folds >= 2 here, got {shown(n_folds)}: folds "
            "take every k-th sample, so that every piece is in all of them"
        )
    paths = []
    for fold in tracked(range(n_folds), verbose, "folds"):
        # The ends would have to be extrapolated.
        out = (inner % n_folds == fold) & (inner > 0) & (inner < len(y) - 1)
        paths.append(_fold_errors(t, y, order, refit, alphas, out))
    errors = np.array([path[: min(map(len, paths))] for path in paths])
    mean = errors.mean(axis=0)
    best = int(np.argmin(mean))
    if rule.rule == "1se":
        slack = errors[:, best].std(ddof=1) / np.sqrt(n_folds)
        best = int(np.argmax(mean <= mean[best] + slack))
    return alphas[: len(mean)], mean, best


def _fold_errors(t, y, order, refit, alphas, out):
    found, errors = trends(t[~out], y[~out], order), []
    for alpha in alphas:
        trend = found.at(alpha)
        fit = trend.fit
        if refit and len(trend.knots) + order + 1 <= np.count_nonzero(~out):
            fit = refitted(t[~out], y[~out], order, trend.knots)
        errors.append(np.mean(np.square(y[out] - np.interp(t[out], t[~out], fit))))
        if _turned(errors, order):
            break
    return errors


def _turned(scores, order):
    """Whether a path can end. That of levels costs next to nothing, and goes on."""
    return order > 0 and len(scores) - 1 - int(np.argmin(scores)) >= _PATIENCE

"""Knockoffs: features selected with a bound on the share of them that do not matter."""

from __future__ import annotations

import math
import numbers
import warnings
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.utils import check_random_state

from taut.inference.knockoff_copies import fixed_knockoffs, gaussian_knockoffs
from taut.inference.problems import sizes_of, stated
from taut.inference.selection import FeatureSelection
from taut.progress import watched
from taut.selection import BIC, CV
from taut.selection.rule import Rule
from taut.solution import warn_unless_solved
from taut.solvers import Controls, Grid, solve_path
from taut.validation import check_choice, check_flag, check_positive, shown

__all__ = ["KnockoffSelection", "knockoff_threshold", "knockoffs"]


@dataclass(frozen=True, eq=False, repr=False)
class KnockoffSelection(FeatureSelection):
    """Features that beat their knockoffs by enough.

    Attributes
    ----------
    support, importances, feature_names
        As `FeatureSelection` has them; importances are the statistics.
    stability : None
    statistics : ndarray of shape (n_features,)
        Size of each feature's standardised coefficient less that of its knockoff. For a feature
        that does not matter either sign is as likely.
    threshold : float
        Features are selected whose statistic is at least this; inf where none can be.
    fdr : float
        The rate that was asked for.
    """

    threshold: float
    fdr: float

    importance_name = "|coefficient| less that of the knockoff"

    @property
    def statistics(self) -> np.ndarray:
        return self.importances

    def plot(self, ax=None, *, top=30):
        """Draw the statistics in order of size, and the threshold (needs the extra ``plot``).

        Parameters
        ----------
        ax : matplotlib Axes, default None
            None makes a new figure.
        top : int, default 30
            At most so many features, those of largest size.

        Returns
        -------
        taut.plots.KnockoffDisplay
        """
        from taut.plots.knockoffs import KnockoffDisplay

        return KnockoffDisplay(self).plot(ax, top=top)


def knockoffs(
    X, y, *, fdr=0.1, model="gaussian", alpha=None, loss=None, random_state=0, verbose=False
) -> KnockoffSelection:
    """Select features so that on average at most a share ``fdr`` of them does not matter.

    Each feature gets a knockoff, a column that is correlated with all features as the feature is
    and was made without looking at y. A lasso on both together shows how much more a feature counts
    than its knockoff; as many features as beat their knockoffs by some amount by luck are expected
    to lose by that amount, which is seen.

    Parameters
    ----------
    X : array or data frame of shape (n_samples, n_features)
    y : array of shape (n_samples,)
        Numbers, or labels.
    fdr : float in (0, 1), default 0.1
        False discovery rate: the expected share of selected features that are independent of y
        given all others. At least ``1 / fdr`` features must be selected, or none is.
    model : {"gaussian", "fixed"}, default "gaussian"
        "gaussian" holds the rate for any y where the rows of X are normal, with mean and covariance
        estimated from them (well estimated where rows are many or features weakly related); any
        shape of X. "fixed" holds it for any X of full rank with more than twice as many rows as
        columns, where y is linear in X with normal errors of one variance.
    alpha : float or rule, default None
        Strength of the lasso on standardised columns; None is ``CV()``, and ``BIC()`` for "fixed",
        which must look at X'X, X'y and y'y alone.
    loss : str or Loss, default None
        None is least squares for numbers, and logistic or multinomial for texts and truth values.
    random_state : int, RandomState instance or None, default 0
        Draws the knockoffs.
    verbose : bool, default False
        Show what is being done (needs rich, as in the extra ``compare``).

    Returns
    -------
    KnockoffSelection

    Raises
    ------
    ValueError, TypeError
        An argument is not what it must be; the message names it, its value and the fix.

    References
    ----------
    Barber, R. F. and Candès, E. J. (2015). Controlling the false discovery rate via knockoffs.
    Annals of Statistics 43, 2055-2085.
    Candès, E., Fan, Y., Janson, L. and Lv, J. (2018). Panning for gold: model-X knockoffs for high
    dimensional controlled variable selection. JRSS B 80, 551-577.

    Examples
    --------
    >>> import numpy as np
    >>> import taut
    >>> random = np.random.default_rng(0)
    >>> X = random.normal(size=(300, 50))
    >>> y = X[:, :12].sum(axis=1) + random.normal(size=300)
    >>> sorted(taut.knockoffs(X, y, fdr=0.2).selected.tolist())
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15]
    """
    if not isinstance(fdr, numbers.Real) or not 0 < fdr < 1:
        raise ValueError(
            f"fdr must be above 0 and below 1, got {shown(fdr)}: it is the share of mistakes among "
            "the selected features, pass 0.1, say"
        )
    check_choice(model, "model", ("gaussian", "fixed"))
    check_flag(verbose, "verbose")
    alpha = _strength(alpha, model)
    if sparse.issparse(X):
        raise TypeError(
            "X must be dense for knockoffs, which would fill it in, got a sparse matrix: pass "
            "X.toarray(), or use taut.stability_selection"
        )
    problem, names = stated(X, y, loss)
    columns, live = _standardised(problem)
    if len(live) < 1 / fdr:
        warnings.warn(
            f"fdr={fdr:g} takes at least {math.ceil(1 / fdr)} selected features, and X has "
            f"{len(live)} that vary: none can be selected; allow a higher fdr, or use "
            "taut.stability_selection",
            stacklevel=2,
        )
    with watched(verbose, "knockoffs") as say:
        say("their columns")
        copies = _copies(columns, model, check_random_state(random_state))
        say(f"the lasso of {2 * len(live)} columns")
        sizes = _sizes(problem, np.hstack([columns, copies]), alpha)
    statistics = np.zeros(problem.design.shape[1])
    statistics[live] = sizes[: len(live)] - sizes[len(live) :]
    threshold = knockoff_threshold(statistics, fdr)
    return KnockoffSelection(
        support=statistics >= threshold,
        importances=statistics,
        stability=None,
        feature_names=names,
        threshold=threshold,
        fdr=float(fdr),
    )


def knockoff_threshold(statistics, fdr) -> float:
    """The least t at which the estimated share of mistakes is within ``fdr``; inf if there is none.

    The estimate is ``(1 + #{W_j <= -t}) / #{W_j >= t}``, the "knockoff+" of Barber and Candès
    (2015, equation 1.9), which holds the rate exactly.
    """
    candidates = np.unique(np.abs(statistics[statistics != 0]))
    ordered = np.sort(statistics)
    above = len(ordered) - np.searchsorted(ordered, candidates, side="left")
    below = np.searchsorted(ordered, -candidates, side="right")
    good = candidates[(1 + below) <= fdr * np.maximum(above, 1)]
    return float(good[0]) if len(good) else np.inf


def _strength(alpha, model):
    if alpha is None:
        return BIC() if model == "fixed" else CV()
    if model == "fixed" and isinstance(alpha, CV):
        raise ValueError(
            f'alpha must not be chosen by folds for model="fixed", got {alpha!r}: its promise '
            "holds for statistics of X'X, X'y and y'y only; pass taut.BIC() or a number"
        )
    if not isinstance(alpha, Rule):
        check_positive(alpha, "alpha", 0.1, other="or a rule such as taut.CV()")
    return alpha


def _standardised(problem):
    """The columns that vary, standardised, and which they are."""
    mean, scale = problem.moments
    live = np.flatnonzero(scale > 0)
    return (np.asarray(problem.design.matrix[:, live]) - mean[live]) / scale[live], live


def _copies(columns, model, random):
    if model == "gaussian":
        return gaussian_knockoffs(columns, random)
    _check_rank(columns)
    return fixed_knockoffs(columns, random)


def _check_rank(columns):
    n_samples, n_features = columns.shape
    if n_samples <= 2 * n_features:
        raise ValueError(
            f'X must have more than twice as many rows as columns for model="fixed", got '
            f'{n_samples} rows and {n_features} columns that vary: use model="gaussian"'
        )
    rank = np.linalg.matrix_rank(columns)
    if rank < n_features:
        raise ValueError(
            f'X must have columns of full rank for model="fixed", got rank {rank} of {n_features}: '
            "drop columns that others determine"
        )


def _sizes(problem, matrix, alpha):
    """Sizes of the coefficients of features and knockoffs in one lasso.

    Both standardised, so that the lasso cannot tell a feature from its knockoff by its scale.
    """
    both, _ = stated(matrix, problem.response, problem.loss)
    if isinstance(alpha, Rule):
        choice = alpha.choose([both], Grid(), Controls())
        solved, k = choice.solved[0], choice.index
    else:
        solved, k = solve_path(both, Grid(np.array([float(alpha)])), Controls()), 0
    warn_unless_solved("knockoffs", [solved.certificates[k]])
    return sizes_of(both, solved.coefs)[:, k]

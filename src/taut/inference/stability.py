"""Stability selection: features that the lasso selects on most halves of the rows."""

from __future__ import annotations

import math
import numbers
from dataclasses import dataclass

import numpy as np
from sklearn.utils import check_random_state

from taut.inference.problems import complementary_halves, paths_on, sizes_of, stated
from taut.inference.selection import FeatureSelection
from taut.solution import warn_unless_solved
from taut.solvers import Controls, Grid, solve_path
from taut.validation import check_flag, check_positive, shown

__all__ = ["StabilitySelection", "error_factor", "stability_selection"]

_A_DECADE = 30  # strengths


@dataclass(frozen=True, eq=False, repr=False)
class StabilitySelection(FeatureSelection):
    """Features that are selected on most halves of the rows.

    Attributes
    ----------
    support, importances, stability, feature_names
        As `FeatureSelection` has them; importances and stability are ``probabilities``.
    probabilities : ndarray of shape (n_features,)
        Share of halves on which a feature was among the first ``n_first`` of the path.
    threshold : float
        Features are selected whose probability is at least this.
    n_first : int
        Features that are taken from each half.
    expected_false : float
        Bound on the expected number of features selected that a half selects no more often than a
        random choice of ``n_first`` would.
    alphas : ndarray of shape (n_alphas,)
    path_probabilities : ndarray of shape (n_features, n_alphas)
        Share of halves on which a feature's coefficient is not zero at each strength.
    """

    threshold: float
    n_first: int
    expected_false: float
    alphas: np.ndarray
    path_probabilities: np.ndarray

    importance_name = "selection probability"

    @property
    def probabilities(self) -> np.ndarray:
        return self.importances

    def plot(self, ax=None, *, top=8):
        """Draw the stability paths: shares of halves against alpha (needs the extra ``plot``).

        Parameters
        ----------
        ax : matplotlib Axes, default None
            None makes a new figure.
        top : int, default 8
            So many features, those selected most often, are coloured and named.

        Returns
        -------
        taut.plots.StabilityDisplay
        """
        from taut.plots.stability import StabilityDisplay

        return StabilityDisplay(self).plot(ax, top=top)


def stability_selection(
    X,
    y,
    *,
    loss=None,
    threshold=0.75,
    expected_false=1.0,
    n_first=None,
    n_pairs=50,
    random_state=0,
    verbose=False,
) -> StabilitySelection:
    """Select the features that the lasso takes first on most halves of the rows.

    The rows are cut ``n_pairs`` times into two halves that share none. On each half the lasso path
    is followed until ``n_first`` features have entered, and those are taken. A feature is selected
    that is taken on at least the share ``threshold`` of the halves. Columns are standardised by
    way of the penalty, and halves are weights: X is not copied.

    With B pairs, q features taken of p, and selection probabilities whose distribution is unimodal
    for features that do not matter, the expected number of those selected is at most
    ``C(threshold, B) q^2 / p`` (Shah and Samworth 2013, theorem 2); see `error_factor`. From the
    number that is allowed follows q.

    Parameters
    ----------
    X : array, sparse matrix or data frame of shape (n_samples, n_features)
    y : array of shape (n_samples,)
        Numbers, or labels.
    loss : str or Loss, default None
        None is least squares for numbers, and logistic or multinomial for texts and truth values.
    threshold : float in (0.5, 1], default 0.75
    expected_false : float, default 1.0
        Bound on the expected number of features selected by mistake, from which ``n_first``
        follows: as many as it allows, but at most a quarter of the number of rows.
    n_first : int, default None
        Features to take from each half; given, the bound follows from it.
    n_pairs : int, default 50
    random_state : int, RandomState instance or None, default 0
    verbose : bool, default False
        Show progress over the halves (needs rich, as in the extra ``compare``).

    Returns
    -------
    StabilitySelection

    Raises
    ------
    ValueError, TypeError
        An argument is not what it must be; the message names it, its value and the fix.

    References
    ----------
    Meinshausen, N. and Bühlmann, P. (2010). Stability selection. JRSS B 72, 417-473.
    Shah, R. D. and Samworth, R. J. (2013). Variable selection with error control: another look at
    stability selection. JRSS B 75, 55-80.

    Examples
    --------
    >>> import taut
    >>> from sklearn.datasets import load_diabetes
    >>> found = taut.stability_selection(*load_diabetes(return_X_y=True, as_frame=True))
    >>> found.selected_names
    ['bmi', 's5', 'bp']
    """
    if not isinstance(threshold, numbers.Real) or not 0.5 < threshold <= 1:
        raise ValueError(
            f"threshold must be above 0.5 and at most 1, got {shown(threshold)}: features are "
            "selected that most halves select, pass 0.75, say"
        )
    n_pairs = int(check_positive(n_pairs, "n_pairs", 50))
    check_positive(expected_false, "expected_false", 1.0)
    check_flag(verbose, "verbose")
    problem, names = stated(X, y, loss)
    n_features = problem.design.shape[1]
    n_first = _n_first(n_first, expected_false, threshold, n_pairs, problem.design.shape)
    alphas = _strengths(problem, n_first)
    masks = complementary_halves(problem, n_pairs, check_random_state(random_state))
    paths = paths_on(problem, masks, alphas, verbose)
    warn_unless_solved("stability_selection", [c for path in paths for c in path.certificates])
    sizes = [sizes_of(problem, path.coefs) for path in paths]
    probabilities = np.mean([_first(size, n_first) for size in sizes], axis=0)
    return StabilitySelection(
        support=probabilities >= threshold,
        importances=probabilities,
        stability=probabilities,
        feature_names=names,
        threshold=float(threshold),
        n_first=n_first,
        expected_false=_bound(n_first, threshold, n_pairs, n_features),
        alphas=alphas,
        path_probabilities=sum((size > 0) for size in sizes) / len(sizes),
    )


def error_factor(threshold, n_pairs, share) -> float:
    """C in the bound ``C q^2 / p`` on the expected number of features selected by mistake.

    Markov's inequality on the average of ``n_pairs`` products of complementary selections, of
    expectation at most ``share^2``, gives ``1 / (2 threshold - 1)`` (theorem 1). Unimodality
    halves it, about (theorem 2), for shares up to ``1 / sqrt(3)``.

    Parameters
    ----------
    threshold : float in (0.5, 1]
    n_pairs : int
    share : float
        q / p: what a half selects of all features.
    """
    worst = 1.0 / (2 * threshold - 1)
    step = 1.0 / (2 * n_pairs)
    if share > 1 / math.sqrt(3):
        return worst
    if threshold > 0.75:
        return min(worst, 4 * (1 - threshold + step) / (1 + 2 * step))
    if threshold > min(0.5 + share**2, 0.5 + step + 0.75 * share**2):
        return min(worst, 1.0 / (2 * (2 * threshold - 1 - step)))
    return worst


def _bound(n_first, threshold, n_pairs, n_features):
    share = n_first / n_features
    return error_factor(threshold, n_pairs, share) * n_first * share


def _n_first(given, allowed, threshold, n_pairs, shape):
    """The most features to take from a half within the bound, and than half its rows; at least one.

    A lasso has no more features than rows, and the last of them hardly mean anything.
    """
    n_samples, n_features = shape
    if given is not None:
        return min(int(check_positive(given, "n_first", 10)), n_features)
    candidates = range(1, min(n_features, n_samples // 4) + 1)
    within = [q for q in candidates if _bound(q, threshold, n_pairs, n_features) <= allowed]
    return max(within, default=1)


def _strengths(problem, n_first):
    """From twice the largest strength of all rows, for halves whose own is larger, down to where
    twice as many features as will be taken have entered, or four decades."""
    for decades in range(1, 5):
        grid = Grid(None, _A_DECADE * decades + 1, 10.0**-decades)
        solved = solve_path(problem, grid, Controls())
        used = sizes_of(problem, solved.coefs) > 0
        entered = np.logical_or.accumulate(used, axis=1).sum(axis=0)
        if entered[-1] >= min(2 * n_first, problem.design.shape[1]):
            break
    last = int(np.argmax(entered >= min(2 * n_first, entered[-1]))) + 1
    above = math.ceil(_A_DECADE * math.log10(2))
    return solved.alphas[0] * 10.0 ** (np.arange(above, -last, -1) / _A_DECADE)


def _first(sizes, count):
    """A mask of the features that enter first along a path; the larger coefficient among equals."""
    used = sizes > 0
    ever = used.any(axis=1)
    entry = used.argmax(axis=1)
    size = sizes[np.arange(len(sizes)), entry]
    candidates = np.flatnonzero(ever)
    order = candidates[np.lexsort((-size[candidates], entry[candidates]))]
    mask = np.zeros(len(sizes), dtype=bool)
    mask[order[:count]] = True
    return mask

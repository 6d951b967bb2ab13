"""The features of the lasso, with their sizes and how often halves of the rows agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.utils import check_random_state

from taut.inference.problems import complementary_halves, paths_on, sizes_of, stated
from taut.inference.selection import FeatureSelection
from taut.path import solve_targets
from taut.selection import CV
from taut.selection.rule import Rule
from taut.solution import warn_unless_solved
from taut.solvers import Controls, Grid
from taut.validation import check_flag, check_positive

__all__ = ["LassoSelection", "lasso_selection"]


@dataclass(frozen=True, eq=False, repr=False)
class LassoSelection(FeatureSelection):
    """The features of a lasso.

    Attributes
    ----------
    support, importances, stability, feature_names
        As `FeatureSelection` has them; importances are sizes of coefficients, times the standard
        deviation of their columns.
    alpha : float
        The strength that was chosen.
    """

    alpha: float

    importance_name = "|coefficient| of the standardised feature"


def lasso_selection(
    X,
    y,
    *,
    alpha=None,
    loss=None,
    n_pairs=25,
    random_state=0,
    verbose=False,
) -> LassoSelection:
    """Select the features whose lasso coefficient is not zero, and see how stable that is.

    The lasso is fitted on all rows to select, and at the same strength on halves of the rows to
    count how often each feature is selected there. No error rate is promised: the lasso at the
    strength that predicts best takes in features that do not matter (Meinshausen and Bühlmann
    2006), see `stability_selection` and `knockoffs`.

    Parameters
    ----------
    X : array, sparse matrix or data frame of shape (n_samples, n_features)
    y : array of shape (n_samples,)
        Numbers, or labels.
    alpha : float or rule, default None
        Strength on standardised columns; None is ``CV(rule="1se")``.
    loss : str or Loss, default None
        None is least squares for numbers, and logistic or multinomial for texts and truth values.
    n_pairs : int, default 25
        The rows are cut so many times into two halves.
    random_state : int, RandomState instance or None, default 0
    verbose : bool, default False
        Show progress over the halves (needs rich, as in the extra ``compare``).

    Returns
    -------
    LassoSelection

    Raises
    ------
    ValueError, TypeError
        An argument is not what it must be; the message names it, its value and the fix.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from taut.inference import lasso_selection
    >>> found = lasso_selection(*load_diabetes(return_X_y=True, as_frame=True))
    >>> found.selected_names[:3]
    ['bmi', 's5', 'bp']
    """
    alpha = CV(rule="1se") if alpha is None else alpha
    n_pairs = int(check_positive(n_pairs, "n_pairs", 25))
    check_flag(verbose, "verbose")
    if not isinstance(alpha, Rule):
        check_positive(alpha, "alpha", 1.0, other="or a rule such as taut.CV()")
    problem, names = stated(X, y, loss)
    solved, k = _solve(problem, alpha)
    chosen = solved.alphas[k]
    masks = complementary_halves(problem, n_pairs, check_random_state(random_state))
    paths = paths_on(problem, masks, np.array([chosen]), verbose)
    warn_unless_solved("lasso_selection", [solved.certificates[k]])
    importances = sizes_of(problem, solved.coefs)[:, k]
    return LassoSelection(
        support=importances > 0,
        importances=importances,
        stability=np.mean([sizes_of(problem, path.coefs)[:, 0] > 0 for path in paths], axis=0),
        feature_names=names,
        alpha=float(chosen),
    )


def _solve(problem, alpha):
    if isinstance(alpha, Rule):
        choice = alpha.choose([problem], Grid(), Controls())
        return choice.solved[0], choice.index
    return solve_targets([problem], Grid(np.array([float(alpha)])), Controls())[0], 0

"""Intervals and p-values for each coefficient of a lasso, where features may outnumber rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse, stats

from taut.inference.nodewise import nodewise_lasso
from taut.inference.problems import stated
from taut.losses import Squared
from taut.selection import CV
from taut.selection.information import degrees_of_freedom
from taut.selection.rule import Rule
from taut.solution import warn_unless_solved
from taut.solvers import Controls, Grid, solve_path
from taut.validation import check_flag, check_positive, shown

__all__ = ["DebiasedLasso", "debiased_lasso"]


@dataclass(frozen=True, eq=False, repr=False)
class DebiasedLasso:
    """Coefficients with the lasso's shrinkage taken off, and their standard errors.

    Attributes
    ----------
    coefs, standard_errors : ndarray of shape (n_features,)
        On the scale of the columns as given. A constant column has coefficient 0 and standard
        error inf: nothing is known about it.
    lasso_coefs : ndarray of shape (n_features,)
        What was corrected.
    alpha : float
        Strength of the lasso, on standardised columns.
    noise_level : float
        Standard deviation of the errors, in units of y.
    feature_names : ndarray of str of shape (n_features,) or None
    """

    coefs: np.ndarray
    standard_errors: np.ndarray
    lasso_coefs: np.ndarray
    alpha: float
    noise_level: float
    feature_names: np.ndarray | None

    @cached_property
    def p_values(self) -> np.ndarray:
        """Two-sided, for a coefficient of zero, of shape (n_features,).

        Each for itself: ``scipy.stats.false_discovery_control`` adjusts them for their number.
        """
        return 2 * stats.norm.sf(np.abs(self.coefs) / self.standard_errors)

    def intervals(self, level=0.95) -> np.ndarray:
        """Confidence intervals, of shape (n_features, 2).

        Parameters
        ----------
        level : float in (0, 1), default 0.95

        Raises
        ------
        ValueError
            ``level`` is none.
        """
        if not 0 < check_positive(level, "level", 0.95) < 1:
            raise ValueError(
                f"level must be below 1, got {shown(level)}: pass 0.95 for intervals that hold "
                "the coefficient 95 times in 100"
            )
        half = stats.norm.ppf(0.5 + level / 2) * self.standard_errors
        return np.column_stack([self.coefs - half, self.coefs + half])

    def plot(self, ax=None, *, level=0.95, top=20):
        """Draw the coefficients with their intervals (needs the extra ``plot``).

        Parameters
        ----------
        ax : matplotlib Axes, default None
            None makes a new figure.
        level : float in (0, 1), default 0.95
        top : int, default 20
            At most so many features, those of the smallest p-values.

        Returns
        -------
        taut.plots.IntervalDisplay
        """
        from taut.plots.intervals import IntervalDisplay

        return IntervalDisplay(self).plot(ax, level=level, top=top)

    def __repr__(self) -> str:
        found = int(np.sum(self.p_values < 0.05))
        return (
            f"DebiasedLasso({len(self.coefs)} coefficients, {found} of them with p < 0.05; "
            f"noise level {self.noise_level:.4g})"
        )


def debiased_lasso(X, y, *, alpha=None, nodewise_alpha=None, verbose=False) -> DebiasedLasso:
    """Estimate each coefficient of a linear model without the bias of the lasso.

    With residuals ``z_j`` of a lasso of feature j on the others, and ``b`` the lasso of y,

        b_j + z_j'(y - Xb) / z_j'x_j

    is normal about the true coefficient with standard deviation ``sigma |z_j| / |z_j'x_j|``, up to
    a bias that vanishes where few coefficients matter (of the order of sqrt(n_samples) over
    log(n_features)) and errors are normal or rows many. Where the residuals are those of least
    squares this is least squares itself.

    Parameters
    ----------
    X : array or data frame of shape (n_samples, n_features)
    y : array of shape (n_samples,)
    alpha : float or rule, default None
        Strength of the lasso of y, on standardised columns; None is ``CV(10)``.
    nodewise_alpha : float or rule, default None
        Strength of the lasso of each standardised feature on the others: the smaller, the less bias
        remains and the wider are the intervals. None is
        ``sqrt(log(n_features) / n_samples) / 2``, half the order at which noise stops entering.
    verbose : bool, default False
        Show progress over the features (needs rich, as in the extra ``compare``).

    Returns
    -------
    DebiasedLasso

    Raises
    ------
    ValueError, TypeError
        An argument is not what it must be; the message names it, its value and the fix.

    Notes
    -----
    The noise level is ``sqrt(RSS / (n_samples - 1 - n_nonzero))`` of the lasso (Reid, Tibshirani
    and Friedman 2016).

    References
    ----------
    Zhang, C.-H. and Zhang, S. S. (2014). Confidence intervals for low dimensional parameters in
    high dimensional linear models. JRSS B 76, 217-242.
    van de Geer, S., Bühlmann, P., Ritov, Y. and Dezeure, R. (2014). On asymptotically optimal
    confidence regions and tests for high-dimensional models. Annals of Statistics 42, 1166-1202.
    Javanmard, A. and Montanari, A. (2014). Confidence intervals and hypothesis testing for
    high-dimensional regression. JMLR 15, 2869-2909.

    Examples
    --------
    >>> import taut
    >>> from sklearn.datasets import load_diabetes
    >>> found = taut.inference.debiased_lasso(*load_diabetes(return_X_y=True, as_frame=True))
    >>> [str(name) for name in found.feature_names[found.p_values < 0.001]]
    ['sex', 'bmi', 'bp', 's5']
    """
    if sparse.issparse(X):
        raise TypeError(
            "X must be dense for intervals, as the residuals of every column are, got a sparse "
            "matrix: pass X.toarray()"
        )
    alpha = CV(10) if alpha is None else alpha
    check_flag(verbose, "verbose")
    for name, strength in (("alpha", alpha), ("nodewise_alpha", nodewise_alpha)):
        if strength is not None and not isinstance(strength, Rule):
            check_positive(strength, name, 0.1, other="or a rule such as taut.CV()")
    problem, names = stated(X, y, Squared())
    mean, scale = problem.moments
    live = np.flatnonzero(scale > 0)
    columns = (np.asarray(problem.design.matrix[:, live]) - mean[live]) / scale[live]
    lasso, residuals, chosen, noise = _lasso(problem, alpha)
    nodewise = _residual_columns(columns, nodewise_alpha, verbose)
    # z_j'x_j and |z_j| for each column, standardised; scale_j puts the step back on the column's.
    products = np.einsum("ij,ij->j", nodewise, columns)
    coefs, errors = lasso.copy(), np.full(len(lasso), np.inf)
    coefs[live] += nodewise.T @ residuals / products / scale[live]
    norms = np.linalg.norm(nodewise, axis=0)
    errors[live] = noise * norms / np.abs(products) / scale[live]
    return DebiasedLasso(coefs, errors, lasso, chosen, noise, names)


def _lasso(problem, alpha):
    """Coefficients, residuals, strength and noise level of the lasso of y."""
    if isinstance(alpha, Rule):
        choice = alpha.choose([problem], Grid(), Controls())
        solved, k = choice.solved[0], choice.index
    else:
        solved, k = solve_path(problem, Grid(np.array([float(alpha)])), Controls()), 0
    warn_unless_solved("debiased_lasso", [solved.certificates[k]])
    coef = solved.coefs[:, k]
    residuals = problem.response - solved.intercepts[k] - problem.design.product(coef)
    spare = len(residuals) - 1 - degrees_of_freedom(problem, solved)[k]
    if not spare > 0:
        raise ValueError(
            f"alpha must leave degrees of freedom for the noise, got {solved.alphas[k]:.4g}, at "
            f"which lasso and intercept take one for each of the {len(residuals)} rows: pass a "
            "larger one"
        )
    noise = float(np.sqrt(residuals @ residuals / spare))
    return coef, residuals, float(solved.alphas[k]), noise


def _residual_columns(columns, strength, verbose):
    """What of each column a lasso on the others leaves unexplained."""
    n_samples, n_features = columns.shape
    if strength is None:
        strength = 0.5 * np.sqrt(np.log(max(n_features, 2)) / n_samples)
    nodewise = nodewise_lasso(columns, strength, verbose)
    residuals = columns - nodewise.predict(columns)
    explained = np.linalg.norm(residuals, axis=0) < 1e-6 * np.sqrt(n_samples)
    if explained.any():
        j = int(np.argmax(explained))
        raise ValueError(
            f"nodewise_alpha must leave something of every column, got {strength!r}, at which "
            f"the others determine varying column {j}: pass a larger one, or drop the column"
        )
    return residuals

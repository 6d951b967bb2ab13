"""Sparse signals from few measurements: ``recover``."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.utils.validation import check_array

from taut.applications.sensing.bounds import bounded
from taut.applications.sensing.choice import (
    AnalysisPath,
    ChosenStrength,
    SynthesisPath,
    chosen,
)
from taut.applications.sensing.complex_parts import in_real_parts
from taut.applications.sensing.free_analysis import by_free_analysis
from taut.applications.sensing.measurements import Measurement
from taut.applications.sensing.sparse_recovery import Task, penalised, require_reach
from taut.estimators import PenalizedRegressor
from taut.penalties import L1, Penalty
from taut.penalties.base import as_penalty
from taut.progress import watched
from taut.selection.rule import Rule
from taut.solution import ConvergenceWarning
from taut.solvers.primal_dual import Ball, Square, analysed
from taut.solvers.threads import one_at_a_time
from taut.validation import check_flag, check_positive, shown
from taut.validation.trouble import explained

__all__ = ["Recovery", "recover"]


@dataclass(frozen=True, eq=False)
class Recovery:
    """A signal recovered from measurements, and what proves it.

    Attributes
    ----------
    x : ndarray of shape (n,)
        The signal, debiased where that was asked for.
    optimum : ndarray of shape (n,)
        The solution of the problem, which the certificate is about; ``x`` itself unless debiased.
    alpha : float
        Its strength as a lasso, on the scale of ``taut.Lasso``: 0 for an equality, inf where the
        bound allows zero, nan in the analysis form with a bound.
    distance : float
        ``|y - A x|`` at the optimum.
    objective : float
        The penalty there, or with ``alpha`` given ``1/(2m) |y - A x|^2 + alpha * penalty``.
    relative_gap : float
        The objective is at most this share above its minimum.
    excess : float
        By how much ``distance`` is above the bound on the noise, relative to ``|y|``.
    dual_excess : float
        By how much the dual point of the analysis form misses its equation, relative to its parts;
        0 otherwise, where it is made feasible.
    tol : float
        What all three were to reach.
    n_products : int
        Products with A and its adjoint.
    choice : CVResults or CriterionResults or None
        What the rule that chose alpha saw; None where a number or a bound was given.
    """

    x: np.ndarray
    optimum: np.ndarray
    alpha: float
    distance: float
    objective: float
    relative_gap: float
    excess: float
    dual_excess: float
    tol: float
    n_products: int
    choice: Any = None

    @property
    def support(self) -> np.ndarray:
        """Places of the entries that are not zero."""
        return np.flatnonzero(self.x)

    @property
    def solved(self) -> bool:
        """Whether gap and infeasibilities reached the tolerance."""
        return max(self.relative_gap, self.excess, self.dual_excess) <= self.tol

    def plot(self, truth=None, ax=None):
        """Draw the signal, beside the true one where it is known (needs the extra ``plot``).

        Returns
        -------
        taut.plots.RecoveryDisplay
        """
        from taut.plots import RecoveryDisplay

        return RecoveryDisplay(self.x, truth).plot(ax=ax)

    def __repr__(self) -> str:
        return (
            f"Recovery({len(self.support)} of {len(self.x)} entries, |y - A x| = "
            f"{self.distance:.3g}, {'solved' if self.solved else 'not solved'}: relative gap "
            f"{self.relative_gap:.1e}, excess {self.excess:.1e})"
        )


def recover(
    A,
    y,
    *,
    noise=None,
    alpha=None,
    penalty=None,
    analysis=None,
    debias=False,
    tol=None,
    max_iter=10_000,
    verbose=False,
):
    """Recover a sparse signal from linear measurements ``y = A x + noise``.

    - ``recover(A, y)``: basis pursuit, ``min |x|_1`` subject to ``A x = y``.
    - ``recover(A, y, noise=s)``: basis pursuit denoising, subject to ``|y - A x|_2 <= s``.
    - ``recover(A, y, alpha=a)``: the lasso, ``min 1/(2m) |y - A x|^2 + a |x|_1``.

    ``penalty`` takes the place of the L1 norm in each: ``L1() + NonNegative()``,
    ``GroupLasso(groups)``, weights. With ``analysis=W`` it is that of ``W x``: total variation
    where W takes differences (``operators.gradient``).

    Parameters
    ----------
    A : array, sparse matrix or LinearOperator of shape (m, n)
        An operator needs an adjoint, which is tested; ``taut.applications.sensing.operators`` has
        some. Where A is complex, the signal is real all the same, and m counts real and imaginary
        parts.
    y : array of shape (m,)
    noise : float, default None
        Bound on ``|y - A x|_2``: about ``sigma * sqrt(m)`` for white noise. None is 0, exact
        equality.
    alpha : float > 0 or rule, default None
        Strength of the lasso, in place of a bound; a rule such as ``taut.CV()`` or ``taut.BIC()``
        chooses it. Of an operator, and with ``analysis``, measurements are held out at random; with
        ``analysis`` or groups only CV serves, as degrees of freedom are not known.
    penalty : Penalty, default L1()
        A norm, or L1 with bounds at 0.
    analysis : array, sparse matrix or LinearOperator of shape (k, n), default None
    debias : bool, default False
        Least squares on the support: no shrinkage is left. Entries that it would drive beyond the
        bounds of the penalty are dropped.
    tol : float, default None
        For the relative duality gap and the infeasibilities; None is 1e-6, and 1e-4 with
        ``analysis``.
    max_iter : int, default 10000
        Most steps of the analysis form; operators may take as many products as these do.
    verbose : bool, default False
        Show how small the gap is by now (needs rich, as in the extra ``compare``).

    Returns
    -------
    Recovery

    Raises
    ------
    TypeError, ValueError
        An argument is not what it must be, the operator's adjoint fails the dot test, or no signal
        meets the bound; the message names it, its value and the fix.

    Warns
    -----
    ConvergenceWarning
        The certificate did not reach ``tol``.

    Notes
    -----
    For a matrix and an L1 norm, the path engine solves the lasso on a working set, and the strength
    at which the bound is met is found in closed form on the support; where entries are about as
    many as measurements, by Newton's method on the dual. Operators are used through products only:
    those of orthogonal rows, or of at most 512 rows, by projections; others, and groups, by secants
    for a bound and the method of multipliers for an equality.

    References
    ----------
    Chen, S. S., Donoho, D. L. and Saunders, M. A. (1998). Atomic decomposition by basis pursuit.
    SIAM Journal on Scientific Computing 20, 33-61.

    van den Berg, E. and Friedlander, M. P. (2008). Probing the Pareto frontier for basis pursuit
    solutions. SIAM Journal on Scientific Computing 31, 890-912.

    Examples
    --------
    >>> import numpy as np
    >>> from taut.applications import recover
    >>> rng = np.random.default_rng(0)
    >>> A = rng.standard_normal((40, 100))
    >>> x = np.zeros(100)
    >>> x[[3, 30, 70]] = [1.0, -2.0, 0.5]
    >>> bool(np.allclose(recover(A, A @ x).x, x))
    True
    """
    A, y = in_real_parts(A, y)
    measurement = Measurement(A)
    y = _checked_measurements(y, measurement)
    noise = _checked_goal(noise, alpha)
    if tol is None:
        tol = 1e-6 if analysis is None else 1e-4
    check_positive(tol, "tol", 1e-6)
    check_positive(max_iter, "max_iter", 10_000)
    penalty = L1() if penalty is None else penalty
    check_flag(debias, "debias")
    if analysis is None:
        _check_penalty(penalty, measurement.shape[1])
    elif debias:
        raise ValueError(
            "debias must be False with analysis: the support of W x says no columns of A to "
            "fit; lower noise or alpha instead"
        )
    with watched(check_flag(verbose, "verbose"), "recover") as say:
        if analysis is None:
            found = _by_synthesis(measurement, y, penalty, noise, alpha, tol, max_iter, say)
        else:
            found = _by_analysis(
                measurement, analysis, y, penalty, noise, alpha, tol, max_iter, say
            )
    if debias:
        found = replace(found, x=_debiased(measurement, y, penalty, found.optimum))
    if not found.solved:
        warnings.warn(
            f"recover: the certificate did not reach tol={tol:g} ({found}): loosen tol, raise "
            "max_iter, or allow for more noise",
            ConvergenceWarning,
            stacklevel=2,
        )
    return found


def _by_synthesis(measurement, y, penalty, noise, alpha, tol, max_iter, say):
    m, size = len(y), max(float(np.linalg.norm(y)), 1e-300)
    if alpha is None:
        with one_at_a_time(m * measurement.shape[1]):
            task = Task(measurement, y, penalty, noise, tol, max_iter, say)
            x, strength, proof = bounded(task)
        objective = proof.objective
        choice = None
    else:
        alpha, choice = _chosen(alpha, measurement, y, penalty, say)
        strength = m * alpha
        with one_at_a_time(m * measurement.shape[1]):
            x, strength, proof = penalised(measurement, y, penalty, strength, tol, say)
        objective = proof.objective / m
    return Recovery(
        x=x,
        optimum=x,
        alpha=strength / m,
        distance=float(np.linalg.norm(y - measurement.product(x))),
        objective=objective,
        relative_gap=abs(proof.gap) / max(proof.objective, 1e-300),
        excess=proof.excess / size,
        dual_excess=0.0,
        tol=tol,
        n_products=measurement.n_products,
        choice=choice,
    )


def _by_analysis(measurement, analysis, y, penalty, noise, alpha, tol, max_iter, say):
    m, size = len(y), max(float(np.linalg.norm(y)), 1e-300)
    analysis = Measurement(analysis, "analysis")
    if analysis.shape[1] != measurement.shape[1]:
        raise ValueError(
            f"analysis must have a column for each of the {measurement.shape[1]} entries of the "
            f"signal, got shape {analysis.shape}"
        )
    if not (isinstance(penalty, Penalty) and penalty.is_norm):
        raise TypeError(
            f"penalty must be a norm with analysis, got {penalty!r}: pass L1(), or GroupLasso(...) "
            "for vectors of differences"
        )
    choice = None
    if isinstance(alpha, Rule):
        path = AnalysisPath(analysis, penalty)
        alpha, choice = chosen(alpha, path, measurement, y, say)
    fit = Ball(y, noise) if alpha is None else Square(y, m * alpha)
    found = None
    if alpha is None:
        found = by_free_analysis(measurement, analysis, y, penalty, noise, tol, max_iter, say)
    if found is None or not found.is_within(tol, size):
        found = analysed(measurement, analysis, fit, penalty, tol, max_iter, say)
    if found.excess > tol * size:
        require_reach(measurement, y, noise)
    return Recovery(
        x=found.x,
        optimum=found.x,
        alpha=np.nan if alpha is None else float(alpha),
        distance=float(np.linalg.norm(y - measurement.product(found.x))),
        objective=found.objective * (1.0 if alpha is None else alpha),
        relative_gap=abs(found.gap) / max(found.objective, 1e-300),
        excess=found.excess / size,
        dual_excess=found.dual_excess,
        tol=tol,
        n_products=measurement.n_products,
        choice=choice,
    )


def _chosen(alpha, measurement, y, penalty, say):
    """The strength, and what a rule saw of the model without an intercept that chose it."""
    if not isinstance(alpha, Rule):
        return ChosenStrength(float(alpha), None)
    if measurement.matrix is None:
        return chosen(alpha, SynthesisPath(penalty), measurement, y, say)
    model = PenalizedRegressor(penalty=penalty, alpha=alpha, fit_intercept=False)
    model.fit(measurement.matrix, y)
    return ChosenStrength(float(model.alpha_), getattr(model, alpha.results_name))


def _debiased(measurement, y, penalty, x):
    """Least squares on the support, without the entries that it drives beyond their bounds."""
    family = penalty.coordinates(len(x))
    support, result = np.flatnonzero(x), np.zeros_like(x)
    while len(support):
        coef = measurement.face(support).least_squares(y)
        kept = np.ones(len(support), dtype=bool)
        if family is not None:
            lower, upper = (np.broadcast_to(b, len(x))[support] for b in family[2:])
            kept = (coef >= lower) & (coef <= upper)
        if kept.all():
            result[support] = coef
            break
        support = support[kept]
    return result


def _checked_measurements(y, measurement):
    if y.shape != (measurement.shape[0],):
        raise ValueError(
            f"y must have shape ({measurement.shape[0]},), one entry for each row of A, got "
            f"{y.shape}"
        )
    with explained("y", y):
        return check_array(y, ensure_2d=False, dtype=np.float64, input_name="y")


def _checked_goal(noise, alpha):
    """The bound on the noise, where there is no alpha."""
    if alpha is None:
        return 0.0 if noise is None else float(check_positive(noise, "noise", 0.1, zero=True))
    if noise is not None:
        raise ValueError(
            f"noise must be None where alpha is given, got noise={shown(noise)} and alpha="
            f"{shown(alpha)}: a bound and a penalty are two ways to say the same"
        )
    if not isinstance(alpha, Rule):
        check_positive(alpha, "alpha", 0.1, other="or a rule")
    return None


def _check_penalty(penalty, n_features):
    fix = "pass L1(), L1() + NonNegative() or GroupLasso(groups), with weights that are positive"
    family = as_penalty(penalty).coordinates(n_features)
    if family is None:
        weights = getattr(penalty, "weights", None)
        is_fit = penalty.is_norm and penalty.group_layout(n_features) is not None
        is_fit = is_fit and (weights is None or (min(weights) > 0 and max(weights) < np.inf))
    else:
        l1, l2, lower, upper = family
        sides = np.isin(lower, [0.0, -np.inf]) & np.isin(upper, [0.0, np.inf]) & (lower < upper)
        is_fit = np.all(l1 > 0) and not np.any(l2) and np.all(sides)
    if not is_fit:
        raise TypeError(f"penalty must be a norm, but for bounds at zero, got {penalty!r}: {fix}")

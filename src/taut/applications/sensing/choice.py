"""The strength that a rule chooses where A is an operator, or in the analysis form.

A measurement is a row of A: some are held out, and the others predict them. Nothing else is asked
of an operator than its products.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.sparse.linalg import lsqr

from taut.selection import CV, CVResults, Rule, as_splits
from taut.selection.information import Criterion, CriterionResults
from taut.solvers.primal_dual import Square, analysed
from taut.solvers.spectral_steps import SpectralSteps

__all__ = ["AnalysisPath", "ChosenStrength", "SynthesisPath", "chosen"]

_N_ALPHAS = 30
_RATIO, _TALL_RATIO = 1e-3, 1e-4
_TOL = 1e-3  # of a signal that is judged by its errors on measurements
_STEPS = 200  # most steps of the analysis form at one strength, from the solution at the last one
_SHUFFLED = 0  # measurements come in the order of frequencies or places, unlike the rows of a table


class ChosenStrength(NamedTuple):
    """The strength, and what the choice rests on."""

    alpha: float
    results: CVResults | CriterionResults | None


class SynthesisPath:
    """Lassos of falling strength.

    Parameters
    ----------
    penalty : Penalty
    """

    def __init__(self, penalty):
        self.penalty = penalty

    def top(self, measurement, y):
        """The alpha from which on the signal is zero."""
        return self.penalty.dual_norm(measurement.adjoint(y)) / len(y)

    def signals(self, measurement, y, alphas):
        engine, x = SpectralSteps(measurement, self.penalty), np.zeros(measurement.shape[1])
        for alpha in alphas:
            x = engine.lasso(y, len(y) * alpha, x, _TOL)
            yield x

    def degrees_of_freedom(self, x, rule):
        """Entries that are not zero (Zou, Hastie & Tibshirani 2007, theorem 1)."""
        if self.penalty.coordinates(len(x)) is None:
            raise ValueError(_unknown(rule, repr(self.penalty)))
        return np.count_nonzero(x)


class AnalysisPath:
    """Analysis forms of falling strength, each from where the last one ended.

    Parameters
    ----------
    analysis : object with ``product``, ``adjoint``, ``linear`` and ``shape``
    penalty : Penalty
    """

    def __init__(self, analysis, penalty):
        self.analysis, self.penalty = analysis, penalty

    def top(self, measurement, y):
        """An alpha near the one from which on W x is zero: of the dual point of least norm."""
        pull = lsqr(self.analysis.linear.T, measurement.adjoint(y), atol=1e-6, btol=1e-6)[0]
        return self.penalty.dual_norm(pull) / len(y)

    def signals(self, measurement, y, alphas):
        found = None
        for alpha in alphas:
            found = analysed(
                measurement,
                self.analysis,
                Square(y, len(y) * alpha),
                self.penalty,
                _TOL,
                _STEPS,
                lambda text: None,
                found,
            )
            yield found.x

    def degrees_of_freedom(self, x, rule):
        raise ValueError(_unknown(rule, "the analysis form"))


def chosen(rule: Rule, path, measurement, y, say) -> ChosenStrength:
    """Solve the path, and choose.

    Parameters
    ----------
    rule : CV, AIC, BIC or EBIC
    path : SynthesisPath or AnalysisPath
    measurement : Measurement
    y : ndarray of shape (m,)
    say : callable
        Takes a text on how far it is.

    Raises
    ------
    TypeError, ValueError
        No rule of these, or degrees of freedom that are not known.
    """
    if isinstance(rule, CV):
        return _by_folds(rule, path, measurement, y, say)
    if isinstance(rule, Criterion):
        return _by_criterion(rule, path, measurement, y, say)
    raise TypeError(
        f"alpha must be a number, CV(), AIC(), BIC() or EBIC() for an operator or with analysis, "
        f"got {rule!r}: pass one of these, or noise"
    )


def _by_folds(rule, path, measurement, y, say):
    state = _SHUFFLED if rule.random_state is None else rule.random_state
    splits = as_splits(rule.folds, len(y), state)
    alphas = _grid(path, measurement, y, rule.n_alphas, rule.alpha_min_ratio)
    errors = np.empty((2, len(alphas), len(splits)))
    for k, (train, test) in enumerate(splits):
        signals = path.signals(_Rows(measurement, train), y[train], alphas)
        for place, x in enumerate(signals):
            squares = np.square(y - measurement.product(x))
            errors[:, place, k] = squares[train].mean(), squares[test].mean()
            say(f"fold {k + 1} of {len(splits)}, alpha {place + 1} of {len(alphas)}")
    results = CVResults(alphas, errors[1], errors[0])
    return ChosenStrength(float(alphas[rule.index(results)]), results)


def _by_criterion(rule, path, measurement, y, say):
    alphas = _grid(path, measurement, y)
    squares, df = np.empty((2, len(alphas)))
    for place, x in enumerate(path.signals(measurement, y, alphas)):
        df[place] = path.degrees_of_freedom(x, rule)
        squares[place] = np.square(y - measurement.product(x)).mean()
        say(f"alpha {place + 1} of {len(alphas)}")
    m, n = measurement.shape
    criterion = rule.of_squares(squares, df, rule.price(df, m, n, df), m)
    results = CriterionResults(alphas, criterion, df)
    return ChosenStrength(float(alphas[np.argmin(criterion)]), results)


def _grid(path, measurement, y, n_alphas=None, ratio=None):
    m, n = measurement.shape
    ratio = ratio or (_RATIO if m <= n else _TALL_RATIO)
    top = max(path.top(measurement, y), np.finfo(np.float64).tiny)
    return top * np.geomspace(1.0, ratio, n_alphas or _N_ALPHAS)


def _unknown(rule, what):
    return (
        f"alpha={type(rule).__name__}() needs known degrees of freedom, which those of {what} are "
        "not: choose alpha by taut.CV()"
    )


class _Rows:
    """Some rows of a measurement."""

    def __init__(self, measurement, rows):
        self.measurement, self.rows = measurement, rows
        self.shape = len(rows), measurement.shape[1]

    def product(self, x):
        return self.measurement.product(x)[self.rows]

    def adjoint(self, residual):
        spread = np.bincount(self.rows, residual, minlength=self.measurement.shape[0])
        return self.measurement.adjoint(spread)

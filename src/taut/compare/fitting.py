"""Fit techniques on one matrix: those of one family share their path and folds."""

from __future__ import annotations

import copy
import time
import warnings
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from sklearn.base import BaseEstimator

from taut.compare.journal import Journal
from taut.compare.techniques import Technique
from taut.solution import ConvergenceWarning

__all__ = ["Fit", "fit_techniques", "strength_name", "with_rule"]


class Fit(NamedTuple):
    """A fitted technique.

    Attributes
    ----------
    technique : Technique
    model : estimator
    seconds : float
        What fitting it takes on its own, the choice of alpha included.
    solved : bool
        Whether it reached its tolerance.
    """

    technique: Technique
    model: BaseEstimator
    seconds: float
    solved: bool


def fit_techniques(
    techniques: Sequence[Technique],
    folds,
    data: tuple[np.ndarray, np.ndarray, np.ndarray | None],
    journal: Journal,
) -> Iterator[Fit]:
    """Fit one technique after the other; those that fail, now or before, are passed over.

    Parameters
    ----------
    techniques : sequence of Technique
    folds : what `CV` takes
    data : (X, y, sample_weight)
        Of shapes (n_rows, n_features), (n_rows,) and (n_rows,); weights may be None.
    journal : Journal

    Yields
    ------
    Fit
    """
    X, y, weights = data
    spread = _spread(y, weights)
    done: dict[str, Fit] = {}
    for technique in techniques:
        if technique.name in journal.failed:
            continue
        journal.begin(technique)
        model = technique.make(folds, spread)
        sibling = done.get(technique.family)
        if sibling is not None and hasattr(sibling.model, "cv_results_"):
            model = with_rule(sibling.model, getattr(model, strength_name(model)))
            yield Fit(technique, model, sibling.seconds, model.certificate_.solved)
            continue
        try:
            done[technique.family] = _fitted(technique, model, X, y, weights)
        except Exception as error:  # whatever a technique fails with, the others go on
            journal.fail(technique, error)
        else:
            yield done[technique.family]


def with_rule(fitted: BaseEstimator, rule) -> BaseEstimator:
    """What fitting with another rule on the same folds gives, without fitting.

    Parameters
    ----------
    fitted : estimator
        With ``path_`` and ``cv_results_``.
    rule : CV
        Of the folds that ``fitted`` was fitted on.

    Returns
    -------
    estimator
    """
    results = fitted.cv_results_
    chosen = fitted.path_[results.index_min if rule.rule == "min" else results.index_1se]
    model = copy.copy(fitted)
    setattr(model, strength_name(model), rule)
    model.alpha_ = float(chosen.alpha)
    if hasattr(fitted, "C_"):
        model.C_ = fitted.C_ * fitted.alpha_ / model.alpha_
    model.coef_ = chosen.coef.reshape(fitted.coef_.shape)
    model.intercept_ = chosen.intercept
    if np.ndim(fitted.intercept_):
        model.intercept_ = np.reshape(chosen.intercept, fitted.intercept_.shape)
    model.certificate_ = chosen.certificate
    n_iter = max(chosen.certificate.n_iter, 1)
    model.n_iter_ = np.full_like(fitted.n_iter_, n_iter) if np.ndim(fitted.n_iter_) else n_iter
    model.dual_gap_ = chosen.certificate.gap
    return model


def strength_name(model: BaseEstimator) -> str:
    """The parameter that says how strong the penalty is, or by which rule it is chosen."""
    return "C" if "C" in model.get_params(deep=False) else "alpha"


def _spread(y: np.ndarray, weights: np.ndarray | None) -> float:
    """Standard deviation of a target of numbers; 1 for classes, which have no unit."""
    if y.dtype.kind != "f":
        return 1.0
    return np.sqrt(np.average((y - np.average(y, weights=weights)) ** 2, weights=weights))


def _fitted(technique: Technique, model: BaseEstimator, X, y, weights) -> Fit:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        start = time.perf_counter()
        model.fit(X, y) if weights is None else model.fit(X, y, sample_weight=weights)
        seconds = time.perf_counter() - start
    unsolved = [item for item in caught if issubclass(item.category, ConvergenceWarning)]
    for item in caught:
        if item not in unsolved:
            warnings.warn_explicit(item.message, item.category, item.filename, item.lineno)
    return Fit(technique, model, seconds, not unsolved)

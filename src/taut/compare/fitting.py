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
from taut.compare.technique import Technique, Training
from taut.estimators.survival import baseline
from taut.solution import ConvergenceWarning

__all__ = ["Fit", "fit_techniques", "n_classes_of", "strength_name", "with_rule"]


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
    groups: Sequence[int] = (),
) -> Iterator[Fit]:
    """Fit one technique after the other; those that fail, now or before, are passed over.

    Parameters
    ----------
    techniques : sequence of Technique
    folds : what `CV` takes
    data : (X, y, sample_weight)
        Of shapes (n_rows, n_features), (n_rows,) and (n_rows,); weights may be None.
    journal : Journal
    groups : sequence of int
        The number of the column that each feature was made from.

    Yields
    ------
    Fit
    """
    X, y, weights = data
    training = Training(folds, _spread(y, weights), groups, n_classes_of(y), len(y))
    done: dict[str, Fit] = {}
    for technique in techniques:
        if journal.passes_over(technique):
            continue
        journal.begin(technique)
        model = technique.make(training)
        sibling = done.get(technique.family)
        if sibling is not None and hasattr(sibling.model, "cv_results_"):
            model = with_rule(sibling.model, getattr(model, strength_name(model)), data)
            yield Fit(technique, model, sibling.seconds, model.certificate_.solved)
            continue
        try:
            done[technique.family] = _fitted(technique, model, X, y, weights)
        except Exception as error:  # whatever a technique fails with, the others go on
            journal.fail(technique, error)
        else:
            yield done[technique.family]


def with_rule(fitted: BaseEstimator, rule, data) -> BaseEstimator:
    """What fitting with another rule on the same folds gives, without fitting.

    Parameters
    ----------
    fitted : estimator
        With ``path_`` and ``cv_results_``.
    rule : CV
        Of the folds that ``fitted`` was fitted on.
    data : (X, y, sample_weight)
        That ``fitted`` was fitted on.

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
    model.coef_ = chosen.coef.T.reshape(fitted.coef_.shape)
    if np.ndim(fitted.intercept_):
        # Of several classes only the differences count; the estimators centre them.
        level = np.mean(chosen.intercept) if np.size(chosen.intercept) > 1 else 0.0
        model.intercept_ = np.reshape(chosen.intercept, fitted.intercept_.shape) - level
    elif not hasattr(fitted, "baselines_"):
        model.intercept_ = chosen.intercept
    else:
        X, y, weights = data
        weights = np.ones(len(y)) if weights is None else weights
        model.baselines_ = {None: baseline(y, X @ model.coef_, weights)}
    model.certificate_ = chosen.certificate
    n_iter = max(chosen.certificate.n_iter, 1)
    model.n_iter_ = np.full_like(fitted.n_iter_, n_iter) if np.ndim(fitted.n_iter_) else n_iter
    model.dual_gap_ = chosen.certificate.gap
    return model


def strength_name(model: BaseEstimator) -> str:
    """The parameter that says how strong the penalty is, or by which rule it is chosen."""
    return "C" if "C" in model.get_params(deep=False) else "alpha"


def n_classes_of(y: np.ndarray) -> int:
    """How many classes a target has; 0 where it holds numbers."""
    return 0 if y.dtype.kind == "f" else len(np.unique(y))


def _spread(y: np.ndarray, weights: np.ndarray | None) -> float:
    """Standard deviation of a target of numbers; 1 for classes and times, of whatever unit."""
    if y.dtype.kind != "f" or y.ndim > 1:
        return 1.0
    return np.sqrt(np.average((y - np.average(y, weights=weights)) ** 2, weights=weights))


def _fitted(technique: Technique, model: BaseEstimator, X, y, weights) -> Fit:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        start = time.perf_counter()
        model.fit(X, y) if weights is None else model.fit(X, y, sample_weight=weights)
        seconds = time.perf_counter() - start
    if getattr(model, "stopped_", None) == "interrupted":
        # A network keeps its best weights; the comparison ends all the same.
        raise KeyboardInterrupt
    unsolved = [item for item in caught if issubclass(item.category, ConvergenceWarning)]
    for item in caught:
        if item not in unsolved:
            warnings.warn_explicit(item.message, item.category, item.filename, item.lineno)
    # A path warns of any strength on it; the model is the one that was chosen.
    certificate = getattr(model, "certificate_", None)
    return Fit(technique, model, seconds, certificate.solved if certificate else not unsolved)

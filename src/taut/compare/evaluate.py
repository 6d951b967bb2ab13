"""Nested cross-validation: every technique on the same folds, judged on rows it has not seen."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from taut.compare.folds import Folds, inner_folds
from taut.compare.study import Study
from taut.compare.techniques import Technique
from taut.designs.encoder import TableEncoder
from taut.solution import ConvergenceWarning

__all__ = ["Record", "evaluate", "fit_all"]


@dataclass
class Record:
    """What one technique did, fold by fold; each list has one entry per outer fold.

    Attributes
    ----------
    rmse, r2 : list of float
        On the test rows, weighted where rows have weights; R2 is 0 where these are all equal.
    features_used : list of int
    fit_seconds : list of float
    unsolved : int
        How many fits ended before their tolerance.
    """

    rmse: list[float] = field(default_factory=list)
    r2: list[float] = field(default_factory=list)
    features_used: list[int] = field(default_factory=list)
    fit_seconds: list[float] = field(default_factory=list)
    unsolved: int = 0


def evaluate(
    study: Study,
    techniques: Sequence[Technique],
    folds: Folds,
    seed: int,
    progress: Callable[[str], None],
) -> dict[str, Record]:
    """Score all techniques on all outer folds.

    The table is encoded once per fold, from its training rows alone, and alpha is chosen within
    the training rows: a test row touches nothing before it is predicted.

    Parameters
    ----------
    study : Study
    techniques : sequence of Technique
    folds : Folds
    seed : int
    progress : callable
        Called with a few words before every fit.

    Returns
    -------
    dict of str to Record
    """
    records = {technique.name: Record() for technique in techniques}
    for number, (train, test) in enumerate(folds.splits, start=1):
        encoder = make_encoder(study)
        X_train = _encoded(encoder, "fit_transform", study.rows(train))
        X_test = _encoded(encoder, "transform", study.rows(test))
        inner = inner_folds(study, train, seed)
        for technique in techniques:
            progress(f"fold {number}: {technique.label}")
            record, model = records[technique.name], technique.make(inner)
            _fit_timed(model, X_train, study.y[train], study.weights(train), record)
            predicted = model.predict(X_test)
            _score(record, study.y[test], predicted, study.weights(test))
            record.features_used.append(n_used(model))
    return records


def fit_all(
    study: Study, techniques: Sequence[Technique], seed: int, progress: Callable[[str], None]
) -> dict[str, Pipeline]:
    """Fit every technique on the whole table: what the pick, the paths and the report show."""
    encoder = make_encoder(study)
    X = _encoded(encoder, "fit_transform", study.rows(np.arange(study.n_rows)))
    inner = inner_folds(study, np.arange(study.n_rows), seed)
    fitted = {}
    for technique in techniques:
        progress(f"whole table: {technique.label}")
        model = technique.make(inner)
        _fit_timed(model, X, study.y, study.sample_weight, Record())
        steps = [] if encoder is None else [("table", encoder)]
        fitted[technique.name] = Pipeline([*steps, ("technique", model)])
    return fitted


def make_encoder(study: Study) -> TableEncoder | None:
    """An encoder that takes the columns for what they are in the whole table; None: no need."""
    return None if sparse.issparse(study.X) else TableEncoder(kinds=dict(study.kinds))


def n_used(model: BaseEstimator) -> int:
    """How many features have a coefficient other than zero."""
    return int(np.count_nonzero(getattr(model, "coef_", 0)))


def _encoded(encoder: TableEncoder | None, verb: str, X):
    return X if encoder is None else getattr(encoder, verb)(X)


def _fit_timed(model: BaseEstimator, X, y, weights, record: Record) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        start = time.perf_counter()
        model.fit(X, y) if weights is None else model.fit(X, y, sample_weight=weights)
        record.fit_seconds.append(time.perf_counter() - start)
    unsolved = [item for item in caught if issubclass(item.category, ConvergenceWarning)]
    record.unsolved += bool(unsolved)
    for item in caught:
        if item not in unsolved:
            warnings.warn_explicit(item.message, item.category, item.filename, item.lineno)


def _score(record: Record, y: np.ndarray, predicted: np.ndarray, weights) -> None:
    error = np.average((y - predicted) ** 2, weights=weights)
    spread = np.average((y - np.average(y, weights=weights)) ** 2, weights=weights)
    record.rmse.append(float(np.sqrt(error)))
    record.r2.append(float(1.0 - error / spread) if spread > 0 else 0.0)

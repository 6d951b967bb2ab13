"""Nested cross-validation: every technique on the same folds, judged on rows it has not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from taut.compare.fitting import fit_techniques, n_classes_of
from taut.compare.folds import Folds, inner_folds
from taut.compare.journal import Journal
from taut.compare.measure import Scores, scores
from taut.compare.study import Study
from taut.compare.technique import Technique, Training
from taut.designs.encoder import TableEncoder
from taut.designs.from_frame import TableError

__all__ = ["Record", "evaluate", "fit_all"]


@dataclass
class Record:
    """What one technique did, fold by fold; each list has one entry per outer fold.

    Attributes
    ----------
    scores, r2 : list of float
        On the test rows, weighted where rows have weights: the measure of the task, and the share
        of the deviance that is explained.
    features_used : list of int
    fit_seconds : list of float
    unsolved : int
        How many fits ended before their tolerance.
    also : list of float
        The second figure of the measure; empty where it has none.
    """

    scores: list[float] = field(default_factory=list)
    r2: list[float] = field(default_factory=list)
    features_used: list[int] = field(default_factory=list)
    fit_seconds: list[float] = field(default_factory=list)
    unsolved: int = 0
    also: list[float] = field(default_factory=list)


def evaluate(
    study: Study,
    techniques: Sequence[Technique],
    folds: Folds,
    seed: int,
    journal: Journal,
) -> dict[str, Record]:
    """Score all techniques on all outer folds, but for those that fail on one.

    The table is encoded once per fold, from its training rows alone, and alpha is chosen within
    the training rows: of the test rows only the kinds of the columns (number, category, ...) are
    known before they are predicted.

    Parameters
    ----------
    study : Study
    techniques : sequence of Technique
    folds : Folds
    seed : int
    journal : Journal

    Returns
    -------
    dict of str to Record
    """
    records = {technique.name: Record() for technique in techniques}
    for number, (train, test) in enumerate(folds.splits, start=1):
        encoder = None if sparse.issparse(study.X) else TableEncoder(kinds=dict(study.kinds))
        X_train = _encoded(encoder, "fit_transform", study.rows(train))
        X_test = _encoded(encoder, "transform", study.rows(test))
        data = X_train, study.y[train], study.weights(train)
        inner = inner_folds(study, train, seed)
        here = journal.at(f"fold {number}")
        for fit in fit_techniques(techniques, inner, data, here, groups_of(encoder)):
            record = records[fit.technique.name]
            record.fit_seconds.append(fit.seconds)
            record.features_used.append(n_used(fit.model))
            record.unsolved += not fit.solved
            found = scores(study.task, fit.model, X_test, study.y[test], study.weights(test))
            _note(record, found)
            if not np.isfinite(found.score):
                here.fail(fit.technique, ArithmeticError("its predictions are not finite"))
    names = {t.name for t in techniques if not journal.passes_over(t)}
    return {name: record for name, record in records.items() if name in names}


def fit_all(
    study: Study, techniques: Sequence[Technique], seed: int, journal: Journal
) -> dict[str, Pipeline]:
    """Fit every technique on the whole table: what the pick, the paths and the report show.

    Raises
    ------
    TableError
        If every technique fails.
    """
    encoder = None if sparse.issparse(study.X) else TableEncoder()
    rows = np.arange(study.n_rows)
    data = _encoded(encoder, "fit_transform", study.rows(rows)), study.y, study.sample_weight
    before = [] if encoder is None else [("table", encoder)]
    inner, groups = inner_folds(study, rows, seed), groups_of(encoder)
    for technique in techniques:
        reason = technique.lacks(Training(inner, groups=groups, n_classes=n_classes_of(study.y)))
        if reason:
            journal.leave_out(technique, reason)
    fits = fit_techniques(techniques, inner, data, journal, groups)
    fitted = {fit.technique.name: Pipeline([*before, ("technique", fit.model)]) for fit in fits}
    if not fitted:
        reasons = [*journal.left_out.values(), *journal.failed.values()]
        raise TableError("nothing could be fitted. " + " ".join(reasons))
    return fitted


def groups_of(encoder: TableEncoder | None) -> list[int]:
    """The number of the column that each feature was made from; empty where all are numbers."""
    if encoder is None:
        return []
    return np.unique(encoder.sources_.astype(str), return_inverse=True)[1].tolist()


def n_used(model: BaseEstimator) -> int:
    """How many features have a coefficient other than zero, for one class at the least."""
    return int(np.count_nonzero(np.any(np.atleast_2d(weights_of(model)), axis=0)))


def weights_of(model: BaseEstimator):
    """Coefficients; of a network, those of its first layer."""
    return getattr(model, "coef_", getattr(model, "input_weights_", 0.0))


def _encoded(encoder: TableEncoder | None, verb: str, X):
    return X if encoder is None else getattr(encoder, verb)(X)


def _note(record: Record, found: Scores) -> None:
    record.scores.append(found.score)
    record.r2.append(found.explained)
    if found.also is not None:
        record.also.append(found.also)

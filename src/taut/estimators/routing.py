"""Folds and metadata as scikit-learn hands them out, for the estimators that validate inside."""

from __future__ import annotations

from sklearn.utils import Bunch
from sklearn.utils.metadata_routing import (
    _raise_for_params,
    _routing_enabled,
    process_routing,
)

from taut.selection.folds import as_splits, split_by

__all__ = ["check_routable", "routed", "splits_of", "splitter_of"]


def check_routable(params: dict, owner):
    """Refuse extra arguments of ``fit`` where metadata routing is off."""
    _raise_for_params(params, owner, "fit")


def routed(owner, sample_weight, params: dict, destination: str) -> Bunch:
    """What metadata routing sends to the splitter or the scorer of an estimator, per method."""
    if not _routing_enabled():
        return Bunch(split={}, score={})
    given = {"sample_weight": sample_weight, **params}
    given = {name: value for name, value in given.items() if value is not None}
    return process_routing(owner, "fit", **given)[destination]


def splitter_of(cv):
    """The splitter that an argument ``cv`` stands for."""
    # Imported where it is needed: it costs a good part of importing all of scikit-learn.
    from sklearn.model_selection import check_cv

    return check_cv(cv)


def splits_of(cv, X, y, split_params: dict):
    """Train and test rows of each fold, made once: a generator yields them only once."""
    if hasattr(cv, "split") and not isinstance(cv, str):
        cv = split_by(cv, X, y, "cv", **split_params)
    return as_splits(5 if cv is None else cv, len(y), name="cv")

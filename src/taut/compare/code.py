"""The Python code that reproduces the pick."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from sklearn.base import BaseEstimator

from taut import penalties
from taut.compare.folds import needs_labels, splitter_of
from taut.compare.study import Study
from taut.selection import CV

__all__ = ["reproducing_code", "with_source"]

_SHAPING = ("y", "task", "sample_weight", "groups", "time", "event")


def reproducing_code(study: Study, estimator: BaseEstimator, asked: Mapping[str, object]) -> str:
    """Write the program that fits the pick on the whole table.

    Parameters
    ----------
    study : Study
    estimator : estimator
        The pick, as its technique makes it.
    asked : mapping of str to object
        The arguments of `compare` as they came: a column's name is written down, an array is
        called by its argument.

    Returns
    -------
    str
        The code; it expects ``X`` and every array among ``asked`` under the argument's name.
    """
    used = _folds_of(estimator)
    encoded = bool(study.kinds)
    named = {name: asked[name] for name in _SHAPING if asked[name] is not None}
    prepared = (
        study.rearranged
        or study.ordered
        or study.task == "survival"
        or any(isinstance(v, str) for v in named.values())
    )
    source = "study." if prepared else ""
    model = _written(estimator)
    if encoded:
        model = f"make_pipeline(TableEncoder(), {model})"
    lines: list[str] = []
    if prepared:
        arguments = ", ".join(
            (f"{name}=" if name != "y" else "") + (repr(v) if isinstance(v, str) else name)
            for name, v in named.items()
        )
        lines.append(f"study = prepare(X, {arguments})  # rows that can be used, in order")
    if used is not None:
        listed = needs_labels(study)
        n_folds = len(used) if listed else used.get_n_splits()
        seeded = "" if study.ordered else f", shuffle=True, random_state={asked['seed']}"
        folds = f"{splitter_of(study).__name__}({n_folds}{seeded})"
        if listed:
            labels = [f"{source}y"]
            if study.task in ("classification", "survival"):
                labels.append(f"{source}labels" if study.task == "survival" else f"{source}y")
            if study.groups is not None:
                labels.append(f"groups={source}groups")
            folds = f"list({folds}.split({', '.join(labels)}))"
        lines.append(f"folds = {folds}")
    lines.append(f"model = {model}")
    step = f"{type(estimator).__name__.lower()}__" if encoded else ""
    weights = (
        f", {step}sample_weight={source}sample_weight" if study.sample_weight is not None else ""
    )
    lines.append(f"model.fit({source}X, {source}y{weights})")
    return _program(_imports(estimator, study, used is not None, prepared), lines)


def with_source(code: str, imports: Sequence[str], statement: str) -> str:
    """Put the reading of the table in front of `reproducing_code`, its imports among the others.

    Parameters
    ----------
    code : str
    imports : sequence of str
        Lines.
    statement : str
        It makes ``X``.

    Returns
    -------
    str
    """
    others, _, rest = code.partition("\n\n")
    return _program([*others.splitlines(), *imports], [statement, *rest.splitlines()])


def _program(imports: Sequence[str], lines: Sequence[str]) -> str:
    """Imports in the usual order: whole modules first, then names from modules."""
    ordered = sorted(imports, key=lambda line: (line.startswith("from"), line))
    return "\n".join([*ordered, "", *lines]) + "\n"


def _imports(estimator, study: Study, folded: bool, prepared: bool) -> list[str]:
    lines = []
    if folded:
        lines.append(f"from sklearn.model_selection import {splitter_of(study).__name__}")
    if study.kinds:
        lines.append("from sklearn.pipeline import make_pipeline")
    module = type(estimator).__module__
    if not module.startswith("taut."):
        lines.append(f"from {module} import {type(estimator).__name__}")
    else:
        lines.append("import taut")
    if prepared:
        lines.append("from taut.compare import prepare")
    if study.kinds:
        lines.append("from taut.designs.encoder import TableEncoder")
    return lines


def _folds_of(estimator: BaseEstimator):
    """The folds that alpha was chosen on, or that a network was stopped by."""
    for value in estimator.get_params(deep=False).values():
        folds = getattr(value, "folds" if isinstance(value, CV) else "validation", None)
        if folds is not None:
            return folds
    return None


def _written(estimator: BaseEstimator) -> str:
    """The constructor call, with the parameters that differ from their defaults."""
    kind = type(estimator)
    defaults = kind().get_params(deep=False)
    given = [
        f"{name}={_value(value)}"
        for name, value in estimator.get_params(deep=False).items()
        if isinstance(value, CV) or not _is_same(value, defaults[name])
    ]
    return f"{_home(kind)}{kind.__name__}({', '.join(given)})"


def _home(kind: type) -> str:
    """Where a class is found by those who import taut."""
    if kind.__module__.startswith("taut.nn."):
        return "taut.nn."
    return "taut." if kind.__module__.startswith("taut.") else ""


def _is_same(value, default) -> bool:
    return type(value) is type(default) and bool(np.all(value == default))


def _value(value) -> str:
    if isinstance(value, BaseEstimator):
        return _written(value)
    if isinstance(value, penalties.GroupLasso):
        return f"taut.penalties.GroupLasso({value.groups.tolist()})"
    if isinstance(value, penalties.Penalty):
        return f"taut.penalties.{value!r}"
    if hasattr(value, "validation"):
        name = f"{_home(type(value))}{type(value).__name__}"
        return f"{name}(patience={value.patience}, validation=folds)"
    if not isinstance(value, CV):
        return repr(value)
    grid = [(name, getattr(value, name)) for name in ("n_alphas", "alpha_min_ratio")]
    more = "".join(f", {name}={given!r}" for name, given in grid if given is not None)
    return f"taut.CV(folds, rule={value.rule!r}{more})"

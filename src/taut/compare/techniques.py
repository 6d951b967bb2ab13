"""The one registry of techniques: a new one is one more entry."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.dummy import DummyClassifier, DummyRegressor

from taut.compare.recipes import (
    adaptive,
    elastic_net,
    grouped,
    mcp,
    mixture,
    no_groups,
    rule_of,
    several_classes,
)
from taut.compare.technique import Technique, Training
from taut.designs.from_frame import TableError, did_you_mean
from taut.estimators import CoxRegression, Lasso, LinearRegression, Ridge

__all__ = ["TECHNIQUES", "Technique", "Training", "choose"]

_RULES = {"1se": "the one-standard-error rule", "min": "the alpha of least validation error"}
_SHOWN = {"1se": "1-SE", "min": "min"}
_EQUAL_PARTS = "L1 and L2 weigh alike where the target is measured in its standard deviations."
_ONE_FACTOR = "All features of one column enter and leave together."
_NOT_CONVEX = "Not convex: each fit is a stationary point, which need not be the only one."
_ADAPTIVE = "Each feature is penalised the less, the larger its ridge coefficient is."


def _pair(
    family: str, label: str, called: str, ranks: tuple[int, int], describe
) -> list[Technique]:
    """Both rules of a family; ``describe(rule)`` gives what else a technique is made of."""
    return [
        Technique(
            name=f"{family}-{rule}",
            family=family,
            label=f"{label} ({_SHOWN[rule]})",
            phrase=f"{called} with {_RULES[rule]}",
            complexity=rank,
            **describe(rule),
        )
        for rule, rank in zip(_RULES, ranks, strict=True)
    ]


def _simple(kind: type, l1_ratio: float):
    """A family of the lasso or of ridge."""

    def describe(rule: str) -> dict:
        chosen = rule_of(rule)
        return {
            "make": lambda training: kind(alpha=chosen(training), standardize=True),
            "elsewhere": _elsewhere(mixture(l1_ratio, rule)),
        }

    return describe


def _by_task(recipe, **more):
    """A family whose recipe is a mapping from tasks."""

    def describe(rule: str) -> dict:
        makes = dict(recipe(rule))
        regression = makes.pop("regression")
        return {"make": regression, "elsewhere": _elsewhere(makes), **more}

    return describe


def _elsewhere(makes, **more) -> dict[str, dict[str, object]]:
    """What differs, by task."""
    return {task: {"make": make, **more} for task, make in makes.items()}


_NULL = Technique(
    "null",
    "null",
    "Null model (mean)",
    "the plain average",
    0,
    lambda training: DummyRegressor(),
    elsewhere={
        "classification": {
            "label": "Null model (shares)",
            "phrase": "the plain shares of the classes",
            "make": lambda training: DummyClassifier(),
        },
        "counts": {},
        "survival": {
            "label": "Null model (equal)",
            "phrase": "equal risks for all",
            # Coefficients held at zero leave the baseline hazard alone.
            "make": lambda training: CoxRegression(alpha=0.0, lower=0.0, upper=0.0),
        },
    },
)

_LEAST_SQUARES = Technique(
    "least-squares",
    "least-squares",
    "Least squares",
    "plain least squares",
    1,
    lambda training: LinearRegression(),
)

TECHNIQUES = (
    _NULL,
    *_pair("lasso", "Lasso", "the lasso", (2, 7), _simple(Lasso, 1.0)),
    *_pair(
        "elastic-net",
        "Elastic net",
        "the elastic net",
        (6, 11),
        lambda rule: {
            "make": elastic_net(rule),
            "remark": _EQUAL_PARTS,
            "elsewhere": _elsewhere(mixture(0.5, rule), remark=""),
        },
    ),
    *_pair("ridge", "Ridge", "ridge", (12, 13), _simple(Ridge, 0.0)),
    *_pair(
        "adaptive-lasso",
        "Adaptive lasso",
        "the adaptive lasso",
        (3, 8),
        _by_task(adaptive, remark=_ADAPTIVE),
    ),
    *_pair(
        "group-lasso",
        "Group lasso",
        "the group lasso",
        (5, 10),
        _by_task(grouped, remark=_ONE_FACTOR, lacks=no_groups),
    ),
    *_pair(
        "mcp",
        "MCP",
        "the minimax concave penalty",
        (4, 9),
        _by_task(mcp, remark=_NOT_CONVEX, lacks=several_classes),
    ),
    _LEAST_SQUARES,
)


def choose(
    names: str | Sequence[str] | None,
    task: str = "regression",
    among: Sequence[Technique] = TECHNIQUES,
) -> list[Technique]:
    """Look techniques up by name or family, in the order of the registry.

    Parameters
    ----------
    names : str, sequence of str or None
        None is all that suit the task. A string may name several, with commas.
    task : str
    among : sequence of Technique
        The registry, or more than it.

    Returns
    -------
    list of Technique

    Raises
    ------
    TableError
        If a name is unknown, or that of a technique for other tasks.
    """
    suited = [technique.for_task(task) for technique in among if technique.suits(task)]
    if names is None:
        return suited
    wanted = names.split(",") if isinstance(names, str) else np.atleast_1d(names).tolist()
    wanted = [name for name in (str(each).strip().lower() for each in wanted) if name]
    known = dict.fromkeys(name for t in suited for name in (t.family, t.name))
    others = {name for t in among for name in (t.family, t.name)} - known.keys()
    for name in wanted:
        if name not in known and any(other.startswith(name) for other in others):
            raise TableError(
                f"{name!r} is not for {task}: choose among {', '.join(known)}", "techniques"
            )
        if name not in known:
            hint = did_you_mean(name, known).replace("the columns are", "there are")
            raise TableError(f"{name!r} is unknown; {hint}", "techniques")
    chosen = [t for t in suited if t.name in wanted or t.family in wanted]
    if not chosen:
        raise TableError(f"none is named: choose one or more of {', '.join(known)}", "techniques")
    return chosen

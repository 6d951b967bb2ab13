"""The one registry of techniques: a new one is one more entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyClassifier, DummyRegressor

from taut.designs.from_frame import TableError, did_you_mean
from taut.estimators import (
    ElasticNet,
    Lasso,
    LinearRegression,
    LogisticRegression,
    PoissonRegressor,
    Ridge,
)
from taut.selection import CV

__all__ = ["TECHNIQUES", "Technique", "choose"]


@dataclass(frozen=True)
class Technique:
    """A way to predict, as `compare` sees it.

    Attributes
    ----------
    name : str
        As in ``--techniques``.
    family : str
        Techniques of one family differ in their rule only, and so share path and folds; naming
        the family names them all.
    label : str
        For tables and charts.
    phrase : str
        For sentences: "Take ...".
    complexity : int
        Rank of simplicity among techniques that use as many features, 0 the simplest: first what
        has nothing to choose, then the stronger penalty.
    make : callable
        ``make(folds, spread)`` gives the estimator, unfitted; ``folds`` is what ``CV`` takes,
        ``spread`` the standard deviation of the target in the training rows.
    remark : str
        A sentence for those who look at the path.
    elsewhere : mapping of str to mapping
        What differs, by task, where the target is not a plain number; a task that is not there is
        not for this technique.
    """

    name: str
    family: str
    label: str
    phrase: str
    complexity: int
    make: Callable[[object, float], BaseEstimator]
    remark: str = ""
    elsewhere: Mapping[str, Mapping[str, object]] = field(default_factory=dict)

    def suits(self, task: str) -> bool:
        """Whether targets of this kind can be predicted by it."""
        return task == "regression" or task in self.elsewhere

    def for_task(self, task: str) -> Technique:
        """The same penalty and rule, with the loss that suits the task."""
        return self if task == "regression" else replace(self, **self.elsewhere[task])


_MINIMUM = "the alpha of least validation error"
_ONE_SE = "the one-standard-error rule"
_EQUAL_PARTS = "L1 and L2 weigh alike where the target is measured in its standard deviations."


def _elastic_net(rule: CV, spread: float) -> ElasticNet:
    """Equal parts of L1 and L2, whatever the unit of the target.

    With the target in units of its standard deviation s, b = s b' and alpha (r |b| + (1 - r) b^2/2)
    is s^2 times alpha' (r' |b'| + (1 - r') b'^2/2) where alpha r = s alpha' r' and
    alpha (1 - r) = alpha' (1 - r'). Equal parts, r' = 1/2, are r = s / (1 + s).
    """
    return ElasticNet(alpha=rule, l1_ratio=float(spread / (1 + spread)), standardize=True)


def _with_other_losses(l1_ratio: float, rule: str) -> dict[str, dict[str, object]]:
    """The same penalty on the linear predictor of classes, and of counts."""
    settings = {"l1_ratio": l1_ratio, "standardize": True}
    return {
        "classification": {
            "make": lambda folds, spread: LogisticRegression(C=CV(folds, rule=rule), **settings),
            "remark": "",
        },
        "counts": {
            "make": lambda folds, spread: PoissonRegressor(alpha=CV(folds, rule=rule), **settings),
            "remark": "",
        },
    }


TECHNIQUES = (
    Technique(
        "null",
        "null",
        "Null model (mean)",
        "the plain average",
        0,
        lambda folds, spread: DummyRegressor(),
        elsewhere={
            "classification": {
                "label": "Null model (class shares)",
                "phrase": "the plain shares of the classes",
                "make": lambda folds, spread: DummyClassifier(),
            },
            "counts": {},
        },
    ),
    Technique(
        "lasso-1se",
        "lasso",
        "Lasso (1-SE)",
        f"the lasso with {_ONE_SE}",
        2,
        lambda folds, spread: Lasso(alpha=CV(folds, rule="1se"), standardize=True),
        elsewhere=_with_other_losses(1.0, "1se"),
    ),
    Technique(
        "elastic-net-1se",
        "elastic-net",
        "Elastic net (1-SE)",
        f"the elastic net with {_ONE_SE}",
        3,
        lambda folds, spread: _elastic_net(CV(folds, rule="1se"), spread),
        remark=_EQUAL_PARTS,
        elsewhere=_with_other_losses(0.5, "1se"),
    ),
    Technique(
        "lasso-min",
        "lasso",
        "Lasso (min)",
        f"the lasso with {_MINIMUM}",
        4,
        lambda folds, spread: Lasso(alpha=CV(folds, rule="min"), standardize=True),
        elsewhere=_with_other_losses(1.0, "min"),
    ),
    Technique(
        "elastic-net-min",
        "elastic-net",
        "Elastic net (min)",
        f"the elastic net with {_MINIMUM}",
        5,
        lambda folds, spread: _elastic_net(CV(folds, rule="min"), spread),
        remark=_EQUAL_PARTS,
        elsewhere=_with_other_losses(0.5, "min"),
    ),
    Technique(
        "ridge-1se",
        "ridge",
        "Ridge (1-SE)",
        f"ridge with {_ONE_SE}",
        6,
        lambda folds, spread: Ridge(alpha=CV(folds, rule="1se"), standardize=True),
        elsewhere=_with_other_losses(0.0, "1se"),
    ),
    Technique(
        "ridge-min",
        "ridge",
        "Ridge (min)",
        f"ridge with {_MINIMUM}",
        7,
        lambda folds, spread: Ridge(alpha=CV(folds, rule="min"), standardize=True),
        elsewhere=_with_other_losses(0.0, "min"),
    ),
    Technique(
        "least-squares",
        "least-squares",
        "Least squares",
        "plain least squares",
        1,
        lambda folds, spread: LinearRegression(),
    ),
)


def choose(names: str | Sequence[str] | None, task: str = "regression") -> list[Technique]:
    """Look techniques up by name or family, in the order of the registry.

    Parameters
    ----------
    names : str, sequence of str or None
        None is all that suit the task. A string may name several, with commas.
    task : str

    Returns
    -------
    list of Technique

    Raises
    ------
    TableError
        If a name is unknown, or that of a technique for other tasks.
    """
    suited = [technique.for_task(task) for technique in TECHNIQUES if technique.suits(task)]
    if names is None:
        return suited
    wanted = names.split(",") if isinstance(names, str) else np.atleast_1d(names).tolist()
    wanted = [name for name in (str(each).strip().lower() for each in wanted) if name]
    known = dict.fromkeys(name for t in suited for name in (t.family, t.name))
    for name in wanted:
        if name not in known:
            hint = did_you_mean(name, known).replace("the columns are", "there are")
            raise TableError(f"{name!r} is unknown; {hint}", "techniques")
    chosen = [t for t in suited if t.name in wanted or t.family in wanted]
    if not chosen:
        raise TableError(f"none is named: choose one or more of {', '.join(known)}", "techniques")
    return chosen

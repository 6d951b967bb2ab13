"""What a technique is: a name, words for people, and an estimator to make."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sklearn.base import BaseEstimator

__all__ = ["Technique", "Training"]


@dataclass(frozen=True)
class Training:
    """What a technique may know of the rows that it is fitted on.

    Attributes
    ----------
    folds : object
        What ``CV`` takes.
    spread : float
        Standard deviation of the target; 1 where it has no unit.
    groups : sequence of int, default ()
        The number of the column that each feature was made from.
    n_classes : int, default 0
        Of the target; 0 where it has none.
    n_rows : int, default 0
    """

    folds: object
    spread: float = 1.0
    groups: Sequence[int] = ()
    n_classes: int = 0
    n_rows: int = 0


def _nothing(training: Training) -> str:
    return ""


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
        ``make(training)`` gives the estimator, unfitted.
    remark : str
        A sentence for those who look at the path.
    lacks : callable
        ``lacks(training)`` says why the technique means nothing on this table; empty where it does.
    elsewhere : mapping of str to mapping
        What differs, by task, where the target is not a plain number; a task that is not there is
        not for this technique.
    """

    name: str
    family: str
    label: str
    phrase: str
    complexity: int
    make: Callable[[Training], BaseEstimator]
    remark: str = ""
    lacks: Callable[[Training], str] = _nothing
    elsewhere: Mapping[str, Mapping[str, object]] = field(default_factory=dict)

    def suits(self, task: str) -> bool:
        """Whether targets of this kind can be predicted by it."""
        return task == "regression" or task in self.elsewhere

    def for_task(self, task: str) -> Technique:
        """The same penalty and rule, with the loss that suits the task."""
        return self if task == "regression" else replace(self, **self.elsewhere[task])

"""What every rule for the strength does: look at a path, and choose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from taut.problem import Problem
from taut.solvers import Controls, Solved

__all__ = ["Choice", "Rule"]


@dataclass(frozen=True)
class Choice:
    """The strength chosen.

    Attributes
    ----------
    index : int
        Its place on the path.
    results : CVResults or CriterionResults
        What the choice rests on.
    """

    index: int
    results: Any


class Rule:
    """Base of the rules: an immutable object that goes where a number for alpha could."""

    results_name: ClassVar[str]
    """The attribute under which an estimator keeps what the choice rests on."""

    def choose(
        self,
        problems: Sequence[Problem],
        solved: Sequence[Solved],
        controls: Controls,
        groups=None,
    ) -> Choice:
        """Choose one strength, the same for all targets.

        Parameters
        ----------
        problems : sequence of Problem
            One per target, on the same design and weights.
        solved : sequence of Solved
            Their paths on all rows, on the same alphas.
        controls : Controls
        groups : array of shape (n_samples,), default None
            For splitters that keep groups together.
        """
        raise NotImplementedError

    def __sklearn_clone__(self):
        return self

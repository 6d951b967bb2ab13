"""What every rule for the strength does: look at a path, and choose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from taut.problem import Problem
from taut.solvers import Controls, Grid, Solved

__all__ = ["Choice", "Rule"]


@dataclass(frozen=True)
class Choice:
    """The strength chosen.

    Attributes
    ----------
    solved : list of Solved
        The paths on all rows, one per target, on the same alphas.
    index : int
        The place of the strength on them.
    results : CVResults or CriterionResults
        What the choice rests on.
    """

    solved: list[Solved]
    index: int
    results: Any


class Rule:
    """Base of the rules: an immutable object that goes where a number for alpha could."""

    results_name: ClassVar[str]
    """The attribute under which an estimator keeps what the choice rests on."""

    def choose(
        self, problems: Sequence[Problem], grid: Grid, controls: Controls, groups=None
    ) -> Choice:
        """Solve the whole path and choose one strength, the same for all targets.

        Parameters
        ----------
        problems : sequence of Problem
            One per target, on the same design and weights.
        grid : Grid
        controls : Controls
        groups : array of shape (n_samples,), default None
            For splitters that keep groups together.
        """
        raise NotImplementedError

    def __sklearn_clone__(self):
        return self

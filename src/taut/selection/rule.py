"""What every rule for the strength does: look at a path, and choose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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

    def choose(self, problem: Problem, solved: Solved, controls: Controls, groups=None) -> Choice:
        """Choose one of the strengths of a path already solved on all rows."""
        raise NotImplementedError

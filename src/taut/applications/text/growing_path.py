"""A rule for the strength whose path goes on only as long as it has to."""

from __future__ import annotations

from dataclasses import dataclass, replace

from taut.applications.progress import tracked
from taut.selection.information import CriterionResults
from taut.selection.rule import Choice, Rule
from taut.solvers import Controls, Grid

__all__ = ["Growing"]

_DECADE = 10  # strengths for a factor of ten
_ENDS = (
    10,
    14,
    17,
    20,
    23,
    26,
    29,
    32,
    36,
    40,
)  # the last strength of each attempt: 10 is alpha_max / 10


@dataclass(frozen=True)
class Growing(Rule):
    """Another rule, on strengths that end once its measure has turned.

    The weak end of a path of thousands of features takes nearly all of its time, and a model of
    text is best long before it. So the grid begins with one decade below ``alpha_max`` and grows
    by parts of a decade as long as the weakest strength is the best: the strengths themselves are
    those that one long grid would have.

    Parameters
    ----------
    rule : Rule
    verbose : bool
        Whether to show progress.
    """

    rule: Rule
    verbose: bool = False

    @property
    def results_name(self) -> str:
        return self.rule.results_name

    def choose(self, problems, grid: Grid, controls: Controls, groups=None) -> Choice:
        for end in tracked(_ENDS, self.verbose, "strengths"):
            grid = Grid(None, end + 1, 10.0 ** (-end / _DECADE))
            choice = self.rule.choose(problems, grid, controls, groups)
            if _best(choice) < end:
                break
        return choice


def of_likelihood(rule: Rule) -> Rule:
    """The rule for losses that are log-likelihoods.

    Twice the mean loss times the rows is -2 log likelihood: it is what the information criteria
    take for a known variance of one, without the profile over a variance that least squares needs.
    """
    return replace(rule, noise_variance=1.0) if hasattr(rule, "noise_variance") else rule


def _best(choice: Choice) -> int:
    """Where the measure is least; a stronger penalty may have been chosen."""
    results = choice.results
    return choice.index if isinstance(results, CriterionResults) else results.index_min

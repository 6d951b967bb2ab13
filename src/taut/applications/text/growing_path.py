"""A rule for the strength whose path goes on only as long as it has to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from taut.path import settled_grid
from taut.progress import tracked
from taut.selection import CV
from taut.selection.cross_validation import Folds
from taut.selection.rule import Choice, Rule
from taut.solvers import Controls, Grid, solve_path
from taut.solvers.threads import side_by_side

__all__ = ["Growing"]

_DECADE = 5  # strengths for a factor of ten
_LAST = 20  # alpha_max / 10,000
_ENDS = range(6, _LAST + 1, 2)  # the last strength of each attempt
_AHEAD = 2  # folds


@dataclass(frozen=True)
class Growing(Rule):
    """Another rule, on strengths that end once its measure has turned.

    The weak end of a path of thousands of features takes nearly all of its time, and a model of
    text is best long before it. So the path grows by parts of a decade as long as the weakest
    strength is the best: the strengths themselves are those that one long grid would have. Of
    cross-validation two folds go ahead and find about where the error turns, and the others
    follow.

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
        if _has_grid(self.rule):
            return self.rule.choose(problems, grid, controls, groups)
        grid = Grid(None, _LAST + 1, 10.0 ** (-_LAST / _DECADE))
        grid = settled_grid(problems, grid, controls)
        if grid.alphas is None:
            return self.rule.choose(problems, grid, controls, groups)
        grow = self._validated if isinstance(self.rule, CV) else self._scored
        return grow(problems, grid.alphas, controls, groups)

    def _scored(self, problems, alphas, controls, groups):
        for end in tracked(_ENDS, self.verbose, "strengths"):
            choice = self.rule.choose(problems, Grid(alphas[: end + 1]), controls, groups)
            if choice.index < end:
                break
        return choice

    def _validated(self, problems, alphas, controls, groups):
        folds = Folds(problems, self.rule.splits(problems, groups))
        paths = [folds.path(k) for k in range(len(folds.splits))]
        size = problems[0].design.size
        for end in tracked(_ENDS, self.verbose, "strengths of the first folds"):
            jobs = [partial(path.errors, alphas[: end + 1]) for path in paths[:_AHEAD]]
            ahead = side_by_side(jobs, controls, size)
            turn = int(np.argmin(np.mean([errors for _, errors in ahead], axis=0)))
            if turn < end:
                break
        for end in tracked(range(min(turn + 1, _LAST), _LAST + 1), self.verbose, "folds"):
            grid = Grid(alphas[: end + 1])
            whole = [partial(solve_path, problem, grid) for problem in problems]
            jobs = [*whole, *(partial(path.errors, grid.alphas) for path in paths)]
            found = side_by_side(jobs, controls, size)
            results = folds.results(grid.alphas, found[len(whole) :])
            if results.index_min < end:
                break
        return Choice(found[: len(whole)], self.rule.index(results), results)


def _has_grid(rule):
    """Whether its user has said which strengths to choose from."""
    return isinstance(rule, CV) and (rule.n_alphas, rule.alpha_min_ratio) != (None, None)

"""Models with a penalty: one strength, one per target, or a rule that chooses on the path."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from taut.estimators.adaptive import ADAPTIVE, adaptive_weights, first_estimate, sizes_of
from taut.estimators.base import LinearModel, Task
from taut.path import Path
from taut.penalties import Box, NonNegative, Penalty
from taut.penalties.checks import as_weights
from taut.selection.rule import Rule
from taut.solution import warn_unless_solved
from taut.solvers import Grid, solve_path
from taut.validation import check_flag, check_positive, shown

__all__ = ["PenalisedModel", "constrained"]


class PenalisedModel(LinearModel):
    """Base of the models with a parameter for the strength of the penalty."""

    # Parameters of some subclasses.
    penalty_weights = lower = upper = None

    def _prepare(self, X, y, sample_weight, **known) -> Task:
        as_weights(self._feature_weights, "penalty_weights")
        task = super()._prepare(X, y, sample_weight, **known)
        n_features = task.problems[0].design.shape[1]
        for name in ("penalty_weights", "lower", "upper"):
            values = getattr(self, name)
            if np.ndim(values) and len(values) != n_features:
                raise ValueError(
                    f"{name} is for {len(values)} features, but X has {n_features}: give one "
                    "number for each feature"
                )
        return task

    @property
    def _adapts(self) -> bool:
        return isinstance(self.penalty_weights, str) and self.penalty_weights == ADAPTIVE

    @property
    def _feature_weights(self):
        """Of the penalty; none before there is a first estimate for them to follow from."""
        return vars(self).get("penalty_weights_") if self._adapts else self.penalty_weights

    @property
    def _strength(self):
        """The parameter: a number, one for each target, or a rule."""
        return self.alpha

    def _unit(self, task: Task) -> float:
        """What alpha = 1 is in the objective of `Problem`."""
        return 1.0

    def _strengths(self, task: Task) -> np.ndarray:
        """The strength for each problem, from a parameter that is no rule."""
        alpha = check_positive(
            self.alpha, "alpha", 1.0, zero=True, other="or a rule such as taut.CV()"
        )
        return np.full(len(task.problems), float(alpha))

    def _fit(self, X, y, sample_weight=None, groups=None, **known):
        if groups is not None:
            _require_splitter(self._strength)
        for stale in ("path_", "cv_results_", "criterion_results_"):
            vars(self).pop(stale, None)
        if "penalty_weights" in vars(self):
            vars(self).pop("penalty_weights_", None)
        task = self._prepare(X, y, sample_weight, **known)
        if self._adapts:
            task = self._adapted(task, groups)
        if isinstance(self._strength, Rule):
            return self._fit_path(task, groups)
        strengths = self._strengths(task)
        self.alpha_ = strengths if np.ndim(self._strength) else float(strengths[0])
        return self._keep(task, self._solve(task, strengths))

    def _adapted(self, task: Task, groups) -> Task:
        """The same task, with weights that follow from a first estimate."""
        problems = task.problems
        first = first_estimate(problems, self._strength, self._controls(), groups)
        warn_unless_solved(type(self).__name__, [s.certificates[first.index] for s in first.solved])
        self.penalty_weights_ = adaptive_weights(sizes_of(first, problems))
        penalty = self._penalty()
        return replace(task, problems=[replace(p, penalty=penalty) for p in problems])

    def _solve(self, task: Task, strengths):
        grids = [Grid(np.array([alpha * self._unit(task)])) for alpha in strengths]
        controls = self._controls()
        starts = self._starts(task)
        return [
            solve_path(problem, grid, replace(controls, start=start))
            for problem, grid, start in zip(task.problems, grids, starts, strict=True)
        ]

    def _starts(self, task: Task):
        """Coefficients of the last fit for each problem, where they are to be begun with."""
        nothing = [None] * len(task.problems)
        if not getattr(self, "warm_start", False) or not hasattr(self, "coef_"):
            return nothing
        coefs, shape = np.atleast_2d(self.coef_), task.problems[0].coef_shape
        if coefs.shape == (len(nothing), *shape):
            return list(coefs)
        # Classes that are fitted jointly are the last axis of a problem.
        return [coefs.T] if len(nothing) == 1 and coefs.T.shape == shape else nothing

    def _fit_path(self, task: Task, groups):
        controls = self._controls()
        choice = self._strength.choose(task.problems, Grid(), controls, groups)
        self.path_ = self._path(task, choice.solved)
        self.alpha_ = float(self.path_.alphas[choice.index])
        results = replace(choice.results, alphas=self.path_.alphas)
        setattr(self, self._strength.results_name, results)
        return self._keep(task, choice.solved, choice.index)

    def _path(self, task: Task, solved) -> Path:
        """The whole path, its alphas and intercepts as the estimator has them."""
        of_features = getattr(self, "feature_names_in_", None)
        names = getattr(self, "coef_names_", of_features)
        # Targets or classes that are fitted jointly, and times with events, are a path already.
        joint = len(solved) == 1 and (task.target.ndim == 1 or task.problems[0].response.ndim > 1)
        path = Path.of(solved[0], names) if joint else Path.of_targets(solved, names)
        loss = task.problems[0].loss
        shifts = task.shifts[0] if joint else task.shifts[:, None]
        return replace(
            path,
            alphas=path.alphas / self._unit(task),
            intercepts=path.intercepts + shifts,
            loss=loss,
            encoder=vars(self).get("encoder_"),
        )


def _require_splitter(strength):
    """Refuse groups where nothing would keep them together."""
    if hasattr(getattr(strength, "folds", None), "split"):
        return
    raise ValueError(
        f"groups must go with a rule that splits by them, got the strength {shown(strength)}: "
        "leave groups out, or pass taut.CV(sklearn.model_selection.GroupKFold()) in its place"
    )


def constrained(penalty: Penalty, positive, lower=None, upper=None) -> Penalty:
    """The penalty, with coefficients held in a half line or between bounds."""
    if check_flag(positive, "positive"):
        penalty = penalty + NonNegative()
    if lower is not None or upper is not None:
        low = -np.inf if lower is None else lower
        high = np.inf if upper is None else upper
        penalty = penalty + Box(low, high)
    return penalty

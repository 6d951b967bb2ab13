"""Whole paths of solutions: ``fit_path`` and the ``Path`` it returns."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from taut import losses, penalties
from taut.designs import as_design
from taut.designs.from_frame import names_of
from taut.designs.grouping import encoder_for, features_of, members_of, sources_of
from taut.losses.offsets import known_part
from taut.memory import require_memory
from taut.penalties.base import as_penalty
from taut.penalties.groups import are_labels, groups_of, regrouped
from taut.problem import Problem
from taut.solution import Certificate, Solution, Status, warn_unless_solved
from taut.solvers import Controls, Grid, Solved, choose, solve_path
from taut.solvers.fitted import null_standing
from taut.validation import (
    check_alphas,
    check_as_many,
    check_features,
    check_flag,
    check_matrix,
    check_positive,
    check_ratio,
    check_targets,
    check_weights,
    shown,
)
from taut.validation.trouble import constant_target

__all__ = [
    "Path",
    "fit_path",
    "refuse_constant",
    "settled_grid",
    "solve_targets",
    "worst",
]


@dataclass(frozen=True, eq=False)
class Path:
    """Solutions along decreasing penalty strengths.

    Attributes
    ----------
    alphas : ndarray of shape (n_alphas,)
    coefs : ndarray of shape (n_features, n_alphas) or (n_features, n_outputs, n_alphas)
        On the scale of the columns as given; outputs are targets, or classes.
    intercepts : ndarray of shape (n_alphas,) or (n_outputs, n_alphas)
    certificates : tuple of Certificate
        One per alpha; for targets that were solved one by one the worst of theirs.
    feature_names : ndarray of str or None
    loss : Loss
        What was fitted: it knows what a prediction means.
    encoder : TableEncoder or None
        Where groups are columns of a frame that had to be encoded: what ``predict`` reads frames
        by.
    """

    alphas: np.ndarray
    coefs: np.ndarray
    intercepts: np.ndarray
    certificates: tuple[Certificate, ...]
    feature_names: np.ndarray | None = None
    loss: losses.Loss = field(default_factory=losses.Squared)
    encoder: Any = None

    @classmethod
    def of(cls, solved: Solved, feature_names=None, loss=losses.Squared()) -> Path:  # noqa: B008
        """The path of one problem."""
        return cls(
            solved.alphas, solved.coefs, solved.intercepts, solved.certificates, feature_names, loss
        )

    @classmethod
    def of_targets(cls, solved: Sequence[Solved], feature_names=None) -> Path:
        """One path for several targets that were solved on the same alphas."""
        return cls(
            solved[0].alphas,
            np.stack([s.coefs for s in solved], axis=1),
            np.stack([s.intercepts for s in solved]),
            tuple(worst(c) for c in zip(*(s.certificates for s in solved), strict=True)),
            feature_names,
        )

    @property
    def n_nonzero(self) -> np.ndarray:
        """Features with a coefficient other than zero (in any target), per alpha."""
        used = self.coefs != 0
        return (used.any(axis=1) if used.ndim == 3 else used).sum(axis=0)

    def __len__(self) -> int:
        return len(self.alphas)

    def __getitem__(self, k: int) -> Solution:
        return Solution(
            self.coefs[..., k], self.intercepts[..., k], self.alphas[k], self.certificates[k]
        )

    def at(self, alpha: float):
        """Coefficients and intercept at one strength.

        Strengths between two of the path are interpolated linearly, which is exact for the lasso
        as long as no feature enters or leaves between them.

        Raises
        ------
        ValueError
            ``alpha`` is outside the path.
        """
        low, high = self.alphas[-1], self.alphas[0]
        slack = 1e-12 * high
        number = isinstance(alpha, numbers.Real)
        if not (number and low - slack <= alpha <= high + slack):
            raise ValueError(
                f"alpha must be within the path, {low:.6g} to {high:.6g}, got {shown(alpha)}: fit "
                "the path with alphas that include it"
            )
        right = int(np.clip(np.searchsorted(-self.alphas, -alpha), 1, max(len(self) - 1, 1)))
        if len(self) == 1 or self.alphas[right - 1] == self.alphas[right]:
            return self.coefs[..., 0], self.intercepts[..., 0]
        share = (self.alphas[right - 1] - alpha) / (self.alphas[right - 1] - self.alphas[right])
        share = float(np.clip(share, 0.0, 1.0))

        def mix(values):
            # Exactly the solution where alpha is one of the path: zeros stay zeros.
            if share in (0.0, 1.0):
                return values[..., right - 1 + int(share)]
            return (1 - share) * values[..., right - 1] + share * values[..., right]

        return mix(self.coefs), mix(self.intercepts)

    def predict(self, X, alpha: float | None = None, offset=None, exposure=None):
        """Predictions at one strength, or at all of them, on the scale of the response.

        That is ``loss.mean`` of the linear predictor: the value itself for least squares, counts
        for Poisson, the probability of class 1 for logistic regression and of each class for
        multinomial regression, the relative hazard for Cox.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features), or data frame
        alpha : float, default None
            None for every strength of the path.
        offset : array of shape (n_samples,) or (n_samples, n_outputs), default None
            Added to the linear predictor, as at fitting.
        exposure : array of shape (n_samples,), default None
            What predictions are proportional to, as at fitting; None predicts for one unit.

        Returns
        -------
        ndarray of shape (n_samples,), or (n_samples, n_outputs); with ``alpha=None`` there is a
        last axis of length n_alphas.

        Raises
        ------
        ValueError, TypeError
            An argument is not what it must be; the message names it, its value and the fix.
        MemoryError
            The predictions, or a copy of X that they take, would not fit.
        """
        eta = self.linear_predictor(X, alpha, offset, exposure)
        if alpha is not None:
            return self.loss.mean(eta)
        # A loss of several outputs has them last.
        return np.moveaxis(self.loss.mean(np.moveaxis(eta, -1, 0)), 0, -1)

    def linear_predictor(self, X, alpha: float | None = None, offset=None, exposure=None):
        """``intercept + X @ coef + offset``: what ``predict`` puts on the scale of the response.

        The logarithm of an exposure is an offset.

        Parameters, returns and raises as for ``predict``.
        """
        if self.encoder is not None:
            X, names = self.encoder.transform(X), self.feature_names
        else:
            names = names_of(X)
        design = as_design(check_matrix(X, names, min_samples=1))
        self._check_columns(design.shape[1], names)
        coefs, intercepts = (self.coefs, self.intercepts) if alpha is None else self.at(alpha)
        coefs_flat = coefs.reshape(len(coefs), -1)
        require_memory(
            "predictions for {:,} rows by {:,} models (alphas, for each target)",
            (design.shape[0], coefs_flat.shape[1]),
            "give one alpha, or predict for fewer rows at a time",
            each=24,
        )
        flat = design.product(coefs_flat)
        eta = np.asarray(flat).reshape(design.shape[0], *coefs.shape[1:]) + intercepts
        known = known_part(design, self.loss, offset, exposure, self.coefs.shape[1:-1])
        if known is None:
            return eta
        return eta + known.reshape(*known.shape, *[1] * (eta.ndim - known.ndim))

    def _check_columns(self, count, names):
        known = self.feature_names
        if count != len(self.coefs):
            got = f"{count} columns"
        elif names is None or known is None or np.array_equal(names, known):
            return
        else:
            first = int(np.argmax(names != known))
            got = f"{shown(names[first])} in place of {shown(known[first])}"
        raise ValueError(
            f"X must have the {len(self.coefs)} features that the path was fitted on, got {got}: "
            "give it those columns, in their order"
        )

    def plot(self, ax=None, **options):
        """Draw the coefficients against alpha (needs the extra ``plot``).

        Returns
        -------
        taut.plots.PathDisplay
        """
        from taut.plots import PathDisplay

        return PathDisplay(self).plot(ax=ax, **options)

    def __repr__(self) -> str:
        unsolved = sum(not c.solved for c in self.certificates)
        gaps = [c.relative_gap for c in self.certificates]
        if np.any(np.isnan(gaps)):
            quality = f"kkt <= {max(c.kkt for c in self.certificates):.1e}"
        else:
            quality = f"relative gap <= {max(gaps, default=np.nan):.1e}"
        state = "all solved" if not unsolved else f"{unsolved} not solved"
        return (
            f"Path(alphas {self.alphas[0]:.4g} to {self.alphas[-1]:.4g} in {len(self)} steps, "
            f"{self.n_nonzero[0]} to {self.n_nonzero[-1]} of {len(self.coefs)} features, "
            f"{state}: {quality})"
        )


def fit_path(
    X,
    y,
    loss="squared",
    penalty=None,
    alphas=None,
    n_alphas=100,
    alpha_min_ratio=None,
    sample_weight=None,
    offset=None,
    fit_intercept=True,
    standardize=False,
    tol=1e-6,
    max_iter=1000,
    exposure=None,
) -> Path:
    """Fit a penalised model for a whole path of penalty strengths.

    Minimises ``1/sum(w) sum_i w_i loss(y_i, offset_i + b0 + x_i'b) + alpha * penalty(b)`` for each
    alpha, with a certificate for each solution; the squared loss is ``1/2 (y - eta)^2``.

    Parameters
    ----------
    X : array, sparse matrix or data frame of shape (n_samples, n_features)
    y : array of shape (n_samples,) or (n_samples, n_columns)
        As the loss takes it: labels 0 and 1 for "logistic", class numbers for "multinomial"; for
        "cox" two columns, time and event, the tuple ``(time, event)``, a frame of them, or
        scikit-survival's structured array. Several columns are targets for the squared loss. A
        penalty that sees coefficients one by one leaves them independent; others (MultiTask,
        Nuclear, GroupLasso) tie them together, and the losses of all targets are summed.
    loss : str or Loss, default "squared"
    penalty : Penalty, default L1()
        Groups may be columns of a frame by their names or places, or "categorical", and may
        overlap. Where the frame has columns of text, categories or dates, all columns are then
        encoded (a factor belongs to its group whole), and coefficients are those of
        ``path.feature_names``.
    alphas : array of shape (n_alphas,), default None
        Strengths >= 0, solved and returned from strong to weak; None takes ``n_alphas`` of them in
        geometric steps down from the smallest at which every penalised coefficient is zero.
    n_alphas : int, default 100
    alpha_min_ratio : float, default None
        Smallest over largest alpha of the automatic grid; None is 1e-4 for more rows than
        features and 1e-2 otherwise.
    sample_weight : array of shape (n_samples,), default None
        A weight of zero is the same as leaving the row out.
    offset : array of shape (n_samples,), default None
        A known part of the linear predictor; of shape (n_samples, n_classes) for "multinomial".
    fit_intercept : bool, default True
        The intercept is not penalised. Cox regression has none: the baseline hazard takes its
        place.
    standardize : bool, default False
        Penalise as if the columns had unit standard deviation; coefficients come back on the scale
        of the columns as given. A constant column is penalised as given: it counts only without
        an intercept.
    tol : float, default 1e-6
        Duality gap relative to the null model's objective at which a solution counts as solved. For
        penalties that are not convex (MCP, SCAD) there is none, and it is the KKT residual of a
        stationary point.
    max_iter : int, default 1000
        Most iterations for one alpha.
    exposure : array of shape (n_samples,), default None
        What the mean is proportional to, > 0: its logarithm is an offset. For losses with a log
        link ("poisson", "gamma", "tweedie").

    Returns
    -------
    Path
        Its coefs have shape (n_features, n_alphas), or (n_features, n_outputs, n_alphas) for
        several targets or classes.

    Raises
    ------
    ValueError, TypeError
        An argument is not what it must be; the message names it, its value and the fix.
    MemoryError
        Something large would not fit; the message says how much it takes and what to do.

    Warns
    -----
    ConvergenceWarning
        Some alphas were not solved to ``tol``: how many, and what to do. Their certificates say
        so one by one.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> import taut
    >>> X, y = load_diabetes(return_X_y=True)
    >>> path = taut.fit_path(X, y)
    >>> path.coefs.shape
    (10, 100)
    """
    loss = losses.by_name(loss)
    penalty = penalties.L1() if penalty is None else as_penalty(penalty)
    table = _read(X, penalty)
    X, names = table.matrix, table.names
    problem = Problem(
        design=as_design(X),
        response=_checked_response(y, X, loss),
        loss=loss,
        penalty=table.penalty,
        weights=check_weights(sample_weight, X),
        fit_intercept=check_flag(fit_intercept, "fit_intercept"),
        standardize=check_flag(standardize, "standardize"),
    )
    problem = _with_known(problem, offset, exposure)
    grid = _grid(alphas, n_alphas, alpha_min_ratio, problem)
    controls = Controls.checked(tol, max_iter)
    if _is_one_by_one(problem):
        problems = [problem.for_response(column) for column in problem.response.T]
        path = Path.of_targets(solve_targets(problems, grid, controls), names)
    else:
        path = Path.of(solve_path(problem, grid, controls), names, loss)
    warn_unless_solved("fit_path", path.certificates)
    return replace(path, encoder=table.encoder)


class _Table(NamedTuple):
    """A checked matrix of features, the names of its columns, and the penalty on them."""

    matrix: object
    names: np.ndarray | None
    penalty: penalties.Penalty
    encoder: object = None


def _read(X, penalty) -> _Table:
    """A table as numbers, and groups of its columns as groups of these."""
    groups = groups_of(penalty)
    encoder = encoder_for(X, groups)
    if encoder is not None:
        names, sources = encoder.get_feature_names_out(), sources_of(encoder)
        members, n_columns = features_of(encoder, groups), len(encoder.feature_names_in_)
        matrix = check_features(encoder.transform(X), names)
        return _Table(
            matrix, names, regrouped(penalty, members.groups, sources, n_columns), encoder
        )
    names = names_of(X)
    matrix = check_features(X, names)
    if groups is None or are_labels(groups):
        return _Table(matrix, names, penalty)
    n_columns = matrix.shape[1]
    members = members_of(groups, n_columns, names)
    return _Table(
        matrix, names, regrouped(penalty, members.groups, np.arange(n_columns), n_columns)
    )


def _is_one_by_one(problem):
    """Whether the targets of least squares do not see one another."""
    targets = isinstance(problem.loss, losses.Squared) and problem.response.ndim == 2
    return targets and problem.is_separable


def _checked_response(y, X, loss):
    if isinstance(loss, losses.Squared) or y is None:
        return np.ascontiguousarray(check_targets(y, X))
    y = loss.check_response(y)
    check_as_many(y, X)
    return np.ascontiguousarray(y)


def _with_known(problem, offset, exposure):
    """The problem less what is known of its predictions."""
    squared = isinstance(problem.loss, losses.Squared)
    outputs = () if squared else problem.coef_shape[1:]
    known = known_part(problem.design, problem.loss, offset, exposure, outputs)
    if known is None:
        return problem
    if squared:
        y = problem.response
        return problem.for_response(y - known.reshape(-1, *[1] * (y.ndim - 1)))
    if known.shape[1:] != outputs:
        raise ValueError(
            f"offset must have shape {(len(known), *outputs)}, got {known.shape}: give one number "
            "for each row and class (the same for all classes changes nothing)"
        )
    return replace(problem, offset=np.ascontiguousarray(known))


def _grid(alphas, n_alphas, alpha_min_ratio, problem):
    if problem.fit_intercept and not np.all(np.isfinite(problem.null_intercept)):
        raise ValueError(
            f"y must vary for the {problem.loss.name} loss, got one class only, or zeros only, in "
            "the rows of positive weight: its best intercept is infinite; check the target and "
            "sample_weight"
        )
    refuse_constant([problem], problem.response)
    if alphas is not None:
        return Grid(check_alphas(alphas))
    if alpha_min_ratio is not None:
        check_ratio(alpha_min_ratio, "alpha_min_ratio")
    count = int(check_positive(n_alphas, "n_alphas", 100))
    return Grid(None, count, alpha_min_ratio)


def refuse_constant(problems: Sequence[Problem], y: np.ndarray) -> None:
    """Refuse targets that leave nothing to explain; some of several may.

    Parameters
    ----------
    problems : sequence of Problem
        One for each target.
    y : ndarray of shape (n_samples, ...)
        The targets as they were given, for the message.

    Raises
    ------
    ValueError
        The null model of every problem is perfect already.
    """
    if not all(_is_constant(problem) for problem in problems):
        return
    kept = problems[0].weights > 0
    if isinstance(problems[0].loss, losses.Cox):
        raise ValueError(
            "no event with weight has anyone at risk beside it, among "
            f"{kept.sum()} rows of positive weight: there is nothing to explain; check events, "
            "entries and sample_weight, and merge strata of one row"
        )
    raise constant_target(y[kept])


def _is_constant(problem):
    """Whether the null model is perfect already."""
    if isinstance(problem.loss, losses.Squared):
        y = problem.response[problem.weights > 0]
        return np.all(y == (y[:1] if problem.fit_intercept else 0.0))
    null = null_standing(problem)
    return null.objective <= 1e-14 * max(abs(null.point.value), 1e-300)


def solve_targets(problems: Sequence[Problem], grid: Grid, controls: Controls) -> list[Solved]:
    """Targets one by one, on the alphas of the one whose automatic grid starts highest.

    Where no alpha keeps a coefficient at zero because all are zero at any (a target that is
    constant, or orthogonal to every column), the automatic grid is one tiny alpha throughout.

    Raises
    ------
    MemoryError
        The coefficients of all targets would not fit.
    """
    require_memory(
        "the coefficients of {:,} features at {} alphas for {:,} targets",
        (problems[0].design.shape[1], grid.count, len(problems)),
        "take fewer alphas (n_alphas), fit fewer targets at a time, or leave out columns",
        each=8 if len(problems) == 1 else 16,
    )
    if grid.alphas is not None:
        return [solve_path(problem, grid, controls) for problem in problems]
    top = replace(grid, n_alphas=1)
    lead = problems[0]
    if len(problems) > 1:
        lead = max(problems, key=lambda p: solve_path(p, top, controls).alphas[0])
    solved = solve_path(lead, grid, controls)
    grid = Grid(solved.alphas)
    if _explains_nothing(lead, solved.alphas[0]):
        lead, grid = None, Grid(np.full(len(solved.alphas), _TINY))
    return [solved if p is lead else solve_path(p, grid, controls) for p in problems]


def settled_grid(problems: Sequence[Problem], grid: Grid, controls: Controls) -> Grid:
    """The automatic grid in numbers, where finding them takes less than a whole path."""
    if grid.alphas is not None or choose(problems[0]).has_own_grid:
        return grid
    coordinates = problems[0].coordinates
    if coordinates is not None and not np.any(coordinates.l1):
        return grid
    top = replace(grid, n_alphas=1)
    tops = [solve_path(problem, top, controls).alphas[0] for problem in problems]
    highest = max(tops)
    if _explains_nothing(problems[int(np.argmax(tops))], highest):
        return grid
    return Grid(grid.below(highest, grid.ratio(problems[0])))


_TINY = float(np.finfo(np.float64).resolution)


def _explains_nothing(problem, highest):
    """Whether the highest alpha of an automatic grid is rounding, in the units of the problem."""
    if choose(problem).has_own_grid or not 0 < highest <= _TINY:
        return not highest > 0
    size = 1.0 if problem.standardize else float(problem.moments[1].max())
    return highest <= _TINY * size * null_standing(problem).norm


def worst(certificates: Sequence[Certificate]) -> Certificate:
    """One certificate for several targets: gaps add up, everything else is the worst."""
    return Certificate(
        sum(c.gap for c in certificates),
        max(c.relative_gap for c in certificates),
        max(c.kkt for c in certificates),
        Status(max(c.status for c in certificates)),
        max(c.n_iter for c in certificates),
        certificates[0].tol,
    )

"""The compiled path engine for smooth losses other than least squares: prox-Newton steps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from taut import _core, losses
from taut.losses.risk_sets import risk_sets
from taut.problem import Problem
from taut.solution import Status
from taut.solvers.base import Controls, Grid, Solved
from taut.solvers.fitted import balanced
from taut.solvers.path_engine import (
    penalty_arrays,
    solved_by_core,
    start_within,
    takes_penalty,
    working_set_memory,
)
from taut.solvers.smooth import is_smooth_penalty

__all__ = ["ProxNewton"]

_MOST_AT_ONCE = 2000  # features whose Gram matrix is still cheap, where all are in the model

# The core's number of each loss, and its parameter (cpp/loss.hpp).
_CODES = {
    losses.Logistic: lambda loss: (1, 0.0),
    losses.Poisson: lambda loss: (2, 0.0),
    losses.Gamma: lambda loss: (3, 0.0),
    losses.Tweedie: lambda loss: _POWERS.get(loss.power, (4, float(loss.power))),
    losses.Huber: lambda loss: (5, float(loss.delta)),
    losses.SquaredHinge: lambda loss: (6, 0.0),
    losses.Multinomial: lambda loss: (8 if loss.has_reference else 7, 0.0),
}
_POWERS = {1: (2, 0.0), 2: (3, 0.0)}  # Poisson and gamma
_TOUCHING = 9  # Huber's loss with the curvatures of parabolas that touch it from above
_QUICK = 50  # iterations for one strength that its own curvatures are given


def _compiled(problem, n_targets):
    loss = problem.loss
    if isinstance(loss, losses.NativeLoss):
        return _core.native_loss(*loss.addresses)
    if isinstance(loss, losses.Cox):
        return partial_likelihood(loss, problem.response, problem.weights)
    return _core.compiled_loss(*_CODES[type(loss)](loss), n_targets)


def partial_likelihood(loss, y, v):
    """The core's Cox loss; risk sets hold all that it asks of times and events."""
    risk = risk_sets(y)
    event = np.zeros(len(risk.last), dtype=bool)
    event[risk.events] = True
    last = np.where(risk.first <= risk.last, risk.last, -1).astype(np.int32)
    return _core.cox_loss(last, event, risk.begins, v, loss.ties == "efron")


class ProxNewton:
    """Active sets and Newton steps under a line search (cpp/newton.hpp).

    References
    ----------
    Lee, J., Sun, Y. and Saunders, M. (2014). Proximal Newton-type methods for minimizing composite
    functions. SIAM Journal on Optimization 24, 1420-1443.
    """

    takes_moments = False
    has_own_grid = False
    meets = True

    def refuses(self, problem: Problem) -> str | None:
        if type(problem.loss) not in (*_CODES, losses.Cox, losses.NativeLoss):
            names = ", ".join(kind.name for kind in (*_CODES, losses.Cox))
            return f"prox-Newton is compiled for {names} and C functions, not for {problem.loss!r}"
        if isinstance(problem.loss, losses.Cox) and risk_sets(problem.response).is_truncated:
            return "prox-Newton takes no left truncation: risk sets have to be nested"
        if not takes_penalty(problem):
            return (
                f"prox-Newton needs a penalty that separates over features, and "
                f"{problem.penalty!r} does not"
            )
        if problem.folded is not None and len(problem.coef_shape) > 1:
            return f"prox-Newton takes {problem.penalty!r} with one linear predictor only"
        if problem.folded is not None and isinstance(problem.loss, losses.Huber):
            return (
                "prox-Newton meets no curvature where residuals are large, and none in "
                f"{problem.penalty!r}"
            )
        if not np.all(np.isfinite(problem.null_intercept)):
            return "prox-Newton needs a sample of every class with a weight that is not zero"
        if is_smooth_penalty(problem):
            if len(problem.coef_shape) > 1:
                return (
                    f"prox-Newton would need the Hessian of all classes and features, as "
                    f"{problem.penalty!r} keeps no coefficient at zero; L-BFGS does not"
                )
            l2 = problem.coordinates.l2
            if not np.any(l2) or problem.design.shape[1] > _MOST_AT_ONCE:
                return (
                    f"prox-Newton would take all {problem.design.shape[1]} features into its "
                    f"working set, as {problem.penalty!r} keeps none at zero"
                )
        return None

    def path(self, problem: Problem, grid: Grid, controls: Controls, engine: int = 0) -> Solved:
        if isinstance(problem.loss, losses.Huber):
            return _huber_path(problem, grid, controls, engine)
        n_targets = int(np.prod(problem.coef_shape[1:], dtype=int))
        loss = _compiled(problem, n_targets)
        solved = _path(problem, loss, grid, controls, engine)
        return solved if problem.folded is None else _resumed(problem, loss, solved, controls)


def _resumed(problem, loss, solved, controls):
    """Strengths at which steps under a folded penalty stalled, once more from where they stood.

    Its models depend on where it came from: begun anew, they find the way that was left.
    """
    for k, certificate in enumerate(solved.certificates):
        if certificate.status is Status.STALLED:
            begun = replace(controls, start=solved.coefs[:, k])
            again = _path(problem, loss, Grid(solved.alphas[k : k + 1]), begun, 0)
            solved = _closer(solved, again, k)
    return solved


def _huber_path(problem, grid, controls, engine):
    """By the curvatures of the loss itself; where these do not lead to the end in a few steps, on
    from there under parabolas that touch it.

    Newton steps end once they know which rows are beyond delta, but find no way where hardly any
    is within. Steps under the parabolas always descend, and slow down where many are beyond.
    """
    delta = float(problem.loss.delta)
    code, _ = _CODES[losses.Huber](problem.loss)
    quick = replace(controls, max_iter=min(controls.max_iter, _QUICK))
    solved = _path(problem, _core.compiled_loss(code, delta, 1), grid, quick, engine)
    left = next((k for k, c in enumerate(solved.certificates) if not c.solved), None)
    if left is None:
        return solved
    start = solved.coefs[:, left - 1] if left else controls.start
    touching = _core.compiled_loss(_TOUCHING, delta, 1)
    below = Grid(solved.alphas[left:])
    rest = _path(problem, touching, below, replace(controls, start=start), engine)
    return _closer(solved, rest, left)


def _closer(solved, rest, first):
    """The one of both, for each strength from the first on, that is nearer to the end."""
    coefs, intercepts = solved.coefs.copy(order="F"), solved.intercepts.copy()
    certificates = list(solved.certificates)
    for k, certificate in enumerate(rest.certificates):
        if _off(certificate) < _off(certificates[first + k]):
            coefs[:, first + k], intercepts[first + k] = rest.coefs[:, k], rest.intercepts[k]
            certificates[first + k] = certificate
    return replace(solved, coefs=coefs, intercepts=intercepts, certificates=tuple(certificates))


def _off(certificate):
    """The relative gap, or the KKT residual where there is none."""
    gap = certificate.relative_gap
    return certificate.kkt if np.isnan(gap) else gap


def _path(problem, loss, grid, controls, engine):
    offset, targets = problem.offset, problem.coef_shape[1:]
    n_targets = int(np.prod(targets, dtype=int))
    coordinates, folds = penalty_arrays(problem)
    design = problem.design.handle  # a copy, maybe: it comes before room is looked for
    response = _response(problem)
    with working_set_memory(problem) as room:
        found = _core.solve_loss_path(
            design,
            response,
            np.zeros_like(response) if offset is None else _stacked(offset),
            problem.weights,
            problem.fit_intercept and problem.loss.is_separable,
            loss,
            *(np.tile(part, n_targets) for part in coordinates),
            grid.alphas,
            grid.n_alphas,
            grid.ratio(problem),
            controls.tol,
            controls.max_iter,
            engine,
            controls.cancel,
            room,
            start_within(coordinates, controls, n_targets),
            *(np.tile(part, n_targets) for part in folds),
            meeting=controls.meeting,
        )
    solved = solved_by_core(found, controls, "prox_newton")
    return _by_target(problem, solved, targets[0]) if targets else solved


def _by_target(problem, solved, n_targets):
    """With an axis for the targets, which the core has one after another."""
    coefs = solved.coefs.reshape(n_targets, -1, len(solved.alphas)).swapaxes(0, 1)
    intercepts = solved.intercepts.reshape(-1, n_targets).T
    coefs, intercepts = balanced(problem, coefs, intercepts)
    return replace(solved, coefs=coefs, intercepts=intercepts)


def _response(problem):
    if isinstance(problem.loss, losses.Cox):
        return np.zeros(len(problem.weights))  # the loss itself knows times and events
    return _stacked(problem.response)


def _stacked(values):
    """One target after another."""
    return np.ravel(values.T, order="C")

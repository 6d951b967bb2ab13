"""The benchmark's judge shares no code with taut: each must confirm the other."""

import numpy as np
import pytest

pytest.importorskip("benchmarks.tasks", reason="run from the root of the repository")
from benchmarks.generated import gaussian, insurance
from benchmarks.judge.gap import relative_gaps
from benchmarks.peers import taut as solver
from benchmarks.problems import strengths
from benchmarks.tasks import TASKS


def drawn(task):
    return insurance(500, task) if task == "gamma" else gaussian(60, 80, 5, task)


def judged(task, X, y, coefs, intercepts):
    alphas = strengths(X, y, task, coefs.shape[-1], 10)
    return relative_gaps(TASKS[task], X, y, alphas, coefs, intercepts)


@pytest.mark.parametrize("task", TASKS)
def test_gap_is_what_the_solver_was_asked_for(task):
    X, y = drawn(task)
    alphas = strengths(X, y, task, 8, 10)
    tight = judged(task, X, y, *getattr(solver, task)(X, y, alphas, 1e-9))
    loose = judged(task, X, y, *getattr(solver, task)(X, y, alphas, 1e-3))
    assert np.all(np.abs(tight) < 3e-9)
    assert np.all(loose < 3e-3)


@pytest.mark.parametrize("task", TASKS)
def test_first_strength_is_the_least_without_coefficients(task):
    X, y = drawn(task)
    alpha_max = strengths(X, y, task, 2, 2)[0]
    coefs, _ = getattr(solver, task)(X, y, alpha_max * np.array([1.0001, 0.99]), 1e-9)
    assert np.count_nonzero(coefs[..., 0]) == 0
    assert np.count_nonzero(coefs[..., 1]) > 0


@pytest.mark.parametrize("task", TASKS)
def test_gap_bounds_what_a_worse_point_loses(task):
    X, y = drawn(task)
    alphas = strengths(X, y, task, 8, 10)
    coefs, intercepts = getattr(solver, task)(X, y, alphas, 1e-9)
    model = TASKS[task]
    start = np.zeros((len(y), *model.loss.outputs(y)))

    def objective(coef, intercept):
        return model.loss.value(y, X @ coef + intercept) + alphas[-1] * model.penalty.value(coef)

    worse = objective(0.9 * coefs[..., -1], intercepts[..., -1])
    lost = worse - objective(coefs[..., -1], intercepts[..., -1])
    gap = judged(task, X, y, 0.9 * coefs, intercepts)[-1]
    # The excess of the null model is at most the loss at zero above the lowest.
    assert gap * (model.loss.value(y, start) - model.loss.lowest(y)) >= lost > 0


def test_points_that_are_not_finite_have_no_gap():
    X, y = gaussian(30, 5, 2)
    gaps = judged("lasso", X, y, np.full((5, 2), np.nan), np.zeros(2))
    assert np.all(np.isinf(gaps))

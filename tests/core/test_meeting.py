"""Paths on one matrix that pass over it together: what each would find alone, to the last digit."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from taut import _core
from taut.designs import as_design
from taut.losses import Logistic, Squared
from taut.penalties import L1
from taut.problem import Problem
from taut.solvers import Cancel, Controls, Grid, solve_path

from .fits import made

N_FOLDS = 5
WIDE = made(60, 400)
ORDERS = {
    "by columns": lambda X: np.asfortranarray(X),
    "by rows": lambda X: np.ascontiguousarray(X),
    "float32 by columns": lambda X: np.asfortranarray(X, dtype=np.float32),
    "float32 by rows": lambda X: np.ascontiguousarray(X, dtype=np.float32),
}


def folds_of(X, y, loss):
    """One problem for each fold, on one matrix."""
    design = as_design(X)
    if isinstance(loss, Logistic):
        y = np.where(y > np.median(y), 1.0, 0.0)
    for k in range(N_FOLDS):
        weights = (np.arange(len(y)) % N_FOLDS != k) / 1.0
        yield Problem(design, y, loss, L1(), weights / weights.sum())


def solved(problem, meeting, cancel=None, tol=1e-9):
    controls = Controls(tol=tol, max_iter=10**6, cancel=cancel, meeting=meeting)
    return solve_path(problem, Grid(n_alphas=30), controls)


@pytest.mark.parametrize("loss", [Squared(), Logistic()], ids=repr)
@pytest.mark.parametrize("order", ORDERS)
def test_who_meets_changes_no_digit(order, loss):
    folds = list(folds_of(ORDERS[order](WIDE.X), WIDE.y, loss))
    alone = [solved(fold, _core.Meeting()) for fold in folds]
    apart = [solved(fold, None) for fold in folds]
    meeting = _core.Meeting()
    with ThreadPoolExecutor(N_FOLDS) as pool:
        together = list(pool.map(partial(solved, meeting=meeting), folds))
    for one, other, without in zip(alone, together, apart, strict=True):
        assert_array_equal(one.coefs, other.coefs)
        assert_array_equal(one.intercepts, other.intercepts)
        assert all(certificate.solved for certificate in other.certificates)
        np.testing.assert_allclose(other.coefs, without.coefs, atol=1e-4)


def test_who_leaves_early_is_not_waited_for():
    """One path is cancelled, one refused, one short: the others end as ever."""
    folds = list(folds_of(WIDE.X, WIDE.y, Squared()))
    meeting, cancel = _core.Meeting(), Cancel()
    cancel.set()
    with ThreadPoolExecutor(N_FOLDS) as pool:
        cancelled = pool.submit(solved, folds[0], meeting, cancel)
        short = pool.submit(solved, folds[1], meeting, None, 0.5)
        others = [pool.submit(solved, fold, meeting) for fold in folds[2:]]
        with pytest.raises(RuntimeError, match="cancelled"):
            cancelled.result(60)
        assert short.result(60).certificates[-1].solved
        for fold, other in zip(folds[2:], others, strict=True):
            assert_array_equal(other.result(60).coefs, solved(fold, _core.Meeting()).coefs)


def test_different_matrices_may_meet():
    meeting = _core.Meeting()
    problems = [next(folds_of(*made(50, p, seed=p), Squared())) for p in (150, 250)]

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(partial(solved, meeting=meeting), problems))
    for problem, together in zip(problems, found, strict=True):
        assert_array_equal(together.coefs, solved(problem, _core.Meeting()).coefs)


def test_a_meeting_with_two_cores_changes_no_digit():
    folds = list(folds_of(WIDE.X, WIDE.y, Squared()))
    meeting = _core.Meeting()
    meeting.widen()
    with ThreadPoolExecutor(N_FOLDS) as pool:
        together = list(pool.map(partial(solved, meeting=meeting), folds))
    assert meeting.present == 0
    for fold, found in zip(folds, together, strict=True):
        assert_array_equal(found.coefs, solved(fold, _core.Meeting()).coefs)

"""Certificates for solutions from any source, computed by the core in float64."""

from __future__ import annotations

import numpy as np

from taut import _core
from taut.problem import Problem
from taut.solution import Certificate, Status

__all__ = ["certificates", "judged"]


def certificates(problem: Problem, alphas, coefs, n_iter, tol) -> tuple[Certificate, ...]:
    """One certificate for each column of ``coefs``.

    Parameters
    ----------
    problem : Problem
        Its intercept, if any, is taken to be optimal for the coefficients.
    alphas : ndarray of shape (n_alphas,)
    coefs : ndarray of shape (n_features, n_alphas)
    n_iter : sequence of int
    tol : float
        Relative gap up to which a solution counts as solved.

    Returns
    -------
    tuple of Certificate
    """
    measures = _core.certify(
        problem.design.reader,
        problem.response,
        problem.weights,
        problem.fit_intercept,
        *problem.coordinates,
        np.ascontiguousarray(alphas, dtype=np.float64),
        np.asfortranarray(coefs, dtype=np.float64),
    )
    return tuple(judged(*row, n, tol) for *row, n in zip(*measures, n_iter, strict=True))


def judged(gap, relative_gap, kkt, n_iter, tol) -> Certificate:
    """A certificate whose status follows from its gap."""
    status = Status.SOLVED if relative_gap <= tol else Status.STALLED
    return Certificate(float(gap), float(relative_gap), float(kkt), status, int(n_iter), tol)

"""A quadratic under the sorted L1 norm, minimised face by face.

On a face the order, the signs and the ties of the coefficients are fixed, and the penalty is
linear: with b = U c, one number in c for each cluster of coefficients of equal size, the objective
is a quadratic in c, and one linear system has its minimum. A proximal step from there says which
clusters split and which features enter; where the minimum leaves the face, clusters merge.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import LinAlgError, solve
from scipy.optimize import isotonic_regression

__all__ = ["minimise_sorted"]

_POWER_STEPS = 12
_MOST = 200


def minimise_sorted(gram, coef, z, penalty, alpha, goal):
    """Minimise ``-z'd + 1/2 d'G d + alpha * penalty(coef + d)``.

    Parameters
    ----------
    gram : ndarray of shape (n, n)
    coef, z : ndarray of shape (n,)
        A point, and minus the gradient of the quadratic there.
    penalty : SLOPE
        Without weights.
    alpha : float
    goal : float
        A proximal step ends it that promises to lower the objective by less.

    Returns
    -------
    coef, z : ndarray of shape (n,)
    n_iter : int

    References
    ----------
    Larsson, J., Klopfenstein, Q., Massias, M. and Wallin, J. (2023). Coordinate descent for SLOPE.
    AISTATS.
    """
    lambdas = alpha * penalty._aligned(coef)[0]
    step = 1.0 / _largest_eigenvalue(gram)
    for n_iter in range(1, _MOST + 1):
        target = penalty.prox(coef + step * z, step * alpha)
        move = target - coef
        image = _times(gram, move)
        if move @ image > move @ move / step:
            step *= 0.5
            continue
        if move @ move <= goal * step:
            return coef, z, n_iter
        # The point of the proximal step, and from it the minimum of its face.
        coef, z = target, z - image
        coef, z = _minimised_on_face(gram, coef, z, lambdas)
    return coef, z, _MOST


def _minimised_on_face(gram, coef, z, lambdas):
    """From a point to the minimum of its face, or of one that its clusters merge into."""
    used = np.flatnonzero(coef)
    order = used[np.argsort(-abs(coef[used]), kind="stable")]
    signs, sizes = np.sign(coef[order]), abs(coef[order])
    system = gram[np.ix_(order, order)] * signs * signs[:, None]
    pull = signs * z[order] - lambdas[: len(order)]
    counts = np.ones(len(order), dtype=int)
    inside = False
    while not inside and len(sizes):
        # Those of one size are one cluster, and those that have met zero are out of it.
        starts = np.flatnonzero(np.diff(sizes, prepend=np.inf))
        system = np.add.reduceat(np.add.reduceat(system, starts, axis=0), starts, axis=1)
        pull, counts = np.add.reduceat(pull, starts), np.add.reduceat(counts, starts)
        sizes = sizes[starts]
        if sizes[-1] == 0:
            system, pull, counts, sizes = system[:-1, :-1], pull[:-1], counts[:-1], sizes[:-1]
        try:
            change = solve(system, pull, assume_a="pos", check_finite=False)
        except LinAlgError:  # copies of a column: the objective is flat
            break
        goal, inside = _towards(sizes, change, system, pull, counts)
        pull = pull - system @ (goal - sizes)
        sizes = goal
    every = np.zeros_like(coef)
    # The last of the clusters hold the smallest coefficients; those that met zero are beyond them.
    kept = int(counts.sum())
    every[order[:kept]] = signs[:kept] * np.repeat(sizes, counts)
    return every, z - _times(gram, every - coef)


def _towards(sizes, change, system, pull, counts):
    """Sizes at the minimum, and whether it lies on the face; else where clusters merge."""
    goal = sizes + change
    falls = -np.diff(goal, append=0.0)
    if falls.min() >= 0:
        return goal, True
    # A part of the way, with all that pass one another merged, where that gains as much as going
    # until the first two meet.
    room = -np.diff(sizes, append=0.0)
    meets = np.full(len(sizes), np.inf)
    np.divide(room, room - falls, out=meets, where=falls < 0)
    first = int(np.argmin(meets))
    share = meets[first]
    least = share * (1 - 0.5 * share) * (change @ pull)
    part = 1.0
    while part > share:
        goal = sizes + part * change
        pooled = np.maximum(isotonic_regression(goal, weights=counts, increasing=False).x, 0.0)
        move = pooled - sizes
        if move @ (pull - 0.5 * (system @ move)) >= least:
            return pooled, False
        part *= 0.5
    goal = sizes + share * change
    goal[first] = goal[first + 1] if first + 1 < len(goal) else 0.0
    return goal, False


def _times(gram, move):
    """The product with a vector that is mostly zero."""
    moved = np.flatnonzero(move)
    return gram[:, moved] @ move[moved] if 2 * len(moved) < len(move) else gram @ move


def _largest_eigenvalue(gram):
    x = np.random.default_rng(0).normal(size=len(gram))
    for _ in range(_POWER_STEPS):
        size = np.linalg.norm(x)
        if size == 0:
            return 1.0
        x = gram @ (x / size)
    return float(np.linalg.norm(x))

"""Piecewise polynomials on a basis of which each element is local: splines, in linear memory.

Powers from each knot on would be a dense basis whose columns hardly differ. B-splines span the same
functions, overlap with few neighbours and stay well conditioned however long the series is.
"""

from __future__ import annotations

from math import factorial

import numpy as np
from scipy import sparse
from scipy.interpolate import BSpline
from scipy.linalg import LinAlgError, cho_solve_banded, cholesky_banded

__all__ = ["Spline", "bands", "definite", "jump_operator", "kink_values", "moments"]


class Spline:
    """Piecewise polynomials with given knots, as linear functions of their coefficients.

    Parameters
    ----------
    t : ndarray of shape (n,)
        Rising positions.
    order : int
        Degree, at least 1.
    places : ndarray of int
        Rising; the derivative of this order jumps right after these samples.

    Attributes
    ----------
    basis : sparse array of shape (n, n_places + order + 1)
    jumps : sparse array of shape (n_places, n_places + order + 1)
        From coefficients to the jumps of the derivative of this order.
    """

    def __init__(self, t, order, places):
        ends = order + 1
        knots = np.concatenate([np.repeat(t[0], ends), t[places], np.repeat(t[-1], ends)])
        self.basis = sparse.csr_array(BSpline.design_matrix(t, knots, order))
        self.jumps = _jumps(knots, order)
        square = bands(self.basis.T @ self.basis, order)
        # Neighbouring knots of degree 3 are told apart down to rounding.
        self._factor = definite(square, square[0], cholesky_banded)

    def solved(self, right):
        """``(B'B)^-1 right``."""
        return cho_solve_banded((self._factor, True), right, check_finite=False)

    def fitted(self, y, pull=None):
        """Coefficients of ``argmin 1/2 |y - f|^2 + pull' (jumps of f)``."""
        right = self.basis.T @ y
        if pull is not None:
            right -= self.jumps.T @ pull
        return self.solved(right)


def _jumps(knots, order):
    """From B-spline coefficients to jumps of the highest derivative.

    de Boor, C. (2001). A Practical Guide to Splines, chapter X, equation 15: a derivative has the
    coefficients ``order (c_i - c_(i-1)) / (t_(i+order) - t_i)``.
    """
    size = len(knots) - order - 1
    total = sparse.eye_array(size, format="csr")
    for degree in range(order, 0, -1):
        widths = knots[1 + degree : size + degree] - knots[1:size]
        total = sparse.diags_array(degree / widths) @ _steps(size) @ total
        knots, size = knots[1:-1], size - 1
    return _steps(size) @ total


def _steps(size):
    return sparse.diags_array([-1.0, 1.0], offsets=[0, 1], shape=(size - 1, size)).tocsr()


def jump_operator(t, order):
    """Divided differences D that are zero for polynomials, scaled to read as jumps.

    Row i is ``order! (t_(i+order+1) - t_i) [t_i, ..., t_(i+order+1)] f``.

    Returns
    -------
    sparse array of shape (n - order - 1, n)
    """
    points = order + 2
    rows = len(t) - points + 1
    windows = [t[k : k + rows] for k in range(points)]
    scale = factorial(order) * (windows[-1] - windows[0])
    diagonals = [
        scale / np.prod([windows[k] - windows[j] for j in range(points) if j != k], axis=0)
        for k in range(points)
    ]
    return sparse.diags_array(diagonals, offsets=range(points), shape=(rows, len(t))).tocsr()


def kink_values(t, order):
    """What `jump_operator` makes of ``max(t - t_j, 0)^order / order!``, for j = order, ..., n - 2.

    It is the B-spline on the points of the row, at t_j (Curry & Schoenberg 1966): the identity for
    order 1, a few entries beside the diagonal otherwise.

    Returns
    -------
    sparse array of shape (n - order - 1, n - order - 1)
    """
    step = t[-1] - t[-2]
    beyond = t[-1] + step * np.arange(1, order + 2)
    values = BSpline.design_matrix(t[order:-1], np.concatenate([t, beyond]), order)
    return sparse.csr_array(sparse.csc_array(values)[:, : len(t) - order - 1].T)


def bands(matrix, width):
    """A symmetric matrix as LAPACK has it: its diagonals, from the main one down."""
    size = matrix.shape[0]
    out = np.zeros((width + 1, size))
    for k in range(min(width + 1, size)):
        out[k, : size - k] = matrix.diagonal(-k)
    return out


def moments(t, values, order):
    """``sum over i >= j of (t_i - t_j)^order / order! * values_i``, for every j.

    From j to j + 1 the binomial theorem leads from sums of lower order, which are sums of sums.
    """
    steps = np.append(np.diff(t), 0.0)
    lower = [np.cumsum(values[::-1])[::-1]]
    for degree in range(1, order + 1):
        gain, factor = np.zeros_like(values), np.ones_like(values)
        for power in range(1, degree + 1):
            factor = factor * steps / power
            gain += factor * np.append(lower[degree - power][1:], 0.0)
        lower.append(np.cumsum(gain[::-1])[::-1])
    return lower[-1]


def definite(system, diagonal, cholesky):
    """The factor of a definite system, or of the nearest that rounding leaves so.

    Parameters
    ----------
    system : ndarray
        As ``cholesky`` takes it.
    diagonal : ndarray
        A view on its diagonal.
    cholesky : callable
        Of `scipy.linalg`.
    """
    shift = np.finfo(np.float64).eps
    while True:
        try:
            return cholesky(system, lower=True, check_finite=False)
        except LinAlgError:
            diagonal *= 1.0 + shift
            shift *= 4.0

"""The nuclear norm of a matrix of coefficients."""

from __future__ import annotations

import numpy as np

from taut.penalties.arrays import (
    as_numpy,
    as_real,
    as_scalar,
    like,
    namespace,
    positions_like,
    positive_part,
    widened,
)
from taut.penalties.base import Penalty
from taut.penalties.checks import as_marks, as_one_step, check_axis

__all__ = ["Nuclear"]

_TIE = 1e-12  # of the largest, up to which singular values are equal


class Nuclear(Penalty):
    """Nuclear norm, the sum of singular values: targets share few directions (low rank).

    Parameters
    ----------
    weights : array of shape (n_features,), default None
        1 = penalised, 0 = unpenalised, inf = excluded (coefficients fixed at 0); None = 1. The
        norm is that of the rows of penalised features; those between would have no prox in closed
        form.

    Raises
    ------
    TypeError
        ``weights`` are not real numbers.
    ValueError
        ``weights`` are not 0, 1 or inf.

    References
    ----------
    Fazel, M. (2002). Matrix rank minimization with applications. PhD thesis, Stanford University.

    Cai, J.-F., Candès, E. J. and Shen, Z. (2010). A singular value thresholding algorithm for
    matrix completion. SIAM Journal on Optimization 20, 1956-1982.

    Examples
    --------
    >>> Nuclear().value([[3.0, 0.0], [0.0, -4.0]])
    7.0
    >>> Nuclear(weights=[0.0, 1.0]).value([[3.0, 0.0], [0.0, -4.0]])
    4.0
    >>> Nuclear().prox([[3.0, 0.0], [0.0, -4.0]], 3.5).round(12).tolist()
    [[0.0, 0.0], [0.0, -0.5]]
    """

    is_norm = True

    def __init__(self, weights=None):
        self._set(weights=as_marks(weights, "Nuclear", "nuclear"))

    @property
    def _n_features(self):
        return None if self.weights is None else len(self.weights)

    def value(self, coef):
        coef = as_real("coef", coef)
        matrix = _as_matrix("coef", widened(coef))
        if not _is_finite(matrix):
            return as_scalar((matrix * np.nan).sum(), coef)
        weights, xp = self._weights_for(len(matrix), "coef"), namespace(matrix)
        inside = matrix[positions_like(np.flatnonzero(weights == 1), matrix)]
        # LAPACK has no singular values of a matrix without rows.
        norm = xp.linalg.norm(inside, "nuc") if len(inside) else matrix[:0].sum()
        forbidden = (like(np.isinf(weights), matrix) * abs(matrix) > 0).any()
        return as_scalar(xp.where(forbidden, xp.inf, norm), coef)

    def prox(self, coef, step):
        coef = as_real("coef", coef)
        matrix = _as_matrix("coef", widened(coef))
        step = as_one_step(step, coef, "singular values share it; pass a float")
        xp = namespace(matrix)
        if not _is_finite(matrix):
            return like(coef * np.nan, coef)
        weights = self._weights_for(len(matrix), "coef")
        penalised = positions_like(np.flatnonzero(weights == 1), matrix)
        result = like(1.0 * (weights == 0), matrix) * matrix
        if len(penalised):
            left, values, right = xp.linalg.svd(matrix[penalised], full_matrices=False)
            result[penalised] = (left * positive_part(values - step)) @ right
        return like(result.reshape(coef.shape) + 0.0, coef)  # + 0.0 turns -0.0 into 0.0

    def prox_derivative(self, coef, result, step, alpha):
        weights = self._weights_for(len(coef), "coef")
        kinds = np.repeat(weights, coef[0].size)
        derivative, inside = np.diag(1.0 * (kinds == 0)), np.flatnonzero(kinds == 1)
        if len(inside):
            part = self._derivative_inside(coef[weights == 1], step, alpha)
            derivative[np.ix_(inside, inside)] = part
        return derivative

    def _derivative_inside(self, coef, step, alpha):
        # W = U diag(s) V' turns into U diag(f(s)) V', f(s) = max(s - t, 0). A change H, K = U'HV,
        # counts (f_a - f_b) / (s_a - s_b) times in the symmetric part of K, which stretches, and
        # (f_a + f_b) / (s_a + s_b) times in the rest, which rotates; f / s times beside U and V.
        left, values, right = np.linalg.svd(_as_matrix("coef", coef), full_matrices=False)
        shrunk, right = np.maximum(values - step * alpha, 0.0), right.T
        apart, together = np.subtract.outer(values, values), np.add.outer(values, values)
        is_equal = np.abs(apart) <= _TIE * values[0]
        stretched = np.where(
            is_equal,
            np.minimum.outer(shrunk, shrunk) > 0,
            np.subtract.outer(shrunk, shrunk) / np.where(is_equal, 1.0, apart),
        )
        rotated = np.add.outer(shrunk, shrunk) / np.where(together > 0, together, 1.0)
        share = shrunk / np.where(values > 0, values, 1.0)
        same, swapped = 0.5 * (stretched + rotated), 0.5 * (stretched - rotated)
        inside = np.einsum("ka,lb,ab,ia,jb->klij", left, right, same, left, right, optimize=True)
        inside += np.einsum(
            "ka,lb,ab,ib,ja->klij", left, right, swapped, left, right, optimize=True
        )
        beside = _beyond(left)[:, None, :, None] * ((right * share) @ right.T)[:, None, :]
        above = ((left * share) @ left.T)[:, None, :, None] * _beyond(right)[:, None, :]
        return (inside + beside + above).reshape(coef.size, -1)

    def dual_norm(self, correlations) -> float:
        """Smallest alpha at which zero is stationary: the largest singular value, where penalised.

        Raises
        ------
        TypeError
            ``correlations`` are not real.
        ValueError
            ``correlations`` are no matrix, or there are not as many features as weights.
        """
        z = _as_matrix("correlations", as_numpy("correlations", correlations))
        z = z[self._weights_for(len(z), "correlations") == 1]
        if not z.size:
            return 0.0
        return float(np.linalg.norm(z, 2)) if _is_finite(z) else np.nan

    def coordinates(self, n_features: int) -> None:
        """None: singular values do not separate.

        Raises
        ------
        ValueError
            The weights are for another number of features.
        """
        self._weights_for(n_features, "X")

    def _weights_for(self, n_features, owner):
        if self.weights is None:
            return np.ones(n_features)
        if len(self.weights) != n_features:
            raise ValueError(
                f"weights of {self!r} are for {len(self.weights)} features, but {owner} has "
                f"{n_features}: make the penalty with {n_features} weights"
            )
        return self.weights


def _as_matrix(name, array):
    check_axis(name, array)
    if array.ndim > 2:
        raise ValueError(
            f"{name} must be a matrix, got shape {tuple(array.shape)}: reshape it to "
            "(n_features, n_targets)"
        )
    return array.reshape(len(array), -1)


def _beyond(basis):
    return np.eye(len(basis)) - basis @ basis.T


def _is_finite(matrix):
    # LAPACK does not come back from NaN with a result.
    return bool(namespace(matrix).isfinite(matrix).all())

"""Derivatives of proxes, as matrices: what moves together, and by how much.

A prox that sets entries equal is an average on each set of them, those that it sets to zero do not
move, and the length of a block shrinks while its direction turns. Where a prox has a kink, one of
its sides is taken.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from taut.penalties.base import Penalty

__all__ = ["TyingPenalty", "by_column_pieces", "is_tying", "of_prox", "shrinking"]

_NEAR = 1e-7  # of the largest coefficient


class TyingPenalty(Penalty):
    """A penalty whose prox sets coefficients equal, or to zero."""

    def prox_pieces(self, coef, result, step: float, alpha: float):
        """What moves together, of which the derivative is the projection.

        Parameters
        ----------
        coef, result : ndarray of shape (n_features, ...)
        step, alpha : float
            As for ``prox_derivative``.

        Returns
        -------
        sparse array of shape (size, n_pieces)
            Orthonormal columns, one for each piece that moves.
        """
        raise NotImplementedError

    def prox_derivative(self, coef, result, step, alpha):
        pieces = self.prox_pieces(coef, result, step, alpha)
        return (pieces @ pieces.T).toarray()


def is_tying(penalty: Penalty) -> bool:
    """Whether its ``prox_pieces`` say what moves together, or those of the part of a sum do."""
    return isinstance(getattr(penalty, "part", penalty), TyingPenalty)


def of_prox(penalty: Penalty, coef, result, step: float, alpha: float) -> np.ndarray:
    """A generalised derivative of ``scaled_prox``: that of the penalty, else by differences.

    Parameters and return as for ``Penalty.prox_derivative``.
    """
    known = penalty.prox_derivative(coef, result, step, alpha)
    if known is not None:
        return known
    near = _NEAR * np.max(np.abs(coef), initial=np.finfo(np.float64).tiny)

    def moved(direction):
        ahead, behind = (
            penalty.scaled_prox(coef + way * near * direction, step, alpha) for way in (1, -1)
        )
        return (ahead - behind).ravel() / (2 * near)

    if penalty.by_coefficient:
        return np.diag(np.clip(moved(np.ones(coef.shape)), 0.0, 1.0))
    units = np.eye(coef.size).reshape(-1, *coef.shape)
    matrix = np.column_stack([moved(unit) for unit in units])
    # The prox of a convex penalty is the gradient of a function that bends by at most 1.
    values, vectors = np.linalg.eigh(0.5 * (matrix + matrix.T))
    return (vectors * np.clip(values, 0.0, 1.0)) @ vectors.T


def by_column_pieces(of_column, result):
    """Where a prox that sees columns of coefficients one by one has set some equal in size.

    Parameters
    ----------
    of_column : callable
        Takes a column and returns a label of each entry, and its sign: 1 or -1, or 0 for those that
        do not move.
    result : ndarray of shape (n_features, ...)

    Returns
    -------
    sparse array of shape (size, n_pieces)
        Orthonormal columns, one for each label that moves; entries in the order of ``ravel``.
    """
    columns = result.reshape(len(result), -1)
    labels, signs = np.empty(columns.shape, dtype=np.int64), np.empty(columns.shape)
    first = 0
    for k, column in enumerate(columns.T):
        labels[:, k], signs[:, k] = of_column(column)
        labels[:, k] += first
        first = labels[:, k].max(initial=-1) + 1
    moving = np.flatnonzero(signs)
    signs = signs.ravel()[moving]
    _, labels, counts = np.unique(labels.ravel()[moving], return_inverse=True, return_counts=True)
    place = moving, labels
    shape = columns.size, len(counts)
    return sparse.csr_array((signs / np.sqrt(counts[labels]), place), shape=shape)


def shrinking(coef, result, labels):
    """Of blocks of rows whose length is shortened by a constant: by ``c`` across, by 1 along.

    Parameters
    ----------
    coef, result : ndarray of shape (n_features, ...)
        Before and after; entries that are zero after it do not move.
    labels : integer array of shape (n_features,)

    Returns
    -------
    ndarray of shape (size, size)
    """
    labels = np.repeat(labels, coef[0].size)
    coef, result = coef.ravel(), result.ravel()
    coef = np.where(result == 0, 0.0, coef)
    before, after = (np.sqrt(np.bincount(labels, x**2))[labels] for x in (coef, result))
    unit = result / np.where(after > 0, after, 1.0)
    share = after / np.where(before > 0, before, 1.0)
    along = np.multiply.outer((1 - share) * unit, unit)
    return (labels[:, None] == labels) * along + np.diag(np.where(result == 0, 0.0, share))

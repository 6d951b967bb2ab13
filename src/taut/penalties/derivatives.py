"""Derivatives of proxes, as matrices: what moves together, and by how much.

A prox that sets entries equal is an average on each set of them, those that it sets to zero do not
move, and the length of a block shrinks while its direction turns. Where a prox has a kink, one of
its sides is taken.
"""

from __future__ import annotations

import numpy as np

__all__ = ["averaging", "by_column_derivative", "shrinking"]


def averaging(labels, signs):
    """The projection on vectors with one size for each label.

    Parameters
    ----------
    labels : integer array of shape (n,)
    signs : ndarray of shape (n,)
        1 or -1; entries of sign 0 stay zero.

    Returns
    -------
    ndarray of shape (n, n)
    """
    unit = signs / np.sqrt(np.bincount(labels, signs != 0)[labels].clip(1))
    return (labels[:, None] == labels) * np.multiply.outer(unit, unit)


def by_column_derivative(of_column, *arrays):
    """The derivative of a prox that sees columns of coefficients one by one.

    Parameters
    ----------
    of_column : callable
        Takes a column of each array and returns a matrix.
    *arrays : ndarray of shape (n_features, ...)

    Returns
    -------
    ndarray of shape (size, size)
        Entries in the order of ``ravel``.
    """
    columns = [array.reshape(len(array), -1) for array in arrays]
    n_features, count = columns[0].shape
    result = np.zeros((n_features, count, n_features, count))
    for k in range(count):
        result[:, k, :, k] = of_column(*(column[:, k] for column in columns))
    return result.reshape(n_features * count, -1)


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

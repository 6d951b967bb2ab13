"""Sufficient statistics of least squares: many rows in p-sized numbers."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from zipfile import BadZipFile

import numpy as np

from taut import _core
from taut.designs.design import Design, as_design
from taut.memory import require_memory

__all__ = ["CentredMoments", "Moments", "Rows", "near_means"]

# What np.load raises on bytes that are not an archive of arrays, or one that was tampered with.
_UNREADABLE = (OSError, KeyError, EOFError, TypeError, ValueError, RuntimeError, BadZipFile)

_RUN, _EVERY = 512, 16  # rows that are looked at for a shift: a run of them, in every so many runs
_ROWS = 64  # of a matrix that are changed at a time, while they are in cache


@dataclass(frozen=True, eq=False)
class CentredMoments:
    """The least-squares problem itself: ``1/2 squares - c'b + 1/2 b'Gb``, weights summing to one.

    Attributes
    ----------
    gram : ndarray of shape (n_features, n_features)
    correlation : ndarray of shape (n_features,)
    squares : float
    mean : ndarray of shape (n_features,)
    response_mean : float
        The means are zero where the problem has no intercept.
    """

    gram: np.ndarray
    correlation: np.ndarray
    squares: float
    mean: np.ndarray
    response_mean: float

    @property
    def constant(self) -> np.ndarray:
        """Which columns only rounding keeps from being constant."""
        return np.diagonal(self.gram) <= 1e-28 * self.mean**2

    def without(self, columns) -> CentredMoments:
        """The problem in which these columns, given by a mask, do not vary at all."""
        if not columns.any():
            return self
        gram = self.gram.copy()
        gram[columns], gram[:, columns] = 0.0, 0.0
        return replace(self, gram=gram, correlation=np.where(columns, 0.0, self.correlation))

    def mean_squared_errors(self, coefs) -> np.ndarray:
        """Weighted mean of ``(y - b0 - x'b)^2`` under the best intercept, for columns of
        coefficients."""
        used = np.flatnonzero(coefs.any(axis=1))
        coefs = coefs[used]
        fall = 2 * self.correlation[used, None] - self.gram[np.ix_(used, used)] @ coefs
        return np.maximum(self.squares - np.einsum("jk,jk->k", coefs, fall), 0.0)


@dataclass(frozen=True, eq=False)
class Rows:
    """Weighted rows of a dense matrix and its response, as moments are gathered from them.

    Attributes
    ----------
    design : Design of shape (n_samples, n_features)
    response, weights : ndarray of shape (n_samples,)
    shift : ndarray of shape (n_features + 1,)
        Taken off the columns, and last off the response.
    """

    design: Design
    response: np.ndarray
    weights: np.ndarray
    shift: np.ndarray

    def __post_init__(self):
        _require_dense(self.design)

    @classmethod
    def of(cls, X, y, sample_weight=None, shift=None) -> Rows:
        """From arrays as they are; parameters as for ``Moments.of``.

        Raises
        ------
        TypeError
            X is sparse.
        """
        design = as_design(X)
        y = np.ascontiguousarray(y, dtype=np.float64)
        weights = np.ones(len(y)) if sample_weight is None else sample_weight
        weights = np.ascontiguousarray(weights, dtype=np.float64)
        return cls(design, y, weights, near_means(design, y, weights) if shift is None else shift)


def _require_dense(design):
    if design.is_sparse:
        raise TypeError("X must be dense to gather its moments, got a sparse matrix")


def near_means(design: Design, y, weights) -> np.ndarray:
    """Near the means of the columns, or zeros where these do as well, and that of the response.

    Some rows say enough. If they hold a share f of the weight, with the mean m, and the others have
    the mean m', the variance of all is at least ``f (1 - f) (m - m')^2``, and their mean is
    ``(1 - f) |m - m'|`` from m: at most ``sqrt(1 / f - 1)`` standard deviations, whatever the rows.
    Products about m lose the square of that, less than two digits.

    Returns
    -------
    ndarray of shape (n_features + 1,)
    """
    _require_dense(design)
    total = weights.sum()
    if not total > 0:
        return np.zeros(design.shape[1] + 1)
    runs = [slice(first, first + _RUN) for first in range(0, len(y), _RUN * _EVERY)]
    held = sum(weights[run].sum() for run in runs)
    if held < total / (2 * _EVERY):
        runs, held = [slice(first, first + _RUN) for first in range(0, len(y), _RUN)], total
    blocks = [(design.matrix[run], weights[run] / held) for run in runs]
    # Not by BLAS: its threads, once used, spin for a while and keep a core from what comes next.
    means = sum(np.einsum("ij,i->j", *block) for block in blocks)
    squares = sum(np.einsum("ij,ij,i->j", rows, rows, share) for rows, share in blocks)
    # No mean above two standard deviations of these rows.
    near = np.all(means**2 <= 0.8 * squares)
    return np.append(np.zeros_like(means) if near else means, np.average(y, weights=weights))


@dataclass(frozen=True, eq=False)
class Moments:
    """Weight, sums and products of the columns ``z = [x y] - shift`` over some rows.

    Moments of disjoint rows add, and those of a part subtract from those of the whole: a fold is
    ``total - held_out``. The shift keeps large means from swallowing the variation.

    Attributes
    ----------
    weight : float
        ``sum v``.
    shift : ndarray of shape (n_features + 1,)
        The last entry is that of the response, here and below.
    sums : ndarray of shape (n_features + 1,)
        ``sum v z``.
    products : ndarray of shape (n_features + 1, n_features + 1)
        ``sum v z z'``.
    """

    weight: float
    shift: np.ndarray
    sums: np.ndarray
    products: np.ndarray

    @classmethod
    def of(cls, X, y, sample_weight=None, shift=None) -> Moments:
        """Moments of a dense matrix and its response, in one pass.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
        y : ndarray of shape (n_samples,)
        sample_weight : ndarray of shape (n_samples,), default None
        shift : ndarray of shape (n_features + 1,), default None
            None takes what `near_means` finds.
        """
        rows = Rows.of(X, y, sample_weight, shift)
        return cls.of_groups(rows, np.zeros(len(rows.response), dtype=np.int32), 1)[0]

    @classmethod
    def of_groups(cls, rows: Rows, groups, n_groups, cancel=None) -> list[Moments]:
        """Moments of each group of rows, in one pass over all; a negative group is left out.

        ``cancel`` is a flag that ends it early.

        Raises
        ------
        MemoryError
            A matrix of products for each group would not fit.
        """
        n_columns = rows.design.shape[1] + 1
        require_memory(
            "the products of {1:,} columns, for {0:,} groups of rows,",
            (n_groups, n_columns, n_columns),
            "leave out columns, make fewer groups, or fit the rows themselves (taut.fit_path), "
            "which needs no products of all columns",
        )
        groups = np.ascontiguousarray(groups, dtype=np.int32)
        found = _core.group_statistics(
            rows.design.handle, rows.response, rows.weights, groups, n_groups, rows.shift, cancel
        )
        return [cls(float(z[-1, -1]), rows.shift, z[-1, :-1], z[:-1, :-1]) for z in found]

    def update(self, X, y, sample_weight=None) -> Moments:
        """These rows and more."""
        return self + Moments.of(X, y, sample_weight, self.shift)

    @classmethod
    def joined(cls, parts) -> Moments:
        """Moments of the rows of all parts, which have one shift, in the arrays of the first."""
        first, *others = parts
        weight = first.weight
        for other in others:
            weight += other.weight
            np.add(first.sums, other.sums, out=first.sums)
            np.add(first.products, other.products, out=first.products)
        return replace(first, weight=weight)

    def __add__(self, other: Moments) -> Moments:
        other = other.shifted(self.shift)
        return Moments(
            self.weight + other.weight,
            self.shift,
            self.sums + other.sums,
            self.products + other.products,
        )

    def __sub__(self, other: Moments) -> Moments:
        other = other.shifted(self.shift)
        return Moments(
            self.weight - other.weight,
            self.shift,
            self.sums - other.sums,
            self.products - other.products,
        )

    def shifted(self, shift) -> Moments:
        """The same rows about another shift."""
        by = self.shift - shift
        if not by.any():
            return self
        cross = np.outer(self.sums, by)
        return Moments(
            self.weight,
            shift,
            self.sums + self.weight * by,
            self.products + cross + cross.T + self.weight * np.outer(by, by),
        )

    def centred(self, fit_intercept: bool = True) -> CentredMoments:
        """The problem that these rows pose."""
        if fit_intercept:
            offset = self.sums / self.weight
            mean = self.shift + offset
            products = self.products
        else:
            offset = mean = np.zeros_like(self.shift)
            products = self.shifted(mean).products
        gram = products[:-1, :-1] / self.weight
        for first in range(0, len(gram), _ROWS):
            rows = slice(first, first + _ROWS)
            gram[rows] -= np.outer(offset[:-1][rows], offset[:-1])
        across = products[-1] / self.weight - offset[-1] * offset
        return CentredMoments(gram, across[:-1], max(across[-1], 0.0), mean[:-1], float(mean[-1]))

    def mean_squared_errors(self, coefs, intercepts) -> np.ndarray:
        """Weighted mean of ``(y - b0 - x'b)^2`` over these rows, for columns of coefficients.

        Parameters
        ----------
        coefs : ndarray of shape (n_features, n_alphas)
        intercepts : ndarray of shape (n_alphas,)
        """
        # y - b0 - x'b = (y - shift_y) - (x - shift_x)'b - c with c = b0 - shift_y + shift_x'b
        constant = intercepts - self.shift[-1] + self.shift[:-1] @ coefs
        used = np.append(np.flatnonzero(coefs.any(axis=1)), len(coefs))
        direction = np.vstack([-coefs[used[:-1]], np.ones(coefs.shape[1])])
        quadratic = np.einsum("jk,jk->k", direction, self.products[np.ix_(used, used)] @ direction)
        linear = self.sums[used] @ direction
        total = quadratic - 2 * constant * linear + self.weight * constant**2
        return np.maximum(total, 0.0) / self.weight

    def to_bytes(self) -> bytes:
        """A portable copy (NumPy's own format, nothing that executes)."""
        buffer = io.BytesIO()
        np.savez(
            buffer, weight=self.weight, shift=self.shift, sums=self.sums, products=self.products
        )
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Moments:
        """Read what ``to_bytes`` wrote.

        Raises
        ------
        ValueError
            ``data`` is something else.
        """
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as saved:
                weight = float(saved["weight"])
                shift, sums, products = (
                    np.asarray(saved[name], dtype=np.float64)
                    for name in ("shift", "sums", "products")
                )
        except _UNREADABLE as error:
            raise ValueError(f"data must be bytes from Moments.to_bytes, got: {error}") from error
        size = shift.size
        if not shift.shape == sums.shape == (size,) or products.shape != (size, size):
            raise ValueError("data must be bytes from Moments.to_bytes, got arrays that do not fit")
        return cls(weight, shift, sums, products)

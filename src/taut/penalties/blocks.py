"""Penalties that see blocks of coefficients, entries or groups of features, by their norms."""

from __future__ import annotations

import operator

import numpy as np

from taut.penalties.arrays import (
    as_numpy,
    as_real,
    as_scalar,
    like,
    namespace,
    positions_like,
    widened,
)
from taut.penalties.base import Penalty, greatest_ratio
from taut.penalties.checks import as_alpha, as_one_step, as_step, check_axis
from taut.penalties.groups import are_labels, no_layout

__all__ = ["BlockPenalty", "block_sums"]


class BlockPenalty(Penalty):
    """``sum_g f(|b_g|_2; alpha w_g)`` for an ``f`` that rises with the norm, from 0 at 0.

    A block is a group of rows of ``coef``, over all columns; without groups it is one row, or one
    entry where ``_by_entry`` says so. Subclasses give ``f`` and its prox for numbers >= 0.
    """

    has_groups = True
    groups = None
    weights = None
    _by_entry = False

    def _cost(self, norms, strengths):
        """``f`` of each block."""
        raise NotImplementedError

    def _shrunk(self, norms, strengths, step):
        """``argmin_(x >= 0) 1/2 (x - norm)^2 + step * f(x)`` of each block."""
        raise NotImplementedError

    def value(self, coef):
        return self.scaled_value(coef, 1.0)

    def prox(self, coef, step):
        return self.scaled_prox(coef, step, 1.0)

    def scaled_value(self, coef, alpha):
        coef = as_real("coef", coef)
        xp = namespace(coef)
        _, norms, weights, excluded = self._aligned(coef)
        cost = self._cost(norms, as_alpha(alpha) * weights)
        return as_scalar(xp.where(excluded & (norms > 0), xp.inf, cost).sum(), coef)

    def scaled_prox(self, coef, step, alpha):
        # f depends on the norm alone and rises with it, so that the best b_g points where coef_g
        # points and only its length is left to choose.
        coef = as_real("coef", coef)
        xp = namespace(coef)
        labels, norms, weights, excluded = self._aligned(coef)
        step, strengths = self._step(step, coef, norms), as_alpha(alpha) * weights
        shrunk = self._shrunk(norms, strengths, step)
        ratio = shrunk / xp.where(norms == 0, 1.0, norms)
        # Free blocks keep every bit, also where their squares underflow to a norm of zero.
        ratio = xp.where(excluded, 0.0, xp.where(step * strengths == 0, 1.0, ratio))
        if not self._by_entry:
            ratio = like(ratio[positions_like(labels, coef)], coef)
        return like(coef * ratio + 0.0, coef)  # + 0.0 turns -0.0 into 0.0

    def dual_norm(self, correlations) -> float:
        """Smallest alpha at which zero is stationary, ``max_g |z_g|_2 / w_g``.

        Parameters
        ----------
        correlations : array or torch tensor of shape (n_features, ...)
            Negative gradient of the loss at zero.

        Returns
        -------
        float
            Over the blocks that are neither unpenalised nor excluded; 0 where there are none.

        Raises
        ------
        TypeError
            ``correlations`` are not real.
        ValueError
            There are not as many features as in the groups or weights.
        """
        z = as_numpy("correlations", correlations)
        _, norms, weights, _ = self._aligned(z, "correlations")
        return greatest_ratio(norms, weights)

    def group_layout(self, n_features: int) -> tuple[np.ndarray, np.ndarray]:
        """Groups as compiled solvers take them.

        Returns
        -------
        labels : ndarray of shape (n_features,), int64
            Group 0, 1, ... of each feature.
        weights : ndarray of shape (n_groups,), float64
            In [0, inf]; the root of its size for a group without one of its own.

        Raises
        ------
        ValueError
            The groups or weights are for another number of features.
        """
        return self._layout(operator.index(n_features), "X")

    @property
    def _n_features(self):
        if self.groups is None:
            return None if self.weights is None else self.weights.size
        return self.groups.size if are_labels(self.groups) else None

    def _layout(self, n_features, owner):
        if self.groups is not None and not are_labels(self.groups):
            raise no_layout(self)
        labels = np.arange(n_features) if self.groups is None else self.groups
        weights = np.sqrt(np.bincount(labels)) if self.weights is None else self.weights
        known = weights.size if self.groups is None else labels.size
        if known != n_features:
            named = "weights" if self.groups is None else "groups"
            raise ValueError(
                f"{named} of {self!r} are for {known} features, but {owner} has {n_features}: "
                f"make the penalty with {named} for {n_features} features"
            )
        return labels.astype(np.int64), weights.astype(np.float64)

    def _aligned(self, coef, name="coef"):
        """Labels; norms of the blocks; their weights, inf as 0, and which are excluded."""
        check_axis(name, coef)
        labels, weights = self._layout(coef.shape[0], name)
        if self._by_entry:
            norms = abs(coef)
        else:
            norms = _root(block_sums(widened(coef) ** 2, labels, weights.size))
        xp = namespace(norms)
        excluded = np.isinf(weights)
        # Weights beyond the range of a narrow dtype would become inf, and inf * 0 is NaN.
        finite = np.minimum(np.where(excluded, 0.0, weights), float(xp.finfo(norms.dtype).max))
        return labels, norms, like(finite, norms), like(excluded, norms) > 0

    def _step(self, step, coef, norms):
        if self._by_entry:
            step = as_step(step, coef)
        else:
            step = as_one_step(step, coef, "features of a group share it; pass a float")
        return like(np.asarray(step), norms) if isinstance(step, float) else step


def block_sums(array, labels, count):
    """Sum of the entries of ``array`` over the rows of each of ``count`` labels."""
    rows = array.reshape(len(array), -1).sum(1)
    if namespace(rows) is np:
        return np.bincount(labels, weights=rows, minlength=count)
    return rows.new_zeros(count).index_add(0, positions_like(labels, rows), rows)


def _root(squares):
    # The slope of a root at 0 is inf, and inf * 0 would make the gradient of tensors NaN.
    xp = namespace(squares)
    zero = squares == 0
    return xp.where(zero, 0.0, xp.sqrt(xp.where(zero, 1.0, squares)))

"""The objective: what is minimised, stated once for every solver."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from taut.designs import Design
from taut.designs.repeated import RepeatedColumns
from taut.losses import Loss
from taut.penalties import Box, Coordinates, Penalty
from taut.penalties.base import Folds
from taut.penalties.groups import on_copies

__all__ = ["Problem"]


@dataclass(frozen=True, eq=False)
class Problem:
    """``minimise sum_i v_i loss(y_i, b0 + x_i'b) + alpha * penalty(b)`` for any ``alpha``.

    Attributes
    ----------
    design : Design of shape (n_samples, n_features)
    response : ndarray of shape (n_samples,) or (n_samples, k)
        As ``loss.check_response`` gives it; for least squares less the offset.
    loss : Loss
    penalty : Penalty
    weights : ndarray of shape (n_samples,)
        Sample weights over their sum; zeros stand for rows that are not there.
    fit_intercept : bool
        The intercept ``b0`` is never penalised.
    standardize : bool
        Penalise the coefficients of columns scaled to unit standard deviation; constant columns
        have none, and stay as given. The coefficients themselves are those of the given columns.
    offset : ndarray of shape (n_samples,) or (n_samples, n_outputs), or None
        A known part of the linear predictor, None for least squares.
    shared : dict
        What problems on the same design and weights compute once (see ``for_response``).
    """

    design: Design
    response: np.ndarray
    loss: Loss
    penalty: Penalty
    weights: np.ndarray
    fit_intercept: bool = True
    standardize: bool = False
    offset: np.ndarray | None = None
    shared: dict = field(default_factory=dict, repr=False)

    @cached_property
    def coordinates(self) -> Coordinates | None:
        """The penalty for each coefficient on its original scale, or None if it does not separate.

        With b_j = s_j^-1 c_j for standardised coefficients c, ``l1 |c| = (l1 s) |b|`` and
        ``l2 c^2 = (l2 s^2) b^2``: standardising is a matter of weights, and X stays as it is.
        """
        coordinates = self.penalty.coordinates(self.design.shape[1])
        if coordinates is None or not self.standardize:
            return coordinates
        l1, l2, lower, upper = coordinates
        return Coordinates(l1 * self.scale, l2 * self.scale**2, lower, upper)

    @cached_property
    def folded(self) -> tuple[Coordinates, Folds] | None:
        """The same of a folded concave penalty on each entry: its slopes fall off.

        For ``c = s b`` they fall by ``s^2`` times as much, from ``s^-1`` times the knot on.
        """
        folded = self.penalty.folded_coordinates(self.design.shape[1])
        if folded is None or not self.standardize:
            return folded
        (l1, l2, lower, upper), (fall, knot) = folded
        scale = self.scale
        coordinates = Coordinates(l1 * scale, l2 * scale**2, lower, upper)
        return coordinates, Folds(fall * scale**2, knot / scale)

    @property
    def is_separable(self) -> bool:
        """Whether the penalty is a sum over features."""
        return self.coordinates is not None

    @cached_property
    def null_intercept(self):
        """The loss's best intercept where there are no features: a number for each predictor."""
        return self.loss.null_intercept(self.response, self.weights, self.offset)

    @cached_property
    def coef_shape(self) -> tuple[int, ...]:
        """``(n_features,)``, or ``(n_features, n_outputs)`` for several linear predictors."""
        return (self.design.shape[1], *np.shape(self.null_intercept))

    @property
    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Weighted mean and standard deviation of each column."""
        if "moments" not in self.shared:
            self.shared["moments"] = self.design.moments(self.weights)
        return self.shared["moments"]

    @cached_property
    def scale(self) -> np.ndarray:
        """What the penalty takes for the unit of each column, shape (n_features,).

        A standard deviation of 0 would leave a constant column free under penalties on single
        coefficients, and would be nothing to divide by under those that compare them. Such a
        column keeps its own unit under all of them, as scikit-learn's StandardScaler has it.
        """
        if not self.standardize:
            return np.ones(self.design.shape[1])
        deviation = self.moments[1]
        return np.where(deviation > 0, deviation, 1.0)

    @cached_property
    def on_copies(self) -> Problem:
        """The same problem on a partition: features that groups share are there once for each.

        A feature's coefficient is the sum over its copies. What is penalised is the least that any
        way to share it out would cost, a norm again, so that the gap is that of this problem as
        well: the dual points of both are the same (Jacob, Obozinski and Vert 2009). Without groups
        that overlap it is the problem itself.
        """
        found = on_copies(self.penalty)
        if found is None:
            return self
        columns, penalty = found
        if columns.max() + 1 != self.design.shape[1]:
            raise ValueError(
                f"groups of {self.penalty!r} are for {columns.max() + 1} features, but X has "
                f"{self.design.shape[1]}: make the penalty with groups of all columns of X"
            )
        design = RepeatedColumns(self.design, columns)
        return replace(self, design=design, penalty=penalty, shared={})

    def for_response(self, response) -> Problem:
        """The same problem for another response, sharing what depends on the design alone."""
        return replace(self, response=np.ascontiguousarray(response, dtype=np.float64))

    def without_penalty(self) -> Problem:
        """The same problem at alpha = 0: bounds and exclusions stay."""
        if self.on_copies is not self:
            return self._without_groups()
        coordinates = self.penalty.coordinates(self.design.shape[1])
        if coordinates is not None:
            return replace(self, penalty=Box(coordinates.lower, coordinates.upper))
        left = self.penalty.without_strength()
        if left is not None:
            return replace(self, penalty=left)
        # What a penalty forbids at any strength shows in its prox at strength zero.
        probe = 1.0 + np.random.default_rng(0).uniform(size=self.design.shape[1])
        limits = []
        for sign in (-1.0, 1.0):
            allowed = self.penalty.scaled_prox(sign * probe, 1.0, 0.0)
            kept = np.isclose(allowed, sign * probe, rtol=1e-12)
            if not np.all(kept | (allowed == 0)):
                return self
            limits.append(np.where(kept, sign * np.inf, 0))
        return replace(self, penalty=Box(*limits))

    def _without_groups(self) -> Problem:
        """At alpha = 0, where a feature is excluded only if each of its groups is."""
        copies = self.on_copies
        box = copies.without_penalty().penalty
        open_copies = np.broadcast_to(box.upper, copies.design.shape[1])
        bound = np.zeros(self.design.shape[1])
        np.maximum.at(bound, copies.design.sources, open_copies)
        return replace(self, penalty=Box(-bound, bound))

    def objective(self, coef, intercept, alpha: float) -> float:
        """Value of the objective."""
        eta = intercept + self.design.product(coef)
        if self.offset is not None:
            eta = eta + self.offset
        loss = self.loss.total(self.response, eta, self.weights)
        return float(loss + self.penalty_value(coef, alpha))

    def penalty_value(self, coef, alpha: float) -> float:
        """What the penalty adds to the objective at coefficients on their original scale."""
        coef = np.asarray(coef, dtype=np.float64)
        rows = (-1, *[1] * (coef.ndim - 1))
        if not self.is_separable:
            return self.penalty.scaled_value(coef * self.scale.reshape(rows), alpha)
        l1, l2, lower, upper = (part.reshape(rows) for part in self.coordinates)
        if np.any(coef < lower) or np.any(coef > upper):
            return np.inf
        return alpha * float(np.sum(l1 * np.abs(coef) + 0.5 * l2 * np.square(coef)))

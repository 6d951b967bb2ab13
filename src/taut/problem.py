"""The objective: what is minimised, stated once for every solver."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from taut.designs import Design
from taut.losses import Loss
from taut.penalties import Box, Coordinates, Penalty

__all__ = ["Problem"]


@dataclass(frozen=True, eq=False)
class Problem:
    """``minimise sum_i v_i loss(y_i, b0 + x_i'b) + alpha * penalty(b)`` for any ``alpha``.

    Attributes
    ----------
    design : Design of shape (n_samples, n_features)
    response : ndarray of shape (n_samples,)
        As ``loss.check_response`` gives it; for least squares less the offset.
    loss : Loss
    penalty : Penalty
    weights : ndarray of shape (n_samples,)
        Sample weights over their sum; zeros stand for rows that are not there.
    fit_intercept : bool
        The intercept ``b0`` is never penalised.
    standardize : bool
        Penalise the coefficients of columns scaled to unit standard deviation. The coefficients
        themselves stay on the scale of the columns as given.
    offset : ndarray of shape (n_samples,) or None
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
    def coordinates(self) -> Coordinates:
        """The penalty for each coefficient on its original scale.

        With b_j = s_j^-1 c_j for standardised coefficients c, ``l1 |c| = (l1 s) |b|`` and
        ``l2 c^2 = (l2 s^2) b^2``: standardising is a matter of weights, and X stays as it is.
        """
        n_features = self.design.shape[1]
        l1, l2, lower, upper = self.penalty.coordinates(n_features)
        if self.standardize:
            scale = self.moments[1]
            l1, l2 = l1 * scale, l2 * scale**2
        return Coordinates(l1, l2, lower, upper)

    @cached_property
    def is_separable(self) -> bool:
        """Whether the penalty is a sum over features."""
        return self.penalty.coordinates(self.design.shape[1]) is not None

    @property
    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Weighted mean and standard deviation of each column."""
        if "moments" not in self.shared:
            self.shared["moments"] = self.design.moments(self.weights)
        return self.shared["moments"]

    def for_response(self, response) -> Problem:
        """The same problem for another response, sharing what depends on the design alone."""
        return replace(self, response=np.ascontiguousarray(response, dtype=np.float64))

    def without_penalty(self) -> Problem:
        """The same problem at alpha = 0: bounds and exclusions stay."""
        _, _, lower, upper = self.penalty.coordinates(self.design.shape[1])
        return replace(self, penalty=Box(lower, upper))

    def objective(self, coef, intercept: float, alpha: float) -> float:
        """Value of the objective."""
        eta = intercept + self.design.product(coef)
        if self.offset is not None:
            eta = eta + self.offset
        l1, l2, lower, upper = self.coordinates
        if np.any(coef < lower) or np.any(coef > upper):
            return np.inf
        penalty = l1 @ np.abs(coef) + 0.5 * l2 @ np.square(coef)
        return float(self.weights @ self.loss.value(self.response, eta) + alpha * penalty)

"""SLOPE: the sorted L1 norm."""

from __future__ import annotations

import numpy as np
from scipy.optimize import isotonic_regression
from scipy.special import ndtri

from taut.penalties.arrays import (
    as_numpy,
    as_real,
    as_scalar,
    by_column,
    like,
    namespace,
)
from taut.penalties.base import greatest_ratio
from taut.penalties.checks import (
    as_marks,
    as_number,
    as_one_step,
    as_vector,
    check_axis,
    check_lengths,
)
from taut.penalties.derivatives import TyingPenalty, by_column_pieces

__all__ = ["SLOPE"]


class SLOPE(TyingPenalty):
    """Sorted L1 penalty, ``sum_k lambda_k |b|_(k)`` with ``|b|_(1) >= |b|_(2) >= ...``.

    The largest coefficient meets the largest lambda: features enter against a bar that rises as
    in the procedure of Benjamini and Hochberg, and coefficients of correlated features are set
    equal. Columns of coefficients are penalised one by one.

    On torch tensors ``value`` has a gradient; ``prox`` goes through NumPy and has none.

    Parameters
    ----------
    sequence : array of shape (n_features,), default None
        ``lambda_1 >= lambda_2 >= ... >= 0``. None takes the critical values of Benjamini and
        Hochberg, ``lambda_k = Phi^-1(1 - q k / (2 m))`` for ``m`` penalised features.
    q : float in (0, 1), default None
        Level of the false discovery rate behind the default sequence; None is 0.1.
    weights : array of shape (n_features,), default None
        1 = penalised, 0 = unpenalised, inf = excluded (coefficient fixed at 0); None = 1. The
        largest lambdas go to the penalised features, and the others need none.

    Raises
    ------
    TypeError
        ``sequence``, ``q`` or ``weights`` are not real numbers.
    ValueError
        ``sequence`` increases, is negative or not finite; ``q`` lies outside (0, 1), or is given
        along with a sequence; ``weights`` are not 0, 1 or inf; lengths differ.

    References
    ----------
    Bogdan, M., van den Berg, E., Sabatti, C., Su, W. and Candès, E. J. (2015). SLOPE: adaptive
    variable selection via convex optimization. Annals of Applied Statistics 9, 1103-1140.

    Examples
    --------
    >>> SLOPE([3.0, 1.0]).value([-2.0, 5.0])
    17.0
    >>> SLOPE([3.0, 1.0]).prox([-4.0, 5.0], 1.0).tolist()
    [-2.5, 2.5]
    """

    is_norm = True
    is_absolute = True

    def __init__(self, sequence=None, q=None, weights=None):
        sequence, weights = _as_sequence(sequence), as_marks(weights, "SLOPE", "sorted")
        if sequence is None:
            q = _as_level(0.1 if q is None else q)
        elif q is not None:
            raise ValueError(f"q must be None where a sequence is given, got {q}: leave out one")
        check_lengths(sequence=sequence, weights=weights)
        self._set(sequence=sequence, q=q, weights=weights)

    def value(self, coef):
        coef = as_real("coef", coef)
        xp = namespace(coef)
        lambdas, weights = self._aligned(coef)
        size = abs(coef)
        # Ranks of features from the largest down, those without a lambda behind the others.
        keys = xp.where(like(weights == 1, size) > 0, -size, 1.0)
        ranks = xp.argsort(xp.argsort(keys, 0), 0)
        cost = like(lambdas, size.reshape(-1))[ranks] * size
        forbidden = (like(weights == np.inf, size) > 0) & (size > 0)
        return as_scalar(xp.where(forbidden, xp.inf, cost).sum(), coef)

    def prox(self, coef, step):
        coef = as_real("coef", coef)
        step = as_one_step(step, coef, "sorted features share it; pass a float")
        lambdas, weights = self._aligned(coef)
        shrunk, penalised = as_numpy("coef", coef), weights == 1
        thresholds = step * lambdas[: np.count_nonzero(penalised)]
        shrunk[penalised] = by_column(_sorted_shrinkage, shrunk[penalised], thresholds)
        shrunk[weights == np.inf] *= 0.0
        return like(shrunk, coef)

    def prox_pieces(self, coef, result, step, alpha):
        _, weights = self._aligned(coef)

        def of_column(column):
            # Those of one size move together; without a penalty, each by itself.
            size = np.where(weights == 1, np.abs(column), -1.0 - np.arange(len(column)))
            signs = np.where(weights == 1, np.sign(column), weights == 0)
            return np.unique(size, return_inverse=True)[1], signs

        return by_column_pieces(of_column, result)

    def dual_norm(self, correlations) -> float:
        """Smallest alpha at which zero is stationary.

        Parameters
        ----------
        correlations : array or torch tensor of shape (n_features, ...)
            Negative gradient of the loss at zero.

        Returns
        -------
        float
            The largest over ``k`` of ``(|z|_(1) + ... + |z|_(k)) / (lambda_1 + ... + lambda_k)``,
            and over columns.

        Raises
        ------
        TypeError
            ``correlations`` are not real.
        ValueError
            There are not as many features as in the sequence or weights.
        """
        z = as_numpy("correlations", correlations)
        lambdas, weights = self._aligned(z, "correlations")
        size = -np.sort(-abs(z[weights == 1]), axis=0)
        bars = like(np.cumsum(lambdas[: len(size)]), size)
        return greatest_ratio(np.cumsum(size, axis=0), bars)

    def coordinates(self, n_features: int) -> None:
        """None: the sorted norm does not separate.

        Raises
        ------
        ValueError
            The sequence or weights are for another number of features.
        """
        self._require_length(n_features, "X")

    @property
    def _n_features(self):
        known = self.weights if self.sequence is None else self.sequence
        return None if known is None else len(known)

    def _require_length(self, n_features, owner):
        for part, are in (("sequence", "is"), ("weights", "are")):
            known = getattr(self, part)
            if known is not None and len(known) != n_features:
                raise ValueError(
                    f"{part} of {self!r} {are} for {len(known)} features, but {owner} has "
                    f"{n_features}: make the penalty with {n_features} entries, or SLOPE(q=0.1), "
                    "whose lambdas fit any number of features"
                )

    def _aligned(self, coef, name="coef"):
        """Lambdas, zeros after those of the penalised features; and the weights."""
        check_axis(name, coef)
        n_features = coef.shape[0]
        self._require_length(n_features, name)
        weights = np.ones(n_features) if self.weights is None else self.weights
        n_penalised = np.count_nonzero(weights == 1)
        lambdas = np.zeros(n_features)
        if self.sequence is None:
            ranks = np.arange(1, n_penalised + 1)
            lambdas[:n_penalised] = -ndtri(self.q * ranks / (2 * n_penalised))
        else:
            lambdas[:n_penalised] = self.sequence[:n_penalised]
        return lambdas, weights


def _sorted_shrinkage(z, thresholds):
    # In the order of falling |z| the minimiser falls too: it is the least squares fit of a
    # falling sequence to |z| - thresholds, cut at 0 (Bogdan et al. 2015, section 2.2).
    order = np.argsort(-abs(z), kind="stable")
    fit = isotonic_regression(abs(z)[order] - thresholds, increasing=False).x
    shrunk = np.empty_like(z)
    shrunk[order] = np.maximum(fit, 0.0)
    return np.copysign(shrunk, z) + 0.0  # + 0.0 turns -0.0 into 0.0


def _as_sequence(sequence):
    if sequence is None:
        return None
    sequence = as_vector("sequence", sequence, "(n_features,)", "one lambda per feature")
    wrong = np.flatnonzero(~((sequence >= 0) & (sequence < np.inf)))
    if wrong.size:
        raise ValueError(
            f"sequence must be non-negative and finite, got {sequence[wrong[0]]} at index "
            f"{wrong[0]}: pass lambdas >= 0, the largest first"
        )
    rises = np.flatnonzero(np.diff(sequence) > 0)
    if rises.size:
        raise ValueError(
            f"sequence must not increase, got {sequence[rises[0]]} and then "
            f"{sequence[rises[0] + 1]} at index {rises[0] + 1}: sort it, the largest first"
        )
    return sequence


def _as_level(q):
    q = as_number("q", q, "a float in (0, 1)")
    if not 0 < q < 1:
        raise ValueError(
            f"q must lie in (0, 1), got {q}: pass a rate of false discoveries, such as 0.1"
        )
    return q

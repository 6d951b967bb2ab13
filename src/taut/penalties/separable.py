"""The one separable family: ``l1 |b| + 1/2 l2 b^2`` on an interval, for each coordinate."""

from __future__ import annotations

import operator
from functools import reduce
from itertools import chain

import numpy as np

from taut.penalties.arrays import as_numpy, as_real, as_scalar, like, namespace
from taut.penalties.base import Coordinates, Penalty, check_terms, greatest_ratio
from taut.penalties.checks import as_step, check_axis, check_interval

__all__ = ["Separable", "Sum", "drawn", "weighted"]


class Separable(Penalty):
    """A penalty of the family; subclasses only say what their coordinates are.

    The family is closed under addition: ``+`` adds ``l1`` and ``l2`` and intersects the bounds.
    """

    def _family(self) -> Coordinates:
        """Coordinates of shape (n_features,), or () where all features share one number."""
        raise NotImplementedError

    def value(self, coef):
        coef = as_real("coef", coef)
        xp = namespace(coef)
        l1, l2, lower, upper = self._aligned(coef)
        size = abs(coef)
        cost = size * (l1 + 0.5 * l2 * size)
        total = xp.where((coef < lower) | (coef > upper), xp.inf, cost).sum()
        return as_scalar(total, coef)

    def prox(self, coef, step):
        # One coordinate minimises g(b) = 1/2 (b - z)^2 + t (l1 |b| + 1/2 l2 b^2) on an interval.
        # Without the interval, 0 in dg reads z in b (1 + t l2) + t l1 d|b|: b = 0 for
        # |z| <= t l1, else (z - sign(z) t l1) / (1 + t l2). g is convex in one dimension, so it
        # falls up to that b and rises after it: on an interval the nearest point is the minimiser.
        coef = as_real("coef", coef)
        step = as_step(step, coef)
        xp = namespace(coef)
        l1, l2, lower, upper = self._aligned(coef)
        threshold = step * l1
        soft = coef - xp.clip(coef, -threshold, threshold)
        return xp.clip(soft / (1 + step * l2), lower, upper)

    def prox_derivative(self, coef, result, step, alpha):
        l1, l2, lower, upper = self._aligned(coef)
        # At rest in the kink at zero, or at a bound.
        moves = ((result != 0) | (l1 == 0)) & (lower < result) & (result < upper)
        return np.diag((moves / (1 + step * alpha * l2)).ravel())

    def coordinates(self, n_features: int) -> Coordinates:
        """The four arrays of the family, each float64 of shape (n_features,).

        Raises
        ------
        ValueError
            The weights or bounds are for another number of features.
        """
        n_features = operator.index(n_features)
        family = self._family_for(n_features, "X")
        return Coordinates(*(np.full(n_features, part) for part in family))

    @property
    def is_norm(self) -> bool:
        _, l2, lower, upper = self._family()
        unbounded = (lower == -np.inf) & (upper == np.inf)
        excluded = (lower == 0) & (upper == 0)
        return bool(np.all((l2 == 0) & unbounded | excluded))

    def dual_norm(self, correlations) -> float:
        """Smallest alpha at which all coefficients with an L1 part can be zero.

        Parameters
        ----------
        correlations : array or torch tensor of shape (n_features, ...)
            Negative gradient of the loss at zero.

        Returns
        -------
        float
            ``max_j |z_j| / l1_j``, where a bound at zero takes one sign of ``z_j`` and two take
            both. inf where a bound keeps a coefficient from zero.

        Raises
        ------
        TypeError
            ``correlations`` are not real.
        ValueError
            There are not as many features as weights or bounds.
        """
        # At b_j = 0: z_j lies in alpha [-l1, l1], widened to -inf by a lower bound of 0, which
        # pushes back as hard as it must, and to inf by an upper bound of 0.
        z = as_numpy("correlations", correlations)
        l1, _, lower, upper = self._aligned(z, "correlations")
        if np.any(lower > 0) or np.any(upper < 0):
            return np.inf
        return greatest_ratio(np.abs(drawn(z, lower, upper)), l1)

    @property
    def _n_features(self):
        return _length(self._family())

    def _family_for(self, n_features, owner):
        family = self._family()
        known = _length(family)
        if known not in (None, n_features):
            raise ValueError(
                f"weights or bounds of {self!r} are for {known} features, but {owner} has "
                f"{n_features}: make the penalty with arrays of length {n_features}"
            )
        return family

    def _aligned(self, coef, name="coef"):
        check_axis(name, coef)
        l1, l2, lower, upper = self._family_for(coef.shape[0], name)
        # Weights beyond the range of a narrow dtype would become inf, and inf * 0 is NaN.
        largest = float(namespace(coef).finfo(coef.dtype).max)
        l1, l2 = np.minimum(l1, largest), np.minimum(l2, largest)
        return [like(part, coef) for part in (l1, l2, lower, upper)]


class Sum(Separable):
    """Sum of separable penalties, written ``L1() + NonNegative()``.

    Parameters
    ----------
    terms : sequence of separable penalties

    Raises
    ------
    TypeError
        A term is no penalty.
    ValueError
        There is none, one is not separable, no coefficient satisfies the bounds of all terms, or
        their numbers of features differ.
    """

    def __init__(self, terms):
        terms = tuple(terms)
        check_terms(terms)
        if not terms or not all(isinstance(term, Separable) for term in terms):
            raise ValueError(f"terms must be separable penalties, at least one, got {terms!r}")
        nested = (term.terms if isinstance(term, Sum) else (term,) for term in terms)
        self._set(terms=tuple(chain.from_iterable(nested)))
        family = self._family()
        check_interval(family.lower, family.upper, f"in {self!r}: drop or widen a term")

    def _family(self):
        families = [term._family() for term in self.terms]
        lengths = sorted({part.size for family in families for part in family if part.ndim})
        if len(lengths) > 1:
            raise ValueError(
                f"terms of {self!r} are for different numbers of features, {lengths}: "
                "give their weights and bounds one length"
            )
        l1, l2, lower, upper = zip(*families, strict=True)
        return Coordinates(
            np.asarray(reduce(np.add, l1)),
            np.asarray(reduce(np.add, l2)),
            np.asarray(reduce(np.maximum, lower)),
            np.asarray(reduce(np.minimum, upper)),
        )

    def __repr__(self):
        return " + ".join(map(repr, self.terms))


def _length(family) -> int | None:
    """Of its arrays; None where all are single numbers."""
    return next((part.size for part in family if part.ndim), None)


def drawn(correlations, lower, upper):
    """Correlations without what pushes coefficients at zero against a bound there."""
    lowest, highest = np.where(lower < 0, -np.inf, 0.0), np.where(upper > 0, np.inf, 0.0)
    return np.clip(correlations, lowest, highest)


def weighted(weights, l1=0.0, l2=0.0, lower=-np.inf, upper=np.inf):
    """The family of one penalty under weights: 0 frees a feature, inf fixes its coefficient at 0.

    Parameters
    ----------
    weights : ndarray of shape (n_features,) or None
    l1, l2 : float
        At weight 1.
    lower, upper : float or ndarray of shape (n_features,)
        At any weight but 0 and inf: an interval does not scale.
    """
    if weights is None:
        return Coordinates(*map(np.asarray, (l1, l2, lower, upper)))
    free, excluded = weights == 0, np.isinf(weights)
    scale = np.where(excluded, 0.0, weights)
    return Coordinates(
        scale * l1,
        scale * l2,
        np.where(excluded, 0.0, np.where(free, -np.inf, lower)),
        np.where(excluded, 0.0, np.where(free, np.inf, upper)),
    )

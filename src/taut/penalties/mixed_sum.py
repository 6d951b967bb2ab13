"""A penalty that ties coefficients, and separable ones beside it: one prox from two.

Which sums have a prox in closed form follows from three rules, for ``prox_t`` with step t.

A ridge rescales. ``1/2 |b - z|^2 + t (P(b) + c/2 |b|^2)`` is, but for a constant, ``1 + t c`` times
``1/2 |b - z / (1 + t c)|^2 + t / (1 + t c) P(b)``, for every P. For a norm P, where factors move
through the prox, that is ``prox_t P (z) / (1 + t c)``, and c may differ from block to block.

Signs and L1 come first, where P sees absolute values only and rises with each of them: sorted or
grouped norms, folded penalties. Take z >= 0, as nothing else of its signs matters. No b_j < 0 is
better than -b_j, and on b >= 0

    1/2 |b - z|^2 + t w'b + t P(b) = 1/2 |b - (z - t w)|^2 + t P(b) + constant.

Where ``z_j - t w_j`` is negative, b_j = 0 is best for both parts, and so it is with 0 in its place:
the prox of P follows that of the L1 part. A bound at zero likewise: b_j = 0 where z is beyond it.

They come last, and alike for all coefficients, where P adds up jumps. The separable prox is then
one rising function of each coefficient: it keeps the order of neighbours and their ties, so that a
subgradient of the jumps before it is one after it.

References
----------
Yu, Y. (2013). On decomposing the proximal map. NeurIPS 26.

Friedman, J., Hastie, T., Höfling, H. and Tibshirani, R. (2007). Pathwise coordinate optimization.
Annals of Applied Statistics 1, 302-332.
"""

from __future__ import annotations

import operator
from itertools import chain

import numpy as np
from scipy import sparse
from scipy.optimize import brentq

from taut.penalties.arrays import as_numpy, as_real, like, namespace
from taut.penalties.base import Penalty, check_terms
from taut.penalties.bounds import Box
from taut.penalties.checks import as_alpha, as_one_step, as_step
from taut.penalties.groups import are_labels, groups_of
from taut.penalties.separable import Separable, Sum, drawn

__all__ = ["MixedSum", "refusal"]

_INSIDE = 1 - 1e-12  # a dual norm is known up to rounding


class MixedSum(Penalty):
    """Sum of a penalty that does not separate and some that do: ``GroupLasso(groups) + L2()``.

    Any penalty takes a ridge; those of absolute values (``GroupLasso``, ``SparseGroupLasso``,
    ``MultiTask``, ``SLOPE``) take L1 and bounds at zero as well, with weights, and those of jumps
    (``TotalVariation``, ``FusedLasso``) the same for all features alike. Sums with ``MCP`` and
    ``SCAD`` are a ``FoldedSum``.

    Parameters
    ----------
    terms : sequence of penalties
        One that does not separate, and separable ones.

    Raises
    ------
    TypeError
        A term is no penalty.
    ValueError
        ``terms`` are others, the sum has no prox in closed form, or its terms are for different
        numbers of features.

    Examples
    --------
    >>> from taut.penalties import L2, GroupLasso, NonNegative
    >>> penalty = GroupLasso([[0, 1], [2]], weights=[1.0, 1.0]) + L2() + NonNegative()
    >>> penalty.value([3.0, 4.0, 2.0])
    21.5
    >>> penalty.prox([3.0, 4.0, -2.0], 1.0).tolist()
    [1.2, 1.6, 0.0]
    """

    def __init__(self, terms):
        terms = tuple(chain.from_iterable(getattr(term, "terms", (term,)) for term in terms))
        check_terms(terms)
        separable = [term for term in terms if isinstance(term, Separable)]
        parts = [term for term in terms if not isinstance(term, Separable)]
        if len(parts) != 1 or not separable:
            raise ValueError(
                f"terms must be one penalty that does not separate, and separable ones, got "
                f"{terms!r}: add two separable ones as a Sum"
            )
        self._set(terms=(*parts, *separable))
        ours, others = self.part._n_features, self.separable._n_features
        if None not in (ours, others) and ours != others:
            raise ValueError(
                f"weights or bounds of {self.separable!r} are for {others} features, but "
                f"{self.part!r} is for {ours}: give them {ours} entries"
            )
        reason = refusal(self.part, self.separable) or self._unlike()
        if reason:
            raise ValueError(f"{self!r} has no prox that taut knows: {reason}")

    @property
    def part(self) -> Penalty:
        """The penalty that does not separate."""
        return self.terms[0]

    @property
    def separable(self) -> Separable:
        """The rest."""
        return self.terms[1] if len(self.terms) == 2 else Sum(self.terms[1:])

    @property
    def groups(self):
        """Those of the part that does not separate, or None."""
        return getattr(self.part, "groups", None)

    @property
    def _n_features(self):
        ours, others = self.part._n_features, self.separable._n_features
        return others if ours is None else ours

    @property
    def is_convex(self) -> bool:
        return self.part.is_convex

    @property
    def _by_entry(self) -> bool:
        return self.part._by_entry

    @property
    def is_norm(self) -> bool:
        return self.part.is_norm and self.separable.is_norm

    @property
    def by_coefficient(self) -> bool:
        return self.part.by_coefficient

    @property
    def has_conjugate(self) -> bool:
        """Under a ridge always; else where the rest is finite on all that is not free."""
        if not self.is_convex or self.is_norm:
            return False
        _, l2, lower, upper = self.separable._family()
        held = (lower == 0) & (upper == 0)
        if np.all((l2 > 0) | held):
            return True
        # A bound on one side of what nothing else sees: its dual points have to be of one sign.
        is_open = np.any(~held & (np.isfinite(lower) | np.isfinite(upper)))
        return self.part.is_norm and not (is_open and self._has_unseen())

    def value(self, coef):
        return self.scaled_value(coef, 1.0)

    def prox(self, coef, step):
        return self.scaled_prox(coef, step, 1.0)

    def scaled_value(self, coef, alpha):
        return self.part.scaled_value(coef, alpha) + self.separable.scaled_value(coef, alpha)

    def scaled_prox(self, coef, step, alpha):
        coef, alpha = as_real("coef", coef), as_alpha(alpha)
        if self.part._by_entry:
            step = as_step(step, coef)
        else:
            step = as_one_step(step, coef, "features share it; pass a float")
        return self._prox(coef, step, alpha, self._ridge(coef))

    def prox_derivative(self, coef, result, step, alpha):
        where, share = self._chained(coef, result, step, alpha)
        inner = self.part.prox_derivative(*where)
        return None if inner is None else share[:, None] * inner * share

    def prox_pieces(self, coef, result, step, alpha):
        """As of a `TyingPenalty`, of squared length less than one where there is a ridge."""
        where, share = self._chained(coef, result, step, alpha)
        return sparse.csr_array(sparse.diags_array(share) @ self.part.prox_pieces(*where))

    def conjugate(self, correlations, alpha: float) -> float:
        """See ``Penalty.conjugate``; for correlations within their ``dual_share``.

        The best b of ``z'b - alpha F(b) - c/2 |b|^2`` is ``prox_(alpha F)(z / c)`` with step 1 / c.
        Where F is homogeneous that is ``p / c``, ``p = prox_(alpha F)(z)``, and by Euler's relation
        ``alpha F(b) + c |b|^2 = z'b``, which leaves ``|p|^2 / 2c``.
        """
        z = as_numpy("correlations", correlations)
        c = alpha * np.broadcast_to(like(self._ridge(z), z), z.shape)
        if self.part.is_norm:
            p = self._prox(z, 1.0, alpha, np.zeros(()))
            return float(np.sum(0.5 * p[c > 0] ** 2 / c[c > 0]))
        if not np.all(c > 0):
            return 0.0 if not np.any(z) else np.inf
        step = 1.0 / c if self.part._by_entry else 1.0 / float(c.flat[0])
        best = self._prox(z / c, step, alpha, np.zeros(()))
        return float(np.vdot(z, best) - self.scaled_value(best, alpha))

    def dual_share(self, correlations, alpha: float) -> float:
        c = alpha * self._ridge(correlations)
        if np.all(c > 0) or not self.part.is_norm:
            return 1.0
        size = self.dual_norm(np.where(like(c, correlations) > 0, 0.0, correlations))
        return 1.0 if size <= alpha else _INSIDE * alpha / size

    def dual_norm(self, correlations) -> float:
        """Smallest alpha at which zero is stationary, where a ridge has no slope.

        Parameters
        ----------
        correlations : array or torch tensor of shape (n_features, ...)
            Negative gradient of the loss at zero.

        Returns
        -------
        float
            What pushes against a bound at zero is ignored, as are directions that only a ridge
            sees.
        """
        z = as_numpy("correlations", correlations)
        l1, _, lower, upper = self.separable._aligned(z, "correlations")
        free = drawn(z, lower, upper)
        if not np.isfinite(z).all():
            return self.part.dual_norm(z)
        if not self.part.is_absolute and not self._has_unseen() and not _is_ridge(self.separable):
            return self._resting(z, lambda alpha: self._prox(z, 1.0, alpha, np.zeros(())))
        highest = self.part.dual_norm(free if self.part.is_absolute else z)
        if not np.any(l1) or not np.isfinite(highest):
            return highest
        alone = like(self._unseen(len(z)), z) > 0
        least = self.separable.dual_norm(np.where(alone, free, 0.0))
        return max(least, self._balance(np.where(alone, 0.0, free), l1, highest))

    def _balance(self, z, l1, highest):
        """The root of ``part.dual_norm(soft(z, alpha l1)) = alpha``, whose left side falls."""
        if not highest > 0:
            return 0.0
        size = np.abs(z) / highest  # a root between 0 and 1, whatever the unit

        def excess(alpha):
            return self.part.dual_norm(np.maximum(size - alpha * l1, 0.0)) - alpha

        return highest * brentq(excess, 0.0, 2.0, xtol=1e-16, rtol=4 * np.finfo(float).eps)

    def without_strength(self):
        left = self.part.without_strength()
        _, _, lower, upper = self.separable._family()
        bounded = np.any(np.isfinite(lower)) or np.any(np.isfinite(upper))
        return left + Box(lower, upper) if left is not None and bounded else left

    def group_layout(self, n_features: int):
        """That of the part that does not separate."""
        return self.part.group_layout(operator.index(n_features))

    def _prox(self, coef, step, alpha, l2):
        if self.part.is_ordered:
            after = self.part.scaled_prox(coef, step, alpha)
            return self._held(after, step, alpha) / like(1 + step * alpha * l2, after)
        inner, within, shrink = self._first(coef, step, alpha, l2)
        result = self.part.scaled_prox(inner, within, alpha)
        return result / shrink if self.part.is_norm else result

    def _first(self, coef, step, alpha, l2):
        """What the prox of the part is given: coefficients, a step, and what divides its result."""
        held = self._held(coef, step, alpha)
        if self.part._by_entry and not isinstance(step, float):
            l2 = like(np.asarray(l2), coef)
        shrink = 1 + step * alpha * l2
        if self.part.is_norm:
            return held, step, like(np.asarray(shrink), coef)
        shrink = shrink if np.ndim(shrink) else float(shrink)
        divisor = shrink if isinstance(shrink, float) else like(shrink, coef)
        return held / divisor, step / shrink, 1.0

    def _held(self, coef, step, alpha):
        """After the L1 part and the bounds."""
        xp = namespace(coef)
        l1, _, lower, upper = self.separable._aligned(coef)
        threshold = step * alpha * l1
        return xp.clip(coef - xp.clip(coef, -threshold, threshold), lower, upper)

    def _ridge(self, coef):
        """One number where all features share it, else one for each that is not excluded."""
        l2 = self.separable._family_for(len(coef), "coef").l2
        return np.asarray(np.max(l2)) if self._has_one_ridge() else l2

    def _has_one_ridge(self):
        _, l2, lower, upper = self.separable._family()
        kept = np.broadcast_to(lower < upper, l2.shape) if l2.ndim else np.asarray(True)
        return not np.any(kept) or np.ptp(l2[kept]) == 0

    def _chained(self, coef, result, step, alpha):
        """Arguments for a derivative of the part, and the root of what the rest takes off it.

        What comes before or after moves a coefficient or does not, and shortens it as the ridge
        does: by one factor for all that the part moves together.
        """
        l1, l2, lower, upper = self.separable._aligned(coef)
        moves = ((result != 0) | (l1 == 0)) & (lower < result) & (result < upper)
        share = np.sqrt(moves / (1 + step * alpha * l2)).ravel()
        if self.part.is_ordered:
            return (coef, self.part.scaled_prox(coef, step, alpha), step, alpha), share
        inner, within, shrink = self._first(coef, step, alpha, self._ridge(coef))
        return (inner, result * shrink, within, alpha), share

    def _has_unseen(self):
        """Whether the part, and L1, leave something unpenalised."""
        l1 = self.separable._family().l1
        if self.part.is_ordered:
            return not np.any(l1) and not getattr(self.part, "l1_ratio", 0.0)
        weights = getattr(self.part, "weights", None)
        return weights is not None and bool(np.any(weights == 0)) and not np.all(l1)

    def _unseen(self, n_features):
        """Features that the part leaves unpenalised."""
        weights = getattr(self.part, "weights", None)
        if weights is None:
            return np.zeros(n_features)
        layout = self.part.group_layout(n_features)
        return 1.0 * (weights == 0 if layout is None else (layout[1] == 0)[layout[0]])

    def _unlike(self):
        """Why a ridge that differs between features has no prox here, or None."""
        groups = groups_of(self.part)
        # Groups that a fit lays out come here again, as labels.
        is_open = groups is not None and not are_labels(groups)
        if self.part._by_entry or is_open or self._has_one_ridge():
            return None
        l2 = self.separable._family().l2
        layout = self.part.group_layout(len(l2)) if self.part.is_norm else None
        if layout is None:
            return (
                "a ridge must be the same for all features here: give L2 no weights, or equal ones"
            )
        _, _, lower, upper = self.separable.coordinates(len(l2))
        kept, labels = lower < upper, layout[0]
        least = np.full(len(layout[1]), np.inf)
        most = np.zeros(len(layout[1]))
        np.minimum.at(least, labels[kept], l2[kept])
        np.maximum.at(most, labels[kept], l2[kept])
        if np.any(most > least):
            return (
                "a ridge must be the same for all features of a group: give L2 equal weights there"
            )
        return None

    def __repr__(self):
        return " + ".join(map(repr, self.terms))


def refusal(part: Penalty, separable: Separable) -> str | None:
    """Why a penalty and a separable one have no prox in closed form together, or None."""
    if _is_ridge(separable):
        return None
    name, family = type(part).__name__, separable._family()
    bounds = np.concatenate([np.ravel(family.lower), np.ravel(family.upper)])
    if not part.is_absolute and not part.is_ordered:
        return f"beside {name} there may be a ridge (L2), but no L1 part and no bounds"
    if np.any(np.isfinite(bounds) & (bounds != 0)):
        return f"beside {name} bounds may be at zero only (NonNegative)"
    if part.is_ordered and any(np.ptp(number) > 0 for number in family if number.ndim):
        return f"beside {name} L1, L2 and bounds must be the same for all features: give no weights"
    return None


def _is_ridge(separable) -> bool:
    l1, _, lower, upper = separable._family()
    return not (np.any(l1) or np.any(np.isfinite(lower)) or np.any(np.isfinite(upper)))

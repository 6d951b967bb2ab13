"""A folded concave penalty and a ridge: MCP or SCAD, steady where features are much alike."""

from __future__ import annotations

import operator
from itertools import chain

import numpy as np

from taut.penalties.arrays import as_numpy, as_real, like
from taut.penalties.base import Coordinates, Folds, Penalty
from taut.penalties.checks import as_alpha, as_one_step, as_step
from taut.penalties.separable import Separable, Sum

__all__ = ["FoldedSum"]


class FoldedSum(Penalty):
    """Sum of ``MCP`` or ``SCAD`` and ridges, written ``MCP() + L2()``.

    Not convex, unless the loss and the ridge bend more than the folded penalty does. Its lambda is
    alpha, and the ridge is ``alpha`` times its value, as in every sum: the penalty of ncvreg at
    ``lambda`` and ``alpha=a`` is ``MCP(weights=a) + L2(weights=1 - a)``, with a weight for each
    feature, at the strength lambda.

    Parameters
    ----------
    terms : sequence of penalties
        One ``MCP`` or ``SCAD``, and ``L2`` at least once. Under groups the weights of the ridge are
        equal; else 0 means no ridge and inf an excluded feature.

    Raises
    ------
    TypeError
        ``terms`` are others.
    ValueError
        The ridge has an L1 part or bounds, or differs between features that are in groups.

    References
    ----------
    Huang, J., Breheny, P., Lee, S., Ma, S. and Zhang, C.-H. (2016). The Mnet method for variable
    selection. Statistica Sinica 26, 903-923.
    """

    is_convex = False

    def __init__(self, terms):
        terms = tuple(chain.from_iterable(getattr(term, "terms", (term,)) for term in terms))
        folded = [term for term in terms if hasattr(term, "relaxation")]
        ridges = [term for term in terms if isinstance(term, Separable)]
        if len(folded) != 1 or not ridges or len(folded) + len(ridges) < len(terms):
            raise TypeError(f"terms must be one MCP or SCAD, and L2 at least once, got {terms!r}")
        self._set(terms=(*folded, *ridges))
        l1, l2, lower, upper = self.ridge._family()
        if np.any(l1) or np.any((lower > -np.inf) & (l2 + upper > 0)) or np.any(lower > upper):
            raise ValueError(
                f"{self!r} has no prox that taut knows: add L2 alone to "
                f"{type(folded[0]).__name__}, or take a convex penalty with L1 or bounds"
            )
        if folded[0].groups is not None and (np.ptp(l2) > 0 or np.any(np.isfinite(upper))):
            raise ValueError(
                f"a ridge must be the same for all features where {type(folded[0]).__name__} has "
                f"groups, got {self!r}: give L2 no weights, or equal and finite ones"
            )

    @property
    def folded(self) -> Penalty:
        """The ``MCP`` or ``SCAD``."""
        return self.terms[0]

    @property
    def ridge(self) -> Separable:
        """The rest."""
        return self.terms[1] if len(self.terms) == 2 else Sum(self.terms[1:])

    @property
    def groups(self):
        """Those of the folded part."""
        return self.folded.groups

    def value(self, coef):
        return self.scaled_value(coef, 1.0)

    def prox(self, coef, step):
        return self.scaled_prox(coef, step, 1.0)

    def scaled_value(self, coef, alpha):
        return self.folded.scaled_value(coef, alpha) + self.ridge.scaled_value(coef, alpha)

    def scaled_prox(self, coef, step, alpha):
        # 1/2 |b - z|^2 + t (f(b) + q/2 |b|^2) is, but for a constant, 1 + t q times
        # 1/2 |b - z / (1 + t q)|^2 + t / (1 + t q) f(b).
        coef = as_real("coef", coef)
        _, l2, lower, upper = self.ridge._aligned(coef)
        if self.groups is None:
            step = as_step(step, coef)
        else:
            step = as_one_step(step, coef, "features of a group share it; pass a float")
        if isinstance(step, float):
            l2 = self.ridge._family().l2 if self.groups is None else np.max(self.ridge._family().l2)
        shrink = 1 + step * as_alpha(alpha) * l2
        shrunk = self.folded.scaled_prox(coef / like(shrink, coef), step / shrink, alpha)
        return shrunk.clip(lower, upper)  # the bounds of features that are excluded

    def dual_norm(self, correlations) -> float:
        """Smallest alpha at which zero is stationary, where a ridge has no slope."""
        z = as_numpy("correlations", correlations)
        _, _, lower, upper = self.ridge._aligned(z, "correlations")
        return self.folded.dual_norm(np.where(lower < upper, z, 0.0))

    def folded_coordinates(self, n_features: int) -> tuple[Coordinates, Folds] | None:
        """As of ``MCP`` and ``SCAD``, with a ridge in each coordinate.

        Raises
        ------
        ValueError
            The weights of a term are for another number of features.
        """
        found = self.folded.folded_coordinates(n_features)
        if found is None:
            return None
        (l1, _, low, high), folds = found
        _, l2, lower, upper = self.ridge.coordinates(n_features)
        return Coordinates(l1, l2, np.maximum(low, lower), np.minimum(high, upper)), folds

    def group_layout(self, n_features: int) -> tuple[np.ndarray, np.ndarray]:
        """Groups, and their weights, of the folded part.

        Raises
        ------
        ValueError
            The groups or weights are for another number of features.
        """
        return self.folded.group_layout(operator.index(n_features))

    def is_flat(self, coef, alpha: float) -> np.ndarray:
        """Where the folded part is flat and there is no ridge; see ``MCP.is_flat``."""
        _, l2, lower, upper = self.ridge._aligned(coef)
        return self.folded.is_flat(coef, alpha) & (l2 == 0) & (lower < upper)

    def __add__(self, other):
        return FoldedSum((self, other)) if isinstance(other, Separable) else super().__add__(other)

    def __radd__(self, other):
        return FoldedSum((other, self)) if isinstance(other, Separable) else super().__radd__(other)

    def __repr__(self):
        return " + ".join(map(repr, self.terms))

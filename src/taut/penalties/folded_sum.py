"""A folded concave penalty and separable ones: MCP or SCAD, steady where features are alike."""

from __future__ import annotations

import numpy as np

from taut.penalties.base import Coordinates, Folds, check_terms
from taut.penalties.mixed_sum import MixedSum

__all__ = ["FoldedSum"]


class FoldedSum(MixedSum):
    """Sum of ``MCP`` or ``SCAD`` and a ridge, L1 or bounds at zero, written ``MCP() + L2()``.

    Not convex, unless the loss and the ridge bend more than the folded penalty does. Its lambda is
    alpha, and the rest is ``alpha`` times its value, as in every sum: the penalty of ncvreg at
    ``lambda`` and ``alpha=a`` is ``MCP(weights=a) + L2(weights=1 - a)``, with a weight for each
    feature, at the strength lambda.

    Parameters
    ----------
    terms : sequence of penalties
        One ``MCP`` or ``SCAD``, and separable ones. Under groups the weights of the ridge are
        equal, but for excluded features.

    Raises
    ------
    TypeError
        A term is no penalty.
    ValueError
        ``terms`` are others, or for different numbers of features; bounds are not at zero, or the
        ridge differs between features that are in groups.

    References
    ----------
    Huang, J., Breheny, P., Lee, S., Ma, S. and Zhang, C.-H. (2016). The Mnet method for variable
    selection. Statistica Sinica 26, 903-923.
    """

    def __init__(self, terms):
        terms = tuple(terms)
        flat = [part for term in terms for part in getattr(term, "terms", (term,))]
        check_terms(flat)
        if not any(hasattr(term, "relaxation") for term in flat) or len(flat) < 2:
            raise ValueError(
                f"terms must be one MCP or SCAD, and L2 or another separable one, got {terms!r}"
            )
        super().__init__(terms)

    def folded_coordinates(self, n_features: int) -> tuple[Coordinates, Folds] | None:
        """As of ``MCP`` and ``SCAD``, with a ridge and bounds in each coordinate.

        None beside L1, which leaves a slope where the folded part has none.

        Raises
        ------
        ValueError
            The weights of a term are for another number of features.
        """
        found = self.part.folded_coordinates(n_features)
        more, l2, lower, upper = self.separable.coordinates(n_features)
        if found is None or np.any(more):
            return None
        (l1, _, low, high), folds = found
        return Coordinates(l1, l2, np.maximum(low, lower), np.minimum(high, upper)), folds

    def flat_sides(self, coef, alpha: float) -> tuple[np.ndarray, np.ndarray]:
        """Where the folded part is flat and the rest does not rise; see ``MCP.flat_sides``."""
        l1, l2, lower, upper = self.separable._aligned(coef)
        free = (l1 == 0) & (l2 == 0)
        down, up = self.part.flat_sides(coef, alpha)
        return down & free & (lower == -np.inf), up & free & (upper == np.inf)

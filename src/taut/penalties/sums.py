"""What ``+`` makes of penalties: sums whose prox is known, and why the others have none."""

from __future__ import annotations

import numpy as np

from taut.penalties.base import Penalty
from taut.penalties.folded_sum import FoldedSum
from taut.penalties.fused_lasso import FusedLasso
from taut.penalties.mixed_sum import MixedSum, refusal
from taut.penalties.separable import Separable, Sum
from taut.penalties.total_variation import TotalVariation

__all__ = ["added"]


def added(left, right) -> Penalty:
    """The sum of two penalties.

    Parameters
    ----------
    left, right : Penalty

    Returns
    -------
    Penalty
        A ``Sum`` of separable ones, a ``FusedLasso`` of jumps and L1, else a ``MixedSum``, or the
        ``FoldedSum`` of ``MCP`` and ``SCAD``.

    Raises
    ------
    TypeError
        One is no penalty.
    ValueError
        There is no prox in closed form, or weights or bounds do not go together.
    """
    for side in (left, right):
        if not isinstance(side, Penalty):
            raise TypeError(
                f"cannot add {type(left).__name__} and {type(right).__name__}: both must be "
                f"penalties, subclasses of taut.penalties.Penalty, got {side!r}"
            )
    terms = [term for side in (left, right) for term in getattr(side, "terms", (side,))]
    coupled = [term for term in terms if not isinstance(term, Separable)]
    if not coupled:
        return Sum(terms)
    if len(coupled) > 1:
        names = " nor ".join(type(term).__name__ for term in coupled)
        raise ValueError(_no_sum(left, right, f"neither {names} is separable"))
    separable = [term for term in terms if isinstance(term, Separable)]
    reason = refusal(coupled[0], Sum(separable))
    if reason:
        raise ValueError(_no_sum(left, right, reason))
    if isinstance(coupled[0], TotalVariation) and _is_l1(Sum(separable)):
        ratio = float(np.max(Sum(separable)._family().l1))
        return FusedLasso(ratio, coupled[0].weights, coupled[0].edges)
    kind = FoldedSum if hasattr(coupled[0], "relaxation") else MixedSum
    return kind((*coupled, *separable))


def _is_l1(separable):
    l1, l2, lower, upper = separable._family()
    bounded = np.any(np.isfinite(lower)) or np.any(np.isfinite(upper))
    return l1.ndim == 0 and bool(l1 > 0) and not np.any(l2) and not bounded


def _no_sum(left, right, reason):
    return (
        f"cannot add {type(left).__name__} and {type(right).__name__}: {reason}. A sum has a prox "
        "in closed form where all terms are separable (L1, L2, ElasticNet, NonNegative, Box), or "
        "all but one: any penalty takes L2; GroupLasso, SparseGroupLasso, MultiTask, SLOPE, MCP "
        "and SCAD take L1 and NonNegative, too, and so do TotalVariation and FusedLasso where all "
        "features are alike"
    )

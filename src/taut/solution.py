"""What a solver returns: coefficients and the certificate that says how good they are."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from sklearn.exceptions import ConvergenceWarning as _ConvergenceWarning

__all__ = ["Certificate", "ConvergenceWarning", "Solution", "Status", "warn_unless_solved"]


class ConvergenceWarning(_ConvergenceWarning):
    """A fit ended before its certificate reached the tolerance that was asked for.

    Filters for scikit-learn's warning of this name apply to it as well.
    """


class Status(IntEnum):
    """How a fit ended. The numbers are those of the compiled core."""

    SOLVED = 0
    MAX_ITER = 1
    STALLED = 2
    UNBOUNDED = 3

    @property
    def sentence(self) -> str:
        """What happened, and what to do about it."""
        return _SENTENCES[self]


_SENTENCES = {
    Status.SOLVED: "The certificate reached the tolerance.",
    Status.MAX_ITER: "The iterations ran out before the certificate reached the tolerance: "
    "raise max_iter, or loosen tol.",
    Status.STALLED: "Rounding stopped the progress before the certificate reached the tolerance: "
    "loosen tol, rescale the columns (standardize=True), or shift those that lie far from zero.",
    Status.UNBOUNDED: "The objective has no minimum here: it falls for ever as coefficients that "
    "the penalty does not hold grow without end, as where features separate the classes or mark "
    "counts of zero only. Penalise them (alpha > 0; no weights of 0; L1 or L2 where MCP or SCAD "
    "let large ones go), bound them, or leave them out.",
}


@dataclass(frozen=True, slots=True)
class Certificate:
    """Proof of how far a solution is from the optimum, computed in float64.

    Attributes
    ----------
    gap : float
        Duality gap: the objective exceeds its minimum by at most this. ``nan`` where the problem
        has none (non-convex penalties).
    relative_gap : float
        ``gap`` over the objective of the null model (all coefficients zero, intercept fitted).
    kkt : float
        Largest violation of the optimality conditions, each in units of its own column:
        ``max_j |violation_j| / (norm_j * norm(residual of the null model))``.
    status : Status
    n_iter : int
        Iterations of the solver for this solution.
    tol : float
        The relative gap that was asked for.
    """

    gap: float
    relative_gap: float
    kkt: float
    status: Status
    n_iter: int
    tol: float

    @property
    def solved(self) -> bool:
        return self.status is Status.SOLVED

    def __str__(self) -> str:
        measure = (
            f"kkt {self.kkt:.1e}"
            if np.isnan(self.relative_gap)
            else f"relative gap {self.relative_gap:.1e} (tol {self.tol:.0e})"
        )
        steps = f"{self.n_iter} iteration{'' if self.n_iter == 1 else 's'}"
        return f"{self.status.name.lower().replace('_', ' ')}: {measure}, {steps}"


@dataclass(frozen=True, slots=True)
class Solution:
    """The minimiser at one penalty strength.

    Attributes
    ----------
    coef : ndarray of shape (n_features,)
        On the scale of the columns as given.
    intercept : float
    alpha : float
    certificate : Certificate
    """

    coef: np.ndarray
    intercept: float
    alpha: float
    certificate: Certificate

    def __repr__(self) -> str:
        return (
            f"Solution(alpha={self.alpha:.6g}, nonzero={np.count_nonzero(self.coef)} of "
            f"{self.coef.size}, {self.certificate})"
        )


def warn_unless_solved(name: str, certificates: Sequence[Certificate]) -> None:
    """One warning for all strengths that ended before their tolerance, where the caller called.

    Parameters
    ----------
    name : str
        What was fitted, for the message.
    certificates : sequence of Certificate
        One for each strength.
    """
    unsolved = [c for c in certificates if not c.solved]
    if not unsolved:
        return
    last = max(unsolved, key=lambda c: c.relative_gap)
    sentences = " ".join(status.sentence for status in sorted({c.status for c in unsolved}))
    if len(certificates) == 1:
        text = f"{name}: {sentences} ({last})"
    else:
        text = (
            f"{name}: {len(unsolved)} of {len(certificates)} alphas were not solved. {sentences} "
            f"(the worst: {last})"
        )
    warnings.warn(text, ConvergenceWarning, stacklevel=_depth() + 1)


def _depth() -> int:
    """How many calls lie between the code outside of taut and the caller of this."""
    depth, frame = 1, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("taut."):
        depth, frame = depth + 1, frame.f_back
    return depth - 1

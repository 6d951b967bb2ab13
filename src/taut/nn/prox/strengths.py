"""Strengths that change while a network is trained."""

from __future__ import annotations

from dataclasses import dataclass

from taut.validation import check_positive

__all__ = ["Annealed"]


@dataclass(frozen=True)
class Annealed:
    """A strength that moves to its final value and stays there: a function of the steps taken.

    Over the steps it follows ``final + (initial - final) (1 - t)^3``, fast at first and gently at
    the end, where units that are needed can still recover.

    Parameters
    ----------
    final : float >= 0
    n_steps : int
        Optimiser steps from the initial to the final strength.
    initial : float >= 0, default 0.0
    delay : int, default 0
        Steps before it begins to move.

    Raises
    ------
    TypeError, ValueError
        A number is negative, not finite or, where it counts steps, not whole.

    References
    ----------
    Zhu, M. and Gupta, S. (2018). To prune, or not to prune: exploring the efficacy of pruning for
    model compression. ICLR 2018 workshop, equation 1.

    Examples
    --------
    >>> strength = Annealed(1e-3, n_steps=100)
    >>> strength(0), strength(100), strength(1000)
    (0.0, 0.001, 0.001)
    """

    final: float
    n_steps: int
    initial: float = 0.0
    delay: int = 0

    def __post_init__(self):
        check_positive(self.final, "final", 1e-3, zero=True)
        check_positive(self.n_steps, "n_steps", 1000)
        check_positive(self.initial, "initial", 1e-3, zero=True)
        check_positive(self.delay, "delay", 100, zero=True)

    def __call__(self, step: int) -> float:
        left = 1 - min(max(step - self.delay, 0) / self.n_steps, 1.0)
        return self.final + (self.initial - self.final) * left**3

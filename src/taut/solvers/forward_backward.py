"""A smooth function plus one with a prox: forward-backward steps, sped up by what they teach.

The step ``z = prox(x - t grad f(x), t g)`` has the minimisers as its fixed points (for non-convex
g: stationary points), and the envelope

    E(x) = f(x) - grad f(x)'(x - z) + |x - z|^2 / (2 t) + g(z)

has the same minima as f + g. The residual x - z is treated as a nonlinear equation: limited-memory
BFGS proposes the next point, and it is taken where the envelope falls. Else the point moves to z,
which always lowers it. So every iteration descends, whether g is convex or not, and near the
solution the steps are those of a quasi-Newton method on what is not zero.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import NamedTuple, Protocol

import numpy as np

__all__ = ["Iterate", "Smooth", "forward_backward"]

_SAFETY = 0.95  # share of the quadratic bound that a step must keep, below 1
_FALL = 1e-3  # share of |x - z|^2 / t by which the envelope must fall
_TRIALS = 4
_MEMORY = 10
_ROUNDING = 16 * np.finfo(np.float64).eps
_BLIND = 1e3  # times rounding: below this the envelope says little of a step


class Smooth(Protocol):
    """A smooth function: ``at`` a point first, its gradient only where it is wanted."""

    def at(self, x):
        """Something with a ``value``."""

    def gradient(self, here):
        """Of the shape of ``x``, at what ``at`` returned."""


class Iterate(NamedTuple):
    """A point and the forward-backward step from it."""

    x: np.ndarray
    here: object
    target: np.ndarray
    there: object
    residual: np.ndarray
    step: float
    envelope: float

    @property
    def promise(self) -> float:
        """|x - z|^2 / t: about by how much a step still lowers the objective."""
        return float(np.vdot(self.residual, self.residual)) / self.step


def forward_backward(
    smooth: Smooth,
    prox: Callable,
    value: Callable,
    start: np.ndarray,
    step: float,
    is_done: Callable[[Iterate], bool],
    max_iter: int,
) -> tuple[Iterate, int]:
    """Minimise ``smooth + value`` from ``start``.

    Parameters
    ----------
    smooth : Smooth
    prox : callable
        ``prox(x, step)`` of ``value``.
    value : callable
        The other function.
    start : ndarray
    step : float
        To begin with; it is halved where the curvature is larger than its inverse.
    is_done : callable
        Of an iterate, whose ``target`` and ``there`` are the solution that counts.
    max_iter : int

    Returns
    -------
    Iterate
        The last one; where neither is_done nor the iterations ran out, rounding ended the progress.
    n_iter : int

    References
    ----------
    Stella, L., Themelis, A., Sopasakis, P. and Patrinos, P. (2017). A simple and efficient
    algorithm for nonlinear model predictive control. IEEE Conference on Decision and Control.

    De Marchi, A. and Themelis, A. (2022). Proximal gradient algorithms under local Lipschitz
    gradient continuity. Journal of Optimization Theory and Applications 194, 771-794.
    """

    def stepped(x, here, step):
        gradient = smooth.gradient(here)
        while True:
            target = prox(x - step * gradient, step)
            residual = x - target
            there = smooth.at(target)
            slope = float(np.vdot(gradient, residual))
            square = float(np.vdot(residual, residual)) / step
            slack = _ROUNDING * abs(here.value)
            if there.value <= here.value - slope + 0.5 * _SAFETY * square + slack:
                break
            if step < np.finfo(np.float64).tiny:
                break
            step *= 0.5
        envelope = here.value - slope + 0.5 * square + value(target)
        return Iterate(x, here, target, there, residual, step, envelope)

    now = stepped(start, smooth.at(start), step)
    learned = _Inverse()
    for n_iter in range(max_iter):
        if is_done(now):
            return now, n_iter
        following = _following(now, learned, smooth, stepped)
        if following is None:
            return now, n_iter
        if following.step == now.step:
            learned.learn(following.x - now.x, following.residual - now.residual)
        else:
            learned.forget()
        now = following
    return now, max_iter


def _following(now, learned, smooth, stepped):
    """The next iterate; None where not even a plain step gets any further."""
    rounding = _ROUNDING * abs(now.envelope)
    goal = now.envelope - _FALL * now.promise + rounding
    # What a step promises may be less than rounding does to the envelope: it then shows in the
    # residual alone, which has digits left.
    blind = now.promise <= _BLIND * rounding

    def is_better(candidate):
        return candidate.envelope <= goal and not (blind and candidate.promise >= now.promise)

    direction = learned.times(now.residual)
    if direction is not None:
        share = 1.0
        for _ in range(_TRIALS):
            x = now.target + share * (now.residual - direction)
            here = smooth.at(x)
            if np.isfinite(here.value):
                candidate = stepped(x, here, now.step)
                if is_better(candidate):
                    return candidate
            share *= 0.5
    plain = stepped(now.target, now.there, now.step)
    return plain if plain.envelope < now.envelope or (blind and is_better(plain)) else None


class _Inverse:
    """An approximate inverse of the residual's derivative (Nocedal 1980)."""

    def __init__(self):
        self.pairs = deque(maxlen=_MEMORY)

    def forget(self):
        self.pairs.clear()

    def learn(self, moved, changed):
        moved, changed = moved.ravel(), changed.ravel()
        product = moved @ changed
        if product > 1e-12 * np.sqrt((moved @ moved) * (changed @ changed)):
            self.pairs.append((moved, changed, product))

    def times(self, residual):
        """Its product with a residual; None where nothing is known."""
        if not self.pairs:
            return None
        result, shares = residual.ravel().copy(), []
        for moved, changed, product in reversed(self.pairs):
            shares.append((moved @ result) / product)
            result -= shares[-1] * changed
        _, changed, product = self.pairs[-1]
        result *= product / (changed @ changed)
        for (moved, changed, product), share in zip(self.pairs, reversed(shares), strict=True):
            result += (share - (changed @ result) / product) * moved
        return result.reshape(residual.shape)

"""Losses of users' own: their derivatives held against differences of their value."""

from __future__ import annotations

import reprlib
from typing import NamedTuple

import numpy as np

__all__ = ["check_methods"]

_PROBES = (-1.0, 0.5)  # linear predictors at which the functions are held against one another
_MOST = 50  # responses for which they are
_STEP = 1e-4
_SAME = 1e-3
_EPS = np.finfo(np.float64).eps


class _At(NamedTuple):
    value: np.ndarray
    slope: np.ndarray
    bend: np.ndarray


def check_methods(loss, y) -> None:
    """Refuse a loss whose methods contradict one another, for some responses.

    Parameters
    ----------
    loss : Loss
        Smooth, and a sum over samples.
    y : ndarray of shape (n_samples,)

    Raises
    ------
    TypeError, ValueError
        A method returns no array of one number for each sample; the gradient is not the slope of
        the value, the Hessian less than that of the gradient, or the conjugate not that of the
        value.
    """
    some, eta = np.meshgrid(np.unique(y)[:: max(1, len(y) // _MOST)], _PROBES)
    y, eta = some.ravel(), eta.ravel()
    step = _STEP * (1 + np.abs(eta))
    with np.errstate(all="ignore"):
        below, here, above = (_at(loss, y, eta + move) for move in (-step, 0.0, step))
        rise = (above.value - below.value) / (2 * step)
        bend = (above.slope - below.slope) / (2 * step)
        # The curvature may jump.
        bent = np.maximum(np.maximum(below.bend, above.bend), here.bend)
    there = np.isfinite(here.value) & np.isfinite(rise)

    def refuse(name, second, returned, wrong, must):
        """Raise for the first call that returned what it must not."""
        if np.any(wrong):
            of = f"y={_first(y, wrong)}, {'theta' if name == 'conjugate' else 'eta'}="
            raise ValueError(
                f"{name}({of}{_first(second, wrong)}) of the {type(loss).__name__} returned "
                f"{_first(returned, wrong)}: it must {must}"
            )

    if not there.any():
        refuse("value", eta, here.value, ~there, "be finite at some linear predictor")
    wrong = there & ~(here.bend >= 0)
    refuse("hessian", eta, here.bend, wrong, "be >= 0: the loss is convex")
    # Of the difference, by rounding and by such a jump.
    slack = 8 * _EPS * np.abs(here.value) / step + step * bent + _STEP**2
    wrong = there & ~(np.abs(rise - here.slope) <= _SAME * np.abs(rise) + slack)
    must = f"be the derivative of value, which is about {_first(rise, wrong)} there"
    refuse("gradient", eta, here.slope, wrong, must)
    slack = 8 * _EPS * np.abs(here.slope) / step + _STEP**2
    wrong = there & ~(bent >= 0.5 * bend - slack)
    must = f"be the derivative of gradient, which is about {_first(bend, wrong)} there, or more"
    refuse("hessian", eta, here.bend, wrong, must)
    if loss.has_conjugate(y):
        # Fenchel and Young: value + conjugate = theta eta at theta = gradient.
        wanted = here.slope * eta - here.value
        slack = _SAME * (np.abs(here.value) + np.abs(here.slope * eta) + _STEP)
        returned = _called(loss, "conjugate", y, here.slope)
        wrong = there & ~(np.abs(returned - wanted) <= slack)
        must = f"be theta * eta - value at theta = gradient, which is {_first(wanted, wrong)}"
        refuse("conjugate", here.slope, returned, wrong, must)


def _at(loss, y, eta):
    return _At(*(_called(loss, name, y, eta) for name in ("value", "gradient", "hessian")))


def _called(loss, method, y, second):
    """What a method of (y, eta) returns: one number for each sample."""
    returned = getattr(loss, method)(y, second)
    wanted = (
        f"{method} of {type(loss).__name__} must return an array of one number for each sample, "
        f"of shape {y.shape} for {len(y)} of them"
    )
    if not isinstance(returned, np.ndarray | np.generic) or returned.dtype.kind not in "fiub":
        raise TypeError(f"{wanted}, got {reprlib.repr(returned)}: np.full_like(eta, 1.0) is one")
    if returned.shape != y.shape:
        raise ValueError(f"{wanted}, got shape {returned.shape}: leave sums and means to taut")
    return returned.astype(np.float64)


def _first(values, wrong):
    return f"{float(values[np.argmax(wrong)]):.6g}"

"""Arguments of penalties, checked once; parameters are stored so that they cannot change."""

from __future__ import annotations

from numbers import Real

import numpy as np

from taut.penalties.arrays import as_real, like

__all__ = [
    "as_alpha",
    "as_bound",
    "as_l1_ratio",
    "as_marks",
    "as_number",
    "as_one_step",
    "as_step",
    "as_vector",
    "as_weights",
    "check_axis",
    "check_interval",
    "check_lengths",
]


def as_vector(name, values, shape, meaning):
    """A read-only float64 copy, refused with the ``shape`` and ``meaning`` it should have."""
    values = _frozen(name, values)
    if values.ndim != 1:
        got = f"shape {values.shape}" + (f", the number {values}" if not values.ndim else "")
        raise ValueError(
            f"{name} must have shape {shape}, got {got}: pass {meaning}, in a list or an array"
        )
    return values


def as_weights(weights, name="weights", per="feature"):
    """One weight in [0, inf] per feature, or whatever ``per`` names; read-only, or None."""
    if weights is None:
        return None
    weights = as_vector(name, weights, f"(n_{per}s,)", f"one weight per {per}")
    wrong = np.flatnonzero(~(weights >= 0))
    if wrong.size:
        raise ValueError(
            f"{name} must be non-negative, got {weights[wrong[0]]} at index {wrong[0]}: "
            f"use 0 for unpenalised and inf for excluded {per}s"
        )
    return weights


def as_marks(weights, owner, norm):
    """As ``as_weights``, of a norm that knows features with and without a penalty only."""
    weights = as_weights(weights)
    if weights is None:
        return None
    wrong = np.flatnonzero((weights != 0) & (weights != 1) & (weights != np.inf))
    if wrong.size:
        raise ValueError(
            f"weights of {owner} must be 0, 1 or inf, got {weights[wrong[0]]} at index "
            f"{wrong[0]}: a weighted {norm} norm has no prox in closed form; scale the columns of "
            "X instead"
        )
    return weights


def as_l1_ratio(l1_ratio, ends="0 for pure L2 and 1 for pure L1", name="l1_ratio"):
    """A float in [0, 1]."""
    l1_ratio = as_number(name, l1_ratio, "a float in [0, 1]")
    if not 0 <= l1_ratio <= 1:
        raise ValueError(f"{name} must lie in [0, 1], got {l1_ratio}: use {ends}")
    return l1_ratio


def as_number(name, value, wanted):
    """A float; ``wanted`` says what to pass instead of anything else."""
    if not isinstance(value, Real) or isinstance(value, bool):
        raise TypeError(f"{name} must be a number, got {value!r}: pass {wanted}")
    return float(value)


def as_alpha(alpha):
    """A float in [0, inf)."""
    alpha = as_number("alpha", alpha, "a float")
    if not 0 <= alpha < np.inf:
        raise ValueError(
            f"alpha must be non-negative and finite, got {alpha}: use 0 for no penalty"
        )
    return alpha


def as_bound(name, bound):
    """A float, or one bound per feature, read-only; infinite is allowed, NaN is not."""
    bound = _frozen(name, bound)
    if bound.ndim > 1:
        raise ValueError(
            f"{name} must be a number or of shape (n_features,), got shape {bound.shape}: "
            "pass one bound per feature"
        )
    wrong = np.flatnonzero(np.isnan(bound))
    if wrong.size:
        raise ValueError(
            f"{name} must not be NaN, got NaN at index {wrong[0]}: use -inf or inf for no bound"
        )
    return bound if bound.ndim else float(bound)


def check_interval(lower, upper, where):
    """Refuse an interval that holds no real number; ``where`` ends the sentence with the fix."""
    lower, upper = map(np.ravel, np.broadcast_arrays(lower, upper))
    empty = np.flatnonzero((lower > upper) | (lower == np.inf) | (upper == -np.inf))
    if empty.size:
        first = empty[0]
        raise ValueError(
            f"no real number lies between lower={lower[first]} and upper={upper[first]} "
            f"(index {first}) {where}"
        )


def check_lengths(**arrays):
    """Refuse arrays that are for different numbers of features; scalars and None fit any."""
    lengths = {name: np.size(array) for name, array in arrays.items() if np.ndim(array)}
    if len(set(lengths.values())) > 1:
        given = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise ValueError(f"{given}: give them one length, the number of features")


def as_step(step, coef):
    """A float, or an array that broadcasts against ``coef`` from axis 0 on."""
    scalar = isinstance(step, Real)
    steps = as_real("step", step)
    allowed = (steps >= 0) & (steps < np.inf)
    if not allowed.all():
        raise ValueError(
            f"step must be non-negative and finite, got {step}: use 0 for the projection alone"
        )
    if scalar:
        return float(step)
    fits = steps.ndim <= coef.ndim and all(
        of_step in (1, of_coef) for of_step, of_coef in zip(steps.shape, coef.shape, strict=False)
    )
    if not fits:
        raise ValueError(
            f"step of shape {tuple(steps.shape)} does not fit coef of shape {tuple(coef.shape)}: "
            "pass a number, one step per feature, or one per entry"
        )
    return like(steps, coef)


def as_one_step(step, coef, reason):
    """A float, where ``reason`` says why features cannot have steps of their own."""
    steps = as_step(step, coef)
    if isinstance(steps, float):
        return steps
    if np.prod(steps.shape) != 1:
        raise ValueError(
            f"step must be one number, got one of shape {tuple(np.shape(step))}: {reason}"
        )
    return float(steps.reshape(()))


def check_axis(name, array):
    """Refuse a scalar: features lie along axis 0."""
    if array.ndim == 0:
        raise ValueError(
            f"{name} must have features along axis 0, got the scalar {array}: "
            "pass an array of shape (1,)"
        )


def _frozen(name, values):
    # A copy that the caller cannot reach; + 0.0 turns -0.0 into 0.0, so equal means equal bytes.
    frozen = np.array(as_real(name, np.asarray(values)).astype(np.float64) + 0.0)
    frozen.setflags(write=False)
    return frozen

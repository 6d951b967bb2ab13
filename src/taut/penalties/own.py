"""Penalties of users' own: what their classes return, checked; and their prox against their value.

A prox p of b with step t is the least of ``1/2 |x - b|^2 + t value(x)`` over x, so that no other x
may have less, and ``(b - p) / t`` is a subgradient at p, where Fenchel and Young's inequality is an
equality. A class that contradicts itself there would have certificates that say nothing.
"""

from __future__ import annotations

import reprlib
from numbers import Real

import numpy as np

from taut.penalties.arrays import as_numpy, as_real, namespace
from taut.validation import is_own

__all__ = ["as_cost", "as_step_taken", "check_own", "has_no"]

# Sizes of coefficients, steps and strengths at which the prox is held against the value.
_PROBES = ((1.0, 0.5, 1.0), (3.0, 0.5, 0.2), (0.3, 0.1, 1.0), (10.0, 0.5, 5.0))
_SHARES = np.linspace(-0.1, 1.1, 13)
_ASIDE = (-0.1, -0.01, 0.01, 0.1)
_LOWER = 1e-6  # by which something else may be lower, as a prox of many steps is not exact
_SAME = 1e-3


def has_no(penalty, method: str, of: str) -> NotImplementedError:
    """The error of a class without a method, with what it is ``of``."""
    return NotImplementedError(
        f"{type(penalty).__name__} does not define {method}(): give the class this method {of}"
    )


def as_cost(penalty, value, coef):
    """What ``value`` of a penalty returned, refused where it is no number."""
    returned = f"value(coef) of {type(penalty).__name__} must return one number"
    if not isinstance(value, Real) and np.shape(value) != ():
        raise ValueError(f"{returned}, got shape {tuple(np.shape(value))}: add up its entries")
    if not isinstance(value, Real) and getattr(value, "shape", None) != ():
        raise TypeError(f"{returned}, got {reprlib.repr(value)}")
    if namespace(value) is np and value != value and _is_finite(coef):
        raise ValueError(
            f"{returned}, got nan for coef={_shown(coef)}: return inf where coefficients are "
            "not allowed, and a number elsewhere"
        )
    return value


def as_step_taken(penalty, result, coef, step):
    """What ``prox`` of a penalty returned, refused where it is nothing of the kind of ``coef``."""
    returned = (
        f"prox(coef, step) of {type(penalty).__name__} must return an array of the shape of coef, "
        f"{tuple(coef.shape)}"
    )
    if namespace(result) is not namespace(coef) or not hasattr(result, "shape"):
        raise TypeError(f"{returned}, got {reprlib.repr(result)} of type {type(result).__name__}")
    if tuple(result.shape) != tuple(coef.shape):
        raise ValueError(f"{returned}, got shape {tuple(result.shape)}")
    result = as_real(f"what prox of {type(penalty).__name__} returns", result)
    # A look at the numbers of tensors would wait for their device.
    if namespace(result) is np and not _is_finite(result) and _is_finite(coef):
        raise ValueError(
            f"{returned}, of finite numbers, got {_shown(result)} for coef={_shown(coef)} and "
            f"step={_shown(step)}"
        )
    return result


def check_own(penalty, shape) -> None:
    """Hold what a class of a user's own says against itself, at coefficients of a shape.

    Raises
    ------
    NotImplementedError
        ``value`` or ``prox`` is missing.
    TypeError, ValueError
        They return what is of no use; ``prox`` changes its argument, or is not that of ``value``;
        or ``dual_norm`` or ``conjugate``, where there is one, is not that of ``value``.
    """
    penalty = getattr(penalty, "part", penalty)
    if not is_own(penalty) or not np.prod(shape):
        return
    random = np.random.default_rng(0)
    for size, step, alpha in _PROBES:
        b = size * random.normal(size=shape)
        given = b.copy()
        p = penalty.scaled_prox(given, step, alpha)
        if not np.array_equal(given, b):
            raise ValueError(
                f"prox(coef, step) of {type(penalty).__name__} changes coef in place: return a new "
                "array"
            )
        aside = [p + by * size * random.normal(size=shape) for by in _ASIDE]
        _check_least(penalty, b, p, step, alpha, [share * b for share in _SHARES] + aside)
        _check_duality(penalty, p, (b - p) / step, alpha)


def _check_least(penalty, b, p, step, alpha, others):
    def objective(x):
        return 0.5 * float(np.sum((x - b) ** 2)) + step * float(penalty.scaled_value(x, alpha))

    found, lowest = objective(p), min(map(objective, others))
    slack = _LOWER * (float(np.sum(b**2)) + step * alpha)
    if not (np.isfinite(found) and found <= lowest + slack):
        raise ValueError(
            f"prox(coef, step) of {type(penalty).__name__} is not that of its value: for "
            f"coef={_shown(b)}, step={step} and alpha={alpha} it returns {_shown(p)}, where "
            f"1/2 |x - coef|^2 + step * alpha * value(x) is {found:.6g}, but elsewhere it is "
            f"{lowest:.6g}: correct prox, or value"
        )


def _check_duality(penalty, p, z, alpha):
    """At a subgradient z of the penalty at p."""
    value, inner = float(penalty.scaled_value(p, alpha)), float(np.vdot(z, p))
    kind, slack = type(penalty).__name__, _SAME * (alpha + abs(np.vdot(z, p)))
    if penalty.has_conjugate:
        conjugate = float(penalty.conjugate(z, alpha))
        if not abs(conjugate - (inner - value)) <= slack:
            raise ValueError(
                f"conjugate(correlations, alpha={alpha}) of {kind} returned {conjugate:.6g} for "
                f"correlations={_shown(z)}, a subgradient at {_shown(p)}, where it "
                f"must be their product less alpha * value, {inner - value:.6g}: correct conjugate"
            )
    elif penalty.is_norm:
        if not abs(inner - value) <= slack:
            raise ValueError(
                f"{kind} is declared a norm, is_norm = True, but its value does not grow in "
                f"proportion along {_shown(p)}: leave is_norm out"
            )
        norm = float(penalty.dual_norm(z))
        if value > 0 and not abs(norm - alpha) <= _SAME * alpha:
            raise ValueError(
                f"dual_norm(correlations) of {kind} returned {norm:.6g} for "
                f"correlations={_shown(z)}, where it must be {alpha:.6g}, the largest of "
                "their product with b over value(b): correct dual_norm, or leave is_norm out"
            )


def _shown(array) -> str:
    """The first few of its numbers."""
    return np.array2string(as_numpy("coef", array), precision=4, threshold=6, separator=", ")


def _is_finite(array) -> bool:
    return bool(np.isfinite(as_numpy("coef", array)).all())

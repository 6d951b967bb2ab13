"""A penalty that the user compiled."""

from __future__ import annotations

import numpy as np

from taut.native import NativeFunction
from taut.penalties.arrays import as_numpy, as_real, as_scalar, like
from taut.penalties.base import Penalty
from taut.penalties.checks import as_alpha, as_step, as_weights, check_axis
from taut.validation import check_flag

__all__ = ["NativePenalty"]

# Coefficients, steps and strengths at which the prox is held against the value.
_PROBES = ([-30.0, -2.0, -0.3, 0.3, 2.0, 30.0], [0.1, 0.5], [0.2, 1.0, 5.0])
_SAME = 1e-6


class NativePenalty(Penalty):
    """A penalty of single coefficients from two C functions, convex or not.

    The penalty is ``sum_j value(b_j, alpha w_j)``. The functions are numba's ``cfunc``, ctypes
    functions with ``restype`` and ``argtypes``, or ``scipy.LowLevelCallable``; they are called from
    several threads at once, without the interpreter, and cannot raise. Solutions are certified by
    their KKT residual, the distance from a fixed point of the prox.

    The object cannot be pickled, since the addresses mean nothing in another process.

    Parameters
    ----------
    value : C function double (double b, double strength)
        Penalty of one coefficient; inf where it is not allowed.
    prox : C function double (double b, double step, double strength)
        ``argmin_x 1/2 (x - b)^2 + step * value(x, strength)``.
    weights : array of shape (n_features,), default None
        Factor on the strength of each feature; 0 = unpenalised, inf = excluded (coefficient fixed
        at 0). None is 1 for all.
    convex : bool, default False
        Declares that the penalty is convex in the coefficient, as losses with kinks (`Quantile`)
        ask for.

    Raises
    ------
    TypeError
        A function has another signature, or is no C function; weights are no numbers.
    ValueError
        A function is a null pointer or returns NaN, the prox is not that of the value, or weights
        are negative or NaN.

    Notes
    -----
    The functions are never called with a strength of 0, which is no penalty at all.

    Examples
    --------
    >>> import ctypes
    >>> from ctypes import CFUNCTYPE, c_double
    >>> penalty = NativePenalty(
    ...     value=CFUNCTYPE(c_double, c_double, c_double)(lambda b, s: s * abs(b)),
    ...     prox=CFUNCTYPE(c_double, c_double, c_double, c_double)(
    ...         lambda b, t, s: b - min(max(b, -t * s), t * s)
    ...     ),
    ... )
    >>> penalty.prox([3.0, -0.5], 1.0).tolist()
    [2.0, 0.0]
    """

    by_coefficient = True
    _by_entry = True

    def __init__(self, value, prox, weights=None, *, convex=False):
        self._set(
            functions=(
                NativeFunction(value, "value", ("b", "strength")),
                NativeFunction(prox, "prox", ("b", "step", "strength")),
            ),
            weights=as_weights(weights),
            convex=check_flag(convex, "convex"),
        )
        self._check_against_one_another()

    @property
    def _n_features(self):
        return None if self.weights is None else self.weights.size

    @property
    def is_convex(self) -> bool:
        return self.convex

    def _check_against_one_another(self):
        """Does the prox minimise what the value says, among a few points?"""
        value, prox = self.functions
        b, step, strength = (part.ravel() for part in np.meshgrid(*_PROBES))
        found = prox(b, step, strength)

        def objective(x):
            return 0.5 * (x - b) ** 2 + step * value(x, strength)

        least = objective(found)
        for share in np.linspace(-0.1, 1.1, 25):
            other = share * b
            wrong = ~(least <= objective(other) + _SAME * (b**2 + step * strength))
            if np.any(wrong):
                k = np.argmax(wrong)
                raise ValueError(
                    f"prox(b={b[k]}, step={step[k]}, strength={strength[k]}) of the NativePenalty "
                    f"returned {found[k]:.6g}, but 1/2 (x - b)^2 + step * value(x, strength) is "
                    f"lower at x={other[k]:.6g}: correct prox, or value"
                )

    def value(self, coef):
        return self.scaled_value(coef, 1.0)

    def prox(self, coef, step):
        return self.scaled_prox(coef, step, 1.0)

    def scaled_value(self, coef, alpha):
        coef = as_real("coef", coef)
        b, strengths, excluded = self._aligned("coef", coef, as_alpha(alpha))
        called = strengths > 0
        total = self.functions[0](b[called], strengths[called]).sum()
        if np.any(b[excluded]):
            total = np.inf
        return as_scalar(like(np.asarray(total), coef).sum(), coef)

    def scaled_prox(self, coef, step, alpha):
        coef = as_real("coef", coef)
        steps = as_numpy("step", as_step(step, coef))
        b, strengths, excluded = self._aligned("coef", coef, as_alpha(alpha))
        steps = _along(steps, b.shape)
        called = (strengths > 0) & (steps > 0)
        b[called] = self.functions[1](b[called], steps[called], strengths[called])
        b[excluded] = 0.0
        return like(b, coef)

    def dual_norm(self, correlations) -> float:
        """Smallest alpha at which a prox step of length one leaves zero where it is.

        Found by bisection, as nothing is known of the penalty but its prox.

        Parameters
        ----------
        correlations : array or torch tensor of shape (n_features, ...)
            Negative gradient of the loss at zero.

        Returns
        -------
        float

        Raises
        ------
        NotImplementedError
            The prox leaves no coefficient at zero, however large alpha is.
        TypeError
            ``correlations`` are not real.
        ValueError
            There are not as many features as weights, or the function returned NaN.
        """
        z = as_numpy("correlations", correlations)
        _, weights, _ = self._aligned("correlations", z, 1.0)
        z, weights = z[weights > 0], weights[weights > 0]
        return self._resting(z, lambda alpha: self.functions[1](z, 1.0, alpha * weights))

    def group_layout(self, n_features: int):
        """Each feature is a group of its own."""
        return np.arange(n_features), self._weights_for(n_features, "X")

    def on_features(self, features) -> NativePenalty:
        """The penalty of some of the features."""
        smaller = object.__new__(NativePenalty)
        weights = None if self.weights is None else self.weights[features]
        smaller._set(functions=self.functions, weights=weights, convex=self.convex)
        return smaller

    def _weights_for(self, n_features, owner):
        if self.weights is None:
            return np.ones(n_features)
        if self.weights.size != n_features:
            raise ValueError(
                f"weights of {self!r} are for {self.weights.size} features, but {owner} has "
                f"{n_features}: make the penalty with weights for {n_features} features"
            )
        return self.weights

    def _aligned(self, name, coef, alpha):
        """Coefficients in float64, their strengths (0 where excluded), and which are excluded."""
        check_axis(name, coef)
        b = as_numpy(name, coef)
        weights = self._weights_for(len(b), name)
        excluded = np.isinf(weights)
        strengths = alpha * np.where(excluded, 0.0, weights)
        return b, _along(strengths, b.shape), _along(excluded, b.shape)

    def __repr__(self):
        value, prox = self.functions
        weights = "" if self.weights is None else f", weights=array of {self.weights.size}"
        convex = ", convex=True" if self.convex else ""
        return f"NativePenalty(value={value!r}, prox={prox!r}{weights}{convex})"

    def __reduce__(self):
        return self.functions[0].__reduce__()


def _along(values, shape):
    """One number, or one for each row, for every entry."""
    return np.broadcast_to(values.reshape(values.shape + (1,) * (len(shape) - values.ndim)), shape)

"""A loss that the user compiled."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import numpy as np

from taut.losses.base import Loss
from taut.native import NativeFunction

__all__ = ["NativeLoss"]

_PROBES = (-1.0, 0.5)  # linear predictors at which the functions are held against one another
_MOST = 50  # responses for which they are
_STEP = 1e-4
_SAME = 1e-3
_EPS = np.finfo(np.float64).eps


class _At(NamedTuple):
    value: np.ndarray
    slope: np.ndarray
    bend: np.ndarray


class NativeLoss(Loss):
    """A convex loss from C functions of one sample, at the speed of the losses of taut.

    Each is ``double f(double y, double eta)``: numba's ``cfunc("float64(float64, float64)")``, a
    ctypes function with ``restype`` and ``argtypes``, or a ``scipy.LowLevelCallable``. Whole paths
    then run without the interpreter: the functions are called from several threads at once, and
    cannot raise.

    Predictions are linear predictors. The object cannot be pickled, since the addresses mean
    nothing in another process.

    Parameters
    ----------
    value : C function of (y, eta)
        Loss of a sample with response ``y`` at the linear predictor ``eta``. It may overflow to
        inf, but not be NaN.
    gradient : C function of (y, eta)
        Its first derivative with respect to ``eta``, continuous.
    hessian : C function of (y, eta)
        Its second derivative, >= 0, or what bounds the loss from above by a parabola at ``eta``
        (for Huber's loss 1 inside and ``delta / |y - eta|`` beyond).
    conjugate : C function of (y, theta), default None
        ``sup_eta theta * eta - value(y, eta)``, inf where there is none. With it certificates are
        duality gaps; without it they are KKT residuals.

    Raises
    ------
    TypeError
        A function has another signature, or is no C function.
    ValueError
        A function is a null pointer. Fits raise it where a function returns NaN, or where they
        contradict one another: a gradient that is not the slope of the value, for one.

    Examples
    --------
    >>> import ctypes
    >>> of_two = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double, ctypes.c_double)
    >>> loss = NativeLoss(
    ...     value=of_two(lambda y, eta: (y - eta) ** 2 / 2),
    ...     gradient=of_two(lambda y, eta: eta - y),
    ...     hessian=of_two(lambda y, eta: 1.0),
    ... )
    >>> loss.gradient([1.0, 2.0], [0.0, 0.0]).tolist()
    [-1.0, -2.0]
    """

    name: ClassVar[str] = "native"

    def __init__(self, value, gradient, hessian, conjugate=None):
        given = {"value": value, "gradient": gradient, "hessian": hessian, "conjugate": conjugate}
        functions = {
            name: NativeFunction(function, name, ("y", "theta" if name == "conjugate" else "eta"))
            for name, function in given.items()
            if name != "conjugate" or function is not None
        }
        vars(self)["_functions"] = functions

    def value(self, y, eta):
        return self._functions["value"](y, eta)

    def gradient(self, y, eta):
        return self._functions["gradient"](y, eta)

    def hessian(self, y, eta):
        return self._functions["hessian"](y, eta)

    def conjugate(self, y, theta):
        if "conjugate" not in self._functions:
            raise NotImplementedError(
                f"{self!r} has no conjugate: pass conjugate= where the least possible loss, or a "
                "duality gap, is wanted"
            )
        return self._functions["conjugate"](y, theta)

    def has_conjugate(self, y) -> bool:
        return "conjugate" in self._functions

    def check_response(self, y, name="y"):
        """The response, any finite numbers of shape (n_samples,).

        Raises
        ------
        ValueError
            As ``Loss.check_response``; or the functions contradict one another at some of them.
        """
        y = super().check_response(y, name)
        some, eta = np.meshgrid(np.unique(y)[:: max(1, len(y) // _MOST)], _PROBES)
        self._check_against_one_another(some.ravel(), eta.ravel())
        return y

    def _check_against_one_another(self, y, eta):
        step = _STEP * (1 + np.abs(eta))
        below, here, above = (self._at(y, eta + move) for move in (-step, 0.0, step))
        with np.errstate(invalid="ignore"):
            rise = (above.value - below.value) / (2 * step)
            bend = (above.slope - below.slope) / (2 * step)
        # The curvature may jump.
        bent = np.maximum(np.maximum(below.bend, above.bend), here.bend)
        there = np.isfinite(here.value) & np.isfinite(rise)
        if not there.any():
            _refuse("value", y, eta, here.value, ~there, "be finite at some linear predictor")
        _refuse("hessian", y, eta, here.bend, ~(here.bend >= 0), "be >= 0: the loss is convex")
        # Of the difference, by rounding and by such a jump.
        slack = 8 * _EPS * np.abs(here.value) / step + step * bent + _STEP**2
        wrong = there & ~(np.abs(rise - here.slope) <= _SAME * np.abs(rise) + slack)
        must = f"be the derivative of value, which is about {_first(rise, wrong)} there"
        _refuse("gradient", y, eta, here.slope, wrong, must)
        slack = 8 * _EPS * np.abs(here.slope) / step + _STEP**2
        wrong = there & ~(bent >= 0.5 * bend - slack)
        must = f"be the derivative of gradient, which is about {_first(bend, wrong)} there, or more"
        _refuse("hessian", y, eta, here.bend, wrong, must)
        if self.has_conjugate(y):
            # Fenchel and Young: value + conjugate = theta eta at theta = gradient.
            wanted = here.slope * eta - here.value
            slack = _SAME * (np.abs(here.value) + np.abs(here.slope * eta) + _STEP)
            returned = self.conjugate(y, here.slope)
            wrong = there & ~(np.abs(returned - wanted) <= slack)
            must = f"be theta * eta - value at theta = gradient, which is {_first(wanted, wrong)}"
            _refuse("conjugate", y, here.slope, returned, wrong, must, second="theta")

    def _at(self, y, eta):
        return _At(self.value(y, eta), self.gradient(y, eta), self.hessian(y, eta))

    @property
    def addresses(self) -> tuple[int, int, int, int]:
        """Of value, gradient, hessian and conjugate; 0 for none."""
        names = ("value", "gradient", "hessian", "conjugate")
        found = (self._functions.get(name) for name in names)
        return tuple(0 if function is None else function.address for function in found)

    def __setattr__(self, name, value):
        raise AttributeError(
            f"NativeLoss is immutable, {name} cannot be set: make a new NativeLoss"
        )

    def __eq__(self, other):
        return (
            self.addresses == other.addresses if isinstance(other, NativeLoss) else NotImplemented
        )

    def __hash__(self):
        return hash(self.addresses)

    def __repr__(self):
        shown = (f"{name}={function!r}" for name, function in self._functions.items())
        return f"NativeLoss({', '.join(shown)})"

    # An immutable object is its own copy.
    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    def __sklearn_clone__(self):
        return self

    def __reduce__(self):
        return self._functions["value"].__reduce__()


def _first(values, wrong):
    return f"{float(values[np.argmax(wrong)]):.6g}"


def _refuse(name, y, second_values, returned, wrong, must, second="eta"):
    """Raise for the first call that returned what it must not."""
    if np.any(wrong):
        raise ValueError(
            f"{name}(y={_first(y, wrong)}, {second}={_first(second_values, wrong)}) of the "
            f"NativeLoss returned {_first(returned, wrong)}: it must {must}"
        )

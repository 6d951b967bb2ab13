"""A loss that the user compiled."""

from __future__ import annotations

from typing import ClassVar

from taut.losses.base import Loss
from taut.losses.own import check_methods
from taut.native import NativeFunction

__all__ = ["NativeLoss"]


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
        check_methods(self, y)
        return y

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

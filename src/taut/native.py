"""C functions that users compiled: read from whatever holds one, checked as far as that can tell.

A pointer knows nothing of its arguments. What holds it often does: numba's ``cfunc`` and SciPy's
``LowLevelCallable`` know their signature, a ctypes function the one it was given.
"""

from __future__ import annotations

import ctypes

import numpy as np
from scipy import LowLevelCallable

from taut import _core

__all__ = ["NativeFunction"]

_NEEDS_INTERPRETER = 4  # ctypes' flag of functions that must be called under the interpreter's lock


class NativeFunction:
    """A C function of doubles that returns one, called on arrays.

    Parameters
    ----------
    function : numba cfunc, ctypes function or scipy.LowLevelCallable
        It is called from several threads at once, without the interpreter's lock.
    name : str
        The argument of the user's call.
    arguments : tuple of str
        Names of the function's own arguments.

    Raises
    ------
    TypeError
        It is none of these, or has another signature, or none.
    ValueError
        The pointer is null.
    """

    def __init__(self, function, name: str, arguments: tuple[str, ...]):
        self.name, self.arguments, self.function = name, arguments, function
        if isinstance(function, LowLevelCallable):
            self.address = self._of_low_level_callable(function)
        else:
            self.address = self._of_ctypes(self._as_ctypes(function))
        if not self.address:
            raise ValueError(f"{name} is a null pointer, {function!r}: pass {self._wanted}")

    def __call__(self, *arrays):
        """The results entry by entry, of the broadcast shape and the arrays' common dtype.

        Raises
        ------
        ValueError
            The function returned NaN for numbers.
        """
        arrays = np.broadcast_arrays(*arrays)
        dtype = np.result_type(np.float32, *arrays)
        flat = [np.array(array, dtype=np.float64).ravel() for array in arrays]
        out = _core.call_native(self.address, *flat)
        wrong = np.isnan(out) & np.all(np.isfinite(flat), axis=0)
        if wrong.any():
            first = int(np.argmax(wrong))
            given = zip(self.arguments, flat, strict=True)
            call = ", ".join(f"{name}={float(array[first])}" for name, array in given)
            raise ValueError(
                f"{self.name}({call}) returned nan: it must return a number wherever its arguments "
                "are finite; a formula that overflows, or takes 0 * log(0), can often be rearranged"
            )
        return out.reshape(arrays[0].shape).astype(dtype)

    def __repr__(self):
        name = getattr(self.function, "__name__", None)
        kind = type(self.function).__name__
        return f"<{kind} {name}>" if isinstance(name, str) else f"<{kind} at {self.address:#x}>"

    # Equal where the code is, whatever holds its address.
    def __eq__(self, other):
        if not isinstance(other, NativeFunction):
            return NotImplemented
        return self.address == other.address

    def __hash__(self):
        return hash(self.address)

    def __deepcopy__(self, memo):
        return self

    def __reduce__(self):
        raise TypeError(
            f"{self.name} is a C function, whose address means nothing in another process, and "
            "cannot be pickled: make the object anew there, and run what is parallel in threads "
            "(joblib.parallel_config(backend='threading')) rather than processes"
        )

    @property
    def _signature(self):
        return f"double ({', '.join(['double'] * len(self.arguments))})"

    @property
    def _wanted(self):
        return (
            f"a C function {self._signature} of ({', '.join(self.arguments)}), as made by "
            f"numba.cfunc('float64({', '.join(['float64'] * len(self.arguments))})'), by ctypes "
            "with restype and argtypes, or by scipy.LowLevelCallable"
        )

    def _refused(self, got):
        return TypeError(f"{self.name} must be {self._wanted}; got {got}")

    def _as_ctypes(self, function):
        """A ctypes function; numba's cfunc offers itself as one."""
        if hasattr(function, "address") and hasattr(function, "ctypes"):
            try:
                return function.ctypes
            except (TypeError, NotImplementedError) as error:
                raise self._refused(f"{function!r}, whose types C does not have") from error
        if isinstance(function, ctypes._CFuncPtr):
            return function
        if isinstance(function, int):
            raise self._refused(
                f"{function!r}: an address alone does not say what is there, wrap it in "
                "ctypes.CFUNCTYPE(ctypes.c_double, ...)(address)"
            )
        raise self._refused(
            f"{function!r}, which is Python" if callable(function) else repr(function)
        )

    def _of_ctypes(self, function):
        if type(function)._flags_ & _NEEDS_INTERPRETER:
            raise self._refused(
                f"{function!r}, which needs the interpreter's lock: load it with ctypes.CDLL, or "
                "wrap it with ctypes.CFUNCTYPE"
            )
        if function.argtypes is None:
            raise self._refused(
                f"{function!r} without argtypes: set its restype = ctypes.c_double and its "
                f"argtypes = [ctypes.c_double] * {len(self.arguments)}"
            )
        types = [function.restype, *function.argtypes]
        if types != [ctypes.c_double] * (len(self.arguments) + 1):
            result, *others = (getattr(kind, "__name__", str(kind)) for kind in types)
            raise self._refused(f"one of signature {result} ({', '.join(others)})")
        return ctypes.cast(function, ctypes.c_void_p).value

    def _of_low_level_callable(self, function):
        signature = function.signature
        if "".join(signature.split()) != "".join(self._signature.split()):
            raise self._refused(f"a LowLevelCallable of signature {signature!r}")
        if function.user_data is not None:
            raise self._refused(
                "a LowLevelCallable with user_data, which this signature has no place for"
            )
        pointer = ctypes.pythonapi.PyCapsule_GetPointer
        pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
        # The capsule is named by its signature (scipy/_lib/src/ccallback.h).
        return pointer(tuple.__getitem__(function, 0), signature.encode())

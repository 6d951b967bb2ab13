"""NumPy and torch arrays under one set of names, without ever importing torch."""

from __future__ import annotations

import reprlib
import sys

import numpy as np

__all__ = [
    "as_numpy",
    "as_real",
    "as_scalar",
    "by_column",
    "like",
    "namespace",
    "positions_like",
    "positive_part",
    "widened",
]


def namespace(array):
    """The module whose functions take ``array``: torch for its tensors, NumPy for the rest."""
    # Whoever holds a tensor has imported torch already.
    tensor = getattr(sys.modules.get("torch"), "Tensor", None)
    return sys.modules["torch"] if tensor and isinstance(array, tensor) else np


def as_real(name, array):
    """``array`` with a floating dtype: kept where it has one, else the library's default."""
    xp = namespace(array)
    if xp is not np:
        if array.is_complex():
            raise TypeError(f"{name} must be real, got dtype {array.dtype}: pass its real part")
        return array if array.is_floating_point() else array.to(xp.get_default_dtype())
    array = np.asarray(array)
    if array.dtype.kind not in "fiu":
        raise TypeError(
            f"{name} must hold real numbers, got {reprlib.repr(array.tolist())} of dtype "
            f"{array.dtype}: pass a numeric array"
        )
    return array if array.dtype.kind == "f" else array.astype(np.float64)


def like(values, array):
    """``values``, one per feature or one for all, ready for arithmetic with ``array``.

    They get its library, dtype and device, and trailing axes so that they follow its axis 0.
    """
    values = values.reshape(tuple(values.shape) + (1,) * (array.ndim - values.ndim))
    xp = namespace(array)
    if xp is np:
        return np.asarray(values, dtype=array.dtype)
    if namespace(values) is np:
        values = np.array(values)  # torch warns of read-only memory
    return xp.as_tensor(values, dtype=array.dtype, device=array.device)


def positions_like(positions, array):
    """Integer ``positions``, ready to index what has the library and device of ``array``."""
    xp = namespace(array)
    return positions if xp is np else xp.as_tensor(np.array(positions), device=array.device)


def positive_part(array):
    """``max(array, 0)``, entry by entry."""
    return namespace(array).clip(array, 0.0, None)


def as_numpy(name, array):
    """A float64 NumPy array of the real numbers in ``array``, cut off from any gradient."""
    array = as_real(name, array)
    xp = namespace(array)
    if xp is not np:
        array = array.detach().to("cpu", xp.float64).numpy()
    return array.astype(np.float64)


def as_scalar(total, array):
    """``total`` as penalties return a value: a float, or a 0-d tensor of the dtype of ``array``."""
    return float(total) if namespace(total) is np else total.to(array.dtype)


def widened(array):
    """``array`` in at least single precision: squares overflow below, and LAPACK has no less."""
    xp = namespace(array)
    if xp.finfo(array.dtype).bits >= 32:
        return array
    return array.astype(np.float32) if xp is np else array.to(xp.float32)


def by_column(function, array, *parameters):
    """``function(column, *parameters)`` of each column; NaN for one that is not finite."""
    if not array.size:
        return array
    columns = array.reshape(len(array), -1)
    results = np.full_like(columns, np.nan)
    for j in np.flatnonzero(np.isfinite(columns).all(axis=0)):
        results[:, j] = function(columns[:, j], *parameters)
    return results.reshape(array.shape)

"""NumPy and torch arrays under one set of names, without ever importing torch."""

from __future__ import annotations

import sys

import numpy as np

__all__ = ["as_real", "like", "namespace"]


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
            f"{name} must hold real numbers, got dtype {array.dtype}: pass a numeric array"
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

"""Complex measurements of a real signal, as twice as many real ones.

With ``A = B + iC`` the equation ``A x = y`` for a real x is ``B x = Re y`` and ``C x = Im y``, and
``|y - A x|`` is the length of both residuals together.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import LinearOperator

__all__ = ["in_real_parts"]


def in_real_parts(A, y):
    """A and y themselves where A is real, else their real parts above the imaginary ones.

    Parameters
    ----------
    A : array, sparse matrix or LinearOperator of shape (m, n)
    y : array of shape (m,)

    Returns
    -------
    A, y
        Of shapes (2 m, n) and (2 m,) where A is complex.

    Raises
    ------
    TypeError
        y is complex, and A is not.
    ValueError
        y has not an entry for each row of a complex A.
    """
    y = np.asarray(y)
    if not isinstance(A, LinearOperator) and not sparse.issparse(A):
        A = np.asarray(A)
    if not _is_complex(A):
        if _is_complex(y):
            raise TypeError(
                "y must be real where A is, got complex numbers: no real signal leads to them; "
                "recover the signals of y.real and y.imag one by one"
            )
        return A, y
    if y.shape != A.shape[:1]:
        raise ValueError(
            f"y must have shape ({A.shape[0]},), one entry for each row of A, got {y.shape}"
        )
    return _stacked(A), np.concatenate([y.real, y.imag])


def _is_complex(values):
    return np.dtype(values.dtype or np.float64).kind == "c"


def _stacked(A):
    if sparse.issparse(A):
        return sparse.vstack([A.real, A.imag], format="csc")
    if not isinstance(A, LinearOperator):
        return np.concatenate([A.real, A.imag])

    def forth(x):
        values = A.matvec(x)
        return np.concatenate([np.real(values), np.imag(values)])

    def back(y):
        real, imaginary = np.split(np.ravel(y), 2)
        return np.real(A.rmatvec(real + 1j * imaginary))

    m, n = A.shape
    return LinearOperator((2 * m, n), matvec=forth, rmatvec=back, dtype=np.float64)

"""A linear measurement, whatever it is kept as: a matrix, a sparse one, or an operator."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.sparse.linalg import LinearOperator, aslinearoperator, cg
from sklearn.utils.validation import check_array

from taut.applications.sensing.operators import check_adjoint
from taut.solvers.gathered import GatheredColumns
from taut.validation.trouble import explained

__all__ = ["Measurement", "written_down"]

_CG_TOL = 1e-13
_CG_STEPS = 400


class Measurement:
    """``A`` with what the solvers ask of it.

    Parameters
    ----------
    A : array, sparse matrix or LinearOperator of shape (m, n)
    name : str, default "A"
        What messages call it.

    Attributes
    ----------
    shape : tuple of int
    matrix : ndarray or sparse matrix, or None
        None for an operator, of which no columns are made.
    gathered : GatheredColumns or None
        Columns of the matrix.
    n_products : int
        Products with A or its adjoint so far.

    Raises
    ------
    TypeError, ValueError
        It is none of these, it is complex, or its adjoint fails the dot test.
    """

    def __init__(self, A, name="A"):
        self.n_products = 0
        if isinstance(A, LinearOperator):
            _require_real(A, name)
            check_adjoint(A, name)
            self.matrix, self.gathered, self.linear = None, None, A
        else:
            self.matrix = _checked_matrix(A, name)
            self.gathered = GatheredColumns(self.matrix)
            self.linear = aslinearoperator(self.matrix)
        self.shape = self.linear.shape

    def product(self, x):
        self.n_products += 1
        return np.asarray(self.linear.matvec(x), dtype=np.float64)

    def adjoint(self, residual):
        self.n_products += 1
        return np.asarray(self.linear.rmatvec(residual), dtype=np.float64)

    def face(self, features):
        """The columns of a support, as a solver of their normal equations."""
        if self.matrix is None:
            return _Implied(self, features)
        return _Columns(*self.gathered.at(features))


def written_down(measurement):
    """The array that a measurement stands for, row by row where it is an operator."""
    if measurement.matrix is not None:
        matrix = measurement.matrix
        return matrix.toarray() if sparse.issparse(matrix) else matrix
    unit, matrix = np.zeros(measurement.shape[0]), np.empty(measurement.shape)
    for row in range(len(unit)):
        unit[row] = 1.0
        matrix[row] = measurement.adjoint(unit)
        unit[row] = 0.0
    return matrix


class _Columns:
    """Normal equations of explicit columns by a Cholesky factor; the few steps that follow with
    the residuals of the equations themselves make up for the squared condition."""

    def __init__(self, columns, gram):
        self.columns = columns
        try:
            factor = cho_factor(gram)
            self._apply = lambda target: cho_solve(factor, target)
        except LinAlgError:
            inverse = np.linalg.pinv(gram, hermitian=True)
            self._apply = lambda target: inverse @ target

    def product(self, coef):
        return self.columns @ coef

    def solve(self, target):
        """``(A_S'A_S)^-1 target``."""
        coef = self._apply(target)
        return coef + self._apply(target - self.columns.T @ (self.columns @ coef))

    def least_squares(self, y):
        coef = self._apply(self.columns.T @ y)
        for _ in range(2):
            coef = coef + self._apply(self.columns.T @ (y - self.columns @ coef))
        return coef


class _Implied:
    """The same by conjugate gradients, through products with the whole operator."""

    def __init__(self, measurement, features):
        self.measurement, self.features = measurement, features

    def product(self, coef):
        x = np.zeros(self.measurement.shape[1])
        x[self.features] = coef
        return self.measurement.product(x)

    def solve(self, target):
        size = len(self.features)
        gram = LinearOperator(
            (size, size),
            matvec=lambda coef: self._cross(self.product(np.ravel(coef))),
            dtype=np.float64,
        )
        return cg(gram, target, rtol=_CG_TOL, maxiter=_CG_STEPS)[0]

    def least_squares(self, y):
        return self.solve(self._cross(y))

    def _cross(self, residual):
        return self.measurement.adjoint(residual)[self.features]


def _checked_matrix(A, name):
    if not sparse.issparse(A):
        A = np.asarray(A)
    _require_real(A, name)
    if A.ndim != 2:
        raise ValueError(
            f"{name} must have shape (m, n), a row for each measurement, got shape {A.shape}: pass "
            "a matrix, a sparse matrix or a scipy LinearOperator"
        )
    with explained(name, A):
        return check_array(A, accept_sparse=["csc"], dtype=np.float64, input_name=name)


def _require_real(A, name):
    if np.dtype(A.dtype or np.float64).kind == "c":
        raise TypeError(
            f"{name} must be real, got complex numbers: stack its real and its imaginary part"
        )

"""What every loss is: a convex function of the linear predictor."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from scipy import sparse

from taut.losses.checks import as_response
from taut.losses.own import check_methods
from taut.losses.recession import Recession, recession_of_rows
from taut.losses.roots import minimiser
from taut.validation import is_own

__all__ = ["Loss", "weighted_gram"]

# v_i * g_i / v_i may miss g_i, and so the domain of the conjugate, by an ulp or two.
_INSIDE = 1 - 4 * np.finfo(np.float64).eps


class Loss:
    """Base of all losses. A loss sees the linear predictor ``eta``, never the design.

    A loss of one's own subclasses this and gives ``value``, ``gradient``, ``hessian`` and, for a
    duality gap, ``conjugate`` for each sample; the rest follows from them. Arguments of these four
    are real NumPy arrays that broadcast, so ``y[:, None]`` goes with the predictors of a whole
    path. They are held against one another where responses are checked: a ``check_response`` of
    one's own calls that of this class.
    Subclasses are frozen dataclasses of their parameters.

    Solvers call the totals, ``sum_i v_i loss(y_i, eta_i)`` for sample weights ``v >= 0``: a row of
    weight zero is not there. A loss that is no sum over samples gives the totals only.

    Attributes
    ----------
    name : str
        What ``loss=`` calls it.
    is_smooth : bool
        Whether the gradient is continuous.
    is_separable : bool
        Whether the total is a sum over samples.
    curvature_bound : float or None
        The largest eigenvalue that the Hessian of one sample can have, over all ``eta``; None where
        there is no bound or no Hessian.
    is_quadratic : bool
        Whether the Hessian is the same everywhere.
    """

    name: ClassVar[str] = "given"
    is_smooth: ClassVar[bool] = True
    is_separable: ClassVar[bool] = True
    curvature_bound: ClassVar[float | None] = None
    is_quadratic: ClassVar[bool] = False

    def value(self, y, eta):
        """Loss of each sample."""
        raise NotImplementedError(self._has_no("value"))

    def gradient(self, y, eta):
        """First derivative of the loss of each sample with respect to ``eta``."""
        raise NotImplementedError(self._has_no("gradient"))

    def hessian(self, y, eta):
        """Second derivative of the loss of each sample with respect to ``eta``."""
        raise NotImplementedError(self._has_no("hessian"))

    def conjugate(self, y, theta):
        """Convex conjugate, ``sup_eta theta * eta - value(y, eta)``; inf outside its domain.

        Duality gaps need it: ``value(y, eta) + conjugate(y, theta) >= theta * eta``, with equality
        at ``theta = gradient(y, eta)``.
        """
        raise NotImplementedError(self._has_no("conjugate"))

    def lowest(self, y):
        """Infimum over ``eta`` of the loss of each sample: what a saturated model would reach."""
        # The conjugate at zero is sup -value.
        return 0.0 - self.conjugate(y, np.zeros_like(y))

    def mean(self, eta):
        """Prediction on the scale of the response."""
        return np.asarray(eta)

    def check_response(self, y, name="y") -> np.ndarray:
        """The response as the other methods take it.

        Parameters
        ----------
        y : array-like of shape (n_samples,)
        name : str, default "y"
            What messages call it.

        Returns
        -------
        ndarray of float64

        Raises
        ------
        TypeError
            It does not hold numbers.
        ValueError
            It has another shape, or an entry is not finite or not one this loss can take; or the
            methods of a class of one's own contradict one another at some of them.
        """
        y = as_response(y, name)
        if is_own(self) and self.is_separable and self.is_smooth:
            check_methods(self, y)
        return y

    def null_intercept(self, y, v, offset=None):
        """Intercept of the model without features: ``argmin_b sum_i v_i loss(y_i, offset_i + b)``.

        Parameters
        ----------
        y : ndarray of shape (n_samples,)
        v : ndarray of shape (n_samples,)
            Sample weights; they need not sum to one.
        offset : ndarray of shape (n_samples,), default None
            None means zeros.

        Returns
        -------
        float, or ndarray of shape (n_targets,)
            Infinite where the infimum is at infinity: one class only, or all counts zero.
        """
        offset = np.zeros(len(y)) if offset is None else offset
        return minimiser(
            lambda b: (
                float(np.sum(self.slope(y, offset + b, v))),
                float(np.sum(self.curvature(y, offset + b, v))),
            )
        )

    def total(self, y, eta, v) -> float:
        """Weighted sum of the losses."""
        return float(np.sum(_weighted(v, self.value(y, eta))))

    def slope(self, y, eta, v) -> np.ndarray:
        """Gradient of ``total`` with respect to ``eta``."""
        return _weighted(v, self.gradient(y, eta))

    def curvature(self, y, eta, v) -> np.ndarray:
        """Diagonal of the Hessian of ``total`` with respect to ``eta``."""
        return _weighted(v, self.hessian(y, eta))

    def hessian_product(self, y, eta, v, direction) -> np.ndarray:
        """The Hessian of ``total`` times a direction of ``eta``, both of its shape."""
        return self.curvature(y, eta, v) * direction

    def hessian_gram(self, y, eta, v, left, right) -> np.ndarray:
        """The Hessian of ``total`` between columns of features: ``left' H right``.

        Parameters
        ----------
        y, eta, v : ndarray
        left, right : dense or sparse matrices of shape (n_samples, n_left or n_right)

        Returns
        -------
        ndarray of shape (n_left * n_targets, n_right * n_targets)
            Targets change fastest; a factor of 1 where ``eta`` has one dimension.
        """
        curvature = self.curvature(y, eta, v)
        if curvature.ndim == 1:
            return weighted_gram(left, curvature, right)
        n_targets = curvature.shape[1]
        result = np.zeros((left.shape[1], n_targets, right.shape[1], n_targets))
        for target in range(n_targets):
            result[:, target, :, target] = weighted_gram(left, curvature[:, target], right)
        return result.reshape(left.shape[1] * n_targets, -1)

    def hessian_root(self, y, eta, v):
        """A root of the Hessian of ``total``: ``root root'``.

        Returns
        -------
        matrix of shape (eta.size, eta.size)
            Sparse where the loss is a sum over samples. Targets change fastest.
        """
        curvature = np.maximum(self.curvature(y, eta, v), 0.0)
        return sparse.diags_array(np.sqrt(curvature).ravel(), format="csr")

    def total_conjugate(self, y, theta, v) -> float:
        """Convex conjugate of ``total``: ``sum_i v_i conjugate(y_i, theta_i / v_i)``.

        ``theta`` is scaled as ``slope`` is. Where ``v_i = 0``, anything but ``theta_i = 0`` is
        outside the domain.
        """
        there = np.asarray(v) > 0
        if np.any(theta[~there]):
            return np.inf
        y, v = y[there], v[there]
        # The domain is convex and holds zero, so a little less theta is inside where theta is.
        per_row = _INSIDE * theta[there] / _for_rows(v, theta)
        return float(np.sum(_weighted(v, self.conjugate(y, per_row))))

    def has_conjugate(self, y) -> bool:
        """Whether ``total_conjugate`` says anything for this response.

        Where it does not, certificates are KKT residuals.
        """
        return not self.is_separable or type(self).conjugate is not Loss.conjugate

    def total_lowest(self, y, v) -> float:
        """Infimum over ``eta`` of ``total``: the null deviance is twice what is above it."""
        return float(np.sum(_weighted(v, self.lowest(y))))

    def recession(self, y, v) -> Recession | None:
        """Where ``total`` never rises.

        Returns
        -------
        Recession or None
            None where it is known of no direction along which the loss falls for ever.
        """
        # Squares rise on both sides, and a loss with kinks reaches its least value.
        if self.is_quadratic or not self.is_smooth or not self.is_separable or np.ndim(y) > 1:
            return None
        return recession_of_rows(self, y, v)

    def __repr__(self):
        # Of a class of one's own, which need not be a dataclass.
        parameters = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({parameters})"

    def _has_no(self, method) -> str:
        kind = type(self).__name__
        if not self.is_separable:
            return (
                f"{kind} is no sum over samples and has no {method}(): call total(), slope(), "
                "curvature() or total_conjugate()"
            )
        return f"{kind} does not define {method}(): give the class this method of (y, eta)"


def weighted_gram(left, weights, right) -> np.ndarray:
    """``left' diag(weights) right`` of dense or sparse matrices, as a dense array."""
    if sparse.issparse(left):
        return (left.T @ sparse.diags_array(weights) @ right).toarray()
    return left.T @ (weights[:, None] * right)


def _for_rows(v, values):
    return np.reshape(v, np.shape(v) + (1,) * (np.ndim(values) - 1))


def _weighted(v, values):
    # A row of weight zero counts for nothing, also where its loss overflows.
    v = _for_rows(v, values)
    with np.errstate(invalid="ignore", over="ignore"):
        return np.where(v > 0, v * values, 0.0)

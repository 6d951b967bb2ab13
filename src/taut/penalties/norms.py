"""Penalties that shrink: L1, L2 and their mixture."""

from __future__ import annotations

from taut.penalties.checks import as_l1_ratio, as_weights
from taut.penalties.separable import Separable, weighted

__all__ = ["L1", "L2", "ElasticNet"]


class L1(Separable):
    """Lasso penalty, ``sum_j w_j |b_j|``: sets coefficients to exactly zero.

    Parameters
    ----------
    weights : array of shape (n_features,), default None
        Factor per feature; 0 = unpenalised, inf = excluded (coefficient fixed at 0), None = 1.

    Raises
    ------
    TypeError
        ``weights`` are not real numbers.
    ValueError
        ``weights`` are negative, NaN or not one-dimensional.

    References
    ----------
    Tibshirani, R. (1996). Regression shrinkage and selection via the lasso. JRSS B 58, 267-288.
    """

    def __init__(self, weights=None):
        self._set(weights=as_weights(weights))

    def _family(self):
        return weighted(self.weights, l1=1.0)


class L2(Separable):
    """Ridge penalty, ``1/2 sum_j w_j b_j^2``: shrinks smoothly, keeps correlated features together.

    Parameters
    ----------
    weights : array of shape (n_features,), default None
        Factor per feature; 0 = unpenalised, inf = excluded (coefficient fixed at 0), None = 1.

    Raises
    ------
    TypeError
        ``weights`` are not real numbers.
    ValueError
        ``weights`` are negative, NaN or not one-dimensional.

    References
    ----------
    Hoerl, A. E. and Kennard, R. W. (1970). Ridge regression. Technometrics 12, 55-67.
    """

    def __init__(self, weights=None):
        self._set(weights=as_weights(weights))

    def _family(self):
        return weighted(self.weights, l2=1.0)


class ElasticNet(Separable):
    """Elastic net penalty, ``l1_ratio * L1 + (1 - l1_ratio) * L2``.

    Parameters
    ----------
    l1_ratio : float in [0, 1], default 0.5
    weights : array of shape (n_features,), default None
        Factor per feature; 0 = unpenalised, inf = excluded (coefficient fixed at 0), None = 1.

    Raises
    ------
    TypeError
        ``l1_ratio`` or ``weights`` are not real numbers.
    ValueError
        ``l1_ratio`` lies outside [0, 1]; ``weights`` are negative, NaN or not one-dimensional.

    References
    ----------
    Zou, H. and Hastie, T. (2005). Regularization and variable selection via the elastic net.
    JRSS B 67, 301-320.
    """

    def __init__(self, l1_ratio=0.5, weights=None):
        self._set(l1_ratio=as_l1_ratio(l1_ratio), weights=as_weights(weights))

    def _family(self):
        return weighted(self.weights, l1=self.l1_ratio, l2=1 - self.l1_ratio)

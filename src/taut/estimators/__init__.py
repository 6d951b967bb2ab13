"""Estimators: scikit-learn's names and conventions over the certified solvers."""

from taut.estimators.elastic_net import ElasticNet, Lasso
from taut.estimators.elastic_net_cv import ElasticNetCV, LassoCV
from taut.estimators.linear_regression import LinearRegression
from taut.estimators.ridge import Ridge
from taut.estimators.ridge_cv import RidgeCV

__all__ = [
    "ElasticNet",
    "ElasticNetCV",
    "Lasso",
    "LassoCV",
    "LinearRegression",
    "Ridge",
    "RidgeCV",
]

"""Estimators: scikit-learn's names and conventions over the certified solvers."""

from taut.estimators.amounts import GammaRegressor, PoissonRegressor, TweedieRegressor
from taut.estimators.any_loss import PenalizedClassifier, PenalizedRegressor
from taut.estimators.cox_regression import CoxRegression
from taut.estimators.elastic_net import ElasticNet, Lasso
from taut.estimators.elastic_net_cv import ElasticNetCV, LassoCV
from taut.estimators.group_lasso import GroupLasso, SparseGroupLasso
from taut.estimators.huber_regression import HuberRegressor
from taut.estimators.linear_regression import LinearRegression
from taut.estimators.logistic_regression import LogisticRegression
from taut.estimators.logistic_regression_cv import LogisticRegressionCV
from taut.estimators.multi_task import MultiTaskElasticNet, MultiTaskLasso
from taut.estimators.multi_task_cv import MultiTaskElasticNetCV, MultiTaskLassoCV
from taut.estimators.quantile_regression import QuantileRegressor
from taut.estimators.ridge import Ridge
from taut.estimators.ridge_cv import RidgeCV
from taut.estimators.two_stage import AdaptiveLasso, RelaxedLasso

__all__ = [
    "AdaptiveLasso",
    "CoxRegression",
    "ElasticNet",
    "ElasticNetCV",
    "GammaRegressor",
    "GroupLasso",
    "HuberRegressor",
    "Lasso",
    "LassoCV",
    "LinearRegression",
    "LogisticRegression",
    "LogisticRegressionCV",
    "MultiTaskElasticNet",
    "MultiTaskElasticNetCV",
    "MultiTaskLasso",
    "MultiTaskLassoCV",
    "PenalizedClassifier",
    "PenalizedRegressor",
    "PoissonRegressor",
    "QuantileRegressor",
    "RelaxedLasso",
    "Ridge",
    "RidgeCV",
    "SparseGroupLasso",
    "TweedieRegressor",
]

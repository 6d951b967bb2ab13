import os

import numpy as np
from skein_glm import (
    CoxGroupLassoPathRegressor,
    ElasticNetPathRegressor,
    GroupLassoPathRegressor,
    LogisticLassoPathRegressor,
    MultinomialLassoPathClassifier,
    PoissonElasticNetPathRegressor,
)
from skein_glm.cv import ElasticNetPathCV
from sklearn.model_selection import PredefinedSplit

from benchmarks.tasks import GROUP_SIZE, L1_RATIO

OPTIONS = {"max_iter": 100_000}


def _newton(tol):
    """Options of its losses other than least squares."""
    return OPTIONS | {"tol": tol, "outer_tol": tol, "max_outer": 1_000}


def lasso(X, y, alphas, tol):
    model = ElasticNetPathRegressor(alpha=1.0, lambdas=alphas, tol=tol, **OPTIONS).fit(X, y)
    return model.coefs_.T, model.intercepts_


def group_lasso(X, y, alphas, tol):
    groups = np.arange(X.shape[1]) // GROUP_SIZE
    options = OPTIONS | {"weights": np.full(groups[-1] + 1, np.sqrt(GROUP_SIZE))}
    model = GroupLassoPathRegressor(groups, lambdas=alphas, tol=tol, **options).fit(X, y)
    return model.coefs_.T, model.intercepts_


def logistic(X, y, alphas, tol):
    model = LogisticLassoPathRegressor(lambdas=alphas, **_newton(tol)).fit(X, y)
    return model.coefs_.T, model.intercepts_


def multinomial(X, y, alphas, tol):
    model = MultinomialLassoPathClassifier(lambdas=alphas, **_newton(tol)).fit(X, y)
    return model.coefs_.transpose(2, 1, 0), model.intercepts_.T


def poisson(X, y, alphas, tol):
    model = PoissonElasticNetPathRegressor(L1_RATIO, lambdas=alphas, **_newton(tol)).fit(X, y)
    return model.coefs_.T, model.intercepts_


def cox(X, y, alphas, tol):
    """Groups of one feature; it has no lasso without groups."""
    groups = np.arange(X.shape[1])
    model = CoxGroupLassoPathRegressor(groups, lambdas=alphas, **_newton(tol))
    model.fit(X, y[:, 0], y[:, 1])
    return model.coefs_.T, np.zeros(len(alphas))


def cv(X, y, alphas, fold, tol):
    split = PredefinedSplit(fold)
    options = OPTIONS | {"alpha": 1.0, "n_jobs": os.cpu_count()}
    model = ElasticNetPathCV(lambdas=alphas, cv=split, tol=tol, **options).fit(X, y)
    return model.cv_mean_scores_, model.coef_, model.intercept_

import os

from skein_glm import ElasticNetPathRegressor
from skein_glm.cv import ElasticNetPathCV
from sklearn.model_selection import PredefinedSplit

OPTIONS = {"alpha": 1.0, "max_iter": 100_000}


def path(X, y, alphas, tol):
    model = ElasticNetPathRegressor(lambdas=alphas, tol=tol, **OPTIONS).fit(X, y)
    return model.coefs_.T, model.intercepts_


def cv(X, y, alphas, fold, tol):
    split = PredefinedSplit(fold)
    jobs = {"n_jobs": os.cpu_count()}
    model = ElasticNetPathCV(lambdas=alphas, cv=split, tol=tol, **jobs, **OPTIONS).fit(X, y)
    return model.cv_mean_scores_, model.coef_, model.intercept_

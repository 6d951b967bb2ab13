import os

from glmnet import ElasticNet

OPTIONS = {"standardize": False, "max_iter": 100_000_000}


def path(X, y, alphas, tol):
    model = ElasticNet(lambda_path=alphas, tol=tol, n_splits=0, **OPTIONS).fit(X, y)
    return model.coef_path_, model.intercept_path_


def cv(X, y, alphas, fold, tol):
    model = ElasticNet(
        lambda_path=alphas,
        tol=tol,
        n_splits=fold.max() + 1,
        cut_point=0,
        scoring="mean_squared_error",
        n_jobs=os.cpu_count(),
        **OPTIONS,
    ).fit(X, y, groups=fold)
    return -model.cv_mean_score_, model.coef_, model.intercept_

import os

from glmnet import ElasticNet, LogitNet

OPTIONS = {"standardize": False, "max_iter": 100_000_000}


def lasso(X, y, alphas, tol):
    model = ElasticNet(lambda_path=alphas, tol=tol, n_splits=0, **OPTIONS).fit(X, y)
    return model.coef_path_, model.intercept_path_


def logistic(X, y, alphas, tol):
    model = LogitNet(lambda_path=alphas, tol=tol, n_splits=0, **OPTIONS).fit(X, y)
    return model.coef_path_[0], model.intercept_path_[0]


def multinomial(X, y, alphas, tol):
    model = LogitNet(lambda_path=alphas, tol=tol, n_splits=0, **OPTIONS).fit(X, y)
    return model.coef_path_.swapaxes(0, 1), model.intercept_path_


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

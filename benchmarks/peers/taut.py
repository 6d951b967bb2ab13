import numpy as np
from sklearn.model_selection import PredefinedSplit

import taut
from benchmarks.tasks import GROUP_SIZE, L1_RATIO, TASKS
from taut import losses, penalties


def _path(loss, penalty=None):
    def path(X, y, alphas, tol):
        model = penalty(X.shape[1]) if penalty else None
        solved = taut.fit_path(X, y, loss, model, alphas=alphas, tol=tol)
        return solved.coefs, solved.intercepts

    return path


def _elastic_net(n_features):
    return penalties.ElasticNet(L1_RATIO)


def _groups(n_features):
    return penalties.GroupLasso(np.arange(n_features) // GROUP_SIZE)


def _sequence(n_features):
    return penalties.SLOPE(TASKS["slope"].penalty.sequence(n_features))


lasso = _path("squared")
logistic = _path("logistic")
multinomial = _path("multinomial")
poisson = _path("poisson", _elastic_net)
gamma = _path("gamma", _elastic_net)
cox = _path(losses.Cox(ties="breslow"))
group_lasso = _path("squared", _groups)
slope = _path("squared", _sequence)


def cv(X, y, alphas, fold, tol):
    model = taut.LassoCV(alphas=alphas, cv=PredefinedSplit(fold), tol=tol).fit(X, y)
    return model.mse_path_.mean(axis=1), model.coef_, model.intercept_

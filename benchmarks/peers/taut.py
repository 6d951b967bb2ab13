from sklearn.model_selection import PredefinedSplit

import taut


def path(X, y, alphas, tol):
    solved = taut.fit_path(X, y, alphas=alphas, tol=tol)
    return solved.coefs, solved.intercepts


def cv(X, y, alphas, fold, tol):
    model = taut.LassoCV(alphas=alphas, cv=PredefinedSplit(fold), tol=tol).fit(X, y)
    return model.mse_path_.mean(axis=1), model.coef_, model.intercept_

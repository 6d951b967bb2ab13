from skglm.datafits import Quadratic
from skglm.penalties import L1
from skglm.solvers import AndersonCD


def path(X, y, alphas, tol):
    solver = AndersonCD(max_iter=1_000, tol=tol, fit_intercept=True, warm_start=True)
    coefs = solver.path(X, y, Quadratic(), L1(1.0), alphas)[1]
    return coefs[:-1], coefs[-1]

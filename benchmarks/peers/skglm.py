import numpy as np
from skglm.datafits import Cox, Gamma, Logistic, Poisson, Quadratic, QuadraticGroup
from skglm.penalties import L1, SLOPE, L1_plus_L2, WeightedGroupL2
from skglm.solvers import FISTA, AndersonCD, GroupBCD, ProxNewton

from benchmarks.peers.centre import centred
from benchmarks.tasks import GROUP_SIZE, L1_RATIO, TASKS

MAX_ITER = 1_000
DESCENT = {"max_iter": MAX_ITER, "fit_intercept": True, "warm_start": True}


def lasso(X, y, alphas, tol):
    coefs = AndersonCD(tol=tol, **DESCENT).path(X, y, Quadratic(), L1(1.0), alphas)[1]
    return coefs[:-1], coefs[-1]


def logistic(X, y, alphas, tol):
    # Its logistic loss takes labels of -1 and 1.
    solver = ProxNewton(tol=tol, **DESCENT)
    return _with_intercept(_along(solver, X, 2 * y - 1, Logistic(), L1, alphas))


def poisson(X, y, alphas, tol):
    solver = ProxNewton(tol=tol, **DESCENT)
    return _with_intercept(_along(solver, X, y, Poisson(), _elastic_net, alphas))


def gamma(X, y, alphas, tol):
    solver = ProxNewton(tol=tol, **DESCENT)
    return _with_intercept(_along(solver, X, y, Gamma(), _elastic_net, alphas))


def cox(X, y, alphas, tol):
    solver = ProxNewton(tol=tol, **DESCENT | {"fit_intercept": False})
    return _along(solver, X, y, Cox(use_efron=False), L1, alphas), np.zeros(len(alphas))


def group_lasso(X, y, alphas, tol):
    n_features = X.shape[1]
    starts = np.arange(0, n_features + 1, GROUP_SIZE, dtype=np.int32)
    columns = np.arange(n_features, dtype=np.int32)
    weights = np.full(len(starts) - 1, np.sqrt(GROUP_SIZE))

    def penalty(alpha):
        return WeightedGroupL2(alpha, weights, starts, columns)

    solver = GroupBCD(tol=tol, **DESCENT)
    fit = QuadraticGroup(starts, columns)
    return _with_intercept(_along(solver, X, y, fit, penalty, alphas))


def slope(X, y, alphas, tol):
    design, response, means = centred(X, y)
    sequence = TASKS["slope"].penalty.sequence(X.shape[1])
    solver = FISTA(max_iter=1_000_000, tol=tol, opt_strategy="fixpoint")
    coefs = _along(solver, design, response, Quadratic(), lambda a: SLOPE(a * sequence), alphas)
    return coefs, y.mean() - means @ coefs


def _elastic_net(alpha):
    return L1_plus_L2(alpha, L1_RATIO)


def _along(solver, X, y, fit, penalty, alphas):
    """The path of a solver that has none: each alpha begins where the last one ended."""
    coef, products, coefs = None, None, []
    for alpha in alphas:
        coef = solver.solve(X, y, fit, penalty(alpha), coef, products)[0]
        products = X @ coef[: X.shape[1]] + (coef[-1] if len(coef) > X.shape[1] else 0.0)
        coefs.append(coef.copy())
    return np.column_stack(coefs)


def _with_intercept(table):
    return table[:-1], table[-1]

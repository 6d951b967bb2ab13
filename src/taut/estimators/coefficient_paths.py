"""scikit-learn's functions behind ``Lasso.path`` and its like, over `fit_path`."""

from __future__ import annotations

import numpy as np

from taut import penalties
from taut.estimators.joint_penalty import rows_penalty
from taut.estimators.penalised import constrained
from taut.path import fit_path
from taut.solvers import Controls, Grid
from taut.validation import (
    check_alphas,
    check_choice,
    check_flag,
    check_positive,
    check_ratio,
    shown,
)

__all__ = ["enet_path", "grid_of", "joint_enet_path", "joint_lasso_path", "lasso_path"]

# What scikit-learn's solver takes beside; all but the first three change nothing here.
_PARAMS = ("max_iter", "sample_weight", "tol", "do_screening", "random_state", "selection")


def enet_path(
    X,
    y,
    *,
    l1_ratio=0.5,
    eps=1e-3,
    n_alphas=None,
    alphas=100,
    precompute="auto",
    Xy=None,
    copy_X=True,
    coef_init=None,
    verbose=False,
    return_n_iter=False,
    positive=False,
    check_input=True,
    **params,
):
    """The path of an elastic net without an intercept, as scikit-learn has it.

    Several targets share their features: the penalty is that of `MultiTaskElasticNet`.
    `taut.fit_path` fits one with an intercept, weights and bounds, and targets on their own.

    Parameters
    ----------
    X : array, sparse matrix or data frame of shape (n_samples, n_features)
    y : array of shape (n_samples,) or (n_samples, n_targets)
    l1_ratio : float in [0, 1], default 0.5
        1 is the lasso, 0 ridge regression.
    eps : float, default 1e-3
        Smallest over largest alpha of an automatic grid.
    n_alphas : int, default None
        Number of alphas; for programs from before ``alphas`` could be a number.
    alphas : int or sequence of float, default 100
        Number of alphas of an automatic grid, or the alphas themselves.
    precompute, Xy, copy_X, coef_init, verbose, check_input
        Accepted for compatibility: what to precompute is chosen by the shape of the problem, the
        solution does not depend on the start, and the input is never written to and always checked.
    return_n_iter : bool, default False
    positive : bool, default False
        Hold the coefficients at or above zero; for a single target.
    **params
        ``tol`` (duality gap, relative to the objective of the null model, default 1e-6),
        ``max_iter`` (default 1000) and ``sample_weight``; ``do_screening``, ``random_state`` and
        ``selection`` are accepted for compatibility.

    Returns
    -------
    alphas : ndarray of shape (n_alphas,)
        Decreasing.
    coefs : ndarray of shape (n_features, n_alphas)
        Where y has columns, (n_targets, n_features, n_alphas).
    dual_gaps : ndarray of shape (n_alphas,)
        In units of the objective.
    n_iters : list of int
        Only with ``return_n_iter``.

    Raises
    ------
    ValueError, TypeError
        An argument is not what it must be; the message names it, its value and the fix.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> import taut
    >>> X, y = load_diabetes(return_X_y=True)
    >>> alphas, coefs, dual_gaps = taut.ElasticNet.path(X, y, l1_ratio=0.9, alphas=20)
    >>> coefs.shape
    (10, 20)
    """
    _check(params)
    joint = len(np.shape(y)) == 2 and np.shape(y)[1] > 1
    penalty = _joint(l1_ratio, positive) if joint else _single(l1_ratio, positive)
    return _path(X, y, penalty, grid_of(alphas, n_alphas, eps), return_n_iter, params)


def joint_enet_path(
    X,
    y,
    *,
    l1_ratio=0.5,
    eps=1e-3,
    n_alphas=None,
    alphas=100,
    precompute="auto",
    Xy=None,
    copy_X=True,
    coef_init=None,
    verbose=False,
    return_n_iter=False,
    positive=False,
    check_input=True,
    **params,
):
    """The path of a multi-task elastic net without an intercept, as scikit-learn has it.

    Parameters, returns and errors are those of ``ElasticNet.path``, for y of shape (n_samples,
    n_targets) and without ``positive``.
    """
    _check(params)
    penalty = _joint(l1_ratio, positive)
    return _path(X, y, penalty, grid_of(alphas, n_alphas, eps), return_n_iter, params)


def joint_lasso_path(
    X,
    y,
    *,
    eps=1e-3,
    n_alphas=None,
    alphas=100,
    precompute="auto",
    Xy=None,
    copy_X=True,
    coef_init=None,
    verbose=False,
    return_n_iter=False,
    positive=False,
    **params,
):
    """The path of a multi-task lasso without an intercept, as scikit-learn has it.

    Parameters, returns and errors are those of ``MultiTaskElasticNet.path`` with ``l1_ratio=1``.
    """
    return joint_enet_path(
        X,
        y,
        l1_ratio=1.0,
        eps=eps,
        n_alphas=n_alphas,
        alphas=alphas,
        return_n_iter=return_n_iter,
        positive=positive,
        **params,
    )


def _single(l1_ratio, positive):
    return constrained(penalties.ElasticNet(l1_ratio), positive)


def _joint(l1_ratio, positive):
    if check_flag(positive, "positive"):
        raise ValueError(
            "positive must be False for joint targets, got True: fit them independently, with "
            "taut.fit_path(X, y, penalty=penalties.L1() + penalties.NonNegative())"
        )
    return rows_penalty(l1_ratio)


def _path(X, y, penalty, grid, return_n_iter, params):
    path = fit_path(
        X,
        y,
        penalty=penalty,
        alphas=grid.alphas,
        n_alphas=grid.n_alphas,
        alpha_min_ratio=grid.alpha_min_ratio,
        fit_intercept=False,
        sample_weight=params.get("sample_weight"),
        tol=params.get("tol", Controls.tol),
        max_iter=params.get("max_iter", Controls.max_iter),
    )
    coefs = path.coefs if path.coefs.ndim == 2 else np.moveaxis(path.coefs, 1, 0)
    found = path.alphas, coefs, np.array([c.gap for c in path.certificates])
    return (*found, [c.n_iter for c in path.certificates]) if return_n_iter else found


def lasso_path(
    X,
    y,
    *,
    eps=1e-3,
    n_alphas=None,
    alphas=100,
    precompute="auto",
    Xy=None,
    copy_X=True,
    coef_init=None,
    verbose=False,
    return_n_iter=False,
    positive=False,
    **params,
):
    """The path of a lasso without an intercept, as scikit-learn has it.

    Parameters, returns and errors are those of ``ElasticNet.path`` with ``l1_ratio=1``.
    """
    return enet_path(
        X,
        y,
        l1_ratio=1.0,
        eps=eps,
        n_alphas=n_alphas,
        alphas=alphas,
        return_n_iter=return_n_iter,
        positive=positive,
        **params,
    )


def grid_of(alphas, n_alphas, eps) -> Grid:
    """The grid that scikit-learn's parameters of these names stand for."""
    alphas = 100 if alphas is None else alphas
    if n_alphas is not None and np.ndim(alphas) == 0:
        alphas = check_positive(n_alphas, "n_alphas", 100)
    if np.ndim(alphas) > 0:
        return Grid(check_alphas(alphas))
    count = check_positive(alphas, "alphas", 100, other="or several alphas")
    return Grid(None, int(count), check_ratio(eps, "eps"))


def _check(params):
    unknown = sorted(set(params) - {*_PARAMS, "check_input"})
    if unknown:
        raise TypeError(
            f"path got an unexpected argument {unknown[0]}={shown(params[unknown[0]])}: leave it "
            f"out; beside those of its signature it takes {', '.join(_PARAMS)}"
        )
    check_choice(params.get("selection", "cyclic"), "selection", ("cyclic", "random"))

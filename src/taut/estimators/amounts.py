"""Regression of counts and of amounts: Poisson, gamma and Tweedie, with a log link."""

from __future__ import annotations

from taut import losses
from taut.estimators.generalised import PenalisedGLM
from taut.validation import check_choice, shown

__all__ = ["GammaRegressor", "PoissonRegressor", "TweedieRegressor"]


class PoissonRegressor(PenalisedGLM):
    """Poisson regression of counts, with a log link.

    Minimises ``1/sum(w) sum_i w_i (exp(eta_i) - y_i eta_i)
    + alpha * (l1_ratio * sum_j |b_j| + (1 - l1_ratio)/2 * sum_j b_j^2)`` with
    ``eta_i = offset_i + log(exposure_i) + b0 + x_i'b``: half the mean deviance up to a constant, as
    scikit-learn has it.

    Parameters
    ----------
    alpha : float or rule, default 1.0
        Strength of the penalty, >= 0 (0 is none), or a rule that chooses it on the whole path, such
        as ``taut.CV()``.
    fit_intercept : bool, default True
        The intercept is not penalised.
    solver : str, default "lbfgs"
        Accepted for compatibility and not used; the solver is chosen by the problem.
    max_iter : int, default 1000
        Most iterations for one alpha.
    tol : float, default 1e-6
        Duality gap, relative to the objective of the null model, at which the fit counts as solved.
    warm_start : bool, default False
        Begin with the coefficients of the last fit, which saves steps where little has changed (not
        under a ridge on thousands of features). The solution does not depend on the start.
    verbose : int, default 0
        Accepted for compatibility; nothing is printed.
    l1_ratio : float in [0, 1], default 0.0
        0 is the ridge penalty, 1 the lasso.
    standardize : bool, default False
        Penalise as if the columns had unit standard deviation; coefficients come back on the scale
        of the columns as given. Constant columns keep their unit.
    penalty_weights : array of shape (n_features,) or "adaptive", default None
        Factor on each feature's penalty; 0 = unpenalised, inf = excluded. "adaptive" is
        ``1 / |a_j|`` with the coefficients ``a`` of the same model under a ridge penalty, whose
        strength the rule chooses, or ``taut.CV()`` (the adaptive lasso, Zou 2006).
    lower, upper : float or array of shape (n_features,), default None
        Bounds on the coefficients, on the scale of the columns as given.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,)
    intercept_ : float
    alpha_ : float
        The strength used.
    certificate_ : Certificate
    dual_gap_ : float
        In units of the mean loss.
    n_iter_ : int
    path_ : Path
        Only where alpha is a rule: all that it chose from.
    cv_results_ : CVResults
        Only where alpha is ``taut.CV``.
    penalty_weights_ : ndarray of shape (n_features,)
        Only with ``penalty_weights="adaptive"``.
    n_features_in_ : int
    feature_names_in_ : ndarray of str of shape (n_features,)
        Only where X had column names.

    References
    ----------
    McCullagh, P. and Nelder, J. A. (1989). Generalized Linear Models, second edition. Chapman and
    Hall.

    Examples
    --------
    >>> import numpy as np
    >>> import taut
    >>> X = np.array([[1.0], [2.0], [3.0], [4.0]])
    >>> model = taut.PoissonRegressor(alpha=0.1).fit(X, [1, 2, 4, 9], exposure=[1, 1, 1, 2])
    >>> model.predict([[2.0]], exposure=[3.0]).shape
    (1,)
    """

    def __init__(
        self,
        *,
        alpha=1.0,
        fit_intercept=True,
        solver="lbfgs",
        max_iter=1000,
        tol=1e-6,
        warm_start=False,
        verbose=0,
        l1_ratio=0.0,
        standardize=False,
        penalty_weights=None,
        lower=None,
        upper=None,
    ):
        self.alpha = alpha
        self.fit_intercept = fit_intercept
        self.solver = solver
        self.max_iter = max_iter
        self.tol = tol
        self.warm_start = warm_start
        self.verbose = verbose
        self.l1_ratio = l1_ratio
        self.standardize = standardize
        self.penalty_weights = penalty_weights
        self.lower = lower
        self.upper = upper

    def _loss(self):
        return losses.Poisson()


class GammaRegressor(PenalisedGLM):
    """Gamma regression of positive amounts, with a log link.

    Minimises ``1/sum(w) sum_i w_i (eta_i + y_i exp(-eta_i))
    + alpha * (l1_ratio * sum_j |b_j| + (1 - l1_ratio)/2 * sum_j b_j^2)`` with
    ``eta_i = offset_i + log(exposure_i) + b0 + x_i'b``: half the mean deviance up to a constant, as
    scikit-learn has it.

    Parameters
    ----------
    alpha : float or rule, default 1.0
        Strength of the penalty, >= 0 (0 is none), or a rule that chooses it on the whole path, such
        as ``taut.CV()``.
    fit_intercept : bool, default True
        The intercept is not penalised.
    solver : str, default "lbfgs"
        Accepted for compatibility and not used; the solver is chosen by the problem.
    max_iter : int, default 1000
        Most iterations for one alpha.
    tol : float, default 1e-6
        Duality gap, relative to the objective of the null model, at which the fit counts as solved.
    warm_start : bool, default False
        Begin with the coefficients of the last fit, which saves steps where little has changed (not
        under a ridge on thousands of features). The solution does not depend on the start.
    verbose : int, default 0
        Accepted for compatibility; nothing is printed.
    l1_ratio : float in [0, 1], default 0.0
        0 is the ridge penalty, 1 the lasso.
    standardize : bool, default False
        Penalise as if the columns had unit standard deviation; coefficients come back on the scale
        of the columns as given. Constant columns keep their unit.
    penalty_weights : array of shape (n_features,) or "adaptive", default None
        Factor on each feature's penalty; 0 = unpenalised, inf = excluded. "adaptive" is
        ``1 / |a_j|`` with the coefficients ``a`` of the same model under a ridge penalty, whose
        strength the rule chooses, or ``taut.CV()`` (the adaptive lasso, Zou 2006).
    lower, upper : float or array of shape (n_features,), default None
        Bounds on the coefficients, on the scale of the columns as given.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,)
    intercept_ : float
    alpha_ : float
        The strength used.
    certificate_ : Certificate
    dual_gap_ : float
        In units of the mean loss.
    n_iter_ : int
    path_ : Path
        Only where alpha is a rule: all that it chose from.
    cv_results_ : CVResults
        Only where alpha is ``taut.CV``.
    penalty_weights_ : ndarray of shape (n_features,)
        Only with ``penalty_weights="adaptive"``.
    n_features_in_ : int
    feature_names_in_ : ndarray of str of shape (n_features,)
        Only where X had column names.

    References
    ----------
    McCullagh, P. and Nelder, J. A. (1989). Generalized Linear Models, second edition. Chapman and
    Hall.

    Examples
    --------
    >>> import numpy as np
    >>> import taut
    >>> X = np.array([[1.0], [2.0], [3.0], [4.0]])
    >>> taut.GammaRegressor(alpha=0.1).fit(X, [1.0, 2.1, 3.9, 8.2]).coef_.shape
    (1,)
    """

    def __init__(
        self,
        *,
        alpha=1.0,
        fit_intercept=True,
        solver="lbfgs",
        max_iter=1000,
        tol=1e-6,
        warm_start=False,
        verbose=0,
        l1_ratio=0.0,
        standardize=False,
        penalty_weights=None,
        lower=None,
        upper=None,
    ):
        self.alpha = alpha
        self.fit_intercept = fit_intercept
        self.solver = solver
        self.max_iter = max_iter
        self.tol = tol
        self.warm_start = warm_start
        self.verbose = verbose
        self.l1_ratio = l1_ratio
        self.standardize = standardize
        self.penalty_weights = penalty_weights
        self.lower = lower
        self.upper = upper

    def _loss(self):
        return losses.Gamma()


class TweedieRegressor(PenalisedGLM):
    """Regression of amounts whose variance is a power of their mean.

    Minimises half the mean deviance plus
    ``alpha * (l1_ratio * sum_j |b_j| + (1 - l1_ratio)/2 * sum_j b_j^2)``, as scikit-learn has it.

    Parameters
    ----------
    power : float, default 0.0
        Of the variance as a function of the mean: 0 is normal, 1 Poisson, between 1 and 2 compound
        Poisson and gamma, 2 gamma. Others, such as the inverse Gaussian distribution's 3, have no
        convex objective (see ``taut.losses.Tweedie``) and are refused.
    alpha : float or rule, default 1.0
        Strength of the penalty, >= 0 (0 is none), or a rule that chooses it on the whole path, such
        as ``taut.CV()``.
    fit_intercept : bool, default True
        The intercept is not penalised.
    link : {"auto", "identity", "log"}, default "auto"
        "auto" is the identity for power 0 and the logarithm otherwise. Other pairs are refused:
        with m the mean, half the deviance has the second derivative ``m (2 m - y)`` in the linear
        predictor for power 0 and a logarithm, and ``m^(-power - 1) (power y - (power - 1) m)`` for
        an identity, which is defined for positive means alone.
    solver : str, default "lbfgs"
        Accepted for compatibility and not used; the solver is chosen by the problem.
    max_iter : int, default 1000
        Most iterations for one alpha.
    tol : float, default 1e-6
        Duality gap, relative to the objective of the null model, at which the fit counts as solved.
    warm_start : bool, default False
        Begin with the coefficients of the last fit, which saves steps where little has changed (not
        under a ridge on thousands of features). The solution does not depend on the start.
    verbose : int, default 0
        Accepted for compatibility; nothing is printed.
    l1_ratio : float in [0, 1], default 0.0
        0 is the ridge penalty, 1 the lasso.
    standardize : bool, default False
        Penalise as if the columns had unit standard deviation; coefficients come back on the scale
        of the columns as given. Constant columns keep their unit.
    penalty_weights : array of shape (n_features,) or "adaptive", default None
        Factor on each feature's penalty; 0 = unpenalised, inf = excluded. "adaptive" is
        ``1 / |a_j|`` with the coefficients ``a`` of the same model under a ridge penalty, whose
        strength the rule chooses, or ``taut.CV()`` (the adaptive lasso, Zou 2006).
    lower, upper : float or array of shape (n_features,), default None
        Bounds on the coefficients, on the scale of the columns as given.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,)
    intercept_ : float
    alpha_ : float
        The strength used.
    certificate_ : Certificate
    dual_gap_ : float
        In units of the mean loss.
    n_iter_ : int
    path_ : Path
        Only where alpha is a rule: all that it chose from.
    cv_results_ : CVResults
        Only where alpha is ``taut.CV``.
    penalty_weights_ : ndarray of shape (n_features,)
        Only with ``penalty_weights="adaptive"``.
    n_features_in_ : int
    feature_names_in_ : ndarray of str of shape (n_features,)
        Only where X had column names.

    References
    ----------
    Jørgensen, B. (1987). Exponential dispersion models. JRSS B 49, 127-162.

    Examples
    --------
    >>> import numpy as np
    >>> import taut
    >>> X = np.array([[1.0], [2.0], [3.0], [4.0]])
    >>> taut.TweedieRegressor(power=1.5, alpha=0.1).fit(X, [0.0, 2.1, 3.9, 8.2]).coef_.shape
    (1,)
    """

    def __init__(
        self,
        *,
        power=0.0,
        alpha=1.0,
        fit_intercept=True,
        link="auto",
        solver="lbfgs",
        max_iter=1000,
        tol=1e-6,
        warm_start=False,
        verbose=0,
        l1_ratio=0.0,
        standardize=False,
        penalty_weights=None,
        lower=None,
        upper=None,
    ):
        self.power = power
        self.alpha = alpha
        self.fit_intercept = fit_intercept
        self.link = link
        self.solver = solver
        self.max_iter = max_iter
        self.tol = tol
        self.warm_start = warm_start
        self.verbose = verbose
        self.l1_ratio = l1_ratio
        self.standardize = standardize
        self.penalty_weights = penalty_weights
        self.lower = lower
        self.upper = upper

    def _loss(self):
        check_choice(self.link, "link", ("auto", "identity", "log"))
        loss = losses.Squared() if self.power == 0 else losses.Tweedie(self.power)
        if self.power == 0 and self.link == "log":
            raise ValueError(
                "link must be 'auto' or 'identity' for power=0, got 'log': least squares under a "
                "log link is not convex, and no fit could be certified; pass power=1 (Poisson), "
                "whose estimates of such a mean are consistent whatever the variance is"
            )
        if self.power != 0 and self.link == "identity":
            raise ValueError(
                f"link must be 'auto' or 'log' for power={shown(self.power)}, got 'identity': that "
                "deviance is defined for positive means alone, which a linear predictor does not "
                "keep to; pass link='log', or power=0"
            )
        return loss

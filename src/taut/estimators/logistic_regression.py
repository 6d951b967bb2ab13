"""Logistic and multinomial regression."""

from __future__ import annotations

import numpy as np

from taut import penalties
from taut.estimators.classifier import LinearClassifier
from taut.estimators.penalised import constrained
from taut.validation import check_choice, check_positive

__all__ = ["LogisticRegression"]

_SOLVERS = ("lbfgs", "liblinear", "newton-cg", "newton-cholesky", "sag", "saga")
_RATIOS = {"l2": 0.0, "l1": 1.0}


class LogisticRegression(LinearClassifier):
    """Logistic regression for two classes, multinomial regression for more.

    Minimises ``C sum_i w_i loss_i + l1_ratio * sum_j |b_j| + (1 - l1_ratio)/2 * sum_j b_j^2``, with
    the negative log-likelihood as loss and the product of sample and class weights as ``w_i``:
    scikit-learn's objective. ``1/(C sum(w))`` is the alpha of `fit_path`. With K > 2 classes there
    are K vectors of coefficients, and the penalty makes them unique.

    Parameters
    ----------
    penalty : {"l1", "l2", "elasticnet", None}, default "deprecated"
        For programs from before ``l1_ratio`` alone said it: "l1" is ``l1_ratio=1``, "l2" is
        ``l1_ratio=0``, None is ``C=inf``.
    C : float or rule, default 1.0
        Inverse strength of the penalty, > 0 (inf is none), or a rule that chooses it on the whole
        path: ``taut.CV()``.
    l1_ratio : float in [0, 1], default 0.0
        0 is the ridge penalty, 1 the lasso.
    dual : bool, default False
        Accepted for compatibility; primal and dual have the same solution.
    tol : float, default 1e-6
        Duality gap, relative to the objective of the null model, at which the fit counts as solved.
    fit_intercept : bool, default True
        The intercept is not penalised.
    intercept_scaling : float, default 1
        Accepted for compatibility; it is for a solver that penalises the intercept.
    class_weight : dict or "balanced", default None
        Factor on the weights of each class's rows, ``{label: factor}``, 1 for those left out;
        "balanced" gives all classes the same weight.
    random_state : int, default None
        Accepted for compatibility; nothing is random.
    solver : str, default "lbfgs"
        Accepted for compatibility and not used: every penalty and any number of classes go with
        any of the names, and the solver is chosen by the problem.
    max_iter : int, default 1000
        Most iterations for one strength.
    verbose : int, default 0
        Accepted for compatibility; nothing is printed.
    warm_start : bool, default False
        Begin with the coefficients of the last fit, which saves steps where little has changed (not
        under a ridge on thousands of features). The solution does not depend on the start.
    n_jobs : int, default None
        Accepted for compatibility; the compiled core uses the threads of BLAS.
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
    classes_ : ndarray of shape (n_classes,)
        The labels in ascending order.
    coef_ : ndarray of shape (1, n_features) or (n_classes, n_features)
    intercept_ : ndarray of shape (1,) or (n_classes,)
    alpha_ : float
        The strength used, on the scale of `fit_path`.
    C_ : float
        The inverse strength used.
    certificate_ : Certificate
    dual_gap_ : float
        In units of the mean loss.
    n_iter_ : ndarray of int of shape (1,)
    path_ : Path
        Only where C is a rule: all that it chose from, alphas on the scale of `fit_path`.
    cv_results_ : CVResults
        Only where C is ``taut.CV``.
    penalty_weights_ : ndarray of shape (n_features,)
        Only with ``penalty_weights="adaptive"``.
    n_features_in_ : int
    feature_names_in_ : ndarray of str of shape (n_features,)
        Only where X had column names.

    References
    ----------
    Cox, D. R. (1958). The regression analysis of binary sequences. JRSS B 20, 215-242.
    Friedman, J., Hastie, T. and Tibshirani, R. (2010). Regularization paths for generalized linear
    models via coordinate descent. Journal of Statistical Software 33.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> import taut
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> model = taut.LogisticRegression(C=0.1, l1_ratio=1.0).fit(X, y)
    >>> model.predict_proba(X[:2]).shape
    (2, 2)
    """

    def __init__(
        self,
        penalty="deprecated",
        *,
        C=1.0,
        l1_ratio=0.0,
        dual=False,
        tol=1e-6,
        fit_intercept=True,
        intercept_scaling=1,
        class_weight=None,
        random_state=None,
        solver="lbfgs",
        max_iter=1000,
        verbose=0,
        warm_start=False,
        n_jobs=None,
        standardize=False,
        penalty_weights=None,
        lower=None,
        upper=None,
    ):
        self.penalty = penalty
        self.C = C
        self.l1_ratio = l1_ratio
        self.dual = dual
        self.tol = tol
        self.fit_intercept = fit_intercept
        self.intercept_scaling = intercept_scaling
        self.class_weight = class_weight
        self.random_state = random_state
        self.solver = solver
        self.max_iter = max_iter
        self.verbose = verbose
        self.warm_start = warm_start
        self.n_jobs = n_jobs
        self.standardize = standardize
        self.penalty_weights = penalty_weights
        self.lower = lower
        self.upper = upper

    def _penalty(self):
        check_choice(self.solver, "solver", _SOLVERS)
        mixture = penalties.ElasticNet(self._ratio(), self._feature_weights)
        return constrained(mixture, False, self.lower, self.upper)

    def _ratio(self):
        """The mixture, by whichever of the two parameters says it."""
        if self.penalty in ("deprecated", "elasticnet", None):
            return 0.0 if self.l1_ratio is None else self.l1_ratio
        return _RATIOS[check_choice(self.penalty, "penalty", (*_RATIOS, "elasticnet"))]

    @property
    def _strength(self):
        return self.C

    def _strengths(self, task):
        C = np.inf if self.penalty is None else self.C
        if not (isinstance(C, float) and np.isposinf(C)):
            check_positive(C, "C", 1.0, other="or a rule such as taut.CV()")
        return np.array([1.0 / (C * task.total_weight)])

    def _keep(self, task, solved, index=0):
        super()._keep(task, solved, index)
        self.alpha_ = float(solved[0].alphas[index])
        self.C_ = 1.0 / (self.alpha_ * task.total_weight) if self.alpha_ > 0 else np.inf
        self.n_iter_ = np.atleast_1d(self.n_iter_).astype(np.int32)
        return self

    def fit(self, X, y, sample_weight=None, *, offset=None, groups=None):
        """Fit the model.

        Parameters
        ----------
        X : array, sparse matrix or data frame of shape (n_samples, n_features)
        y : array of shape (n_samples,)
            Labels, numbers or text.
        sample_weight : float or array of shape (n_samples,), default None
            A weight of zero is the same as leaving the row out.
        offset : array of shape (n_samples,) or (n_samples, n_classes), default None
            Known part of the linear predictor, whose coefficient is one; with more than two
            classes one for each.
        groups : array of shape (n_samples,), default None
            For the splitter of ``C=taut.CV(splitter)``.

        Returns
        -------
        LogisticRegression
            Itself.

        Raises
        ------
        ValueError, TypeError
            An argument is not what it must be; the message names it, its value and the fix.
        """
        return self._fit(X, y, sample_weight, groups, offset=offset)

    def predict_proba(self, X, *, offset=None):
        """Predict the probability of each class.

        Parameters
        ----------
        X : array, sparse matrix or data frame of shape (n_samples, n_features)
        offset : array of shape (n_samples,) or (n_samples, n_classes), default None
            Known part of the linear predictor, as at fitting.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            In the order of ``classes_``.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            The model has not been fitted.
        ValueError, TypeError
            An argument is not what it must be; the message names it, its value and the fix.
        """
        return self._predict_proba(X, offset)

    def predict_log_proba(self, X, *, offset=None):
        """Predict the logarithm of the probability of each class.

        Parameters
        ----------
        X : array, sparse matrix or data frame of shape (n_samples, n_features)
        offset : array of shape (n_samples,) or (n_samples, n_classes), default None
            Known part of the linear predictor, as at fitting.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            In nats, in the order of ``classes_``.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            The model has not been fitted.
        ValueError, TypeError
            An argument is not what it must be; the message names it, its value and the fix.
        """
        return self._predict_log_proba(X, offset)

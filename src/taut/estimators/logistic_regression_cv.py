"""Logistic regression with the strength chosen by cross-validation, as scikit-learn has it."""

from __future__ import annotations

import numbers
from dataclasses import dataclass, replace

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.metadata_routing import (
    UNUSED,
    MetadataRouter,
    MethodMapping,
    _raise_for_params,
    _routing_enabled,
)

from taut import penalties
from taut.estimators.base import Task
from taut.estimators.classifier import decided, log_probabilities
from taut.estimators.logistic_regression import LogisticRegression
from taut.estimators.routing import check_routable, routed, splits_of
from taut.estimators.scoring import Scoring, parameters_of, scorer_of
from taut.path import worst
from taut.penalties.checks import as_l1_ratio
from taut.selection.cross_validation import share
from taut.selection.folds import check_folds
from taut.solvers import Grid, Solved, solve_path
from taut.validation import check_choice, check_flag, check_positive, check_strengths, shown

__all__ = ["LogisticRegressionCV"]


class LogisticRegressionCV(LogisticRegression):
    """Logistic regression with C, and if asked l1_ratio, chosen by cross-validation.

    A drop-in for scikit-learn's class. ``taut.LogisticRegression(C=taut.CV())`` is a choice by
    deviance on an automatic grid, with the one-standard-error rule, standardisation and bounds.

    Parameters
    ----------
    Cs : int or sequence of float, default 10
        Inverse strengths to choose from, or how many of them from 1e-4 to 1e4.
    l1_ratios : sequence of float in [0, 1], default "warn"
        0 is the ridge penalty, 1 the lasso; of several the best is chosen. "warn" and None are
        those of ``penalty``.
    fit_intercept : bool, default True
        The intercept is not penalised.
    cv : int, splitter or iterable of (train, test), default None
        A number of folds with the classes in equal shares; None is five.
    dual : bool, default False
        Accepted for compatibility; primal and dual have the same solution.
    penalty : {"l1", "l2", "elasticnet"}, default "deprecated"
        For programs from before ``l1_ratios`` alone said it; ridge unless it says otherwise.
    scoring : str or callable, default "warn"
        The larger the better. "warn" and None are the accuracy.
    solver : str, default "lbfgs"
        Accepted for compatibility and not used; the solver is chosen by the problem.
    tol : float, default 1e-6
        Duality gap, relative to the objective of the null model, at which a fit counts as solved.
    max_iter : int, default 1000
        Most iterations for one strength.
    class_weight : dict or "balanced", default None
        Factor on the weights of each class's rows; "balanced" is reckoned on all rows.
    n_jobs : int, default None
        Accepted for compatibility; the compiled core uses the threads of BLAS.
    verbose : int, default 0
        Accepted for compatibility; nothing is printed.
    refit : bool, default True
        Fit the best C on all rows; otherwise average the best fits of the folds, in which case the
        certificate is the worst of theirs.
    intercept_scaling : float, default 1.0
        Accepted for compatibility; it is for a solver that penalises the intercept.
    random_state : int, default None
        Accepted for compatibility; nothing is random.
    use_legacy_attributes : bool, default "warn"
        Shapes of the attributes as they were before scikit-learn 1.10; "warn" is True.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels in ascending order.
    Cs_ : ndarray of shape (n_cs,)
    l1_ratios_ : ndarray of shape (n_l1_ratios,)
        Of one None where ``l1_ratios`` was not given.
    C_, l1_ratio_ : float, or ndarray of shape (1,) or (n_classes,)
        Those chosen; with legacy attributes repeated for each class.
    scores_ : ndarray of shape (n_folds, n_l1_ratios, n_cs)
        On the held-out rows. With legacy attributes a dict from classes to arrays of shape
        (n_folds, n_cs, n_l1_ratios), the last axis only where ``l1_ratios`` was given; for two
        classes the second is the only key.
    coefs_paths_ : ndarray of shape (n_folds, n_l1_ratios, n_cs, n_classes or 1, n_coefs)
        Of the folds, the intercept last. With legacy attributes a dict from classes to arrays of
        shape (n_folds, n_cs, n_l1_ratios, n_coefs), likewise.
    n_iter_ : ndarray of shape (n_folds, n_l1_ratios, n_cs)
        With legacy attributes (1, n_folds, n_cs, n_l1_ratios), likewise.
    coef_ : ndarray of shape (1, n_features) or (n_classes, n_features)
    intercept_ : ndarray of shape (1,) or (n_classes,)
    alpha_ : float
        ``1/(C sum(w))``, the strength on the scale of `fit_path`.
    certificate_ : Certificate
    dual_gap_ : float
        In units of the mean loss.
    n_features_in_ : int
    feature_names_in_ : ndarray of str of shape (n_features,)
        Only where X had column names.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> import taut
    >>> X, y = load_iris(return_X_y=True)
    >>> taut.LogisticRegressionCV(scoring="neg_log_loss").fit(X, y).predict_proba(X[:2]).shape
    (2, 3)
    """

    # scikit-learn passes them by position until the argument is gone.
    __metadata_request__score = {"sample_weight": UNUSED}  # noqa: RUF012

    penalty_weights = lower = upper = None
    standardize = False

    def __init__(
        self,
        *,
        Cs=10,
        l1_ratios="warn",
        fit_intercept=True,
        cv=None,
        dual=False,
        penalty="deprecated",
        scoring="warn",
        solver="lbfgs",
        tol=1e-6,
        max_iter=1000,
        class_weight=None,
        n_jobs=None,
        verbose=0,
        refit=True,
        intercept_scaling=1.0,
        random_state=None,
        use_legacy_attributes="warn",
    ):
        self.Cs = Cs
        self.l1_ratios = l1_ratios
        self.fit_intercept = fit_intercept
        self.cv = cv
        self.dual = dual
        self.penalty = penalty
        self.scoring = scoring
        self.solver = solver
        self.tol = tol
        self.max_iter = max_iter
        self.class_weight = class_weight
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.refit = refit
        self.intercept_scaling = intercept_scaling
        self.random_state = random_state
        self.use_legacy_attributes = use_legacy_attributes

    def fit(self, X, y, sample_weight=None, *, offset=None, **params):
        """Choose C by cross-validation and fit the model on all rows.

        Parameters
        ----------
        X : array, sparse matrix or data frame of shape (n_samples, n_features)
        y : array of shape (n_samples,)
            Labels, numbers or text.
        sample_weight : array of shape (n_samples,), default None
            Weights at fitting and of the held-out rows.
        offset : array of shape (n_samples,) or (n_samples, n_classes), default None
            Known part of the linear predictor, whose coefficient is one; with more than two
            classes one for each.
        **params : dict
            For the splitter and the scorer; needs scikit-learn's metadata routing.

        Returns
        -------
        LogisticRegressionCV
            Itself.

        Raises
        ------
        ValueError, TypeError
            An argument is not what it must be; the message names it, its value and the fix.
        """
        check_routable(params, self)
        refit, ratios = check_flag(self.refit, "refit"), self._ratios()
        self.Cs_ = self._inverse_strengths()
        task = self._prepare(X, y, sample_weight, offset=offset)
        labels = self.classes_[self._codes(task.target)]
        split_params = routed(self, sample_weight, params, "splitter").split
        splits = splits_of(self._folds(len(labels)), X, labels, split_params)
        scoring = self._scoring_of(sample_weight, params, len(labels))
        trials = [
            [self._trial(task, r, fold, k, scoring, labels) for r in ratios]
            for k, fold in enumerate(splits)
        ]
        folds = _Trials.of(trials)
        if refit:
            self._keep_best(task, ratios, folds)
        else:
            self._keep_mean(task, ratios, folds)
        self._keep_folds(ratios, folds)
        return self

    def _trial(self, task: Task, l1_ratio, fold, k, scoring, labels):
        """Coefficients, scores and iterations on one fold for one mixture."""
        problem, (train, test) = task.problems[0], fold
        training = share(problem.weights, train, k)
        missing = set(self.classes_.tolist()) - set(labels[training > 0].tolist())
        if missing:
            raise ValueError(
                f"cv must leave every class in the training rows, but fold {k} has none of "
                f"{shown(sorted(missing)[0])}: use fewer folds, or a stratified splitter"
            )
        part = replace(
            problem,
            penalty=self._mixture(l1_ratio),
            weights=training / training.sum(),
            shared={},
        )
        solved = self._solved(part, training.sum() * task.total_weight)
        eta = problem.design.matrix[test] @ solved.coefs.reshape(problem.design.shape[1], -1)
        eta = eta.reshape(len(eta), *solved.coefs.shape[1:]) + solved.intercepts
        if problem.offset is not None:
            eta = eta + problem.offset[test][..., None]
        scores = [scoring.held_out(e, labels, test) for e in np.moveaxis(eta, -1, 0)]
        return solved, np.array(scores)

    def _solved(self, problem, total) -> Solved:
        """The path at the given inverse strengths, in their order."""
        order = np.argsort(self.Cs_)
        found = solve_path(problem, Grid(1.0 / (self.Cs_[order] * total)), self._controls())
        back = np.argsort(order)
        certificates = tuple(found.certificates[k] for k in back)
        return Solved(
            found.alphas[back],
            found.coefs[..., back],
            found.intercepts[..., back],
            certificates,
            found.method,
        )

    def _keep_best(self, task, ratios, folds):
        """Fit the best of all on all rows."""
        best = np.unravel_index(np.argmax(folds.scores.sum(axis=0).T), folds.scores.shape[:0:-1])
        self.l1_ratio_ = ratios[best[1]]
        problem = replace(task.problems[0], penalty=self._mixture(self.l1_ratio_))
        grid = Grid(np.array([1.0 / (self.Cs_[best[0]] * task.total_weight)]))
        self._keep(task, [solve_path(problem, grid, self._controls())])
        # Exactly one of those given, where 1 / (1 / C) may miss it.
        self.C_ = float(self.Cs_[best[0]])

    def _keep_mean(self, task, ratios, folds):
        """The mean of the best fits of the folds."""
        flat = folds.scores.swapaxes(1, 2).reshape(len(folds.scores), -1)
        cs, mixtures = np.unravel_index(flat.argmax(axis=1), (len(self.Cs_), len(ratios)))
        each = list(zip(range(len(flat)), mixtures, cs, strict=True))
        chosen = [folds.solved[fold][mixture] for fold, mixture, _ in each]
        coefs = np.mean([s.coefs[..., c].T for s, c in zip(chosen, cs, strict=True)], axis=0)
        levels = np.mean([s.intercepts[..., c] for s, c in zip(chosen, cs, strict=True)], axis=0)
        self._keep_coefs(task, coefs[None], levels[None])
        self.certificate_ = worst([s.certificates[c] for s, c in zip(chosen, cs, strict=True)])
        self.dual_gap_ = self.certificate_.gap
        self.C_ = float(np.mean(self.Cs_[cs]))
        self.l1_ratio_ = float(np.mean([ratios[m] or 0.0 for m in mixtures]))
        self.alpha_ = 1.0 / (self.C_ * task.total_weight)

    def _keep_folds(self, ratios, folds):
        """The attributes of the folds, in the shapes asked for."""
        self.l1_ratios_ = np.asarray(ratios)
        paths = folds.coefs_paths(self.fit_intercept)
        scores, n_iter = folds.scores, folds.n_iter
        if not self._legacy():
            self.scores_, self.coefs_paths_, self.n_iter_ = scores, paths, n_iter
            self.l1_ratio_ = self._ratio_of(self.l1_ratio_)
            return
        # From (folds, mixtures, strengths) to (folds, strengths, mixtures).
        scores, n_iter, paths = (np.swapaxes(part, 1, 2) for part in (scores, n_iter, paths))
        if ratios == [None]:
            scores, n_iter, paths = scores[:, :, 0], n_iter[:, :, 0], paths[:, :, 0]
        keys = self.classes_[1:] if len(self.classes_) == 2 else self.classes_
        self.scores_ = dict.fromkeys(keys, scores)
        self.coefs_paths_ = {label: paths[..., k, :] for k, label in enumerate(keys)}
        self.n_iter_ = n_iter[None]
        self.C_ = np.full(len(keys), self.C_)
        self.l1_ratio_ = np.array([self.l1_ratio_] * len(keys))

    def _mixture(self, l1_ratio):
        return penalties.ElasticNet(self._ratio_of(l1_ratio))

    def _ratio_of(self, l1_ratio) -> float:
        """The number that a mixture stands for: None is what ``penalty`` says."""
        if l1_ratio is not None:
            return float(l1_ratio)
        return 1.0 if self.penalty == "l1" else 0.0

    def _ratio(self):
        if self.penalty != "deprecated":
            check_choice(self.penalty, "penalty", ("l1", "l2", "elasticnet"))
        return self._ratio_of(self._ratios()[0])

    def _ratios(self) -> list:
        given = self.l1_ratios
        if given is None or (isinstance(given, str) and given == "warn"):
            return [None]
        ratios = np.atleast_1d(np.asarray(given, dtype=object)).ravel().tolist()
        if not ratios:
            raise ValueError("l1_ratios must hold at least one number, got none: pass [0.0], say")
        for k, ratio in enumerate(ratios):
            as_l1_ratio(ratio, name=f"l1_ratios[{k}]")
        return ratios

    def _inverse_strengths(self) -> np.ndarray:
        if isinstance(self.Cs, numbers.Real):
            return np.logspace(-4, 4, int(check_positive(self.Cs, "Cs", 10)))
        return check_strengths(self.Cs, "Cs", zero=False)

    def _folds(self, n_samples):
        cv = 5 if self.cv is None else self.cv
        check_folds(cv, n_samples, "cv")
        if isinstance(cv, numbers.Integral):
            # Imported where it is needed: it costs a good part of importing all of scikit-learn.
            from sklearn.model_selection import StratifiedKFold

            return StratifiedKFold(int(cv))
        return cv

    def _legacy(self) -> bool:
        asked = self.use_legacy_attributes
        if isinstance(asked, str) and asked == "warn":
            return True
        return check_flag(asked, "use_legacy_attributes")

    def _scoring_of(self, sample_weight, params, n_samples) -> Scoring:
        scorer, model = self._scorer(), _Decided(self.classes_)
        scorer = _for_classes(scorer, self.classes_)
        if scorer is not None and _routing_enabled():
            return Scoring(scorer, routed(self, sample_weight, params, "scorer").score, model)
        if sample_weight is not None:
            sample_weight = np.broadcast_to(np.asarray(sample_weight), n_samples)
        found = Scoring.weighted(scorer, sample_weight)
        return Scoring(found.scorer, found.params, model)

    def _scorer(self):
        return None if self._scoring_is_accuracy else scorer_of(self)

    @property
    def _scoring_is_accuracy(self):
        return self.scoring is None or (isinstance(self.scoring, str) and self.scoring == "warn")

    def score(self, X, y, *, sample_weight=None, offset=None, **score_params):
        """Score by ``scoring``, by default the accuracy.

        Parameters
        ----------
        X : array, sparse matrix or data frame of shape (n_samples, n_features)
        y : array of shape (n_samples,)
        sample_weight : array of shape (n_samples,), default None
        offset : array of shape (n_samples,) or (n_samples, n_classes), default None
            As for `predict`.
        **score_params : dict
            For the scorer; needs scikit-learn's metadata routing.

        Returns
        -------
        float
            The larger the better.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            The model has not been fitted.
        ValueError, TypeError
            An argument is not what it must be; the message names it, its value and the fix.
        """
        _raise_for_params(score_params, self, "score")
        if sample_weight is not None:
            score_params["sample_weight"] = sample_weight
        scorer = self._scorer()
        if scorer is None:
            return super().score(X, y, offset=offset, **score_params)
        if offset is None:
            return scorer(self, X, y, **score_params)
        eta = self.decision_function(X, offset=offset)
        return scorer(_Decided(self.classes_), eta, y, **score_params)

    def get_metadata_routing(self):
        """Where scikit-learn's metadata routing sends what ``fit`` and ``score`` are given.

        Returns
        -------
        sklearn.utils.metadata_routing.MetadataRouter
        """
        # Imported where it is needed: it costs a good part of importing all of scikit-learn.
        from sklearn.metrics import get_scorer
        from sklearn.model_selection import check_cv

        router = MetadataRouter(owner=self).add_self_request(self)
        to_split = MethodMapping().add(caller="fit", callee="split")
        router.add(splitter=check_cv(self.cv, classifier=True), method_mapping=to_split)
        scorer = self._scorer()
        to_score = MethodMapping().add(caller="score", callee="score")
        return router.add(
            scorer=get_scorer("accuracy") if scorer is None else scorer,
            method_mapping=to_score.add(caller="fit", callee="score"),
        )


@dataclass(frozen=True)
class _Trials:
    """What came of the folds.

    Attributes
    ----------
    solved : list of list of Solved
        By fold and mixture.
    scores, n_iter : ndarray of shape (n_folds, n_l1_ratios, n_cs)
    """

    solved: list[list[Solved]]
    scores: np.ndarray
    n_iter: np.ndarray

    @classmethod
    def of(cls, trials):
        solved = [[found for found, _ in fold] for fold in trials]
        n_iter = [[[max(c.n_iter, 1) for c in s.certificates] for s in fold] for fold in solved]
        scores = np.array([[scores for _, scores in fold] for fold in trials])
        return cls(solved, scores, np.array(n_iter, dtype=np.int32))

    def coefs_paths(self, fit_intercept) -> np.ndarray:
        """Of shape (n_folds, n_l1_ratios, n_cs, n_classes or 1, n_coefs), the intercept last."""
        return np.array([[_with_intercept(s, fit_intercept) for s in f] for f in self.solved])


def _with_intercept(solved: Solved, fit_intercept):
    coefs = solved.coefs.reshape(len(solved.coefs), -1, len(solved.alphas))
    if fit_intercept:
        coefs = np.concatenate([coefs, solved.intercepts.reshape(1, *coefs.shape[1:])])
    return coefs.T


def _for_classes(scorer, classes):
    """The scorer, told of all classes where it asks: held-out rows may not have them all."""
    if scorer is None or "labels" not in parameters_of(scorer) or "labels" in scorer._kwargs:
        return scorer
    # Imported where it is needed: it costs a good part of importing all of scikit-learn.
    from sklearn.metrics import make_scorer

    told = {"labels": classes}
    if len(classes) == 2 and "pos_label" in parameters_of(scorer):
        told["pos_label"] = classes[-1]
    return make_scorer(
        scorer._score_func,
        greater_is_better=scorer._sign == 1,
        response_method=scorer._response_method,
        **{**told, **scorer._kwargs},
    )


class _Decided(ClassifierMixin, BaseEstimator):
    """Decides by the linear predictors that it is given, for scorers that want a model."""

    def __init__(self, classes):
        self.classes = self.classes_ = classes

    def decision_function(self, X):
        return X

    def predict(self, X):
        return decided(self.classes_, X)

    def predict_proba(self, X):
        return np.exp(log_probabilities(X))

    def predict_log_proba(self, X):
        return log_probabilities(X)

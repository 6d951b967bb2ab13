"""Ridge regression with the strength chosen by cross-validation, as scikit-learn has it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, _routing_enabled

from taut.estimators.base import Task
from taut.estimators.penalised import PenalisedModel
from taut.estimators.regressor import LinearRegressor
from taut.estimators.routing import check_routable, routed, splits_of, splitter_of
from taut.estimators.scoring import Scoring, scorer_of
from taut.memory import require_memory
from taut.penalties import L2
from taut.selection.cross_validation import share
from taut.selection.leave_one_out import leave_one_out
from taut.solvers import Grid, solve_path
from taut.validation import check_flag, check_strengths

__all__ = ["RidgeCV"]


class RidgeCV(LinearRegressor, PenalisedModel):
    """Ridge regression with alpha chosen by cross-validation, leave-one-out by default.

    A drop-in for scikit-learn's class. The objective is that of `Ridge`, whose ``alpha=taut.CV()``
    is a choice on an automatic grid, with the one-standard-error rule, standardisation and bounds.

    Parameters
    ----------
    alphas : float or sequence of float, default (0.1, 1.0, 10.0)
        Strengths to choose from: > 0 for leave-one-out, else >= 0.
    fit_intercept : bool, default True
        The intercept is not penalised.
    scoring : str or callable, default None
        The larger the better. None is the negative mean squared error for leave-one-out and R^2
        for other folds.
    cv : int, splitter or iterable of (train, test), default None
        None is leave-one-out, exact and from a single decomposition.
    gcv_mode : str, default None
        Accepted for compatibility; the decomposition is chosen by the shape of the problem.
    store_cv_results : bool, default False
        Keep what each row contributed; for leave-one-out only.
    alpha_per_target : bool, default False
        Choose for each target on its own; for leave-one-out only.

    Attributes
    ----------
    alpha_ : float or ndarray of shape (n_targets,)
    best_score_ : float or ndarray of shape (n_targets,)
    cv_results_ : ndarray of shape (n_samples, n_alphas) or (n_samples, n_targets, n_alphas)
        Only with ``store_cv_results``: weighted squared leave-one-out errors, or with ``scoring``
        the leave-one-out predictions.
    coef_ : ndarray of shape (n_features,) or (n_targets, n_features)
    intercept_ : float or ndarray of shape (n_targets,)
    certificate_ : Certificate
        The worst of the targets'.
    dual_gap_ : float or ndarray of shape (n_targets,)
        In units of the objective of `Ridge` divided by ``2 sum(w)``.
    n_iter_ : int or list of int
    n_features_in_ : int
    feature_names_in_ : ndarray of str of shape (n_features,)
        Only where X had column names.

    References
    ----------
    Golub, G. H., Heath, M. and Wahba, G. (1979). Generalized cross-validation as a method for
    choosing a good ridge parameter. Technometrics 21, 215-223.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> import taut
    >>> X, y = load_diabetes(return_X_y=True)
    >>> float(taut.RidgeCV(alphas=[0.01, 0.1, 1.0]).fit(X, y).alpha_)
    0.01
    """

    def __init__(
        self,
        alphas=(0.1, 1.0, 10.0),
        *,
        fit_intercept=True,
        scoring=None,
        cv=None,
        gcv_mode=None,
        store_cv_results=False,
        alpha_per_target=False,
    ):
        self.alphas = alphas
        self.fit_intercept = fit_intercept
        self.scoring = scoring
        self.cv = cv
        self.gcv_mode = gcv_mode
        self.store_cv_results = store_cv_results
        self.alpha_per_target = alpha_per_target

    def _penalty(self):
        return L2()

    def _unit(self, task):
        return 1.0 / task.total_weight

    def fit(self, X, y, sample_weight=None, **params):
        """Choose alpha by cross-validation and fit the model on all rows.

        Parameters
        ----------
        X : array, sparse matrix or data frame of shape (n_samples, n_features)
        y : array of shape (n_samples,) or (n_samples, n_targets)
        sample_weight : float or array of shape (n_samples,), default None
            Weights of the errors, at fitting and on the held-out rows.
        **params : dict
            For the splitter and the scorer; needs scikit-learn's metadata routing.

        Returns
        -------
        RidgeCV
            Itself.

        Raises
        ------
        ValueError, TypeError
            An argument is not what it must be; the message names it, its value and the fix.
        """
        check_routable(params, self)
        self._check_choices()
        alphas = self._alphas()
        task = self._prepare(X, y, sample_weight)
        require_memory(
            "held-out predictions for {:,} rows at {} alphas for {:,} targets",
            (len(task.target), len(alphas), len(task.problems)),
            "take fewer alphas, or fit fewer targets at a time",
            each=32,
        )
        scoring = self._scoring(sample_weight, params, len(task.target))
        if self.cv is None:
            scores = self._score_without_each_row(task, alphas, scoring)
        else:
            split_params = routed(self, sample_weight, params, "splitter").split
            splits = splits_of(self.cv, X, task.target, split_params)
            scores = self._score_on_folds(task, alphas, scoring, splits)
        best = np.argmax(scores, axis=0)
        self.alpha_ = alphas[best] if np.size(best) > 1 else np.float64(alphas[best].item())
        self.best_score_ = scores.max(axis=0) if scores.ndim == 2 else np.float64(scores.max())
        strengths = np.broadcast_to(self.alpha_, len(task.problems))
        return self._keep(task, self._solve(task, strengths))

    def _check_choices(self):
        vars(self).pop("cv_results_", None)
        for name in ("store_cv_results", "alpha_per_target"):
            if check_flag(getattr(self, name), name) and self.cv is not None:
                raise ValueError(
                    f"{name}=True needs leave-one-out, got cv={self.cv!r}: pass cv=None, or "
                    f"{name}=False"
                )

    def _alphas(self) -> np.ndarray:
        return check_strengths(self.alphas, "alphas", zero=self.cv is not None)

    def _scoring(self, sample_weight, params, n_samples) -> Scoring:
        scorer = scorer_of(self)
        if scorer is not None and _routing_enabled():
            return Scoring(scorer, routed(self, sample_weight, params, "scorer").score)
        if sample_weight is not None:
            sample_weight = np.broadcast_to(np.asarray(sample_weight), n_samples)
        return Scoring.weighted(scorer, sample_weight)

    def _score_without_each_row(self, task: Task, alphas, scoring: Scoring):
        strengths = alphas * self._unit(task)
        errors = leave_one_out(task.problems, strengths)
        per_target = self.alpha_per_target and task.target.ndim == 2
        if self.scoring is None:
            parts = (task.weights * task.total_weight)[:, None, None] * np.square(errors)
            scores = -parts.mean(axis=0).T
            scores = scores if per_target else scores.mean(axis=1)
        else:
            targets = task.target.reshape(len(task.target), -1)
            parts = targets[:, :, None] - errors
            every = (parts[..., k] for k in range(len(alphas)))
            scores = np.array([_scores(scoring, p, task.target, per_target) for p in every])
        if self.store_cv_results:
            self.cv_results_ = parts if task.target.ndim == 2 else parts[:, 0]
        return scores

    def _score_on_folds(self, task: Task, alphas, scoring: Scoring, splits):
        controls = self._controls()
        scores = np.empty((len(splits), len(alphas)))
        for k, (train, test) in enumerate(splits):
            weights = share(task.weights, train, k)
            # alpha is for a sum over rows, and there are fewer of them here.
            grid = Grid(alphas / (weights.sum() * task.total_weight))
            fold = replace(task.problems[0], weights=weights / weights.sum(), shared={})
            predictions = [
                _predictions(solve_path(fold.for_response(p.response), grid, controls), p, shift)
                for p, shift in zip(task.problems, task.shifts, strict=True)
            ]
            for a in range(len(alphas)):
                given = np.stack([p[:, a] for p in predictions], axis=1)
                scores[k, a] = scoring(given.reshape(task.target.shape), task.target, test)
        return scores.mean(axis=0)

    def get_metadata_routing(self):
        """Where scikit-learn's metadata routing sends what ``fit`` is given.

        Returns
        -------
        sklearn.utils.metadata_routing.MetadataRouter
        """
        router = MetadataRouter(owner=self).add_self_request(self)
        if self.scoring is not None:
            to_score = MethodMapping().add(caller="fit", callee="score")
            router.add(scorer=scorer_of(self), method_mapping=to_score)
        to_split = MethodMapping().add(caller="fit", callee="split")
        return router.add(splitter=splitter_of(self.cv), method_mapping=to_split)


def _predictions(solved, problem, shift):
    return problem.design.product(solved.coefs) + solved.intercepts + shift


def _scores(scoring, predictions, target, per_target):
    if not per_target:
        return scoring(predictions.reshape(target.shape), target)
    return [scoring(predictions[:, k], target[:, k]) for k in range(target.shape[1])]

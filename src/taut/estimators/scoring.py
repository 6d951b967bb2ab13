"""Scores of predictions that are already made, by any of scikit-learn's scorers."""

from __future__ import annotations

import inspect

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin

from taut.validation import check_choice

__all__ = ["Scoring", "parameters_of", "scorer_of"]


def scorer_of(owner):
    """The scorer that a parameter ``scoring`` stands for; None for none.

    Raises
    ------
    ValueError
        ``scoring`` is neither the name of a score nor callable.
    """
    if owner.scoring is None:
        return None
    # Imported where it is needed: it costs a good part of importing all of scikit-learn.
    from sklearn.metrics import check_scoring, get_scorer_names

    if not callable(owner.scoring):
        check_choice(owner.scoring, "scoring", get_scorer_names())
    return check_scoring(estimator=owner, scoring=owner.scoring)


class Scoring:
    """A score of predictions on some rows.

    Parameters
    ----------
    scorer : callable or None
        None is the model's own score, R^2 for predictions.
    params : dict of str to array of shape (n_samples,)
        Passed on to the scorer, cut down to the rows.
    model : estimator, default None
        Makes of what it is given what the scorer asks for; None predicts it.
    """

    def __init__(self, scorer, params: dict, model=None):
        self.scorer = _own_score if scorer is None else scorer
        self.params = params
        self.model = _Predictions() if model is None else model

    @classmethod
    def weighted(cls, scorer, weights):
        """With sample weights, where there are any and the scorer takes them."""
        takes = scorer is None or "sample_weight" in parameters_of(scorer)
        return cls(scorer, {"sample_weight": weights} if takes and weights is not None else {})

    def __call__(self, predictions, target, rows=slice(None)) -> float:
        """The score on some rows of predictions for all."""
        return self.held_out(predictions[rows], target, rows)

    def held_out(self, predictions, target, rows) -> float:
        """The score of predictions for some rows only."""
        params = {name: np.asarray(values)[rows] for name, values in self.params.items()}
        return self.scorer(self.model, predictions, target[rows], **params)


class _Predictions(RegressorMixin, BaseEstimator):
    """Predicts what it is given, for scorers that want a model."""

    def predict(self, X):
        return X


def _own_score(model, predictions, target, **params):
    return model.score(predictions, target, **params)


def parameters_of(scorer):
    """The parameters of the function behind a scorer."""
    # A scorer of scikit-learn hands its keywords on to a function of scikit-learn.
    return inspect.signature(getattr(scorer, "_score_func", scorer)).parameters

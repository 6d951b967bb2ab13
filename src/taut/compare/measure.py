"""What predictions are judged by, for every kind of target, and how that is said in sentences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import xlogy

from taut.estimators.survival import concordance
from taut.losses import Cox

__all__ = ["MEASURES", "Measure", "Scores", "scores"]


@dataclass(frozen=True)
class Measure:
    """A measure of error; the smaller the better.

    All are made of the mean deviance, twice the loss above the least it can be, which is what
    `CV` minimises as well.

    Attributes
    ----------
    name, long_name : str
    in_unit : bool
        Whether it is in the unit of the target.
    guess : str
        What the null model does, for sentences.
    claim, best : str
        Sentences on the score of the pick and of the best, with ``{target}``, ``{label}`` and
        ``{score}`` to be filled in.
    of_deviance : callable
        The measure, of a mean deviance.
    path_factor : float
        By which the errors along a path are multiplied to be drawn in this measure, or its square.
    scale : str
        What a coefficient changes, with ``{target}`` and ``{label}``, a class, to be filled in.
    also : str
        The second figure, a share that is easier to grasp; empty where there is none.
    meaning : str
        A sentence on it, with ``{share}`` to be filled in.
    """

    name: str
    long_name: str
    in_unit: bool
    guess: str
    claim: str
    best: str
    of_deviance: Callable[[float], float]
    path_factor: float = 1.0
    scale: str = "{target}"
    also: str = ""
    meaning: str = ""


MEASURES = {
    "regression": Measure(
        name="RMSE",
        long_name="root mean squared error",
        in_unit=True,
        guess="guessing the average",
        claim="its predictions of {target} are off by {score} (root mean squared error)",
        best="the best, {label}, by {score}",
        of_deviance=lambda deviance: float(np.sqrt(deviance)),
    ),
    "classification": Measure(
        name="log-loss",
        long_name="logarithmic loss",
        in_unit=False,
        guess="giving the shares of the classes",
        claim="the log-loss of its probabilities for {target} is {score}",
        best="that of the best, {label}, is {score}",
        of_deviance=lambda deviance: deviance / 2.0,
        path_factor=0.5,
        scale="the log-odds of {target} being {label}",
        also="accuracy",
        meaning="The class that it holds most likely is the right one in {share} of these rows",
    ),
    "counts": Measure(
        name="deviance",
        long_name="mean Poisson deviance",
        in_unit=False,
        guess="guessing the average",
        claim="the Poisson deviance of its predictions of {target} is {score} a row",
        best="that of the best, {label}, is {score}",
        of_deviance=float,
        scale="the logarithm of the expected {target}",
    ),
    "survival": Measure(
        name="deviance",
        long_name="mean partial-likelihood deviance",
        in_unit=False,
        guess="taking all risks as equal",
        claim="the partial-likelihood deviance of its risks is {score} a row",
        best="that of the best, {label}, is {score}",
        of_deviance=float,
        scale="the logarithm of the hazard",
        also="concordance",
        meaning="Of two rows, it gives the greater risk to the one with the earlier event in "
        "{share} of the pairs (50 % would be chance)",
    ),
}


class Scores(NamedTuple):
    """How good predictions are on some rows.

    ``explained`` is the share of the deviance that a constant leaves: R2 for least squares, 0
    where nothing is left to explain. ``also`` is the second figure of the measure, None where it
    has none: the share of rows whose class is the one of the largest probability, or of the pairs
    of rows whose order of events is that of their risks.
    """

    score: float
    explained: float
    also: float | None


def scores(task: str, model, X, y: np.ndarray, weights: np.ndarray | None) -> Scores:
    """Judge a fitted model on rows it has not seen.

    Parameters
    ----------
    task : str
    model : estimator
    X : matrix of shape (n_rows, n_features)
    y : ndarray of shape (n_rows,), or (n_rows, 2) of times and events
    weights : ndarray of shape (n_rows,) or None

    Returns
    -------
    Scores
    """
    judge = {"classification": _of_classes, "survival": _of_risks}.get(task, _of_numbers)
    deviance, least, also = judge(task, model, X, y, weights)
    explained = float(1.0 - deviance / least) if least > 0 else 0.0
    return Scores(MEASURES[task].of_deviance(float(deviance)), explained, also)


def _of_classes(task, model, X, y, weights):
    """Mean deviance, that of the shares of the classes, and accuracy."""
    log_probabilities = model.predict_log_proba(X)
    places = np.searchsorted(model.classes_, y)
    deviance = np.average(-2.0 * log_probabilities[np.arange(len(y)), places], weights=weights)
    shares = np.bincount(places, weights=weights)
    shares = shares / shares.sum()
    right = log_probabilities.argmax(axis=1) == places
    least = -2.0 * float(xlogy(shares, shares).sum())
    return deviance, least, float(np.average(right, weights=weights))


def _of_risks(task, model, X, y, weights):
    """Mean deviance of the partial likelihood of these rows, that of equal risks, concordance."""
    weights = np.ones(len(y)) if weights is None else weights
    loss, risk = Cox("breslow"), model.predict(X)
    deviance, least = (
        2.0 * loss.total(y, eta, weights) / weights.sum() for eta in (risk, np.zeros(len(y)))
    )
    return deviance, least, concordance(y, risk, weights)


def _of_numbers(task, model, X, y, weights):
    """Mean deviance, and that of the mean."""
    deviances = _squares if task == "regression" else _poisson_deviances
    deviance = np.average(deviances(y, model.predict(X)), weights=weights)
    mean = np.average(y, weights=weights)
    return deviance, np.average(deviances(y, mean), weights=weights), None


def _squares(y, mean):
    return (y - mean) ** 2


def _poisson_deviances(y, mean):
    """McCullagh and Nelder (1989), Generalized linear models, section 2.3."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(y > 0, y / mean, 1.0)
    return 2.0 * (xlogy(y, ratio) - y + mean)

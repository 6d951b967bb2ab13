"""What predictions are judged by, for every kind of target, and how that is said in sentences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import xlogy

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
}


class Scores(NamedTuple):
    """How good predictions are on some rows.

    ``explained`` is the share of the deviance that a constant leaves: R2 for least squares, 0
    where nothing is left to explain. ``accuracy`` is the share of rows whose class is the one of
    the largest probability, None where there are no classes.
    """

    score: float
    explained: float
    accuracy: float | None


def scores(task: str, model, X, y: np.ndarray, weights: np.ndarray | None) -> Scores:
    """Judge a fitted model on rows it has not seen.

    Parameters
    ----------
    task : str
    model : estimator
    X : matrix of shape (n_rows, n_features)
    y : ndarray of shape (n_rows,)
    weights : ndarray of shape (n_rows,) or None

    Returns
    -------
    Scores
    """
    accuracy = None
    if task == "classification":
        log_probabilities = model.predict_log_proba(X)
        places = np.searchsorted(model.classes_, y)
        rows = -2.0 * log_probabilities[np.arange(len(y)), places]
        shares = np.bincount(places, weights=weights)
        shares = shares / shares.sum()
        least = -2.0 * float(xlogy(shares, shares).sum())
        accuracy = float(np.average(log_probabilities.argmax(axis=1) == places, weights=weights))
    else:
        deviances = _squares if task == "regression" else _poisson_deviances
        rows = deviances(y, model.predict(X))
        mean = np.average(y, weights=weights)
        least = np.average(deviances(y, mean), weights=weights)
    deviance = np.average(rows, weights=weights)
    explained = float(1.0 - deviance / least) if least > 0 else 0.0
    return Scores(MEASURES[task].of_deviance(float(deviance)), explained, accuracy)


def _squares(y, mean):
    return (y - mean) ** 2


def _poisson_deviances(y, mean):
    """McCullagh and Nelder (1989), Generalized linear models, section 2.3."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(y > 0, y / mean, 1.0)
    return 2.0 * (xlogy(y, ratio) - y + mean)

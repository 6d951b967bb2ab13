"""What is minimised: a loss, a penalty, and how a response of that kind is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.judge.losses import Cox, Gamma, Logistic, Loss, Multinomial, Poisson, Squared
from benchmarks.judge.penalties import L1, ElasticNet, Groups, Norm, Slope

L1_RATIO = 0.5
GROUP_SIZE = 10
SLOPE_RATE = 0.1


@dataclass(frozen=True)
class Task:
    """A model.

    Parameters
    ----------
    title : str
    loss : Loss
    penalty : Norm or ElasticNet
    draw : callable
        A response from a linear predictor of unit variance and a random generator.
    """

    title: str
    loss: Loss
    penalty: Norm | ElasticNet
    draw: Callable


def _with_noise(signal, rng):
    return signal + 0.5 * rng.standard_normal(len(signal))


def _labels(signal, rng):
    return (2 * signal + rng.logistic(size=len(signal)) > 0).astype(float)


def _classes(signal, rng):
    """Thirds of what noise has blurred."""
    noisy = _with_noise(signal, rng)
    return np.searchsorted(np.quantile(noisy, [1 / 3, 2 / 3]), noisy).astype(float)


def _counts(signal, rng):
    """Claims in a year: few rows have any."""
    return rng.poisson(np.exp(0.5 * signal - 2.5)).astype(float)


def _amounts(signal, rng):
    return rng.gamma(1.5, np.exp(0.5 * signal + 7) / 1.5)


def _times(signal, rng):
    """Exponential times, a third of them censored; columns time and event."""
    death, censoring = rng.exponential(np.exp([-signal, np.full(len(signal), 0.7)]))
    return np.column_stack([np.minimum(death, censoring), death <= censoring])


TASKS = {
    "lasso": Task("lasso", Squared(), L1(), _with_noise),
    "logistic": Task("L1 logistic", Logistic(), L1(), _labels),
    "multinomial": Task("L1 multinomial", Multinomial(), L1(), _classes),
    "poisson": Task("Poisson elastic net", Poisson(), ElasticNet(L1_RATIO), _counts),
    "gamma": Task("Gamma elastic net", Gamma(), ElasticNet(L1_RATIO), _amounts),
    "cox": Task("L1 Cox", Cox(), L1(), _times),
    "group_lasso": Task("group lasso", Squared(), Groups(GROUP_SIZE), _with_noise),
    "slope": Task("SLOPE", Squared(), Slope(SLOPE_RATE), _with_noise),
}

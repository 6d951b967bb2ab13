"""Every loss and every penalty, on data small enough for an outside solver."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from taut import losses
from taut.losses import Loss
from taut.penalties import (
    L1,
    L2,
    MCP,
    SCAD,
    SLOPE,
    Box,
    ElasticNet,
    FusedLasso,
    GroupLasso,
    MultiTask,
    NonNegative,
    Nuclear,
    SparseGroupLasso,
    TotalVariation,
)

N_SAMPLES, N_FEATURES = 40, 8
GROUPS = np.array([0, 1, 1, 2, 2, 2, 0, 1])
LAMBDAS = np.linspace(2.0, 0.5, N_FEATURES)
EDGES = np.array([[0, 1], [1, 2], [2, 3], [0, 3], [3, 4], [4, 5], [5, 6], [6, 4]])  # one is alone
FREE = np.r_[0.0, np.ones(N_FEATURES - 1)]


class Data(NamedTuple):
    X: np.ndarray
    y: np.ndarray
    loss: Loss


def _random():
    return np.random.default_rng(0)


def features():
    return _random().normal(size=(N_SAMPLES, N_FEATURES)) * np.linspace(0.5, 2.0, N_FEATURES)


def _linear():
    return features() @ np.r_[1.0, -1.0, 0.0, 0.5, np.zeros(N_FEATURES - 4)]


def _classes(count):
    random, eta = _random(), _linear()
    return np.clip(
        np.floor(count * (0.5 + 0.15 * (eta + random.logistic(size=N_SAMPLES)))), 0, count - 1
    )


def _times():
    random = _random()
    time = np.ceil(5 * random.exponential(size=N_SAMPLES) * np.exp(-0.3 * _linear()))
    return np.column_stack([time, random.uniform(size=N_SAMPLES) < 0.7])


def _late_entries_by_stratum():
    times, random = _times(), _random()
    entry = 0.3 * times[:, 0] * random.uniform(size=N_SAMPLES)
    return np.column_stack([times, entry, np.arange(N_SAMPLES) % 2])


def _positive():
    return np.exp(0.3 * _linear()) * _random().gamma(2.0, size=N_SAMPLES)


def _targets():
    random, eta = _random(), _linear()
    return np.column_stack([eta, -eta, 0 * eta]) + random.normal(size=(N_SAMPLES, 3))


LOSSES = {
    "squared": (losses.Squared(), lambda: _linear() + _random().normal(size=N_SAMPLES)),
    "logistic": (losses.Logistic(), lambda: _classes(2)),
    "poisson": (losses.Poisson(), lambda: np.floor(2 * _positive())),
    "gamma": (losses.Gamma(), _positive),
    "tweedie": (losses.Tweedie(1.5), _positive),
    "huber": (losses.Huber(1.0), lambda: _linear() + _random().standard_t(2, size=N_SAMPLES)),
    "squared hinge": (losses.SquaredHinge(), lambda: _classes(2)),
    "cox": (losses.Cox("breslow"), _times),
    "multinomial": (losses.Multinomial(), lambda: _classes(3)),
    "targets": (losses.Squared(), _targets),
}
MATRIX = ("multinomial", "targets")
ALL_LOSSES = LOSSES | {
    "quantile": (losses.Quantile(0.3), LOSSES["huber"][1]),
    "efron": (losses.Cox("efron"), _times),
    "late entries by stratum": (losses.Cox("breslow"), _late_entries_by_stratum),
    "reference": (losses.Multinomial("reference"), lambda: _classes(3)),
}

PENALTIES = {
    "l1": L1(),
    "l1, one free": L1(weights=FREE),
    "l2": L2(),
    "elastic net": ElasticNet(0.5),
    "non-negative": L1() + NonNegative(),
    "group lasso": GroupLasso(GROUPS),
    "group lasso, one free": GroupLasso(GROUPS, weights=[0.0, 1.0, 2.0]),
    "sparse group lasso": SparseGroupLasso(GROUPS, 0.3),
    "multi-task": MultiTask(),
    "slope": SLOPE(LAMBDAS),
    "fused lasso": FusedLasso(0.5),
    "total variation": TotalVariation(),
    "graph fused lasso": FusedLasso(0.5, edges=EDGES),
    "nuclear": Nuclear(),
    "group lasso and l2": GroupLasso(GROUPS) + L2(weights=np.array([0.5, 0.0, 1.0])[GROUPS]),
    "group lasso, signs": GroupLasso(GROUPS) + NonNegative(),
    "group lasso and l1": GroupLasso(GROUPS) + L1(weights=np.linspace(0.0, 1.0, N_FEATURES)),
    "multi-task and l2": MultiTask() + L2(),
    "slope and l2": SLOPE(LAMBDAS) + L2(),
    "slope, signs": SLOPE(LAMBDAS) + L1() + NonNegative(),
    "fused lasso and l2": FusedLasso(0.5) + L2(),
    "fused lasso, signs": FusedLasso(0.5) + NonNegative(),
    "nuclear and l2": Nuclear() + L2(),
}
SIGNED = ("non-negative", "group lasso, signs", "slope, signs", "fused lasso, signs")
NON_CONVEX = {
    "mcp": MCP(3.0),
    "scad": SCAD(3.7),
    "group mcp": MCP(3.0, groups=GROUPS),
    "group scad": SCAD(3.7, groups=GROUPS),
    "mcp and l2": MCP(3.0, weights=FREE) + L2(weights=np.linspace(0.5, 0.0, N_FEATURES)),
    "group scad and l2": SCAD(3.7, groups=GROUPS) + L2(),
    "mcp and l1": MCP(3.0) + L1(),
    "scad, signs": SCAD(3.7) + NonNegative(),
}
ALL_PENALTIES = PENALTIES | {"l2 in a box": L2() + Box(-0.2, 0.3)} | NON_CONVEX


def data(name) -> Data:
    loss, response = ALL_LOSSES[name]
    return Data(features(), loss.check_response(response()), loss)

"""Who must keep the laws. A new penalty or loss joins by adding one line."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from taut.losses import (
    Cox,
    Gamma,
    Huber,
    Logistic,
    Loss,
    Multinomial,
    Poisson,
    Quantile,
    Squared,
    SquaredHinge,
    Tweedie,
)
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
    Penalty,
    SparseGroupLasso,
    TotalVariation,
)

from . import textbook

N_FEATURES = 5
WEIGHTS = [0.0, 0.3, 1.0, 4.0, np.inf]
GROUPS = [[3, 0], [1], [4, 2]]  # of unequal sizes, not in the order of the columns
GROUP_WEIGHTS = [0.0, 1.5, np.inf]
RIDGES = [0.5, 1.0, 2.0, 0.5, 2.0]  # one for each group
EDGES = [[0, 1], [2, 0], [1, 2], [3, 1]]  # a triangle and its tail; the last feature is alone


class PenaltyCase(NamedTuple):
    """A penalty for N_FEATURES features, and what is particular about it.

    ``value(c b) = c^degree value(b)``, where None means no such law. Columns of coefficients are
    penalised one by one or together (``by_column``); features may have steps of their own or
    share one (``by_entry``).
    """

    penalty: Penalty
    degree: int | None = None
    by_column: bool = True
    by_entry: bool = True


def grouped(penalty, degree=None):
    return PenaltyCase(penalty, degree, by_column=False, by_entry=False)


def ordered(penalty, degree=1):
    return PenaltyCase(penalty, degree, by_entry=False)


PENALTIES = [
    PenaltyCase(L1(), degree=1),
    PenaltyCase(L1(weights=WEIGHTS), degree=1),
    PenaltyCase(L1(weights=[0.0] * N_FEATURES), degree=1),
    PenaltyCase(L2(), degree=2),
    PenaltyCase(L2(weights=WEIGHTS), degree=2),
    PenaltyCase(ElasticNet()),
    PenaltyCase(ElasticNet(l1_ratio=0.3, weights=WEIGHTS)),
    PenaltyCase(ElasticNet(l1_ratio=0.0), degree=2),
    PenaltyCase(ElasticNet(l1_ratio=1.0, weights=WEIGHTS), degree=1),
    PenaltyCase(NonNegative(), degree=1),
    PenaltyCase(NonNegative(weights=WEIGHTS), degree=1),
    PenaltyCase(Box(-1.0, 2.0)),
    PenaltyCase(Box(-np.inf, np.inf), degree=1),
    PenaltyCase(Box([-1.0, 0.5, -np.inf, 2.0, -3.0], [1.0, 1.5, 0.0, 2.0, np.inf])),
    PenaltyCase(Box(0.5, 1.5, weights=WEIGHTS)),
    PenaltyCase(L1() + NonNegative(), degree=1),
    PenaltyCase(L1(weights=WEIGHTS) + L2(weights=WEIGHTS[::-1])),
    PenaltyCase(ElasticNet(l1_ratio=0.8) + Box(-0.5, 1.0) + NonNegative(weights=WEIGHTS)),
    PenaltyCase(L1() + Box(0.5, 3.0)),
    grouped(GroupLasso(GROUPS), degree=1),
    grouped(GroupLasso([0, 0, 0, 0, 7]), degree=1),
    grouped(GroupLasso(GROUPS, weights=GROUP_WEIGHTS), degree=1),
    grouped(SparseGroupLasso(GROUPS), degree=1),
    grouped(SparseGroupLasso(GROUPS, l1_ratio=0.0), degree=1),
    grouped(SparseGroupLasso(GROUPS, l1_ratio=0.9, weights=GROUP_WEIGHTS), degree=1),
    grouped(SparseGroupLasso(GROUPS, l1_ratio=1.0, weights=[np.inf, 1.0, 2.0]), degree=1),
    grouped(MultiTask(), degree=1),
    grouped(MultiTask(weights=WEIGHTS), degree=1),
    grouped(Nuclear(), degree=1),
    grouped(Nuclear(weights=[0.0, 1.0, 1.0, np.inf, 1.0]), degree=1),
    ordered(SLOPE()),
    ordered(SLOPE(q=0.4, weights=[0.0, 1.0, 1.0, np.inf, 1.0])),
    ordered(SLOPE(sequence=[2.0, 2.0, 1.0, 0.5, 0.0])),
    ordered(TotalVariation()),
    ordered(TotalVariation(weights=[0.3, 0.0, np.inf, 4.0])),
    ordered(FusedLasso()),
    ordered(FusedLasso(l1_ratio=0.5)),
    ordered(FusedLasso(l1_ratio=2.0, weights=[0.3, 0.0, np.inf, 4.0])),
    ordered(TotalVariation(edges=EDGES)),
    ordered(TotalVariation(edges=EDGES, weights=[0.3, 0.0, np.inf, 4.0])),
    ordered(FusedLasso(l1_ratio=0.5, edges=EDGES)),
    ordered(FusedLasso(l1_ratio=2.0, edges=EDGES, weights=[0.3, 0.0, np.inf, 4.0])),
    PenaltyCase(MCP()),
    PenaltyCase(MCP(gamma=1.5, weights=WEIGHTS)),
    grouped(MCP(groups=GROUPS)),
    grouped(MCP(gamma=5.0, groups=GROUPS, weights=GROUP_WEIGHTS)),
    PenaltyCase(SCAD()),
    PenaltyCase(SCAD(gamma=2.5, weights=WEIGHTS)),
    grouped(SCAD(groups=GROUPS)),
    grouped(SCAD(gamma=5.0, groups=GROUPS, weights=GROUP_WEIGHTS)),
    PenaltyCase(MCP() + L2()),
    PenaltyCase(SCAD(weights=WEIGHTS) + L2(weights=WEIGHTS[::-1])),
    grouped(MCP(groups=GROUPS, weights=GROUP_WEIGHTS) + L2(weights=[0.3] * N_FEATURES)),
    PenaltyCase(MCP() + L1()),
    PenaltyCase(MCP() + NonNegative()),
    PenaltyCase(SCAD(weights=WEIGHTS) + ElasticNet(weights=WEIGHTS[::-1]) + NonNegative()),
    grouped(SCAD(groups=GROUPS) + L1(weights=WEIGHTS) + NonNegative(weights=WEIGHTS[::-1])),
    grouped(GroupLasso(GROUPS) + L2()),
    grouped(GroupLasso(GROUPS, weights=GROUP_WEIGHTS) + L2(weights=RIDGES)),
    grouped(GroupLasso(GROUPS) + NonNegative(), degree=1),
    grouped(GroupLasso(GROUPS, weights=[2.0, 0.0, 1.0]) + L1(weights=WEIGHTS), degree=1),
    grouped(SparseGroupLasso(GROUPS) + L2() + NonNegative()),
    grouped(SparseGroupLasso(GROUPS) + L1() + Box(-np.inf, [0, np.inf, 0, np.inf, 0]), degree=1),
    grouped(MultiTask() + L2(weights=WEIGHTS)),
    grouped(MultiTask(weights=WEIGHTS) + ElasticNet(0.2)),
    grouped(Nuclear() + L2()),
    grouped(Nuclear(weights=[0.0, 1.0, 1.0, np.inf, 1.0]) + L2()),
    ordered(SLOPE() + L2(), degree=None),
    ordered(SLOPE(sequence=[2.0, 2.0, 1.0, 0.5, 0.0]) + L1(weights=WEIGHTS) + NonNegative()),
    ordered(SLOPE(q=0.4, weights=[0.0, 1.0, 1.0, np.inf, 1.0]) + L2() + L1(), degree=None),
    ordered(TotalVariation() + L2(), degree=None),
    ordered(TotalVariation() + ElasticNet() + NonNegative(), degree=None),
    ordered(FusedLasso(l1_ratio=0.5) + NonNegative()),
    ordered(FusedLasso(l1_ratio=2.0, weights=[0.3, 0.0, np.inf, 4.0]) + L2(), degree=None),
    ordered(FusedLasso(l1_ratio=0.5, edges=EDGES) + L1() + Box(-np.inf, 0.0)),
]


class LossCase(NamedTuple):
    """A loss that is a sum over samples.

    ``textbook(y, eta)`` is the printed formula, which may differ by a constant; targets lie in an
    interval, and are whole numbers where they are labels. With several classes, y is a row of
    indicators.
    """

    loss: Loss
    textbook: Callable
    targets: tuple[float, float]
    is_whole: bool = False
    n_classes: int | None = None

    @property
    def shape(self):
        """Of the linear predictor of one sample."""
        if self.n_classes is None:
            return ()
        return (self.n_classes - (self.loss == Multinomial("reference")),)

    def of_predictors(self, mean):
        """A mean without the part of a reference class, which has no predictor."""
        return mean if self.n_classes is None else mean[..., self.n_classes - self.shape[0] :]

    def indicators(self, labels):
        """The response for class numbers; without a column for a reference class."""
        first = self.n_classes - self.shape[0]
        return np.equal.outer(labels, np.arange(first, self.n_classes)) * 1.0


LOSSES = [
    LossCase(Squared(), textbook.squared, targets=(-100.0, 100.0)),
    LossCase(Logistic(), textbook.logistic, targets=(0.0, 1.0), is_whole=True),
    LossCase(SquaredHinge(), textbook.squared_hinge, targets=(0.0, 1.0), is_whole=True),
    LossCase(Poisson(), textbook.poisson, targets=(0.0, 50.0), is_whole=True),
    LossCase(Gamma(), textbook.gamma, targets=(0.01, 100.0)),
    LossCase(Tweedie(power=1.0), textbook.poisson, targets=(0.0, 50.0)),
    LossCase(Tweedie(power=1.1), textbook.tweedie(1.1), targets=(0.0, 50.0)),
    LossCase(Tweedie(), textbook.tweedie(1.5), targets=(0.0, 100.0)),
    LossCase(Tweedie(power=1.9), textbook.tweedie(1.9), targets=(0.0, 100.0)),
    LossCase(Tweedie(power=2.0), textbook.gamma, targets=(0.01, 100.0)),
    LossCase(Huber(), textbook.huber(1.0), targets=(-10.0, 10.0)),
    LossCase(Huber(delta=3.5), textbook.huber(3.5), targets=(-100.0, 100.0)),
    LossCase(Quantile(), textbook.quantile(0.5), targets=(-10.0, 10.0)),
    LossCase(Quantile(q=0.9), textbook.quantile(0.9), targets=(-10.0, 10.0)),
    LossCase(Multinomial(), textbook.multinomial, (0.0, 1.0), is_whole=True, n_classes=2),
    LossCase(Multinomial(), textbook.multinomial, (0.0, 3.0), is_whole=True, n_classes=4),
    LossCase(
        *(Multinomial("reference"), textbook.multinomial_with_reference, (0.0, 3.0)),
        is_whole=True,
        n_classes=4,
    ),
]


class SurvivalCase(NamedTuple):
    """A Cox loss, with the number of columns of its response."""

    loss: Cox
    n_columns: int
    is_truncated: bool = False

    @property
    def shape(self):
        return ()


SURVIVAL = [
    SurvivalCase(Cox(ties), n_columns, is_truncated)
    for ties in ("efron", "breslow")
    for n_columns, is_truncated in [(2, False), (3, True), (4, False), (4, True)]
]

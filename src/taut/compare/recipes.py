"""The estimators behind the techniques, for every kind of target: one penalty, several losses."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sklearn.base import BaseEstimator

from taut.compare.technique import Training
from taut.estimators import (
    AdaptiveLasso,
    CoxRegression,
    ElasticNet,
    GroupLasso,
    LogisticRegression,
    PenalizedClassifier,
    PenalizedRegressor,
    PoissonRegressor,
    Ridge,
)
from taut.penalties import MCP, Penalty
from taut.penalties import GroupLasso as GroupPenalty
from taut.selection import CV

__all__ = [
    "adaptive",
    "elastic_net",
    "grouped",
    "mcp",
    "mixture",
    "no_groups",
    "rule_of",
    "several_classes",
]

# Where a strength takes long there are fewer, and none so weak that it is next to no penalty: that
# is where most of the time goes.
_COARSE = {"n_alphas": 30, "alpha_min_ratio": 1e-3}

Make = Callable[[Training], BaseEstimator]


def rule_of(rule: str) -> Callable[[Training], CV]:
    """Cross-validation on the folds of the training rows."""
    return lambda training: CV(training.folds, rule=rule)


def elastic_net(rule: str) -> Make:
    """Equal parts of L1 and L2, whatever the unit of the target.

    With the target in units of its standard deviation s, b = s b' and alpha (r |b| + (1 - r) b^2/2)
    is s^2 times alpha' (r' |b'| + (1 - r') b'^2/2) where alpha r = s alpha' r' and
    alpha (1 - r) = alpha' (1 - r'). Equal parts, r' = 1/2, are r = s / (1 + s).
    """

    def make(training: Training) -> ElasticNet:
        ratio = float(training.spread / (1 + training.spread))
        return ElasticNet(alpha=rule_of(rule)(training), l1_ratio=ratio, standardize=True)

    return make


def mixture(l1_ratio: float, rule: str, penalty_weights: str | None = None) -> dict[str, Make]:
    """A mixture of L1 and L2 on the linear predictor of classes, counts and hazards."""
    settings = {
        "l1_ratio": l1_ratio,
        "standardize": True,
        "penalty_weights": penalty_weights,
    }
    chosen = rule_of(rule)
    # An L1 part ends where nothing is left to select; ridge has no such end.
    grid = _COARSE if l1_ratio else {"n_alphas": _COARSE["n_alphas"]}

    def classifier(t: Training) -> LogisticRegression:
        several = t.n_classes > 2
        return LogisticRegression(C=_chosen(rule, t, grid) if several else chosen(t), **settings)

    return {
        "classification": classifier,
        "counts": lambda t: PoissonRegressor(alpha=chosen(t), **settings),
        "survival": lambda t: CoxRegression(alpha=_chosen(rule, t, grid), **settings),
    }


def adaptive(rule: str) -> dict[str, Make]:
    """The adaptive lasso; ridge comes first, which has an answer for any number of columns."""

    def regression(training: Training) -> AdaptiveLasso:
        initial = Ridge(alpha=CV(training.folds), standardize=True)
        return AdaptiveLasso(alpha=rule_of(rule)(training), initial=initial)

    return mixture(1.0, rule, "adaptive") | {"regression": regression}


def mcp(rule: str) -> dict[str, Make]:
    """The minimax concave penalty, by task."""
    return _with_penalty(lambda training: MCP(), rule)


def grouped(rule: str) -> dict[str, Make]:
    """The group lasso on columns of the table, by task."""
    by_task = _with_penalty(lambda training: GroupPenalty(list(training.groups)), rule)

    def regression(training: Training) -> GroupLasso:
        groups = list(training.groups)
        return GroupLasso(groups, alpha=_chosen(rule, training, _COARSE), standardize=True)

    return by_task | {"regression": regression}


def no_groups(training: Training) -> str:
    """Why the group lasso would be the lasso; empty where it is not."""
    if len(set(training.groups)) < len(training.groups):
        return ""
    return "every column makes one feature only, and the lasso is the same"


def several_classes(training: Training) -> str:
    """Why a penalty on the coefficients of one class is none of several; empty for fewer."""
    if training.n_classes <= 2:
        return ""
    return "it selects coefficients one by one, and a feature of several classes has one for each"


def _with_penalty(penalty: Callable[[Training], Penalty], rule: str) -> dict[str, Make]:
    def regressor(loss: str) -> Make:
        return lambda t: PenalizedRegressor(
            loss, penalty(t), alpha=_chosen(rule, t, _COARSE), standardize=True
        )

    def classifier(t: Training) -> PenalizedClassifier:
        alpha = _chosen(rule, t, _COARSE)
        return PenalizedClassifier("logistic", penalty(t), alpha=alpha, standardize=True)

    def survival(t: Training) -> CoxRegression:
        return CoxRegression(alpha=_chosen(rule, t, _COARSE), penalty=penalty(t), standardize=True)

    return {
        "regression": regressor("squared"),
        "classification": classifier,
        "counts": regressor("poisson"),
        "survival": survival,
    }


def _chosen(rule: str, training: Training, grid: Mapping[str, float]) -> CV:
    return CV(training.folds, rule=rule, **grid)

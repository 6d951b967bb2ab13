"""Weights of the adaptive lasso: the larger a first estimate of a coefficient, the less penalty."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from taut.penalties import L2
from taut.selection import CV
from taut.selection.rule import Choice, Rule
from taut.solvers import Controls, Grid

__all__ = ["ADAPTIVE", "adaptive_weights", "first_estimate", "sizes_of"]

# In place of numbers for the weights of features.
ADAPTIVE = "adaptive"


def adaptive_weights(sizes: np.ndarray, gamma: float = 1.0) -> np.ndarray:
    """``1 / size^gamma``; a feature of size zero is excluded.

    References
    ----------
    Zou, H. (2006). The adaptive lasso and its oracle properties. JASA 101, 1418-1429.
    """
    with np.errstate(divide="ignore", over="ignore"):
        return sizes**-gamma


def first_estimate(problems, strength, controls: Controls, groups=None) -> Choice:
    """The same problems under the ridge penalty, which has an answer for any number of columns.

    Parameters
    ----------
    problems : list of Problem
    strength : Rule or float
        A rule chooses the strength of the ridge penalty too; beside a number, `CV` does.
    controls : Controls
    groups : array of shape (n_samples,), default None
        For the splitter of a rule.
    """
    rule = strength if isinstance(strength, Rule) else CV()
    if isinstance(rule, CV):
        rule = replace(rule, rule="min", alpha_min_ratio=None)
    ridge = [replace(problem, penalty=L2()) for problem in problems]
    return rule.choose(ridge, Grid(), controls, groups)


def sizes_of(choice: Choice, problems) -> np.ndarray:
    """The size of each feature's coefficients, over all targets and classes, as it is penalised."""
    first = problems[0]
    coefs = np.stack([s.coefs[..., choice.index] for s in choice.solved])
    rows = np.moveaxis(coefs, 1, 0).reshape(first.design.shape[1], -1)
    return np.linalg.norm(rows, axis=1) * first.scale

"""The penalty in the units of the columns, on all features or on a working set."""

from __future__ import annotations

import numpy as np

from taut.penalties import SLOPE, Coordinates, MixedSum, NativePenalty, Penalty
from taut.penalties.separable import Separable
from taut.problem import Problem

__all__ = ["as_given", "blocks_of", "free_directions", "in_units_of", "on_features"]


class _Known(Separable):
    """A separable penalty given by its coordinates."""

    def __init__(self, known: Coordinates):
        self._set(known=known)

    def _family(self):
        return self.known


def in_units_of(problem: Problem, scale: np.ndarray) -> Penalty:
    """The penalty of coefficients ``scale * coef``."""
    if not problem.is_separable:
        return problem.penalty
    l1, l2, lower, upper = problem.coordinates
    return _Known(Coordinates(l1 / scale, l2 / scale**2, lower * scale, upper * scale))


def as_given(problem: Problem, coef: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Coefficients ``coef / scale`` of the columns as given.

    At a bound times the scale they may round to a digit beyond the bound, where the penalty is
    infinite.
    """
    rows = (-1, *[1] * (coef.ndim - 1))
    coef = coef / scale.reshape(rows)
    if not problem.is_separable:
        return coef
    return np.clip(coef, *(part.reshape(rows) for part in problem.coordinates[2:]))


def blocks_of(penalty: Penalty, n_features: int):
    """A label for each feature, equal for those that are only solved together.

    None where features cannot be left out, as when they are tied in a chain.
    """
    if isinstance(penalty, MixedSum):
        return blocks_of(penalty.part, n_features)
    if isinstance(penalty, Separable | SLOPE):
        return np.arange(n_features)
    layout = penalty.group_layout(n_features)
    return None if layout is None else layout[0]


def on_features(penalty: Penalty, features: np.ndarray, n_features: int) -> Penalty:
    """The penalty of these of the features, whole blocks of them, while the others are zero."""
    if isinstance(penalty, _Known):
        return _Known(Coordinates(*(part[features] for part in penalty.known)))
    if isinstance(penalty, NativePenalty):
        return penalty.on_features(features)
    if isinstance(penalty, MixedSum):
        known = _Known(penalty.separable.coordinates(n_features))
        parts = penalty.part, known
        return type(penalty)(on_features(part, features, n_features) for part in parts)
    parameters = dict(vars(penalty))
    per_block = features
    if parameters.get("groups") is not None:
        present, labels = np.unique(penalty.groups[features], return_inverse=True)
        parameters["groups"], per_block = labels, present
    if parameters.get("weights") is not None:
        parameters["weights"] = penalty.weights[per_block]
    if isinstance(penalty, SLOPE):
        # Features that are zero rank last, so that the others meet the largest lambdas.
        lambdas, _ = penalty._aligned(np.empty(n_features))
        parameters |= {"sequence": lambdas[: len(features)], "q": None}
    return type(penalty)(**parameters)


def free_directions(penalty: Penalty, n_features: int) -> np.ndarray:
    """A basis of what a norm does not see: unpenalised features, the level of a chain.

    Beyond its dual norm a prox is the projection on them, so that random vectors find them all.

    Returns
    -------
    ndarray of shape (n_features, n_directions)
        Orthonormal; unit vectors for a separable penalty.
    """
    if isinstance(penalty, _Known):
        l1, l2, lower, upper = penalty.known
        free = (l1 == 0) & (l2 == 0) & np.isinf(lower) & np.isinf(upper)
        features = np.flatnonzero(free)
        basis = np.zeros((n_features, len(features)))
        basis[features, np.arange(len(features))] = 1.0
        return basis
    random = np.random.default_rng(0)
    count = 4
    while True:
        count = min(2 * count, n_features)
        probes = random.normal(size=(n_features, count))
        found = np.column_stack([_projected(penalty, probe) for probe in probes.T])
        basis, singular, _ = np.linalg.svd(found, full_matrices=False)
        kept = singular > 1e-10 * np.sqrt(n_features)
        if count == n_features or not kept.all():
            return basis[:, kept]


def _projected(penalty, probe):
    if penalty.is_norm:
        return penalty.prox(probe, 2 * penalty.dual_norm(probe) + 1.0)
    if isinstance(penalty, MixedSum):
        # What a ridge, or a bound, holds back is not free.
        l1, l2, lower, upper = penalty.separable.coordinates(len(probe))
        held = (l1 > 0) | (l2 > 0) | np.isfinite(lower) | np.isfinite(upper)
        return _projected(penalty.part, np.where(held, 0.0, probe))
    layout = penalty.group_layout(len(probe))
    free = np.zeros(len(probe), dtype=bool) if layout is None else (layout[1] == 0)[layout[0]]
    return np.where(free, probe, 0.0)

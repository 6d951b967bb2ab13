"""The prox of norms of groups, in the metric of a step."""

from __future__ import annotations

import numpy as np
import torch

from taut.nn.prox.in_memory import InMemory
from taut.nn.prox.metric import Metric, Workspace
from taut.nn.prox.separable import SeparableProx
from taut.penalties import L1, GroupLasso
from taut.penalties.arrays import like, positions_like

__all__ = ["GroupsProx", "SparseGroupsProx"]

_SECANTS = 50


class GroupsProx:
    """Prox of ``sum_g w_g |b_g|_2`` in the metric of a diagonal D, in place.

    With s = strength * w_g, ``0 in D (b - z) + s b / |b|`` reads

        b = D z / (D + s / rho)    for  rho = |b|,

    so that rho solves ``g(rho) = rho / |D z / (D + s / rho)| = 1``, and b is zero where there is no
    such rho, which is for ``g(0) = s / |D z| >= 1``. As g is a power mean, of order -2, of affine
    functions of rho, it rises and is concave, and its slope falls to ``1 / |z|``. The line of that
    slope from ``g(0)`` lies below g: it reaches 1 at ``|z| (1 - g(0))``, beyond the root, and at
    the root where D is a multiple of the identity. From there secants, the first from 0, find the
    root in two or three steps.

    (The secular equation of trust regions: Moré, J. J. and Sorensen, D. C. (1983). Computing a
    trust region step. SIAM J. Sci. Stat. Comput. 4, 553-572.)
    """

    def __init__(self, penalty, n_features: int, workspace: Workspace):
        labels, self.weights = penalty.group_layout(n_features)
        self.labels = None if np.array_equal(labels, np.arange(n_features)) else labels
        self.workspace, self.aligned = workspace, {}

    def __call__(self, coef: torch.Tensor, metric: Metric, strength: float) -> torch.Tensor:
        laid = InMemory.of(coef, metric)
        if laid is None:
            return self._by_tensors(coef, metric, strength)
        laid.shrink_groups(strength * metric.length, self.weights, self.labels)
        return coef

    def _by_tensors(self, coef, metric, strength):
        if coef.ndim == 1:
            moments = metric.moments
            column = metric._replace(moments=None if moments is None else moments[:, None])
            return self._by_tensors(coef[:, None], column, strength)[:, 0]
        labels, weights = self._aligned(coef)
        # An excluded group is one also at a strength of 0, which times inf is NaN.
        amounts = (strength * metric.length * weights).nan_to_num_(torch.inf, posinf=torch.inf)
        sums = _Sums(labels, len(weights))
        if metric.moments is None:
            return _shrunk(coef, amounts, sums)
        diagonal, room = self.workspace.take(coef, 2)
        return _shrunk_in_metric(coef, metric.diagonal(diagonal), amounts, sums, room)

    def _aligned(self, coef):
        key = coef.dtype, coef.device
        if key not in self.aligned:
            labels = None if self.labels is None else positions_like(self.labels, coef)
            self.aligned[key] = labels, like(self.weights, coef.new_empty(1))
        return self.aligned[key]


def _shrunk(coef, amounts, sums):
    """For a step of 1."""
    # Free groups keep every bit, also where their squares underflow to a norm of zero.
    cut = (amounts / sums.norms(coef)).nan_to_num_(0.0, posinf=1.0)
    ratio = (1 - cut).clamp_(min=0.0)
    return coef.mul_(sums.of_rows(ratio, coef)).add_(0.0)  # which turns -0.0 into 0.0


def _shrunk_in_metric(coef, diagonal, amounts, sums, room):
    """See `GroupsProx`; ``room`` has the shape of ``coef``."""
    farthest = sums.norms(coef)
    pulled = coef.mul_(diagonal)
    before, g_before = 0.0, amounts / sums.norms(pulled)
    # A group of zeros has 0 / 0 or inf here; it stays, as does what is not finite.
    radius = (farthest * (1 - g_before)).nan_to_num_(0.0).clamp_(min=0.0)
    tolerance = 16 * torch.finfo(coef.dtype).eps
    for _ in range(_SECANTS):
        shift = (amounts / radius).nan_to_num_(torch.inf, posinf=torch.inf)
        torch.add(diagonal, sums.of_rows(shift, coef), out=room)
        torch.div(pulled, room, out=room)
        g = radius / sums.norms(room)
        # d log b / d log rho is f = 1 - b / z in each coordinate, and |f b|^2 <= |z|^2 - |b|^2: the
        # error of b, next to its norm, is at most this.
        error = (1 - g).abs_() * (((farthest / radius) ** 2 - 1).clamp_(min=0.0).sqrt_())
        found = ~(error > tolerance)
        if bool(found.all()):
            break
        # A group that has its root stays there: its next secant would be one of rounding errors.
        move = ((1 - g) * (radius - before) / (g - g_before)).masked_fill_(found, 0.0)
        before, g_before = radius, g
        radius = torch.maximum(radius + move, radius / 8)
    return coef.copy_(room)


class SparseGroupsProx:
    """Soft thresholding, then the groups: see ``SparseGroupLasso.prox``, whose reason holds too.

    Shrinking a group entry by entry leaves its signs and zeros alone, in any diagonal metric.
    """

    def __init__(self, penalty, n_features: int, workspace: Workspace):
        weights = penalty.weights
        free = None if weights is None else np.where(weights == 0, 0.0, 1.0)[penalty.groups]
        self.l1_ratio = penalty.l1_ratio
        self.entries = SeparableProx(L1(free), n_features, workspace)
        self.groups = GroupsProx(GroupLasso(penalty.groups, weights), n_features, workspace)

    def __call__(self, coef: torch.Tensor, metric: Metric, strength: float) -> torch.Tensor:
        sparse = self.entries(coef, metric, strength * self.l1_ratio)
        return self.groups(sparse, metric, strength * (1 - self.l1_ratio))


class _Sums:
    """Norms over groups of rows, ``labels`` saying which; or of each row."""

    def __init__(self, labels, n_groups):
        self.labels, self.n_groups = labels, n_groups

    def norms(self, entries):
        of_rows = torch.linalg.vector_norm(entries, dim=tuple(range(1, entries.ndim)))
        if self.labels is None:
            return of_rows
        squares = of_rows.new_zeros(self.n_groups).index_add_(0, self.labels, of_rows**2)
        return squares.sqrt_()

    def of_rows(self, of_groups, entries):
        """The number of each row's group, ready for arithmetic with ``entries``."""
        of_rows = of_groups if self.labels is None else of_groups[self.labels]
        return of_rows.reshape(-1, *[1] * (entries.ndim - 1))

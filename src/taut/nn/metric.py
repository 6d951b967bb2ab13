"""Proxes after a step of an optimiser: in place where that pays, in the metric of its steps.

The penalties say what they are in the vocabulary of the compiled core, coordinates or groups. Here
that is kept on the device of the parameter, and steps may differ from coordinate to coordinate.
"""

from __future__ import annotations

import numpy as np
import torch

from taut.nn.max_norm import MaxNorm
from taut.penalties import L1, MCP, SCAD, GroupLasso, MultiTask, SparseGroupLasso
from taut.penalties.arrays import like, positions_like

__all__ = ["Steps", "Workspace", "prox_of"]

_NEWTON_STEPS = 30


def prox_of(penalty, n_features, adaptive, workspace):
    """``prox(coef, steps, strength)``, which may write over ``coef``.

    ``steps(factor)`` is ``factor`` times the step, a float; where ``adaptive`` it is a tensor of
    the shape of ``coef`` that may be written over too, and ``steps`` are `Steps`. To scale them
    where they are made saves a pass through memory.

    Raises
    ------
    TypeError
        The penalty has no closed form for steps that differ from coordinate to coordinate.
    ValueError
        The penalty is for another number of features.
    """
    if penalty.coordinates(n_features) is not None:
        return _Separable(penalty, n_features, adaptive, workspace)
    if isinstance(penalty, GroupLasso | MultiTask):
        return _Groups(penalty, n_features, adaptive, workspace)
    if isinstance(penalty, SparseGroupLasso):
        return _SparseGroups(penalty, n_features, adaptive, workspace)
    if isinstance(penalty, MaxNorm):
        return lambda coef, steps, strength: coef.mul_(penalty.factors(coef))
    if not adaptive or _is_by_entry(penalty):
        return lambda coef, steps, strength: penalty.scaled_prox(coef, steps(1.0), strength)
    raise TypeError(
        f"penalty {type(penalty).__name__} has no prox in closed form where an adaptive optimiser "
        "gives each coordinate a step of its own: use SGD, or one of L1, L2, ElasticNet, "
        "NonNegative, Box, GroupLasso, MultiTask, SparseGroupLasso, and MCP or SCAD without groups"
    )


def _is_by_entry(penalty):
    return isinstance(penalty, MCP | SCAD) and penalty.groups is None


class Steps:
    """Steps by coordinate; ``inverse(factor)`` is the reciprocal of ``factor`` times them."""

    def __init__(self, inverse):
        self.inverse = inverse

    def __call__(self, factor):
        return self.inverse(factor).reciprocal_()


class Workspace:
    """Memory for the intermediate results of one step, kept for the next.

    To ask the system for it anew would cost as much time as the arithmetic.
    """

    def __init__(self):
        self.kept = {}

    def take(self, tensor, count):
        """``count`` tensors of the shape and memory layout of ``tensor``, with any entries."""
        key, size = (tensor.dtype, tensor.device, count), tensor.numel()
        if key not in self.kept or self.kept[key].shape[1] < size:
            self.kept[key] = tensor.new_empty(count, size)
        return [row.as_strided(tensor.shape, tensor.stride()) for row in self.kept[key]]


class _Separable:
    """Prox of ``l1 |b| + l2/2 b^2`` on an interval, in place: see ``Separable.prox``."""

    def __init__(self, penalty, n_features, adaptive, workspace):
        family = penalty.coordinates(n_features)
        self.slopes = _shared(family.l1), _shared(family.l2)
        self.bounds = family.lower, family.upper
        self.has_l1, self.has_l2 = bool(family.l1.any()), bool(family.l2.any())
        self.is_bounded = bool(np.isfinite(family.lower).any() or np.isfinite(family.upper).any())
        is_l1 = not (self.has_l2 or self.is_bounded) and isinstance(self.slopes[0], float)
        self.is_plain, self.workspace, self.aligned = adaptive and is_l1, workspace, {}

    def __call__(self, coef, steps, strength):
        l1, l2, lower, upper = self._aligned(coef)
        if self.is_plain:
            return _soft(coef, steps, strength * l1)
        clipped, divisor = self.workspace.take(coef, 2)
        if self.has_l2:
            # Before the threshold, which is made in the same place.
            divisor = _times(steps, strength * l2, divisor) + 1
        if self.has_l1:
            coef.sub_(_clamped(coef, _times(steps, strength * l1, None), clipped))
        if self.has_l2:
            coef.div_(divisor)
        if self.is_bounded:
            torch.minimum(torch.maximum(coef, lower, out=coef), upper, out=coef)
        return coef

    def _aligned(self, coef):
        key = coef.dtype, coef.device, coef.ndim
        if key not in self.aligned:
            slopes = [part if isinstance(part, float) else like(part, coef) for part in self.slopes]
            self.aligned[key] = *slopes, *(like(bound, coef) for bound in self.bounds)
        return self.aligned[key]


def _shared(part):
    """A number where all features share it."""
    return float(part[0]) if np.all(part == part[0]) else part


def _soft(coef, steps, factor):
    """Soft thresholding in units of the thresholds: the fewest passes through memory."""
    if factor == 0:
        return coef
    inverse = steps.inverse(factor)
    scaled = coef.mul_(inverse)
    return torch.ops.aten.softshrink.out(scaled, 1.0, out=coef).div_(inverse)


def _times(steps, factor, out):
    """Steps times a number, or a column of numbers."""
    found = steps(factor) if isinstance(factor, float) else steps(1.0) * factor
    return found if out is None or isinstance(found, float) else out.copy_(found)


def _clamped(coef, threshold, out):
    if isinstance(threshold, float):
        return torch.clamp(coef, -threshold, threshold, out=out)
    low = torch.neg(threshold, out=out) if threshold.shape == out.shape else -threshold
    return torch.clamp(coef, low, threshold, out=out)


class _Groups:
    """Prox of ``sum_g w_g |b_g|_2`` where steps are ``is_shared``, or each entry has its own.

    With s = strength * w_g, ``0 in (b - z) / t + s b / |b|`` reads ``b = z rho / (rho + s t)`` for
    ``rho = |b|``, so that rho solves

        N(rho) = | z / (rho + s t) |_2 = 1,

    and where there is no such rho, which is for ``|z / t| <= s``, b is zero. ``1 / N`` is a power
    mean of order -2 of affine functions of rho: it rises, is concave, and affine where steps are
    equal. Newton's steps on ``1 / N = 1``, to ``rho + N^2 (N - 1) / sum z^2 / (rho + s t)^3``,
    therefore never pass the root from the left, and come to its left from the right. (The secular
    equation of trust regions: Moré, J. J. and Sorensen, D. C. (1983). Computing a trust region
    step. SIAM J. Sci. Stat. Comput. 4, 553-572.)
    """

    def __init__(self, penalty, n_features, adaptive, workspace):
        labels, self.weights = penalty.group_layout(n_features)
        self.is_shared, self.is_weighted = not adaptive, bool((self.weights != 1).any())
        self.labels = None if np.array_equal(labels, np.arange(n_features)) else labels
        self.workspace, self.aligned = workspace, {}

    def __call__(self, coef, steps, strength):
        if coef.ndim == 1:
            column = steps if self.is_shared else lambda factor: steps(factor)[:, None]
            return self(coef[:, None], column, strength)[:, 0]
        labels, weights, excluded = self._aligned(coef)
        groups = _Sums(labels, len(weights), coef.ndim)
        if self.is_shared:
            norms = groups.norms(coef)
            # Free groups keep every bit, also where their squares underflow to a norm of zero.
            cut = (steps(strength) * weights / norms).nan_to_num_(0.0, posinf=1.0)
            ratio = (1 - cut).clamp_(min=0.0).masked_fill_(excluded, 0.0)
            return coef.mul_(groups.of_rows(ratio)).add_(0.0)  # which turns -0.0 into 0.0
        distance, scaled = self.workspace.take(coef, 2)
        shift = steps(strength)
        if self.is_weighted:
            shift.mul_(groups.of_rows(weights))
        radius = self._radius(coef, groups, shift, distance, scaled)
        radius.masked_fill_(excluded, 0.0)
        # A group that is zero may have no penalty, and 0 / 0 is none of its business.
        torch.add(shift, groups.of_rows(radius.masked_fill(radius == 0, 1.0)), out=distance)
        return torch.addcdiv(
            coef.new_zeros(()), coef.mul_(groups.of_rows(radius)), distance, out=coef
        )

    def _radius(self, z, groups, shift, distance, scaled):
        # The error is squared by a step, so that a relative step of the root of eps is the last.
        radius, tolerance = groups.norms(z), torch.finfo(z.dtype).eps ** 0.5
        for _ in range(_NEWTON_STEPS):
            torch.add(shift, groups.of_rows(radius), out=distance)
            torch.div(z, distance, out=scaled)
            norms = groups.norms(scaled)
            slopes = groups.sums(torch.div(scaled, distance, out=distance).mul_(scaled))
            # A group that is zero has 0 / 0 here, and stays.
            moves = (norms**2 * (norms - 1) / slopes).nan_to_num_(0.0)
            before, radius = radius, (radius + moves).clamp_(min=0.0)
            if bool(((radius - before).abs() <= tolerance * radius).all()):
                break
        return radius

    def _aligned(self, coef):
        key = coef.dtype, coef.device
        if key not in self.aligned:
            weights = like(self.weights, coef.new_empty(1))
            excluded = weights.isinf()
            labels = None if self.labels is None else positions_like(self.labels, coef)
            self.aligned[key] = labels, weights.masked_fill(excluded, 0.0), excluded
        return self.aligned[key]


class _Sums:
    """Sums over groups of rows, ``labels`` saying which; or over each row."""

    def __init__(self, labels, n_groups, ndim):
        self.labels, self.n_groups, self.ndim = labels, n_groups, ndim

    def sums(self, entries):
        return self._gathered(entries.sum(tuple(range(1, self.ndim))))

    def norms(self, entries):
        of_rows = torch.linalg.vector_norm(entries, dim=tuple(range(1, self.ndim)))
        return of_rows if self.labels is None else self._gathered(of_rows**2).sqrt_()

    def of_rows(self, of_groups):
        """The number of each row's group, ready for arithmetic with entries."""
        of_rows = of_groups if self.labels is None else of_groups[self.labels]
        return of_rows.reshape(-1, *[1] * (self.ndim - 1))

    def _gathered(self, of_rows):
        if self.labels is None:
            return of_rows
        return of_rows.new_zeros(self.n_groups).index_add_(0, self.labels, of_rows)


class _SparseGroups:
    """Soft thresholding, then the groups: see ``SparseGroupLasso.prox``, whose reason holds too.

    Shrinking a group entry by entry leaves its signs and zeros alone, in any diagonal metric.
    """

    def __init__(self, penalty, n_features, adaptive, workspace):
        weights = penalty.weights
        free = None if weights is None else np.where(weights == 0, 0.0, 1.0)[penalty.groups]
        self.l1_ratio = penalty.l1_ratio
        self.entries = _Separable(L1(free), n_features, adaptive, workspace)
        self.groups = _Groups(GroupLasso(penalty.groups, weights), n_features, adaptive, workspace)

    def __call__(self, coef, steps, strength):
        sparse = self.entries(coef, steps, strength * self.l1_ratio)
        return self.groups(sparse, steps, strength * (1 - self.l1_ratio))

"""The prox of MCP and SCAD, entry by entry, in the metric of a step."""

from __future__ import annotations

import numpy as np
import torch

from taut.nn.prox.features import Features
from taut.nn.prox.jobs import Job, Prox, alike
from taut.nn.prox.metric import diagonals
from taut.nn.prox.on_gpu import Tables, entries
from taut.nn.prox.separable import of_launch, over, within
from taut.penalties.arrays import positions_like

__all__ = ["FoldedProx"]


class FoldedProx(Prox):
    """In place.

    A slope that falls by ``fall`` beyond a knot moves the soft threshold of ``z`` outwards, by a
    factor ``1 / (1 - fall / D)`` from the knot on and as far as ``z``: see ``Fold`` in
    ``cpp/step_prox.hpp``.
    """

    def __init__(self, penalty, n_features: int):
        coordinates, folds = penalty.folded_coordinates(n_features)
        excluded = coordinates.lower == coordinates.upper
        slopes = np.where(excluded, np.inf, coordinates.l1)
        self.penalty, self.excluded = penalty, np.flatnonzero(excluded)
        self.fall = float(folds.fall[0])
        self.l1, self.knots = Features.all(slopes, folds.knot)

    def by_core(self, job: Job) -> None:
        laid = job.view.laid
        if job.strength:
            slopes = self.l1.in_memory(laid.coef.dtype), self.knots.in_memory(laid.coef.dtype)
            laid.shrink_folds(job.metric, job.strength, self.fall, *slopes)
        else:
            laid.exclude(self.excluded)

    @staticmethod
    def by_kernels(jobs: list[Job], tables: Tables) -> None:
        for some in alike(jobs, lambda job: (of_launch(job), job.prox.fall)):
            first = some[0]
            metric, fall = first.metric, first.metric.length * first.prox.fall
            numbers = first.amount, first.strength, fall, metric.shift
            tables.launch("shrink_folds", some, _table, *numbers)

    @staticmethod
    def together(jobs: list[Job]) -> None:
        for job in jobs:
            if not job.strength:
                coef = job.view.coef
                coef.index_fill_(0, positions_like(job.prox.excluded, coef), 0.0)
        for some in alike([job for job in jobs if job.strength], _form):
            (_shrink if _is_gentle(some[0]) else _shrink_by_penalty)(some)


def _table(jobs):
    return entries(jobs, lambda job: (job.prox.l1, job.prox.knots))


def _form(job):
    return job.prox.l1.are_one, job.prox.knots.any, _is_gentle(job), job.metric.form


def _is_gentle(job):
    """Whether the penalty is nowhere more curved than the step, since no D is below its shift."""
    least = 1.0 if job.metric.moments is None else job.metric.shift
    return job.metric.length * job.prox.fall < least


def _shrink_by_penalty(jobs):
    for job in jobs:
        step = job.metric._replace(moments=job.view.moments).inverse()
        job.view.coef.copy_(job.prox.penalty.scaled_prox(job.view.coef, step, job.strength))


def _shrink(jobs):
    coefs, diagonal = [job.view.coef for job in jobs], diagonals(jobs)
    near = torch._foreach_sub(coefs, within(coefs, _thresholds(jobs, diagonal)))
    beyond = near
    if jobs[0].prox.knots.any:
        beyond = torch._foreach_sub(near, within(near, _knots(jobs)))
    _move(near, beyond, jobs, diagonal)
    farthest = torch._foreach_abs(coefs)
    torch._foreach_copy_(coefs, within(near, farthest))


def _thresholds(jobs, diagonal):
    amounts = [job.amount for job in jobs]
    if not jobs[0].prox.l1.are_one:
        l1 = [job.prox.l1.of(job.view.coef) for job in jobs]
        return over(torch._foreach_mul(l1, amounts), diagonal)
    l1 = [amount * job.prox.l1.one for amount, job in zip(amounts, jobs, strict=True)]
    if diagonal is None:
        return l1
    steps = torch._foreach_reciprocal(diagonal)
    torch._foreach_mul_(steps, l1)
    return steps


def _knots(jobs):
    if jobs[0].prox.knots.are_one:
        return [job.strength * job.prox.knots.one for job in jobs]
    knots = [job.prox.knots.of(job.view.coef) for job in jobs]
    return torch._foreach_mul(knots, [job.strength for job in jobs])


def _move(near, beyond, jobs, diagonal):
    """Adds ``fall / (D - fall)`` times what is beyond the knot."""
    falls = [job.metric.length * job.prox.fall for job in jobs]
    if diagonal is None:
        shares = [fall / (1 - fall) for fall in falls]
        torch._foreach_add_(near, torch._foreach_mul(beyond, shares))
    else:
        torch._foreach_sub_(diagonal, falls)
        torch._foreach_addcdiv_(near, beyond, diagonal, falls)

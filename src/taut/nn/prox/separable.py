"""The prox of ``l1 |b| + l2/2 b^2`` on an interval, in the metric of a step."""

from __future__ import annotations

import numpy as np
import torch

from taut.nn.prox.features import Features
from taut.nn.prox.jobs import Job, Prox, alike
from taut.nn.prox.metric import diagonals
from taut.nn.prox.on_gpu import Tables, entries

__all__ = ["SeparableProx", "of_launch", "over", "within"]


class SeparableProx(Prox):
    """In place, coordinate by coordinate: see ``Separable.prox``.

    With D on the diagonal, one coordinate minimises ``D/2 (b - z)^2 + l1 |b| + l2/2 b^2``, which is

        b = soft(D z, l1) / (D + l2),

    put back into the interval.
    """

    def __init__(self, penalty, n_features: int):
        family = penalty.coordinates(n_features)
        self.l1, self.l2 = Features.all(family.l1, family.l2)
        self.lower, self.upper = Features.all(family.lower, family.upper)
        self.is_bounded = np.isfinite([family.lower, family.upper]).any()

    def by_core(self, job: Job) -> None:
        if job.amount and (self.l1.any or self.l2.any):
            dtype = job.view.laid.coef.dtype
            slopes = self.l1.in_memory(dtype), self.l2.in_memory(dtype)
            job.view.laid.shrink_slopes(job.metric, job.amount, *slopes)
        if self.is_bounded:
            job.view.laid.clip(*(part.in_memory(np.float64) for part in (self.lower, self.upper)))

    @staticmethod
    def by_kernels(jobs: list[Job], tables: Tables) -> None:
        for some in alike(jobs, of_launch):
            amount, metric = some[0].amount, some[0].metric
            tables.launch("shrink_slopes", some, _table, amount, metric.shift)

    @staticmethod
    def together(jobs: list[Job]) -> None:
        with_slopes = [job for job in jobs if job.amount and (job.prox.l1.any or job.prox.l2.any)]
        for some in alike(with_slopes, _form):
            (_shrink_alike if some[0].prox.l1.are_one else _shrink_each)(some)
        bounded = [job for job in jobs if job.prox.is_bounded]
        for some in alike(bounded, lambda job: job.prox.lower.are_one):
            _clip(some)


def of_launch(job):
    """What jobs of one launch of a kernel share."""
    return job.amount, job.strength, job.metric.form, job.metric.shift


def _table(jobs):
    def parts(job):
        prox = job.prox
        return prox.l1, prox.l2, prox.lower, prox.upper

    return entries(jobs, parts)


def _form(job):
    prox = job.prox
    return prox.l1.are_one, prox.l1.any, prox.l2.any, job.metric.form


def _shrink_alike(jobs):
    """All coordinates of a job have the same slopes: the fewest passes through memory."""
    coefs, diagonal = [job.view.coef for job in jobs], diagonals(jobs)
    l1 = [job.amount * job.prox.l1.one for job in jobs]
    l2 = [job.amount * job.prox.l2.one for job in jobs]
    if diagonal is not None:
        torch._foreach_mul_(coefs, diagonal)
    if any(l1):
        _soften(coefs, l1)
    if diagonal is not None:
        if any(l2):
            torch._foreach_add_(diagonal, l2)
        torch._foreach_div_(coefs, diagonal)
    elif any(l2):
        torch._foreach_div_(coefs, [1 + each for each in l2])


def _shrink_each(jobs):
    """For a step of 1: a coordinate without slopes keeps every bit."""
    coefs, diagonal = [job.view.coef for job in jobs], diagonals(jobs)
    amounts = [job.amount for job in jobs]
    if jobs[0].prox.l1.any:
        l1 = [job.prox.l1.of(job.view.coef) for job in jobs]
        _soften(coefs, over(torch._foreach_mul(l1, amounts), diagonal))
    if jobs[0].prox.l2.any:
        l2 = [job.prox.l2.of(job.view.coef) for job in jobs]
        shares = over(torch._foreach_mul(l2, amounts), diagonal)
        torch._foreach_add_(shares, 1.0)
        torch._foreach_div_(coefs, shares)


def over(parts, diagonal):
    """Parts over the diagonal, in place."""
    if diagonal is not None:
        torch._foreach_div_(parts, diagonal)
    return parts


def within(coefs, limits):
    """Coefficients cut to at most their limits: numbers, or tensors that are written over."""
    if isinstance(limits[0], float):
        inner = torch._foreach_clamp_max(coefs, limits)
        torch._foreach_clamp_min_(inner, [-limit for limit in limits])
    else:
        inner = torch._foreach_minimum(coefs, limits)
        torch._foreach_neg_(limits)
        torch._foreach_maximum_(inner, limits)
    return inner


def _soften(coefs, thresholds):
    """As z less its part within the threshold, this gives +0 inside, and hides no NaN."""
    torch._foreach_sub_(coefs, within(coefs, thresholds))


def _clip(jobs):
    coefs = [job.view.coef for job in jobs]
    lower, upper = [job.prox.lower for job in jobs], [job.prox.upper for job in jobs]
    if lower[0].are_one:
        torch._foreach_clamp_min_(coefs, [part.one for part in lower])
        torch._foreach_clamp_max_(coefs, [part.one for part in upper])
    else:
        torch._foreach_maximum_(coefs, [p.of(c) for p, c in zip(lower, coefs, strict=True)])
        torch._foreach_minimum_(coefs, [p.of(c) for p, c in zip(upper, coefs, strict=True)])

"""What the proxes after one step of an optimiser have to do, all of it at once.

On a device a step of a small network is bound by how many operations are launched, not by what they
do. So nothing here looks at a number on the device, which would wait for it, and parameters under
one kind of penalty share their launches.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import NamedTuple

import torch

from taut.nn.prox.in_memory import View
from taut.nn.prox.metric import Metric
from taut.nn.prox.on_gpu import Tables, usable

__all__ = ["Job", "Prox", "alike", "shrink"]


class Job(NamedTuple):
    """The prox of a parameter, its coefficients, the metric of the step and the strength."""

    prox: Prox
    view: View
    metric: Metric
    strength: float

    @property
    def amount(self) -> float:
        """The factor of the penalty for the metric ``length * D``."""
        return self.strength * self.metric.length


class Prox:
    """``argmin_b 1/2 (b - coef)' D (b - coef) + strength * penalty(b)``, written over ``coef``."""

    has_core = has_kernels = True

    def __call__(self, coef: torch.Tensor, metric: Metric, strength: float) -> torch.Tensor:
        shrink([Job(self, View.of(coef, metric.moments), metric, strength)])
        return coef

    def by_core(self, job: Job) -> None:
        """By the compiled core, which reaches these coefficients."""
        raise NotImplementedError

    def telling(self, job: Job, strength: float) -> Job:
        """A job like this one that shows what the prox does, on coefficients that may be changed.

        ``strength`` is one at which penalties move about half of the coefficients.
        """
        return job._replace(strength=strength)

    @staticmethod
    def by_kernels(jobs: list[Job], tables: Tables) -> None:
        """Jobs of this kind of prox on one device, by kernels of Triton."""
        raise NotImplementedError

    @staticmethod
    def together(jobs: list[Job]) -> None:
        """Jobs of this kind of prox, by operations of torch."""
        raise NotImplementedError


def shrink(jobs: Iterable[Job], tables: Tables | None = None) -> None:
    """Each by the core where that reaches it, the others by kind, on a GPU by kernels.

    Tables are for jobs whose memory stays where it is.
    """
    others = {}
    for job in jobs:
        if job.view.laid is not None and job.prox.has_core:
            job.prox.by_core(job)
        else:
            others.setdefault(type(job.prox), []).append(job)
    for kind, of_kind in others.items():
        if tables is not None and kind.has_kernels:
            of_kind = _left_by_kernels(kind, of_kind, tables)
        if of_kind:
            kind.together(of_kind)


def _left_by_kernels(kind, jobs, tables):
    """The jobs that kernels did not do."""
    left = []
    for some in alike(jobs, _reach):
        if some[0].view.places and some[0].amount and usable(kind, some):
            kind.by_kernels(some, tables)
        else:
            left += some
    return left


def _reach(job):
    """What jobs of one trial share; without a strength there is little for kernels to do."""
    return job.view.coef.device, job.metric.form, bool(job.view.places and job.amount)


def alike(jobs: list[Job], key: Callable[[Job], Hashable]) -> Iterable[list[Job]]:
    """The jobs in lists of equal keys."""
    lists = {}
    for job in jobs:
        lists.setdefault(key(job), []).append(job)
    return lists.values()

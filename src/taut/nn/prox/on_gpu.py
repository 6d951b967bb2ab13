"""Kernels of Triton for the proxes of one step: the tables they read, and whether to trust them.

A chain of operations of torch launches each of them by itself, which next to a training step of a
small network is a lot. Triton comes with torch where there is a GPU for it. Where it is missing,
cannot compile, or disagrees with torch when first asked, torch's operations do it all, as they do
where the environment variable ``TAUT_TRITON`` is 0.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import nullcontext
from copy import deepcopy
from math import inf
from typing import NamedTuple
from warnings import warn

import numpy as np
import torch

__all__ = ["Table", "Tables", "entries", "groups", "usable"]

DEVICES = {"cuda"}
_BLOCK, _N_KEPT = 1024, 16
# Of what kernels and torch may find, next to the largest weight: both find roots iteratively.
_DISTANCE = 1e-4
_TRIED: dict = {}


class Table(NamedTuple):
    """Addresses and sizes, a row for each program; and memory that it points to."""

    rows: torch.Tensor
    kept: list[torch.Tensor]


class Tables:
    """Those of one optimiser, kept while its weights stay where they are."""

    def __init__(self):
        self.kept = {}

    def __reduce__(self):
        # A copy has views of its own.
        return Tables, ()

    def launch(self, name: str, jobs: list, make: Callable[[list], Table], *numbers: float):
        """One kernel for jobs of one device and one form of metric."""
        from taut.nn.prox import kernels

        key = name, *(id(job.view) for job in jobs)
        if key not in self.kept:
            if len(self.kept) == _N_KEPT:
                self.kept.clear()
            # As long as the views are kept, too, their ids are nobody else's.
            self.kept[key] = make(jobs), [job.view for job in jobs]
        rows, metric = self.kept[key][0].rows, jobs[0].metric
        kernel, form = getattr(kernels, name), {}
        if name != "shorten":
            form = {
                "HAS_MOMENTS": metric.moments is not None,
                "SQUARED": metric.root is torch.sqrt,
            }
        with torch.cuda.device(rows.device) if rows.is_cuda else nullcontext():
            kernel[(len(rows),)](rows, rows.shape[1], *numbers, **form, BLOCK=_BLOCK)


def entries(jobs: list, parts: Callable) -> Table:
    """A program for so many entries of a parameter; ``parts`` of a job are `Features`."""
    tables, kept = [], []
    for job in jobs:
        coef, (_, features, after) = job.view.coef, job.view.places.shape
        numbers = [part.on(coef, features) for part in parts(job)]
        first = np.arange(0, coef.numel(), _BLOCK)
        columns = *_addresses(job), first, coef.numel(), after, features
        columns += tuple(part.data_ptr() for part in numbers)
        tables.append(np.stack(np.broadcast_arrays(*columns), 1))
        kept += numbers
    return Table(torch.from_numpy(np.concatenate(tables)).to(jobs[0].view.coef.device), kept)


def groups(jobs: list, layout: Callable) -> Table:
    """A program for each group; ``layout`` gives the labels of a job's features, and weights."""
    tables, kept = [], []
    for job in jobs:
        coef, (before, features, after) = job.view.coef, job.view.places.shape
        labels, weights = layout(job)
        sizes = np.bincount(labels, minlength=len(weights))
        members = torch.from_numpy(np.argsort(labels, kind="stable")).to(coef.device)
        weights = torch.tensor(weights, dtype=coef.dtype, device=coef.device)
        starts, each = np.cumsum(sizes) - sizes, np.arange(len(sizes))
        columns = (
            *_addresses(job),
            members.data_ptr() + members.element_size() * starts,
            before * sizes * after,
            sizes,
            after,
            features,
            weights.data_ptr() + weights.element_size() * each,
        )
        tables.append(np.stack(np.broadcast_arrays(*columns), 1))
        kept += [members, weights]
    return Table(torch.from_numpy(np.concatenate(tables)).to(jobs[0].view.coef.device), kept)


def _addresses(job):
    coef, moments = job.view.coef, job.view.moments
    return coef.data_ptr(), (coef if moments is None else moments).data_ptr()


def usable(kind: type, jobs: list) -> bool:
    """Whether this kind of prox has kernels on the device of its jobs that give what torch gives.

    The jobs are of one device and one form of metric. Tried once for each, on copies, by compiling
    and comparing, which is the only time that anything waits for the device.
    """
    # Each form of the metric is compiled by itself.
    key = kind, jobs[0].view.coef.device, jobs[0].metric.form
    if key not in _TRIED:
        _TRIED[key] = os.environ.get("TAUT_TRITON") != "0" and _agree(kind, jobs)
    return _TRIED[key]


def _agree(kind, jobs):
    try:
        import triton  # noqa: F401
    except ImportError:
        return False
    strength = _telling(jobs)
    ours, theirs = ([_copied(job, strength) for job in jobs] for _ in range(2))
    try:
        kind.by_kernels(ours, Tables())
    except Exception as error:  # whatever a compiler or a driver may raise
        return _refuse(kind, f"{type(error).__name__}: {error}")
    kind.together(theirs)
    for one, other in zip(ours, theirs, strict=True):
        if not _are_close(one.view.coef, other.view.coef):
            return _refuse(kind, "it gives other numbers than torch")
    return True


def _telling(jobs):
    """A strength for a trial: a step of training moves weights by less than rounding may."""
    slopes = [
        job.view.coef.abs() / job.metric._replace(moments=job.view.moments).inverse()
        for job in jobs
    ]
    mean = float(torch.stack([slope.nan_to_num(0.0, 0.0).mean() for slope in slopes]).mean())
    return mean if 0 < mean < inf else 1.0


def _are_close(one, other):
    """Numbers and zeros; only what is at a threshold may be zero in one and not in the other."""
    distance = _DISTANCE * float(other.abs().nan_to_num(0.0, 0.0).max())
    n_other_zeros = int(((one == 0) != (other == 0)).sum())
    return (
        torch.allclose(one, other, 0.0, distance, equal_nan=True)
        and n_other_zeros <= 1 + one.numel() // 100
    )


def _refuse(kind, reason):
    warn(
        f"{kind.__name__} goes on without its kernel on the GPU, in more launches: {reason}. Set "
        "the environment variable TAUT_TRITON=0 to leave kernels out",
        RuntimeWarning,
        stacklevel=2,
    )
    return False


def _copied(job, strength):
    # The prox, too, which keeps the room that torch's operations need.
    prox, view = deepcopy(job.prox), job.view._replace(coef=job.view.coef.clone())
    return prox.telling(job._replace(prox=prox, view=view), strength)

"""The prox of norms of groups, in the metric of a step."""

from __future__ import annotations

import numpy as np
import torch

from taut.nn.prox.jobs import Job, Prox, alike
from taut.nn.prox.metric import Workspace
from taut.nn.prox.on_gpu import Tables, groups
from taut.nn.prox.padded import Padded, packed
from taut.nn.prox.secular import shrunk
from taut.nn.prox.separable import SeparableProx, of_launch
from taut.penalties import L1, GroupLasso

__all__ = ["EntriesThenGroupsProx", "GroupsProx", "ridge_of"]


class GroupsProx(Prox):
    """Prox of ``sum_g w_g |b_g|_2`` in the metric of a diagonal D, in place.

    By the core, group by group as in ``cpp/step_groups.hpp``; elsewhere the groups of all
    parameters at once: see ``taut.nn.prox.secular``.
    """

    def __init__(self, penalty, n_features: int, workspace: Workspace):
        labels, self.weights = penalty.group_layout(n_features)
        self.labels = None if np.array_equal(labels, np.arange(n_features)) else labels
        self.workspace = workspace

    def by_core(self, job: Job) -> None:
        job.view.laid.shrink_groups(job.metric, job.amount, self.weights, self.labels)

    @staticmethod
    def by_kernels(jobs: list[Job], tables: Tables) -> None:
        for some in alike(jobs, of_launch):
            tables.launch("shrink_groups", some, _table, some[0].amount, some[0].metric.shift)

    @staticmethod
    def together(jobs: list[Job]) -> None:
        for some in alike(jobs, _form):
            for places in packed([job.view.coef for job in some]):
                _shrink([some[place] for place in places])


def _table(jobs):
    def layout(job):
        labels = job.prox.labels
        return np.arange(len(job.view.coef)) if labels is None else labels, job.prox.weights

    return groups(jobs, layout)


def _form(job):
    coef, metric = job.view.coef, job.metric
    shared = coef.dtype, coef.device, job.prox.labels is None
    return *shared, job.amount, metric.form, metric.shift


def _shrink(jobs):
    coefs, metric = [job.view.coef for job in jobs], jobs[0].metric
    padded = _padded(jobs, coefs)
    has_metric = metric.moments is not None and jobs[0].amount
    padded.fill(coefs, [job.view.moments for job in jobs] if has_metric else None)
    if has_metric:
        found = _in_metric(padded, metric, jobs[0].amount)
    else:
        found = _for_one_step(padded, jobs[0].amount)
    if padded.free is not None:
        found = torch.where(padded.free, padded.coef, found)
    torch._foreach_copy_(coefs, padded.parts(found))


def _padded(jobs, coefs):
    proxes, first = [job.prox for job in jobs], coefs[0]
    key = first.dtype, first.device, *proxes, *(coef.shape for coef in coefs)
    return proxes[0].workspace.keep(key, lambda: Padded(proxes, coefs))


def _in_metric(padded, metric, amount):
    diagonal = metric.root(padded.moments, out=padded.moments)
    if metric.shift:
        diagonal.add_(metric.shift)
    # Never 0, which over 0 is NaN.
    amounts = torch.add(padded.least, padded.weights, alpha=amount)
    return shrunk(padded.coef, padded.sums.of_rows(amounts) / diagonal, padded.sums)


def _for_one_step(padded, amount):
    # An excluded group is one also at a strength of 0, which times inf is NaN.
    amounts = padded.weights * amount if amount else padded.excluded
    cut = amounts / padded.sums.norms(padded.coef)
    share = (1 - cut.nan_to_num_(0.0, posinf=1.0)).clamp_(min=0.0)
    # Adding 0 turns -0 into 0.
    return torch.addcmul(padded.zero, padded.coef, padded.sums.of_rows(share))


class EntriesThenGroupsProx(Prox):
    """Prox of a separable penalty and of ``share`` times norms of groups, in this order.

    Shrinking a group entry by entry leaves its signs and zeros alone, in any diagonal metric, and
    bounds at zero only add zeros: see ``taut.penalties.mixed_sum``. A ridge of slope c, one for all
    features, joins the metric: ``1/2 (b - z)' D (b - z) + strength c/2 |b|^2`` is, but for a
    constant, the distance to ``D z / (D + strength c)``, where the entries are put, in the metric
    ``D + strength c``.
    """

    def __init__(self, separable, norms, n_features: int, workspace: Workspace, share=1.0):
        self.entries = SeparableProx(separable, n_features)
        self.groups = GroupsProx(norms, n_features, workspace)
        self.share, self.ridge = share, ridge_of(separable, n_features)

    @classmethod
    def of_sparse_groups(cls, penalty, n_features: int, workspace: Workspace, more=None):
        """Of a ``SparseGroupLasso``, and ``more`` that separates; 0 = unpenalised is for both."""
        labels, weights = penalty.group_layout(n_features)
        l1 = L1(penalty.l1_ratio * np.where(weights == 0, 0.0, 1.0)[labels])
        norms = GroupLasso(penalty.groups, penalty.weights)
        separable = l1 if more is None else l1 + more
        return cls(separable, norms, n_features, workspace, 1 - penalty.l1_ratio)

    def by_core(self, job: Job) -> None:
        for part in self._parts(job):
            part.prox.by_core(part)

    @staticmethod
    def by_kernels(jobs: list[Job], tables: Tables) -> None:
        for some in zip(*(job.prox._parts(job) for job in jobs), strict=True):
            type(some[0].prox).by_kernels(list(some), tables)

    @staticmethod
    def together(jobs: list[Job]) -> None:
        for some in zip(*(job.prox._parts(job) for job in jobs), strict=True):
            type(some[0].prox).together(list(some))

    def _parts(self, job):
        metric = job.metric.stiffer(job.strength * self.ridge) if self.ridge else job.metric
        return (
            job._replace(prox=self.entries),
            job._replace(prox=self.groups, metric=metric, strength=job.strength * self.share),
        )


def ridge_of(separable, n_features: int) -> float | None:
    """The slope of the ridge in a separable penalty, None where features have several.

    Excluded features are 0 under any.
    """
    _, l2, lower, upper = separable.coordinates(n_features)
    slopes = np.unique(l2[lower < upper])
    if len(slopes) > 1:
        return None
    return float(slopes[0]) if len(slopes) else 0.0

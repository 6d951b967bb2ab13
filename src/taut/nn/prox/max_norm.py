"""The max-norm constraint: no unit's incoming weights are longer than a radius."""

from __future__ import annotations

import numpy as np
import torch

from taut.nn.prox.jobs import Job, Prox, alike
from taut.nn.prox.on_gpu import Tables, groups
from taut.penalties import Penalty
from taut.penalties.arrays import like
from taut.validation import check_positive

__all__ = ["MaxNorm"]


class MaxNorm(Penalty):
    """Rows of at most ``radius`` in Euclidean length: 0 where they are, inf elsewhere.

    It does not depend on the strength. After adaptive optimisers, too, a row that is too long is
    scaled back, the nearest point in the plain distance: what the constraint is known for.

    Parameters
    ----------
    radius : float > 0

    Raises
    ------
    TypeError, ValueError
        ``radius`` is no number, not positive or not finite.

    References
    ----------
    Srivastava, N., Hinton, G., Krizhevsky, A., Sutskever, I. and Salakhutdinov, R. (2014). Dropout:
    a simple way to prevent neural networks from overfitting. JMLR 15, 1929-1958, section 5.1.

    Examples
    --------
    >>> MaxNorm(5.0).prox(torch.tensor([[6.0, 8.0], [0.0, 1.0]]), 1.0).tolist()
    [[3.0, 4.0], [0.0, 1.0]]
    """

    def __init__(self, radius):
        self._set(radius=float(check_positive(radius, "radius", 3.0)))

    def value(self, coef):
        """0, or inf where a row is longer than the radius, but for rounding; a 0-d tensor."""
        limit = self.radius * (1 + 8 * torch.finfo(coef.dtype).eps)
        inside = _lengths(coef).max() <= limit
        return torch.where(inside, 0.0, torch.inf).to(coef)

    def prox(self, coef, step):
        """The nearest tensor of the same shape with no row too long, whatever the step."""
        return coef / like(_lengths(coef).clamp_(min=self.radius).div_(self.radius), coef)

    def scaled_prox(self, coef, step, alpha):
        """As `prox`: an interval does not scale."""
        return self.prox(coef, step)


class MaxNormProx(Prox):
    """In place."""

    def __init__(self, penalty):
        self.radius = penalty.radius

    def by_core(self, job: Job) -> None:
        # Most steps leave no row too long. In a list they are looked through faster than by one
        # more operation of torch, unless they are very many.
        if not max(_lengths(job.view.coef).tolist()) <= self.radius:
            self.together([job])

    def telling(self, job: Job, strength: float) -> Job:
        coef = job.view.coef
        coef.mul_(self.radius / _lengths(coef).mean().clamp_(min=1e-30))
        return job

    @staticmethod
    def by_kernels(jobs: list[Job], tables: Tables) -> None:
        for some in alike(jobs, lambda job: job.prox.radius):
            tables.launch("shorten", some, _table, some[0].prox.radius)

    @staticmethod
    def together(jobs: list[Job]) -> None:
        radii = [job.prox.radius for job in jobs]
        factors = [_lengths(job.view.coef) for job in jobs]
        torch._foreach_clamp_min_(factors, radii)
        torch._foreach_div_(factors, radii)
        for job, factor in zip(jobs, factors, strict=True):
            job.view.coef.div_(like(factor, job.view.coef))


def _table(jobs):
    return groups(jobs, lambda job: (np.arange(len(job.view.coef)), np.ones(len(job.view.coef))))


def _lengths(coef):
    """Of the rows."""
    # Axes that have to be counted first would cost as much as a short row.
    if coef.ndim == 2:
        return torch.linalg.vector_norm(coef, 2, 1)
    axes = tuple(range(1, coef.ndim))
    return torch.linalg.vector_norm(coef, 2, axes) if axes else coef.abs()

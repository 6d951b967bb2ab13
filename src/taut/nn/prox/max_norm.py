"""The max-norm constraint: no unit's incoming weights are longer than a radius."""

from __future__ import annotations

import torch

from taut.nn.prox.jobs import Job, Prox
from taut.penalties import Penalty
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
        inside = self._lengths(coef).max() <= limit
        return torch.where(inside, 0.0, torch.inf).to(coef)

    def prox(self, coef, step):
        """The nearest tensor of the same shape with no row too long, whatever the step."""
        return coef / self._lengths(coef).clamp_(min=self.radius).div_(self.radius)

    def scaled_prox(self, coef, step, alpha):
        """As `prox`: an interval does not scale."""
        return self.prox(coef, step)

    def _lengths(self, coef):
        axes = tuple(range(1, coef.ndim))
        if not axes:
            return coef.abs()
        return torch.linalg.vector_norm(coef, dim=axes, keepdim=True)


class MaxNormProx(Prox):
    """In place."""

    def __init__(self, penalty):
        self.penalty = penalty

    def by_core(self, job: Job) -> None:
        # To look is cheap here, and most steps leave no row too long.
        if not self.penalty._lengths(job.view.coef).max().item() <= self.penalty.radius:
            self.together([job])

    @staticmethod
    def together(jobs: list[Job]) -> None:
        radii = [job.prox.penalty.radius for job in jobs]
        factors = [job.prox.penalty._lengths(job.view.coef) for job in jobs]
        torch._foreach_clamp_min_(factors, radii)
        torch._foreach_div_(factors, radii)
        for job, factor in zip(jobs, factors, strict=True):
            job.view.coef.div_(factor)

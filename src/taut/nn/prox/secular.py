"""The prox of norms of groups in the metric of a step, in a fixed number of operations.

With a diagonal D and s = strength * w of a group, ``0 in D (b - z) + s b / |b|`` reads

    b = rho x,    x = z / (rho + e),    e = s / D,    rho = |b|,

so that rho solves ``g(rho) = 1 / |x| = 1``, and b is zero where there is no such rho, which is for
``g(0) = s / |D z| >= 1``. As g is a power mean, of order -2, of affine functions of rho, it rises
and is concave: below 1 at 0, and at least 1 at ``|z|``.

Whether a root has been found is a question that a device can only answer by waiting. So all groups
take as many steps as the hardest of them needs: first g at 0 and at points each 8 times the one
before, up to ``|z|``, and the chord that reaches 1, whose root is not below that of g; then Halley
steps for ``g = 1``, each of which triples the digits.

(The secular equation of trust regions: Moré, J. J. and Sorensen, D. C. (1983). Computing a trust
region step. SIAM J. Sci. Stat. Comput. 4, 553-572.)
"""

from __future__ import annotations

from functools import cache

import torch

__all__ = ["shrunk"]

_RATIO, _N_POINTS = 8.0, 10
# Numbers in intermediate results. Where weights are more, launches cost nothing next to them.
_AT_ONCE = 2**25
# By measurement, over eight decades of D and of z: single precision, and 1e-11 in double.
_HALLEY_STEPS = {torch.float32: 2, torch.float64: 3}


def shrunk(z: torch.Tensor, e: torch.Tensor, sums) -> torch.Tensor:
    """The prox of the groups that ``sums`` adds up.

    Parameters
    ----------
    z, e : tensors of shape (n_rows, width)
        Weights, and ``s / D``, which is positive, or inf to exclude; 0 in z beyond a row's end.
    sums : Sums
    """
    points, gaps, zero = _constants(z.dtype, z.device)
    farthest = sums.norms(z)
    norms = _norms_at(points, z, e, farthest, sums)
    radius = _root_of_chords(norms, gaps).mul_(farthest)
    for _ in range(_HALLEY_STEPS[z.dtype]):
        # From above, where the chords end, the root is not beyond the point before.
        radius = torch.maximum(_halley(z, e, radius, sums), radius / _RATIO)
    # Said of those that are zero, so that NaN is not hidden.
    of_rows = sums.of_rows(radius.masked_fill_(norms[0] <= 1, 0.0))
    # Adding 0 turns -0 into 0.
    return torch.addcmul(zero, z, of_rows / (e + of_rows))


@cache
def _constants(dtype, device):
    """Points to try, next to ``|z|``, the gaps between them, and 0."""
    points = torch.tensor([0.0, *(_RATIO**-k for k in reversed(range(_N_POINTS - 1)))], dtype=dtype)
    zero = torch.zeros((), dtype=dtype)
    return [part.to(device) for part in (points[:, None, None], points.diff(), zero)]


def _norms_at(points, z, e, farthest, sums):
    """Of x at each of the points, so many at once as leave room in memory for the network."""
    rows, found = sums.of_rows(farthest), []
    for some in points.split(max(_AT_ONCE // max(z.numel(), 1), 1)):
        y = torch.addcmul(e, rows, some)
        found.append(sums.norms(torch.div(z, y, out=y)))
    return found[0] if len(found) == 1 else torch.cat(found)


def _root_of_chords(norms, gaps):
    """Where chords of g between the points reach 1, as far as each goes towards it."""
    g = norms.reciprocal()
    short, rise = 1 - g[:-1], g[1:] - g[:-1]
    # Rounding may leave no rise.
    share = short.div_(rise.clamp_(min=torch.finfo(g.dtype).tiny))
    return torch.mv(share.clamp_(0.0, 1.0).t(), gaps)


def _halley(z, e, radius, sums):
    """``r - f / (f' - f f'' / (2 f'))`` for f = g - 1.

    With ``y = rho + e`` and means of ``1 / y`` and ``1 / y^2`` under the weights ``x^2``, called a
    and c, ``g' = g a`` and ``g'' = 3 g (a^2 - c)``.
    """
    rows = z.new_empty(len(z), 2, z.shape[1])
    x, over_y = rows.unbind(1)
    y = e + sums.of_rows(radius)
    torch.div(torch.div(z, y, out=x), y, out=over_y)
    # Of x x, x x / y and x x / y^2, where the one in the middle comes twice.
    products = sums.total((rows[:, None] * rows[:, :, None]).sum(3).permute(1, 2, 0))
    a, c = products[1] / products[0, 0]
    excess = products[0, 0].sqrt() - 1
    bend = torch.addcdiv(a, c, a, value=-1)
    return torch.addcdiv(radius, excess, torch.addcmul(a, excess, bend, value=1.5))

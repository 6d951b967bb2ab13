"""LassoNet: a network that may use a feature only as far as a linear skip layer does."""

from __future__ import annotations

import torch
from torch import nn

from taut.nn.prox.layouts import columns
from taut.penalties import Penalty
from taut.validation import check_positive

__all__ = ["HierarchicalLasso", "LassoNet"]


class HierarchicalLasso(Penalty):
    """``sum_j |theta_j|_2`` subject to ``max_k |W_jk| <= hierarchy * |theta_j|_2``.

    A row of the coefficients is one feature: first its weights ``theta_j`` in the skip layer, one
    for each output, then its weights ``W_j`` in the first hidden layer. Not convex. Torch only.

    Parameters
    ----------
    n_outputs : int
    hierarchy : float > 0, default 10.0
        Near 0 the network is linear; large, the skip layer binds nothing and each feature is
        penalised by itself.

    Raises
    ------
    TypeError, ValueError
        A parameter is no positive number.

    References
    ----------
    Lemhadri, I., Ruan, F., Abraham, L. and Tibshirani, R. (2021). LassoNet: a neural network with
    feature sparsity. JMLR 22 (127), 1-29.
    """

    is_convex = False

    def __init__(self, n_outputs, hierarchy=10.0):
        self._set(
            n_outputs=check_positive(n_outputs, "n_outputs", 1),
            hierarchy=float(check_positive(hierarchy, "hierarchy", 10.0)),
        )

    def value(self, coef):
        """The sum, or inf where the constraint is broken, but for rounding; a 0-d tensor."""
        skip, hidden = self._split(coef)
        norms, _ = self._polar(skip)
        largest = hidden.abs().amax(1, keepdim=True)
        number = torch.finfo(coef.dtype)
        slack = 16 * number.eps * norms.clamp(min=number.tiny)
        broken = largest > self.hierarchy * (norms + slack)
        return torch.where(broken.any(), torch.inf, norms.sum())

    def prox(self, coef, step):
        """The nearest point for ``step`` times the sum, under the constraint.

        Let u_1 >= ... >= u_K be the sizes of W_j and M the hierarchy. If the m largest are cut to
        ``M x`` for ``x = |theta|``, the best x minimises ``1/2 (x - |z|)^2 + step x + 1/2 sum_(i <=
        m) (M x - u_i)^2``: it is ``x_m = (|z| - step + M sum_(i <= m) u_i)_+ / (1 + m M^2)``.
        The m that is right has ``u_(m+1) <= M x_m <= u_m`` (Lemhadri et al. 2021, algorithm 2).
        """
        skip, hidden = self._split(coef)
        sizes = hidden.abs().sort(dim=1, descending=True).values
        norms, direction = self._polar(skip)
        none = torch.zeros_like(norms)
        sums = torch.cat([none, sizes.cumsum(1)], 1)
        counts = torch.arange(sums.shape[1], dtype=coef.dtype, device=coef.device)
        lengths = (norms - step + self.hierarchy * sums).clamp(min=0.0)
        lengths = lengths / (1 + counts * self.hierarchy**2)
        following = torch.cat([sizes, none], 1)
        right = (following > self.hierarchy * lengths).sum(1, keepdim=True)
        length = lengths.gather(1, right)
        limit = self.hierarchy * length
        return torch.cat([length * direction, hidden.clamp(-limit, limit)], 1)

    def scaled_prox(self, coef, step, alpha):
        return self.prox(coef, step * alpha)

    def _polar(self, skip):
        """Norms of the rows, as a column, and their directions; from zero all are as good.

        In units of the largest entry, whose square does not underflow.
        """
        unit = skip.abs().amax(1, keepdim=True)
        skip = skip / torch.where(unit > 0, unit, 1.0)
        norms = torch.linalg.vector_norm(skip, dim=1, keepdim=True)
        return unit * norms, torch.where(norms > 0, skip / norms, self.n_outputs**-0.5)

    def _split(self, coef):
        if coef.ndim != 2 or coef.shape[1] <= self.n_outputs:
            raise ValueError(
                f"coef must have a row per feature, {self.n_outputs} weights of the skip layer and "
                f"then those of the hidden one, got shape {tuple(coef.shape)}: use LassoNet, which "
                "lays them out"
            )
        return coef[:, : self.n_outputs], coef[:, self.n_outputs :]


class LassoNet(nn.Module):
    """A network and a linear layer beside it, from the features straight to the outputs.

    Parameters
    ----------
    network : torch.nn.Module
        Begins with a ``torch.nn.Linear`` on the features.
    n_outputs : int
        Of the network.
    hierarchy : float > 0, default 10.0
        See `HierarchicalLasso`.

    Attributes
    ----------
    penalties : dict
        For `taut.nn.proximal` and `taut.nn.fit_path`: features leave both layers together.

    Raises
    ------
    TypeError, ValueError
        The network has no linear layer; a number is not positive.

    Examples
    --------
    >>> net = LassoNet(nn.Sequential(nn.Linear(5, 8), nn.ReLU(), nn.Linear(8, 1)), n_outputs=1)
    >>> net(torch.zeros(2, 5)).shape
    torch.Size([2, 1])
    """

    def __init__(self, network, n_outputs, hierarchy=10.0):
        super().__init__()
        penalty = HierarchicalLasso(n_outputs, hierarchy)
        linear = isinstance(network, nn.Module) and (
            next((part for part in network.modules() if isinstance(part, nn.Linear)), None)
        )
        if not linear:
            raise TypeError(
                f"network must be a module that begins with torch.nn.Linear, got {network!r}"
            )
        self.network = network
        self.skip = nn.Linear(linear.in_features, n_outputs, bias=False)
        self._penalty = penalty

    @property
    def penalties(self):
        first = next(part for part in self.network.modules() if isinstance(part, nn.Linear))
        return {(self.skip.weight, first.weight): columns(self._penalty)}

    def forward(self, X):
        return self.network(X) + self.skip(X)

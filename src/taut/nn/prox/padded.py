"""Weights of several parameters as the rows of one matrix, so that one operation reaches all."""

from __future__ import annotations

from math import prod
from typing import NamedTuple

import numpy as np
import torch

__all__ = ["Padded", "Sums", "packed"]


class Padded:
    """A matrix with a row for each feature, filled up with zeros, and one for the moments.

    Parameters
    ----------
    proxes : sequence of GroupsProx
    coefs : sequence of tensors
        Of those proxes, of one device and dtype. Only their shapes matter.
    """

    def __init__(self, proxes, coefs):
        heights, width = [len(coef) for coef in coefs], max(prod(coef.shape[1:]) for coef in coefs)
        n_rows, starts = sum(heights), np.cumsum([0, *heights])
        # Halves have too few digits for sums.
        dtype = torch.promote_types(coefs[0].dtype, torch.float32)
        make = {"dtype": dtype, "device": coefs[0].device}
        labels = _labels(proxes, heights)
        self.coef, self.moments = (torch.full((n_rows, width), x, **make) for x in (0.0, 1.0))
        self.shapes = [(start, coef.shape) for start, coef in zip(starts, coefs, strict=False)]
        self.coefs, self.of_moments = self.parts(self.coef), self.parts(self.moments)
        self.sums = Sums(labels, make["device"])
        weights = np.concatenate([prox.weights for prox in proxes])
        excluded = np.where(np.isinf(weights), np.inf, 0.0)
        self.weights, self.excluded = (torch.as_tensor(x, **make) for x in (weights, excluded))
        self.zero, self.least = self.weights.new_zeros(()), torch.full_like(self.weights, 1e-30)
        self.free = None if weights.all() else self.sums.of_rows(self.weights == 0)

    def parts(self, room):
        """Where the coefficients lie in a matrix like these, in their shapes."""
        return [
            room[start : start + shape[0], : prod(shape[1:])].view(shape)
            for start, shape in self.shapes
        ]

    def fill(self, coefs, moments=None):
        torch._foreach_copy_(self.coefs, coefs)
        if moments is not None:
            torch._foreach_copy_(self.of_moments, moments)


class Sums:
    """Norms and sums over groups of the rows of a matrix; without labels each row is one."""

    def __init__(self, labels, device):
        self.labels = self.members = None
        if labels is not None:
            members, is_none = _members(labels)
            self.labels, self.members = (
                torch.as_tensor(part, device=device) for part in (labels, members)
            )
            self.is_none = torch.as_tensor(is_none, device=device) if is_none.any() else None

    def norms(self, entries):
        of_rows = torch.linalg.vector_norm(entries, dim=-1)
        if self.labels is None:
            return of_rows
        return torch.linalg.vector_norm(self._by_group(of_rows), dim=-1)

    def total(self, of_rows):
        """Sums of one number of each row."""
        return of_rows if self.labels is None else self._by_group(of_rows).sum(-1)

    def _by_group(self, of_rows):
        found = of_rows[..., self.members]
        # What stands there may be NaN.
        return found if self.is_none is None else found.masked_fill_(self.is_none, 0.0)

    def of_rows(self, of_groups):
        """The number of each row's group, as a column."""
        of_rows = of_groups if self.labels is None else of_groups[..., self.labels]
        return of_rows[..., None]


def packed(coefs) -> list[list[int]]:
    """Places of tensors that share a matrix, of which at most half is padding."""
    widths, bins = [prod(coef.shape[1:]) for coef in coefs], []
    for place in sorted(range(len(coefs)), key=widths.__getitem__, reverse=True):
        height, size = len(coefs[place]), coefs[place].numel()
        if not bins or (bins[-1].height + height) * bins[-1].width > 2 * (bins[-1].size + size):
            bins.append(_Bin(widths[place], 0, 0, []))
        last = bins[-1]
        bins[-1] = _Bin(last.width, last.height + height, last.size + size, [*last.places, place])
    return [each.places for each in bins]


class _Bin(NamedTuple):
    width: int
    height: int
    size: int
    places: list[int]


def _labels(proxes, heights):
    """Of the groups of all proxes, one after the other; None where each row is a group."""
    if all(prox.labels is None for prox in proxes):
        return None
    first = np.cumsum([0, *(len(prox.weights) for prox in proxes)])
    return np.concatenate(
        [
            start + (np.arange(height) if prox.labels is None else prox.labels)
            for start, prox, height in zip(first, proxes, heights, strict=False)
        ]
    )


def _members(labels):
    """Rows of each group, as many as the largest has, and where there is none."""
    sizes = np.bincount(labels)
    is_none = np.arange(sizes.max()) >= sizes[:, None]
    members = np.zeros(is_none.shape, dtype=np.int64)
    members[~is_none] = np.argsort(labels, kind="stable")
    return members, is_none

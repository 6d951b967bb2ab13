"""Where the features of a penalty lie in the parameters of a network."""

from __future__ import annotations

import torch
from torch import nn

from taut.nn.prox.weights import weights_of
from taut.penalties import Penalty
from taut.penalties.base import as_penalty
from taut.penalties.groups import are_labels, groups_of

__all__ = ["Layout", "as_layout", "columns", "heads", "rows"]


class Layout:
    """A penalty, and how it sees parameters: as one tensor with its features along axis 0.

    Attributes
    ----------
    penalty : taut.penalties.Penalty
    """

    def __init__(self, penalty: Penalty):
        self.penalty = as_penalty(penalty)
        groups = groups_of(penalty)
        if groups is not None and not are_labels(groups):
            raise ValueError(
                f"groups of {penalty!r} overlap, or go by columns of a table: in a network each "
                "feature of a weight is in one group; give it one integer label for each"
            )

    def blocks(self, key) -> list[tuple[nn.Parameter, ...]]:
        """Parameters behind a key of the dict; those of one tuple are penalised together."""
        if isinstance(key, nn.Parameter):
            return [(key,)]
        if isinstance(key, tuple) and key and all(isinstance(p, nn.Parameter) for p in key):
            return [key]
        if not isinstance(key, nn.Module):
            raise TypeError(
                "keys of penalties must be modules, parameters or tuples of parameters, got "
                f"{type(key).__name__}: pass net[0] or net[0].weight, say"
            )
        weights = weights_of(key)
        if not weights:
            raise ValueError(
                f"module {key} has no weights of two or more axes to penalise: pass the parameter "
                "itself, such as module.weight, to penalise it all the same"
            )
        return [(weight,) for weight in weights]

    def view(self, tensor, place):
        """The tensor of parameter number ``place`` of a block, features along axis 0."""
        return tensor

    def gather(self, tensors):
        """One tensor of shape (n_features, ...): a view of a single tensor, a copy of several."""
        if len(tensors) == 1:
            return self.view(tensors[0], 0)
        views = [self.view(tensor, place) for place, tensor in enumerate(tensors)]
        return torch.cat([view.flatten(1) for view in views], 1)

    def scatter(self, coef, tensors):
        """Write what `gather` gave, changed, back into the tensors."""
        views = [self.view(tensor, place) for place, tensor in enumerate(tensors)]
        if len(views) == 1:
            views[0].copy_(coef)
            return
        widths = [view[0].numel() for view in views]
        for view, part in zip(views, coef.split(widths, 1), strict=True):
            view.copy_(part.reshape(view.shape))

    def __repr__(self):
        return f"{type(self).__name__.lower()}({self.penalty!r})"


class Rows(Layout):
    """Features are the rows of a weight: the outputs, units or channels, of its layer."""


class Columns(Layout):
    """Features are the columns of a weight: the inputs of its layer."""

    def view(self, tensor, place):
        return tensor.movedim(1, 0)


class Entries(Layout):
    """Features are the entries of a parameter, one after the other."""

    def view(self, tensor, place):
        return tensor.view(-1)


class Heads(Layout):
    """Features are the heads of ``torch.nn.MultiheadAttention``: all that a head computes with."""

    def __init__(self, penalty):
        super().__init__(penalty)
        self.n_heads = None

    def blocks(self, key):
        if not isinstance(key, nn.MultiheadAttention):
            raise TypeError(
                f"heads() needs a torch.nn.MultiheadAttention as its key, got "
                f"{type(key).__name__}: for projections of your own use rows() of the queries, "
                "keys and values and columns() of the output, with GroupLasso(labels of heads)"
            )
        if key.in_proj_weight is None:
            raise ValueError(
                "heads() needs queries, keys and values of one width, got kdim or vdim that differ "
                "from embed_dim: use rows() with GroupLasso(labels of heads) on each projection"
            )
        self.n_heads = key.num_heads
        return [(key.in_proj_weight, key.out_proj.weight)]

    def view(self, tensor, place):
        # Rows of the input projection are (query, key, value) x heads x width; columns of the
        # output projection are heads x width.
        if place == 0:
            return tensor.unflatten(0, (3, self.n_heads, -1)).movedim(1, 0)
        return tensor.unflatten(1, (self.n_heads, -1)).movedim(1, 0)


def rows(penalty: Penalty) -> Layout:
    """The penalty over rows of weights: units of a layer, output channels of a convolution.

    Parameters
    ----------
    penalty : Penalty
        Its features are the rows: ``MultiTask()`` for each row by itself, ``GroupLasso(labels)``
        for groups of them, such as the rows of one attention head.

    Returns
    -------
    Layout
        A value of the dict that `taut.nn.proximal` takes.

    Raises
    ------
    TypeError
        ``penalty`` is none.

    References
    ----------
    Scardapane, S., Comminiello, D., Hussain, A. and Uncini, A. (2017). Group sparse regularization
    for deep neural networks. Neurocomputing 241, 81-89.
    """
    return Rows(penalty)


def columns(penalty: Penalty) -> Layout:
    """The penalty over columns of weights: inputs of a layer, input channels of a convolution.

    On the first layer they are the features of the table, so that ``MultiTask()`` selects features,
    and ``GroupLasso(groups)`` groups of them, such as the columns of one category.

    Parameters, returns and raises as for `rows`.
    """
    return Columns(penalty)


def heads(penalty: Penalty) -> Layout:
    """The penalty over the heads of a ``torch.nn.MultiheadAttention``, which is the key.

    A head is its rows of the query, key and value projections and its columns of the output
    projection; they become zero together.

    Parameters, returns and raises as for `rows`.
    """
    return Heads(penalty)


def as_layout(penalty, tensors) -> Layout:
    """The layout of a penalty without one: features along axis 0, or every entry a feature."""
    if isinstance(penalty, Layout):
        return penalty
    layout = Rows(penalty)
    try:
        penalty.value(layout.gather(tensors))
    except ValueError:
        return _by_entry(penalty, tensors)
    return layout


def _by_entry(penalty, tensors):
    shapes = " and ".join(str(tuple(tensor.shape)) for tensor in tensors)
    layout = Entries(penalty)
    try:
        penalty.value(layout.gather(tensors))
    except ValueError as error:
        raise ValueError(
            f"penalty {penalty!r} has neither as many features as the parameter of shape {shapes} "
            "has rows, nor as it has entries: give it one weight or group label for each row, or "
            "wrap it in taut.nn.columns"
        ) from error
    return layout

"""How many axes the tensors of a network have, which its graph alone does not say."""

from __future__ import annotations

import copy

import torch
from torch import fx, nn

from taut.nn.shrinking.operations import POINTWISE_MODULES

__all__ = ["Ranks"]

_WIDTHS = {nn.Linear: "in_features", nn.BatchNorm1d: "num_features"}


class Ranks:
    """Found by running the graph, on an example or else on rows as wide as its first layers.

    A batch normalisation behind a linear layer normalises units where its input is a matrix, and
    positions where that has an axis of positions. A network that fails on rows takes no rows.

    Parameters
    ----------
    module : torch.nn.Module
    graph : torch.fx.Graph
    example : tensor or tuple of tensors, or None

    Raises
    ------
    ValueError
        The network does not take the example.
    """

    def __init__(self, module: nn.Module, graph: fx.Graph, example=None):
        self.module, self.graph, self.example = module, graph, example
        self._found = None if example is None else self._of_example()

    def is_matrix(self, node: fx.Node) -> bool:
        """Whether a node gives a matrix; yes, where nothing speaks against it."""
        if self._found is None:
            self._found = self._of_rows()
        return self._found.get(node, 2) == 2

    def _of_example(self):
        inputs = self.example if isinstance(self.example, tuple) else (self.example,)
        try:
            # Copies: a network may write over what it is given.
            return _run(self.module, self.graph, copy.deepcopy(inputs))
        except Exception as error:  # whatever a layer may raise
            raise ValueError(
                f"example must be what module takes, but it raised {type(error).__name__}: "
                f"{error}. Pass a batch of its inputs, or a tuple where it takes several"
            ) from error

    def _of_rows(self):
        inputs = [_rows(self.module, n) for n in self.graph.nodes if n.op == "placeholder"]
        if any(rows is None for rows in inputs):
            return {}
        try:
            return _run(self.module, self.graph, inputs)
        except Exception:  # whatever a layer may raise
            return dict.fromkeys(self.graph.nodes)


@torch.no_grad()
def _run(module, graph, inputs):
    run = _Run(module, graph)
    run.run(*inputs)
    return run.found


class _Run(fx.Interpreter):
    """Remembers the number of axes behind each node."""

    def __init__(self, module, graph):
        super().__init__(module, graph=graph)
        self.extra_traceback = False  # errors are told without the graph
        self.found = {}

    def run_node(self, node):
        result = super().run_node(node)
        if isinstance(result, torch.Tensor):
            self.found[node] = result.ndim
        return result


def _rows(module, node):
    """Two rows for an input of the graph, or None where the layers behind do not tell how wide."""
    for user in node.users:
        if user.op != "call_module":
            continue
        layer = module.get_submodule(user.target)
        width = getattr(layer, _WIDTHS.get(type(layer), ""), None)
        if width is not None:
            return next(module.parameters()).new_zeros(2, width)
        if type(layer) in POINTWISE_MODULES:
            return _rows(module, user)
    return None

"""Tensors that are written over while a network runs, so that earlier names hold later numbers."""

from __future__ import annotations

import numpy as np

from taut.nn.shrinking.operations import IN_PLACE, SAME_MEMORY, SAME_MEMORY_MODULES

__all__ = ["Memory"]


class Memory:
    """Which nodes of a graph may share their memory, as they are visited in its order."""

    def __init__(self, module):
        self.module = module
        self.origin = {}  # of each node: the node that made its memory

    def record(self, node, signals):
        """Note where a node's memory is from, and what is left of constants written over."""
        source = node.all_input_nodes[0] if node.all_input_nodes else None
        in_place = source is not None and self._writes(node)
        shares = in_place or self._gives_back(node)
        self.origin[node] = self.origin[source] if source is not None and shares else node
        if not in_place:
            return
        found = signals[node]
        for other, origin in self.origin.items():
            signal = signals[other]
            if other is node or signal is None or origin is not self.origin[source]:
                continue
            unknown = np.full(len(signal.constant), np.nan)
            now = unknown if found is None else found.constant
            # Others may be copies, which kept what they had.
            kept = other is source or signal.constant == now
            signals[other] = signal.become(np.where(kept, now, unknown))

    def _writes(self, node):
        """Whether a node changes its first argument."""
        if node.op == "call_module":
            return getattr(self.module.get_submodule(node.target), "inplace", False) is True
        target = node.target
        name = target if isinstance(target, str) else getattr(target, "__name__", "")
        in_place = name.endswith("_") and not name.endswith("__")
        # An activation may be told so by a plain True among its arguments.
        told = node.kwargs.get("inplace", False) or any(part is True for part in node.args)
        return in_place or bool(told) or node.target in IN_PLACE

    def _gives_back(self, node):
        if node.op == "call_module":
            return type(self.module.get_submodule(node.target)) in SAME_MEMORY_MODULES
        return node.target in SAME_MEMORY

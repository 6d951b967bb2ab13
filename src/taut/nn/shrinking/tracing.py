"""Graphs of networks, by torch.fx, that show what writes over a tensor."""

from __future__ import annotations

from torch import fx

from taut.nn.shrinking.operations import IN_PLACE

__all__ = ["Tracer"]


class _Proxy(fx.Proxy):
    """One that tells ``a += b``, which writes over a tensor, from ``a + b``."""


def _in_place(target):
    def operate(proxy, other):
        return proxy.tracer.create_proxy("call_function", target, (proxy, other), {})

    return operate


for _target in IN_PLACE:
    setattr(_Proxy, f"__{_target.__name__}__", _in_place(_target))


class Tracer(fx.Tracer):
    """Of graphs that can be followed."""

    def proxy(self, node):
        return _Proxy(node, self)

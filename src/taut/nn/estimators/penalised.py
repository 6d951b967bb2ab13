"""Penalties of an estimator, by the names of layers."""

from __future__ import annotations

from torch import nn

from taut.designs.from_frame import did_you_mean
from taut.nn.prox.layouts import Layout
from taut.penalties import Penalty
from taut.penalties.base import as_penalty

__all__ = ["named_penalties"]


def named_penalties(module: nn.Module, penalty) -> dict | None:
    """The dict that `taut.nn.proximal` takes.

    Parameters
    ----------
    module : torch.nn.Module
    penalty : Penalty, Layout, mapping of str to them, or None
        One for all weights, or by the name of a layer or parameter, as ``named_modules`` and
        ``named_parameters`` say.

    Raises
    ------
    TypeError, ValueError
        It is something else, or there is no layer of a name.
    """
    if penalty is None:
        return None
    if isinstance(penalty, Penalty | Layout):
        return {module: penalty}
    if not isinstance(penalty, dict):
        as_penalty(penalty, also=" or a dict of them by layers")
    known = dict(module.named_parameters()) | dict(module.named_modules())
    known.pop("")
    for name in penalty:
        if name not in known:
            hint = did_you_mean(name, known).replace("the columns are", "there are")
            raise ValueError(f"penalty names no layer {name!r} of the network; {hint}")
    return {known[name]: value for name, value in penalty.items()} or None

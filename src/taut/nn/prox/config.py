"""Penalties, and how they are laid out, as plain JSON types: what files hold in place of code."""

from __future__ import annotations

import operator
from functools import reduce

import numpy as np

from taut import penalties as vocabulary
from taut.nn.prox.layouts import Columns, Heads, Layout, Rows
from taut.nn.prox.max_norm import MaxNorm
from taut.penalties import FoldedSum, MixedSum, Penalty, Sum

__all__ = ["as_config", "from_config"]

# Without those that hold a function, and those that are made of others.
_PENALTIES = {
    name: kind
    for name, kind in ((name, getattr(vocabulary, name)) for name in vocabulary.__all__)
    if isinstance(kind, type) and issubclass(kind, Penalty)
    if name not in ("FoldedSum", "MixedSum", "NativePenalty", "Penalty", "Separable", "Sum")
} | {"MaxNorm": MaxNorm}
_LAYOUTS = {kind.__name__: kind for kind in (Rows, Columns, Heads)}


def as_config(penalty: Penalty | Layout) -> dict:
    """Its name, and the parameters that it is made of.

    Raises
    ------
    TypeError
        It is of no kind that `from_config` could make again, such as one of the user's own.
    """
    kind = type(penalty)
    if kind in (Sum, MixedSum, FoldedSum):
        return {"sum": [as_config(term) for term in penalty.terms]}
    if _LAYOUTS.get(kind.__name__) is kind:
        return {"layout": kind.__name__, "of": as_config(penalty.penalty)}
    if _PENALTIES.get(kind.__name__) is not kind:
        raise TypeError(f"{kind.__name__} cannot be written down")
    parameters = {
        name: value.tolist() if isinstance(value, np.ndarray) else value
        for name, value in vars(penalty).items()
    }
    return {"penalty": kind.__name__, **parameters}


def from_config(config: dict) -> Penalty | Layout:
    """What `as_config` was given.

    Raises
    ------
    ValueError
        The name is none of its kinds.
    """
    if "sum" in config:
        return reduce(operator.add, map(from_config, config["sum"]))
    if config.get("layout") in _LAYOUTS:
        return _LAYOUTS[config["layout"]](from_config(config["of"]))
    if config.get("penalty") not in _PENALTIES:
        raise ValueError(f"{config.get('penalty')!r} is no penalty of taut.penalties")
    parameters = {name: value for name, value in config.items() if name != "penalty"}
    return _PENALTIES[config["penalty"]](**parameters)

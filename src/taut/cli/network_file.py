"""Networks in model files: tensors and JSON beside what skops writes, and no code."""

from __future__ import annotations

from sklearn.base import BaseEstimator

from taut.designs.from_frame import TableError

__all__ = ["is_network", "network_bytes", "read_network"]


def is_network(model: BaseEstimator) -> bool:
    """Whether a fitted technique is one of `taut.nn`."""
    return type(model).__module__.startswith("taut.nn.")


def network_bytes(model: BaseEstimator) -> bytes:
    """All that predicting needs; what only matters to further training is left out."""
    from taut.nn.estimators.saving import as_bytes

    return as_bytes(model)[0]


def read_network(content: bytes, path: str) -> BaseEstimator:
    """The network in a model file.

    Raises
    ------
    TableError
        It is none, or PyTorch is not installed.
    """
    try:
        from taut.nn.estimators.saving import from_bytes
    except ImportError as error:
        raise TableError(
            f"{path!r} holds a neural network, which needs the extra 'nn': pip install \"taut[nn]\""
        ) from error
    try:
        return from_bytes(content, path)
    except ValueError as error:
        raise TableError(str(error)) from error

"""Progress on long work, for those who ask for it and have rich."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module, util

__all__ = ["tracked"]


def tracked(steps: Sequence, verbose: bool, description: str) -> Iterator:
    """The steps one by one, with a progress bar where ``verbose`` and rich are both there."""
    if not verbose or util.find_spec("rich") is None:
        return iter(steps)
    return iter(import_module("rich.progress").track(steps, description, transient=True))

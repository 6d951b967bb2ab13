"""Progress on long work, for those who ask for it: the only file here that imports rich."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

__all__ = ["require_rich", "tracked"]


def require_rich():
    """The module ``rich.progress``.

    Raises
    ------
    ImportError
        rich is not installed.
    """
    try:
        from rich import progress
    except ImportError as error:
        raise ImportError(
            "verbose=True shows progress with rich, of the extra 'compare': "
            'pip install "taut[compare]", or pass verbose=False'
        ) from error
    return progress


def tracked(steps: Sequence, verbose: bool, description: str) -> Iterator:
    """The steps one by one, with a progress bar where ``verbose``.

    Raises
    ------
    ImportError
        ``verbose``, and rich is not installed.
    """
    if not verbose:
        return iter(steps)
    return iter(require_rich().track(steps, description, transient=True))

"""Progress on long work, for those who ask for it: the only file here that imports rich."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

__all__ = ["require_rich", "tracked", "watched"]


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


@contextmanager
def watched(verbose: bool, description: str) -> Iterator[Callable[[str], None]]:
    """A function that tells how far work is whose end nobody knows; silent unless ``verbose``.

    Raises
    ------
    ImportError
        ``verbose``, and rich is not installed.
    """
    if not verbose:
        yield lambda text: None
        return
    rich = require_rich()
    columns = rich.TextColumn("{task.description}"), rich.BarColumn(), rich.TimeElapsedColumn()
    with rich.Progress(*columns, transient=True) as bar:
        task = bar.add_task(description, total=None)
        yield lambda text: bar.update(task, description=f"{description}: {text}")

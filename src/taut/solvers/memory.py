"""Memory that a fit would need, checked before it is asked for."""

from __future__ import annotations

import os

__all__ = ["require_memory"]


def require_memory(n_numbers: int, what: str, remedy: str) -> None:
    """Refuse what cannot fit in this machine, instead of being killed half-way.

    Parameters
    ----------
    n_numbers : int
        How many float64 numbers ``what`` takes.
    what, remedy : str
        For the message.

    Raises
    ------
    MemoryError
        They exceed the memory of the machine; the message says by how much and what to do.
    """
    needed, there = 8 * n_numbers, _physical_memory()
    if there is not None and needed > there:
        raise MemoryError(
            f"{what} would take {needed / 2**30:.1f} GiB, and this machine has "
            f"{there / 2**30:.1f} GiB: {remedy}"
        )


def _physical_memory() -> int | None:
    """Bytes of the machine, or None where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None

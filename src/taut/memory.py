"""Memory that something would take, checked before it is asked for.

What counts is what this process can have now without pushing anything to disk: the kernel's own
estimate, and what every control group (the limit of a container, or of a batch job) leaves. All
the memory of the machine would be too much: systems grant more than they have, and kill a process
half-way when it comes to use it. Swap does not count: a fit that pages takes hours, and stalls
everything else. Caches of files count as free, since the kernel gives them back. Nothing is looked
up for what is small, and nothing is refused where the system does not say what there is.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from math import inf, prod
from pathlib import Path, PurePosixPath

import numpy as np
from scipy import sparse

__all__ = [
    "available_memory",
    "fits",
    "out_of_memory",
    "require_copy",
    "require_memory",
    "require_sparse_copy",
    "room_for",
]

_SMALL = 64 * 2**20  # bytes that are always granted
_FLOATS = (np.float64, np.float32)  # what the core reads
_ROOT = Path("/")

# Files of a control group: its limit, what it uses, and the names of file caches in memory.stat.
_UNIFIED = ("memory.max", "memory.current", ("inactive_file", "active_file"))
_LEGACY = (
    "memory.limit_in_bytes",
    "memory.usage_in_bytes",
    ("total_inactive_file", "total_active_file"),
)


def fits(shape, each: int = 8) -> bool:
    """Whether there is room for ``each`` bytes for every entry of an array of this shape.

    For those who have another way where there is not.
    """
    needed = each * prod(shape)
    if needed <= _SMALL:
        return True
    available = available_memory()
    return available is None or needed <= available


def room_for(shape, each: int = 8) -> float:
    """Bytes that can be had; infinite where what is asked for is small, or nobody knows."""
    if each * prod(shape) <= _SMALL:
        return inf
    available = available_memory()
    return inf if available is None else float(available)


def require_memory(what: str, shape, remedy: str, each: int = 8) -> None:
    """Refuse what cannot fit, instead of being killed half-way.

    Parameters
    ----------
    what : str
        For the message, with a place ``{}`` for each length in ``shape``.
    shape : tuple of int
    remedy : str
        What to do instead.
    each : int, default 8
        Bytes for each entry, copies made on the way included.

    Raises
    ------
    MemoryError
        There is no room for it; the message says how much it takes, how much there is, and what to
        do.
    """
    if fits(shape, each):
        return
    raise MemoryError(
        f"{what.format(*shape)} would take {_size(each * prod(shape))}, and "
        f"{_size(available_memory())} can be had: {remedy}"
    )


def out_of_memory(what: str, remedy: str) -> MemoryError:
    """The error for what grew until memory ran out, where nobody could say so before."""
    available = available_memory()
    there = "" if available is None else f", of which {_size(available)} can be had"
    return MemoryError(f"{what} did not fit in memory{there}: {remedy}")


def require_copy(X) -> None:
    """Refuse a matrix that has to be copied to be read, where the copy would not fit.

    Parameters
    ----------
    X : array, sparse matrix or data frame of shape (n_samples, n_features)
        As it was given: validation copies, too. What has no shape, a list of lists, takes more
        memory itself than its copy will.

    Raises
    ------
    MemoryError
        The message says what is read without a copy.
    """
    if sparse.issparse(X):
        readable = X.format in ("csc", "csr") and X.dtype in _FLOATS
        copies = (X.format != "csc") + (X.dtype not in _FLOATS)
        if not readable:
            require_sparse_copy(X, copies)
        return
    shape = getattr(X, "shape", ())
    if len(shape) != 2 or _is_readable(X):
        return
    require_memory(
        "a copy of X, {:,} rows x {:,} columns that are not contiguous float64 or float32 numbers,",
        shape,
        "pass X as a contiguous array of float64 or float32, which is read where it lies, or leave "
        "out rows or columns",
        each=4 if isinstance(X, np.ndarray) and X.dtype == np.float32 else 8,
    )


def require_sparse_copy(X, copies: int = 1) -> None:
    """Refuse copies of a sparse matrix that would not fit."""
    index = X.indices.itemsize if hasattr(X, "indices") else 8
    require_memory(
        f"a column-compressed copy of X, {{:,}} stored entries of {X.dtype} in {X.format.upper()},",
        (X.nnz,),
        "pass X as a canonical CSC matrix of float64 or float32 (X.tocsc(), X.sum_duplicates()), "
        "which is read where it lies, or leave out rows or columns",
        each=copies * (8 + index),
    )


def _is_readable(X) -> bool:
    if not isinstance(X, np.ndarray) or X.dtype not in _FLOATS or not X.dtype.isnative:
        return False
    return X.flags.c_contiguous or X.flags.f_contiguous


def available_memory() -> int | None:
    """Bytes that this process can have now, or None where the system does not say."""
    rooms = [room for room in (_room_of_machine(), *_rooms_of_groups()) if room is not None]
    return max(min(rooms), 0) if rooms else None


def _room_of_machine() -> int | None:
    for line in _read("proc/meminfo").splitlines():
        if line.startswith("MemAvailable:"):
            return 1024 * int(line.split()[1])
    # Elsewhere than on Linux the whole machine is all that is known.
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def _rooms_of_groups() -> Iterator[int | None]:
    """What the process's control groups leave; every group above them has a limit, too."""
    for line in _read("proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if not controllers:
            root, files = "sys/fs/cgroup", _UNIFIED
        elif "memory" in controllers.split(","):
            root, files = "sys/fs/cgroup/memory", _LEGACY
        else:
            continue
        # Inside a container the path may be the host's, where only its root can be seen.
        path = PurePosixPath(path)
        for folder in (path, *path.parents):
            yield _room_of_group(f"{root}/{str(folder).strip('/')}", *files)


def _room_of_group(folder: str, limit: str, usage: str, caches) -> int | None:
    granted = _read(f"{folder}/{limit}").strip()
    if not granted.isdigit():
        return None
    used = int(_read(f"{folder}/{usage}") or 0)
    statistics = dict(line.split() for line in _read(f"{folder}/memory.stat").splitlines())
    return int(granted) - used + sum(int(statistics.get(name, 0)) for name in caches)


def _read(path: str) -> str:
    """A small file of the system's, empty where there is none."""
    try:
        return (_ROOT / path).read_text()
    except OSError:
        return ""


def _size(count: int) -> str:
    unit, name = (2**30, "GiB") if count >= 2**30 else (2**20, "MiB")
    return f"{count / unit:,.1f} {name}"

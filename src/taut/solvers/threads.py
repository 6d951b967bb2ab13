"""Folds, or stretches of rows, in threads: the core releases the interpreter's lock, so they run
side by side.

Each has one thread of BLAS then. Calls that all want every core wait for one another. So do the
short calls of a solver on its own, where other processes want the cores too.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from queue import SimpleQueue
from threading import Lock

from sklearn.utils._openmp_helpers import _openmp_effective_n_threads
from threadpoolctl import ThreadpoolController

from taut.solvers.base import Cancel, Controls, Meeting

__all__ = ["how_many", "one_at_a_time", "side_by_side"]

_WORTH = 500_000  # entries of X below which starting threads costs as much as they bring
_SHORT = 1 << 24  # entries of A up to which products are too short to be shared among threads
_in_use = Lock()


def side_by_side(jobs, controls: Controls, n_entries: int, seats: int = 1) -> list:
    """``[job(controls) for job in jobs]``, on as many cores as the limits allow.

    The limits are those of threadpoolctl, OMP_NUM_THREADS and joblib, as scikit-learn reads them.
    An exception in one job, or Ctrl-C, ends the others. Who comes meanwhile, as jobs of a job do,
    finds the cores busy and stays in one thread. On each core as many jobs as there are ``seats``
    meet (`Controls.meeting`).
    """
    cores = min(len(jobs), how_many(n_entries))
    if n_entries < _WORTH:
        seats = 1
    if len(jobs) < 2 or cores * seats < 2 or not _in_use.acquire(blocking=False):
        return [job(controls) for job in jobs]
    try:
        return _in_threads(jobs, controls, [Meeting() for _ in range(cores)], seats)
    finally:
        _in_use.release()


def _in_threads(jobs, controls, meetings, seats):
    """One caller at a time: BLAS's limit is that of the process, and whoever overlaps would put
    back the limit of another."""
    cancel, free, change, taken, waiting = Cancel(), SimpleQueue(), Lock(), [], len(jobs)
    for meeting in meetings * seats:
        free.put(meeting)

    def seated(job):
        nonlocal waiting
        meeting = free.get()
        with change:
            waiting -= 1
            taken.append(meeting)
        try:
            return job(replace(controls, cancel=cancel, meeting=meeting))
        finally:
            free.put(meeting)
            with change:
                taken.remove(meeting)
                over = not waiting and meeting not in taken
            if over:  # its core is for those who have most to do yet
                max(meetings, key=lambda other: other.present).widen()

    with (
        _libraries().limit(limits=1, user_api="blas"),
        ThreadPoolExecutor(len(meetings) * seats) as pool,
    ):
        futures = [pool.submit(seated, job) for job in jobs]
        try:
            return [future.result() for future in futures]
        except BaseException:
            cancel.set()
            for future in futures:
                future.cancel()
            raise


@contextmanager
def one_at_a_time(n_entries: int):
    """One thread of BLAS inside, where A has so few entries that its calls are short.

    A core that another process holds keeps every call waiting that was spread over it. Who comes
    while another caller has the limit leaves it as it is.
    """
    if n_entries > _SHORT or not _in_use.acquire(blocking=False):
        yield
        return
    try:
        with _libraries().limit(limits=1, user_api="blas"):
            yield
    finally:
        _in_use.release()


def how_many(n_entries: int) -> int:
    """Threads that jobs on so many entries of X may take."""
    return _openmp_effective_n_threads() if n_entries >= _WORTH else 1


@cache
def _libraries():
    """Those with threads that are loaded; looking for them takes milliseconds."""
    return ThreadpoolController()

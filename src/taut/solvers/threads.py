"""Folds, or stretches of rows, in threads: the core releases the interpreter's lock, so they run
side by side.

Each has one thread of BLAS then. Calls that all want every core wait for one another.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from threading import Lock

from sklearn.utils._openmp_helpers import _openmp_effective_n_threads
from threadpoolctl import ThreadpoolController

from taut.solvers.base import Cancel, Controls

__all__ = ["how_many", "side_by_side"]

_WORTH = 500_000  # entries of X below which starting threads costs as much as they bring
_in_use = Lock()


def side_by_side(jobs, controls: Controls, n_entries: int) -> list:
    """``[job(controls) for job in jobs]``, in as many threads as the limits allow.

    The limits are those of threadpoolctl, OMP_NUM_THREADS and joblib, as scikit-learn reads them.
    An exception in one job, or Ctrl-C, ends the others. Who comes meanwhile, as jobs of a job do,
    finds the cores busy and stays in one thread.
    """
    threads = min(len(jobs), how_many(n_entries))
    if threads < 2 or not _in_use.acquire(blocking=False):
        return [job(controls) for job in jobs]
    try:
        return _in_threads(jobs, controls, threads)
    finally:
        _in_use.release()


def _in_threads(jobs, controls, threads):
    """One caller at a time: BLAS's limit is that of the process, and whoever overlaps would put
    back the limit of another."""
    cancel = Cancel()
    shared = replace(controls, cancel=cancel)
    with _libraries().limit(limits=1, user_api="blas"), ThreadPoolExecutor(threads) as pool:
        futures = [pool.submit(job, shared) for job in jobs]
        try:
            return [future.result() for future in futures]
        except BaseException:
            cancel.set()
            for future in futures:
                future.cancel()
            raise


def how_many(n_entries: int) -> int:
    """Threads that jobs on so many entries of X may take."""
    return _openmp_effective_n_threads() if n_entries >= _WORTH else 1


@cache
def _libraries():
    """Those with threads that are loaded; looking for them takes milliseconds."""
    return ThreadpoolController()

"""Folds in threads: the core releases the interpreter's lock, so they run side by side."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from sklearn.utils._openmp_helpers import _openmp_effective_n_threads

from taut.solvers import Cancel, Controls

__all__ = ["side_by_side"]

_WORTH = 500_000  # entries of X below which starting threads costs as much as they bring


def side_by_side(jobs, controls: Controls, n_entries: int) -> list:
    """``[job(controls) for job in jobs]``, in as many threads as the limits allow.

    The limits are those of threadpoolctl, OMP_NUM_THREADS and joblib, as scikit-learn reads them.
    An exception in one job, or Ctrl-C, ends the others.
    """
    threads = min(len(jobs), _openmp_effective_n_threads()) if n_entries >= _WORTH else 1
    if threads < 2:
        return [job(controls) for job in jobs]
    cancel = Cancel()
    shared = replace(controls, cancel=cancel)
    with ThreadPoolExecutor(threads) as pool:
        futures = [pool.submit(job, shared) for job in jobs]
        try:
            return [future.result() for future in futures]
        except BaseException:
            cancel.set()
            for future in futures:
                future.cancel()
            raise

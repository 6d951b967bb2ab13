"""One problem: every solver's tolerance found, then all of them timed in turns."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks import exchange
from benchmarks.judge.gap import relative_gaps
from benchmarks.peers import PEERS
from benchmarks.process import Unusable, Worker
from benchmarks.search import loosest_tolerance
from benchmarks.tasks import TASKS

REQUIRED = 1e-6
EXACT = 1e-12
# Threads of a solver that has just run may spin for a while (Intel's OpenMP: 0.2 s), in the way of
# whoever comes next.
PAUSE = 0.5


@dataclass(frozen=True)
class Limits:
    """How long things may take.

    Parameters
    ----------
    seconds : float
        For one run, and for all repeated runs of one solver together.
    repeats : int
    """

    seconds: float
    repeats: int

    @property
    def search(self):
        """For finding the tolerance of one solver."""
        return 3 * self.seconds


@dataclass
class Run:
    """Something that is timed repeatedly."""

    worker: Worker
    kind: str
    tol: float
    seconds: list
    result: dict
    entry: str

    def once(self, limit):
        seconds, output = self.worker.ask(self.kind, self.tol, limit)
        self.seconds.append(seconds)
        if self.kind == "cv":
            self.result["curve"] = np.fromfile(output).tolist()

    def has_time(self, limit):
        return not self.seconds or sum(self.seconds) + self.seconds[-1] < limit


def measure(problem, peers, limits, note=print):
    """Search and time on one problem; a dict of plain values for the report."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        grid = {"n_alphas": problem.n_alphas, "alpha_ratio": problem.alpha_ratio}
        exchange.write(folder, *problem.build(), problem.task, **grid)
        data = exchange.read(folder)
        record = {
            "name": problem.name,
            "title": problem.title,
            "shape": list(data.X.shape),
            "n_alphas": len(data.alphas),
            "load": os.getloadavg()[0],
            "solvers": {},
        }
        workers, runs = {}, []
        try:
            for peer in peers:
                found = record["solvers"][peer] = {"title": PEERS[peer][0]}
                try:
                    workers[peer] = Worker(peer, folder)
                    found["warm_up"] = workers[peer].warm_up
                    _find(workers[peer], data, limits, found)
                    runs += _runs(problem, peer, workers[peer], found, record)
                    note(f"  {peer}: tol {found['tol']:.0e}, gap {found['gap']:.0e}")
                except Unusable as reason:
                    found["status"] = str(reason)
                    note(f"  {peer}: {reason}")
            _in_turns(runs, limits)
        finally:
            for worker in workers.values():
                worker.end()
    _compare_curves(record)
    return record


def _find(worker, data, limits, found):
    task, n_alphas = TASKS[data.task], len(data.alphas)

    def gap_at(tol):
        _, output = worker.ask("path", tol, limits.seconds)
        outputs = task.loss.outputs(data.y)
        coefs, intercepts = exchange.read_path(output, data.X.shape[1], outputs)
        if coefs.shape[-1] < n_alphas:
            raise Unusable(f"failed: the path ends after {coefs.shape[-1]} of {n_alphas} alphas")
        gaps = relative_gaps(task, data.X, data.y, data.alphas, coefs, intercepts)
        return float(gaps.max())

    found["tol"], found["gap"] = loosest_tolerance(gap_at, REQUIRED, limits.search)
    if _is_exact(worker.peer, data.task):
        try:
            found["exact_gap"] = gap_at(EXACT)
        except Unusable as reason:
            found["exact_status"] = str(reason)


def _is_exact(peer, task):
    """Whether a path at a gap of 1e-12 is timed too: the promise of the compiled lasso engine."""
    return peer == "taut" and task == "lasso"


def _runs(problem, peer, worker, found, record):
    kinds = [("path", "path", found["tol"])]
    if problem.cv_target:
        kinds.append(("cv", "cv", found["tol"]))
    if "exact_gap" in found:
        kinds.append(("exact", "path", EXACT))
    runs = [Run(worker, kind, tol, [], found, entry) for entry, kind, tol in kinds]
    if peer == "taut" and problem.product:
        runs.append(Run(worker, "product", 0.0, [], record, "product"))
    return runs


def _in_turns(runs, limits):
    """All runs once, then all again: what else the machine does, it does to all of them."""
    waiting = list(runs)
    for _ in range(limits.repeats):
        for run in list(waiting):
            try:
                if run.has_time(limits.seconds):
                    time.sleep(PAUSE)
                    run.once(limits.seconds)
                    continue
            except Unusable as reason:
                run.result[f"{run.entry}_status"] = str(reason)
            waiting.remove(run)
    for run in runs:
        if run.seconds:
            run.result[run.entry] = statistics.median(run.seconds)
            run.result[f"{run.entry}_runs"] = run.seconds


def _compare_curves(record):
    """How far each curve of cross-validated errors is from taut's, relative to it."""
    solvers = record["solvers"]
    reference = np.array(solvers.get("taut", {}).get("curve", []))
    for found in solvers.values():
        curve = np.array(found.pop("curve", []))
        if len(curve) == len(reference) > 0:
            found["curve_difference"] = float(np.max(np.abs(curve / reference - 1)))

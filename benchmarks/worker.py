"""One solver on one problem, in a process of its own.

Started as ``python -m benchmarks.worker PEER FOLDER``. It says ``ready SECONDS`` once it has loaded
the problem, with the time of importing the solver and of a first tiny path, which is where
compilation just in time goes. Then each line ``path|cv|product TOLERANCE FILE`` on its standard
input makes it solve, answer ``done SECONDS`` or ``failed REASON``, and write the path (a column of
intercept and coefficients for each alpha) or the curve of errors to the file.
"""

from __future__ import annotations

import importlib
import os
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from benchmarks.exchange import read, write_path
from benchmarks.peers import PEERS
from benchmarks.problems import strengths
from benchmarks.tasks import TASKS


def tiny(task, sparse):
    """A problem of the same kind, with nothing to solve."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((20, 40)).T
    return (sp.csc_matrix(X) if sparse else X), TASKS[task].draw(X[:, 0] - X[:, 1], rng)


def refusal(adapter, task, X):
    """Why a solver is not asked, or None."""
    if not hasattr(adapter, task):
        return getattr(adapter, "LACKS", {}).get(task, f"it has no {TASKS[task].title}")
    return getattr(adapter, "refuses", lambda X: None)(X)


def warmed_up(adapter, task, sparse):
    """Solve something small; the seconds this took."""
    X, y = tiny(task, sparse)
    alphas = strengths(X, y, task, 5)[:2]
    return timed(getattr(adapter, task), X, y, alphas, 1e-4)[0]


def timed(call, *arguments):
    start = time.perf_counter()
    result = call(*arguments)
    return time.perf_counter() - start, result


def answer(adapter, data, request):
    kind, tol, file = request.split()
    if kind == "cv" and not hasattr(adapter, "cv"):
        return "failed it has no cross-validation"
    X, y, alphas = data.X, data.y, data.alphas
    if kind == "product":
        seconds, _ = timed(lambda: X.T @ X)
    elif kind == "path":
        seconds, (coefs, intercepts) = timed(getattr(adapter, data.task), X, y, alphas, float(tol))
        write_path(Path(file), coefs, intercepts)
    else:
        seconds, (curve, _, _) = timed(adapter.cv, X, y, alphas, data.folds, float(tol))
        np.asarray(curve, dtype=np.float64).tofile(file)
    return f"done {seconds}"


def main(peer, folder):
    warnings.simplefilter("ignore")
    # Solvers print; the answers must stay apart from that.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    try:
        data = read(Path(folder))
        imports, adapter = timed(importlib.import_module, f"benchmarks.peers.{PEERS[peer][2]}")
        reason = refusal(adapter, data.task, data.X)
        if reason:
            print(f"refused {reason}", file=answers)
            return
        seconds = imports + warmed_up(adapter, data.task, sp.issparse(data.X))
        print(f"ready {seconds}", file=answers)
    except Exception as error:
        print("failed", type(error).__name__, str(error).split("\n")[0], file=answers)
        return
    for request in sys.stdin:
        try:
            print(answer(adapter, data, request), file=answers)
        except Exception as error:
            print("failed", type(error).__name__, str(error).split("\n")[0], file=answers)


if __name__ == "__main__":
    main(*sys.argv[1:])

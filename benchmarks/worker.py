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


def tiny(sparse):
    """A problem of the same kind, with nothing to solve."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((5, 40)).T
    return (sp.csc_matrix(X) if sparse else X), X @ np.ones(5) + rng.standard_normal(40)


def warm_up(peer, sparse):
    """Import the adapter and solve something small; the adapter and the seconds this took."""
    X, y = tiny(sparse)
    start = time.perf_counter()
    adapter = importlib.import_module(f"benchmarks.peers.{PEERS[peer][2]}")
    adapter.path(X, y, np.array([0.2, 0.1]), 1e-4)
    return adapter, time.perf_counter() - start


def timed(call, *arguments):
    start = time.perf_counter()
    result = call(*arguments)
    return time.perf_counter() - start, result


def answer(adapter, data, request):
    kind, tol, file = request.split()
    if kind == "cv" and not hasattr(adapter, "cv"):
        return "failed it has no cross-validation"
    X, y, alphas, fold = data
    if kind == "product":
        seconds, _ = timed(lambda: X.T @ X)
    elif kind == "path":
        seconds, (coefs, intercepts) = timed(adapter.path, X, y, alphas, float(tol))
        write_path(Path(file), coefs, intercepts)
    else:
        seconds, (curve, _, _) = timed(adapter.cv, X, y, alphas, fold, float(tol))
        np.asarray(curve, dtype=np.float64).tofile(file)
    return f"done {seconds}"


def main(peer, folder):
    warnings.simplefilter("ignore")
    # Solvers print; the answers must stay apart from that.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    try:
        data = read(Path(folder))
        adapter, seconds = warm_up(peer, sp.issparse(data[0]))
        reason = getattr(adapter, "refuses", lambda X: None)(data[0])
        print(f"refused {reason}" if reason else f"ready {seconds}", file=answers)
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

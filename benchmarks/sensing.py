"""Compressed sensing beside SPGL1, on the same instances: error, objective, infeasibility, seconds.

    python -m benchmarks.sensing [--quick]

SPGL1 runs at tolerances 1e-6 and with 5,000 steps at most; ``recover`` with its defaults. Figures
are means over three instances, but for the largest excess. Seconds are CPU time of one core, the
smaller of two runs each, taken in turns.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import spgl1

from taut.applications import recover
from taut.applications.sensing.operators import partial_dct

DENSE = ((200, 1000, 30), (500, 2000, 80), (1000, 4000, 150))
COSINES = ((4096, 16_384, 500), (16_384, 65_536, 2000))
NOISE = 0.01
SEEDS = range(3)


def dense(m, n, k, rng):
    return rng.standard_normal((m, n)) / np.sqrt(m)


def cosines(m, n, k, rng):
    return partial_dct(n, np.sort(rng.choice(n, m, replace=False)))


def instance(make, m, n, k, sigma, seed=0):
    """A, y, the true signal, and the bound on the noise."""
    rng = np.random.default_rng(seed)
    A, x = make(m, n, k, rng), np.zeros(n)
    x[rng.choice(n, k, replace=False)] = rng.standard_normal(k)
    return A, A @ x + sigma * rng.standard_normal(m), x, sigma * np.sqrt(m)


def by_spgl1(A, y, bound):
    options = {"verbosity": 0, "opt_tol": 1e-6, "bp_tol": 1e-6, "iter_lim": 5000}
    return spgl1.spgl1(A, y, 0, bound, **options)[0]


def by_taut(A, y, bound):
    return recover(A, y, noise=bound).x


def timed(solve, *arguments):
    start = time.process_time()
    x = solve(*arguments)
    return x, time.process_time() - start


def measured(A, y, x, bound):
    """Seconds, error, norm and excess of both solvers."""
    runs = [[timed(solve, A, y, bound) for solve in (by_taut, by_spgl1)] for _ in "12"]
    figures = []
    for (found, one), (_, other) in zip(*runs, strict=True):
        error = np.linalg.norm(found - x) / np.linalg.norm(x)
        excess = np.linalg.norm(y - A @ found) - bound
        figures.append((min(one, other), error, np.abs(found).sum(), excess))
    return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="the smallest instances only")
    quick = parser.parse_args().quick
    print(f"{'instance':34} {'solver':6} {'seconds':>8} {'error':>9} {'|x|_1':>12} {'excess':>9}")
    for make, sizes in ((dense, DENSE), (cosines, COSINES)):
        for m, n, k in sizes[:1] if quick else sizes:
            for sigma in (0.0, NOISE):
                name = f"{make.__name__} {m} x {n}, {'noise' if sigma else 'exact'}"
                rows = [measured(*instance(make, m, n, k, sigma, seed)) for seed in SEEDS]
                for place, solver in enumerate(("taut", "spgl1")):
                    found = np.array([row[place] for row in rows])
                    seconds, error, norm, _ = found.mean(axis=0)
                    print(
                        f"{name:34s} {solver:6s} {seconds:8.3f} {error:9.2e} {norm:12.6f} "
                        f"{found[:, 3].max():9.1e}",
                        flush=True,
                    )


if __name__ == "__main__":
    main()

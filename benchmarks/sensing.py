"""Compressed sensing beside SPGL1, on the same instances: error, objective, infeasibility, seconds.

    OPENBLAS_NUM_THREADS=1 python -m benchmarks.sensing [--quick]

``recover`` runs with its defaults; "spgl1" at tolerances 1e-6 and with 5,000 steps at most,
"spgl1-" with its own defaults (1e-4), and on equalities "spgl1+" at 1e-9 with 20,000 steps, which
tells how close it can come. "above" is how far ``|x|_1`` is above the least, which the
certificate of ``recover`` bounds; "excess" how far beyond the bound, relative to ``|y|``. Signals
are sparse, or compressible: entries fall like a power of their rank, and none is zero. There
SPGL1 ends far above the least: "taut=" is ``recover`` stopped at the gap that "spgl1" has, for
times and errors at equal accuracy, and "taut-" at that of "spgl1-". Figures are means over three
instances, but for the largest excess. Seconds are CPU time of the process, the median of five
runs each, in turns.
"""

from __future__ import annotations

import argparse
import time
from functools import partial

import numpy as np
import spgl1

from taut.applications import recover
from taut.applications.sensing.operators import partial_dct

DENSE = ((200, 1000, 30), (500, 2000, 80), (1000, 4000, 150))
COSINES = ((4096, 16_384, 500), (16_384, 65_536, 2000))
POWERS = (1.0, 1.5)
COMPRESSIBLE_DENSE, COMPRESSIBLE_COSINES = (400, 1600), (1024, 4096)
LARGER = (2048, 8192), (4096, 16_384)  # cosines of compressible signals, exact
NOISE = 0.01
FINER = 1e-3  # noise that leaves many entries of a compressible signal
SEEDS, RUNS = range(3), 5


def dense(m, n, rng):
    return rng.standard_normal((m, n)) / np.sqrt(m)


def cosines(m, n, rng):
    return partial_dct(n, np.sort(rng.choice(n, m, replace=False)))


def sparse(n, k, rng):
    x = np.zeros(n)
    x[rng.choice(n, k, replace=False)] = rng.standard_normal(k)
    return x


def compressible(n, power, rng):
    return rng.permutation(np.arange(1.0, n + 1) ** -power * rng.choice([-1.0, 1.0], n))


def instance(make, signal, size, sigma, seed=0):
    """A, y, the true signal, and the bound on the noise."""
    m, n, shape = size
    rng = np.random.default_rng(seed)
    A, x = make(m, n, rng), signal(n, shape, rng)
    return A, A @ x + sigma * rng.standard_normal(m), x, sigma * np.sqrt(m)


SPGL1 = {
    "spgl1": {"opt_tol": 1e-6, "bp_tol": 1e-6, "iter_lim": 5000},
    "spgl1-": {},
    "spgl1+": {"opt_tol": 1e-9, "bp_tol": 1e-9, "iter_lim": 20_000},
}


def by_spgl1(A, y, bound, options):
    return spgl1.spgl1(A, y, 0, bound, verbosity=0, **options)[0]


def by_taut(A, y, bound, tol=None):
    return recover(A, y, noise=bound, tol=tol).x


def timed(solve, *arguments):
    start = time.process_time()
    x = solve(*arguments)
    return x, time.process_time() - start


def ways(A, y, bound):
    """Solvers by name; those of equal gaps know them from a run of each."""
    found = {"taut": by_taut}
    least = np.abs(by_taut(A, y, bound)).sum()
    for name, options in SPGL1.items():
        if name != "spgl1+" or not bound:
            found[name] = partial(by_spgl1, options=options)
    for name, peer in (("taut=", "spgl1"), ("taut-", "spgl1-")):
        gap = abs(np.abs(found[peer](A, y, bound)).sum() / least - 1.0)
        found[name] = partial(by_taut, tol=max(gap, 1e-6))
    return found


def measured(A, y, x, bound, n_runs):
    """Seconds, error, how far above the least norm, and excess, of each way."""
    solvers, seconds, solutions = ways(A, y, bound), {}, {}
    for _ in range(n_runs):
        for name, solve in solvers.items():
            solutions[name], taken = timed(solve, A, y, bound)
            seconds.setdefault(name, []).append(taken)
    least, figures = np.abs(solutions["taut"]).sum(), {}
    for name, found in solutions.items():
        error = np.linalg.norm(found - x) / np.linalg.norm(x)
        excess = (np.linalg.norm(y - A @ found) - bound) / np.linalg.norm(y)
        above = np.abs(found).sum() / least - 1.0
        figures[name] = np.median(seconds[name]), error, above, excess
    return figures


def instances(quick):
    """Names, and what makes A, the signal and the noise."""
    for make, sizes in ((dense, DENSE), (cosines, COSINES)):
        for size in sizes[:1] if quick else sizes:
            for sigma in (0.0, NOISE):
                yield f"sparse {make.__name__}", make, sparse, size, sigma
    for make, size in ((dense, COMPRESSIBLE_DENSE), (cosines, COMPRESSIBLE_COSINES)):
        for power in POWERS[:1] if quick else POWERS:
            for sigma in (0.0, FINER, NOISE):
                name = f"power {power} {make.__name__}"
                yield name, make, compressible, (*size, power), sigma
    for size in () if quick else LARGER:
        for power in POWERS:
            yield f"power {power} cosines", cosines, compressible, (*size, power), 0.0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="the smallest instances only")
    quick = parser.parse_args().quick
    print(f"{'instance':36} {'solver':6} {'seconds':>8} {'error':>9} {'above':>9} {'excess':>9}")
    for name, make, signal, size, sigma in instances(quick):
        rows = [measured(*instance(make, signal, size, sigma, seed), RUNS) for seed in SEEDS]
        title = f"{name} {size[0]} x {size[1]}, {sigma or 'exact'}"
        for solver in rows[0]:
            found = np.array([row[solver] for row in rows])
            seconds, error, above, _ = found.mean(axis=0)
            print(
                f"{title:36s} {solver:6s} {seconds:8.3f} {error:9.2e} {above:9.1e} "
                f"{found[:, 3].max():9.1e}",
                flush=True,
            )


if __name__ == "__main__":
    main()

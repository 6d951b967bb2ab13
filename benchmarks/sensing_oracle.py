"""How near the truth any signal can be whose norm is nearly the least: known to an oracle only.

    OPENBLAS_NUM_THREADS=1 python -m benchmarks.sensing_oracle

Exact measurements of a compressible signal z, the first of those of ``benchmarks.sensing``. For
each length s, ``min |x|_1 + |x - z|^2 / (2 s)`` subject to ``A x = y`` is nearest to z among all
signals of its norm or less that give the measurements; it takes z itself to find, so no solver
can do better. It is solved by L-BFGS on its dual, ``max y'u - P*(u)``, which is smooth:
``x = soft(z + s A'u, s)``.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize

from benchmarks.sensing import (
    COMPRESSIBLE_COSINES,
    SPGL1,
    by_spgl1,
    compressible,
    cosines,
    instance,
)
from taut.applications import recover

LENGTHS = (0.1, 0.3, 1.0, 3.0)


def nearest(A, y, z, length):
    """The signal nearest to z of those that give y and have its norm or less."""

    def point(u):
        ahead = z + length * A.rmatvec(u)
        return ahead - np.clip(ahead, -length, length)

    def cost(u):
        x = point(u)
        left = y - A.matvec(x)
        return -(np.abs(x).sum() + (x - z) @ (x - z) / (2 * length) + u @ left), -left

    options = {"maxiter": 20_000, "maxfun": 40_000, "maxcor": 50, "ftol": 0.0, "gtol": 1e-10}
    found = minimize(cost, np.zeros(len(y)), jac=True, method="L-BFGS-B", options=options)
    return point(found.x)


def main():
    A, y, z, _ = instance(cosines, compressible, (*COMPRESSIBLE_COSINES, 1.0), 0.0)
    exact = recover(A, y, noise=0.0).x
    least = np.abs(exact).sum()
    print(f"{'signal':16} {'above':>9} {'error':>8} {'missed':>9}")

    def show(name, x):
        error, missed = np.linalg.norm(x - z) / np.linalg.norm(z), np.linalg.norm(y - A.matvec(x))
        above = np.abs(x).sum() / least - 1.0
        print(f"{name:16} {above:9.1e} {error:8.4f} {missed / np.linalg.norm(y):9.1e}", flush=True)

    show("recover", exact)
    show("spgl1", by_spgl1(A, y, 0.0, SPGL1["spgl1"]))
    for length in LENGTHS:
        show(f"oracle, s = {length}", nearest(A, y, z, length))


if __name__ == "__main__":
    main()

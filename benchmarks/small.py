"""What is felt before any data is large: small fits and imports; and growth with size."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from functools import partial

import numpy as np

from benchmarks.generated import gaussian
from benchmarks.measure import PAUSE
from benchmarks.problems import strengths


def _seconds(call):
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def small_fit(repeats=300):
    """Median seconds of ``Lasso(alpha=0.1).fit(X, y)`` on 100 x 20, in turns."""
    import sklearn.linear_model

    import taut

    X, y = gaussian(100, 20, 5)
    X = np.ascontiguousarray(X)
    models = {"taut": taut.Lasso(alpha=0.1), "sklearn": sklearn.linear_model.Lasso(alpha=0.1)}
    times = {name: [] for name in models}
    for _ in range(repeats):
        for name, model in models.items():
            times[name].append(_seconds(partial(model.fit, X, y)))
    return {name: statistics.median(values) for name, values in times.items()}


def imports(repeats=9):
    """Median seconds of imports, less the start of the interpreter."""
    statements = {
        "nothing": "pass",
        "import taut": "import taut",
        "from taut import Lasso": "from taut import Lasso",
        "import sklearn.linear_model": "import sklearn.linear_model",
    }
    times = {name: [] for name in statements}
    for _ in range(repeats + 1):
        for name, statement in statements.items():
            command = [sys.executable, "-c", statement]
            times[name].append(_seconds(partial(subprocess.run, command, check=True)))
    # The first round fills the caches of the disk.
    medians = {name: statistics.median(values[1:]) for name, values in times.items()}
    nothing = medians.pop("nothing")
    return {name: value - nothing for name, value in medians.items()}


def growth(repeats=5):
    """Median seconds of taut's path while n (tall) and p (wide) double four times."""
    tall = [(6_250 * 2**k, 300) for k in range(5)]
    wide = [(200, 2_500 * 2**k) for k in range(5)]
    return {"tall": _grow(tall, 50, repeats), "wide": _grow(wide, 20, repeats)}


def _grow(shapes, n_active, repeats):
    import taut

    medians = []
    for shape in shapes:
        X, y = gaussian(*shape, n_active)
        alphas = strengths(X, y)
        fit = partial(taut.fit_path, X, y, alphas=alphas)
        fits = []
        for _ in range(repeats + 1):
            time.sleep(PAUSE)
            fits.append(_seconds(fit))
        medians.append(statistics.median(fits[1:]))
    return {"shapes": shapes, "seconds": medians}

"""Change points beside ruptures: the blocks of Donoho and Johnstone (1994), with noise.

    python -m benchmarks.trends

`TrendFilter` as it comes beside the exact search for the segmentation of least squares with a price
of ``2 sigma^2 log n`` for each change (`ruptures.KernelCPD`, linear kernel), whose sigma is the
median size of differences of neighbours. Means over draws of the noise: changes found and reported
in error (farther than 5 samples from any true one), the root mean squared distance of the levels to
the truth, and processor seconds, interleaved.
"""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import ruptures

from taut.applications import TrendFilter

N_SAMPLES, N_DRAWS, NEAR = 2048, 20, 5
PLACES = np.array([0.1, 0.13, 0.15, 0.23, 0.25, 0.4, 0.44, 0.65, 0.76, 0.78, 0.81])
HEIGHTS = np.array([4, -5, 3, -4, 5, -4.2, 2.1, 4.3, -3.1, 2.1, -4.2])


def by_taut(y):
    model = TrendFilter().fit(y)
    return model.change_points_, model.trend_


def by_ruptures(y):
    sigma = np.median(np.abs(np.diff(y))) / (0.6745 * np.sqrt(2))
    search = ruptures.KernelCPD(kernel="linear", min_size=1).fit(y)
    ends = search.predict(pen=2 * sigma**2 * np.log(len(y)))
    parts = np.split(y, ends[:-1])
    return np.array(ends[:-1]), np.concatenate([np.full(len(p), p.mean()) for p in parts])


METHODS = {"ruptures": by_ruptures, "taut": by_taut}


def judged(found, levels, changes, truth):
    """Changes found, changes in error, and the distance of the levels."""
    apart = np.abs(np.subtract.outer(changes, found))
    right = np.count_nonzero(apart.min(axis=1, initial=N_SAMPLES) <= NEAR)
    wrong = np.count_nonzero(apart.min(axis=0, initial=N_SAMPLES) > NEAR)
    return right, wrong, np.sqrt(np.mean((levels - truth) ** 2))


def main():
    changes = np.ceil(PLACES * N_SAMPLES).astype(int)
    truth = np.zeros(N_SAMPLES)
    np.add.at(truth, changes, HEIGHTS)
    truth = np.cumsum(truth)
    rows = []
    for noise in (0.5, 1.0, 2.0):
        for draw in range(N_DRAWS):
            y = truth + noise * np.random.default_rng(draw).standard_normal(N_SAMPLES)
            for name, method in METHODS.items():
                start = time.process_time()
                found, levels = method(y)
                seconds = time.process_time() - start
                rows.append((noise, name, *judged(found, levels, changes, truth), seconds))
    names = ["noise", "method", "found, of 11", "in error", "distance", "seconds"]
    table = pd.DataFrame(rows, columns=names).groupby(["noise", "method"]).mean()
    print(table.round(3).to_string())


if __name__ == "__main__":
    main()

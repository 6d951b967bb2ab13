"""Anomaly detectors on the 20 sets of ADBench: areas under the ROC curve, and times.

    TAUT_DATA=... python -m benchmarks.anomalies [--seeds 3] [--methods taut forest]

Every method is fitted to the standardised rows that it scores, without labels, with its default
setting, one after another on each set and with each seed. PCA is the Mahalanobis distance on all
components, as in PyOD.
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from pathlib import Path

import numpy as np
from sklearn.decomposition import MiniBatchDictionaryLearning
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import LocalOutlierFactor
from sklearn.preprocessing import StandardScaler

from taut.applications import SparseAnomalyDetector
from taut.applications.anomalies.reconstruction import FromFeatures, FromRows


def by_taut(Z, seed):
    return -SparseAnomalyDetector(random_state=seed).fit(Z).score_samples(Z)


def by_features(Z, seed):
    """One of the two parts of taut's score, as if it were alone."""
    return _mean_ratio(FromFeatures.fit(Z, 0.3).errors(Z))


def by_rows(Z, seed):
    """The other."""
    return _mean_ratio(FromRows.fit(Z, 10, 128, 8, np.random.RandomState(seed)).errors(Z))


def by_dictionary(Z, seed):
    """taut with a dictionary of as many atoms as there are features, in place of neighbours."""
    learner = MiniBatchDictionaryLearning(
        Z.shape[1], max_iter=50, fit_algorithm="cd", random_state=seed
    )
    detector = SparseAnomalyDetector(dictionary=learner, random_state=seed)
    return -detector.fit(Z).score_samples(Z)


def by_isolation_forest(Z, seed):
    return -IsolationForest(random_state=seed).fit(Z).score_samples(Z)


def by_components(Z, seed):
    left, values, _ = np.linalg.svd(Z - Z.mean(axis=0), full_matrices=False)
    return np.sum(left[:, values > 1e-8 * values[0]] ** 2, axis=1)


def by_local_outlier_factor(Z, seed):
    return -LocalOutlierFactor().fit(Z).negative_outlier_factor_


METHODS = {
    "taut": by_taut,
    "atoms": by_dictionary,
    "features": by_features,
    "rows": by_rows,
    "forest": by_isolation_forest,
    "PCA": by_components,
    "LOF": by_local_outlier_factor,
}


def _mean_ratio(errors):
    return np.mean(errors / np.maximum(errors.mean(axis=0), 1e-12), axis=1)


def measure(Z, labels, methods, seeds):
    """Areas and seconds of each method, means over the seeds."""
    areas, seconds = np.zeros((2, len(methods), len(seeds)))
    for k, seed in enumerate(seeds):
        for m, method in enumerate(methods.values()):
            start = time.perf_counter()
            scores = method(Z, seed)
            seconds[m, k] = time.perf_counter() - start
            areas[m, k] = roc_auc_score(labels, scores)
    return areas.mean(axis=1), seconds.mean(axis=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    options = parser.parse_args()
    seeds, methods = range(options.seeds), {name: METHODS[name] for name in options.methods}
    folder = Path(os.environ["TAUT_DATA"]) / "adbench"
    warnings.filterwarnings("ignore", "Duplicate values")
    print(f"{'set':<18}{'rows':>7}{'odd':>6}" + "".join(f"{name:>9}" for name in methods))
    table = []
    for path in sorted(folder.glob("*.npz"), key=lambda path: int(path.stem.split("_")[0])):
        data = np.load(path)
        X = data["X"].astype(float)
        Z = StandardScaler().fit_transform(X[:, np.ptp(X, axis=0) > 0])
        table.append(measure(Z, data["y"], methods, seeds))
        name = path.stem.split("_", 1)[1]
        cells = "".join(f"{area:9.3f}" for area in table[-1][0])
        print(f"{name:<18}{len(Z):>7}{data['y'].mean():>6.0%}{cells}", flush=True)
    areas, seconds = np.array(table).transpose(1, 0, 2)
    print(f"{'mean area':<31}" + "".join(f"{area:9.3f}" for area in areas.mean(axis=0)))
    print(f"{'seconds, all sets':<31}" + "".join(f"{total:9.2f}" for total in seconds.sum(axis=0)))


if __name__ == "__main__":
    main()

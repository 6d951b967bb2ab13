"""Anomalies: rows that neither their own features nor other rows can rebuild, and why.

Among 357 benign tumours are 10 malignant ones (scikit-learn's breast cancer data). The detector
sees no label. Its scores are set against those of the isolation forest and the local outlier
factor, a threshold is calibrated on benign tumours that were held out, and the picture shows which
features make the least usual tumours unusual. With TAUT_DATA the 20 sets of ADBench follow.
"""

import numpy as np
from _common import arguments
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import LocalOutlierFactor
from sklearn.preprocessing import StandardScaler

from taut.applications import SparseAnomalyDetector
from taut.plots import style


def areas(X, labels):
    """Areas under the ROC curve, each method fitted to the rows that it scores."""
    Z = StandardScaler().fit_transform(X)
    return {
        "taut": roc_auc_score(labels, -SparseAnomalyDetector().fit(X).score_samples(X)),
        "isolation forest": roc_auc_score(
            labels, -IsolationForest(random_state=0).fit(Z).score_samples(Z)
        ),
        "local outlier factor": roc_auc_score(
            labels, -LocalOutlierFactor().fit(Z).negative_outlier_factor_
        ),
    }


options = arguments(__doc__)
tumours = load_breast_cancer(as_frame=True)
benign, malignant = (tumours.data[tumours.target == target] for target in (1, 0))
rows = [*benign.index, *malignant.sample(10, random_state=0).index]
X, labels = tumours.data.loc[rows].reset_index(drop=True), np.repeat([0, 1], [len(benign), 10])
print("area under the ROC curve:", {name: f"{area:.3f}" for name, area in areas(X, labels).items()})

detector = SparseAnomalyDetector(contamination=10 / len(X)).fit(X)
least = int(np.argmin(detector.score_samples(X)))
print(f"the least usual is row {least}, with score {-detector.score_samples(X)[least]:.2f}:")
for part in detector.explain(X)[least]:
    print(
        f"  {part.feature} is {part.value:g}, where its other features suggest "
        f"{part.from_features:.3g} and similar tumours have {part.from_rows:.3g}"
    )

calibrated = (
    SparseAnomalyDetector().fit(benign[:200]).calibrate(benign[200:], false_alarm_rate=0.05)
)
found = np.mean(calibrated.predict(malignant) == -1)
print(f"held to 5 % false alarms, {found:.0%} of all {len(malignant)} malignant tumours are found")

if options.data is not None:
    sets = [np.load(path) for path in sorted((options.data / "adbench").glob("*.npz"))]
    table = [areas(part["X"].astype(float), part["y"]) for part in sets]
    for name in table[0]:
        print(f"{len(sets)} sets, {name:<22} mean {np.mean([row[name] for row in table]):.3f}")

display = detector.plot(X)
style.title(
    display.ax_, f"The least usual of {len(X)} tumours; {len(benign)} to {len(X) - 1} are malignant"
)
picture = options.output / "anomalies.png"
display.figure_.savefig(picture, dpi=110)
print(f"picture: {picture}")

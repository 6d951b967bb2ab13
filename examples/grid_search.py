"""scikit-learn's GridSearchCV over estimators of taut, and the rule that needs no grid.

Any parameter can be searched. The strength alone is better chosen by ``alpha=taut.CV()``: each fold
is then one path instead of one fit for each strength.
"""

import time

import matplotlib.pyplot as plt
import numpy as np
from _common import arguments
from sklearn.datasets import load_diabetes
from sklearn.model_selection import GridSearchCV, KFold

import taut
from taut.plots import style

options = arguments(__doc__)
X, y = load_diabetes(return_X_y=True)
folds = KFold(5, shuffle=True, random_state=0)
alphas = np.geomspace(20, 0.01, 20 if options.quick else 60)
ratios = [0.1, 0.5, 0.9, 1.0]

start = time.perf_counter()
search = GridSearchCV(
    taut.ElasticNet(standardize=True),
    {"alpha": alphas, "l1_ratio": ratios},
    cv=folds,
    scoring="neg_mean_squared_error",
).fit(X, y)
searched = time.perf_counter() - start

start = time.perf_counter()
paths = [
    taut.ElasticNet(taut.CV(folds), l1_ratio=ratio, standardize=True).fit(X, y) for ratio in ratios
]
ruled = time.perf_counter() - start
best = min(paths, key=lambda model: model.cv_results_.mean.min())

found = search.best_params_
print(
    f"GridSearchCV: alpha {found['alpha']:.4g}, l1_ratio {found['l1_ratio']}, error "
    f"{-search.best_score_:.1f}, {searched:.2f} s"
)
print(
    f"taut.CV:      alpha {best.alpha_:.4g}, l1_ratio {best.l1_ratio}, error "
    f"{best.cv_results_.mean.min():.1f}, {ruled:.2f} s"
)

errors = -search.cv_results_["mean_test_score"].reshape(len(alphas), len(ratios))
figure, ax = plt.subplots(figsize=(7, 4.4), layout="constrained")
least = -search.best_score_
highest = 1.05 * least
style.clean(ax, ylabel="mean squared error on held-out folds")
style.thousands(ax.yaxis)
entries = []
for ratio, error, colour in zip(ratios, errors.T, style.COLOURS, strict=False):
    ax.plot(alphas, error, color=colour, linewidth=1.8)
    # Named where it enters the picture from above.
    steep = slice(error.argmin())
    entries.append(np.exp(np.interp(-highest, -error[steep], np.log(alphas[steep]))))
    label = ax.text(entries[-1], highest, ratio, color=colour, ha="center", va="bottom")
    label.set(fontsize=9, gid="mark")
style.strength_axis(ax, np.array([1.3 * max(entries), alphas.min()]))
ax.set_ylim(least - 0.1 * (highest - least), highest)
ax.plot(found["alpha"], least, "o", color=style.INK, zorder=4)
ax.annotate(
    f"best: alpha {found['alpha']:.2g}, l1_ratio {found['l1_ratio']}",
    (found["alpha"], least), xytext=(0, -13), textcoords="offset points", ha="center", fontsize=9,
)  # fmt: skip
style.title(ax, "GridSearchCV over an elastic net: a curve for each l1_ratio")

picture = options.output / "grid_search.png"
figure.savefig(picture, dpi=110)
print(f"picture: {picture}")

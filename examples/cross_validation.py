"""The strength of a penalty by cross-validation: the least error, and one standard error from it.

The error on held-out rows is known only up to a standard error; within it the strongest penalty,
with the fewest features, is as good as the best.
"""

import matplotlib.pyplot as plt
import numpy as np
from _common import arguments
from sklearn.datasets import load_diabetes, make_regression

import taut
from taut.plots import CVDisplay, style

options = arguments(__doc__)
diabetes = load_diabetes(return_X_y=True)
wide = make_regression(80, 200, n_informative=10, noise=60.0, random_state=0)

figure, axes = plt.subplots(1, 2, figsize=(12, 4.2), layout="constrained")
for ax, name, (X, y) in zip(
    axes, ("diabetes, 442 × 10", "made-up data, 80 × 200, 10 matter"), (diabetes, wide), strict=True
):
    folds = 5 if options.quick else 10
    least = taut.Lasso(alpha=taut.CV(folds, random_state=0), standardize=True).fit(X, y)
    simple = taut.Lasso(alpha=taut.CV(folds, rule="1se", random_state=0), standardize=True)
    simple.fit(X, y)
    print(name)
    for rule, model in (("min", least), ("1se", simple)):
        results = model.cv_results_
        k = int(np.argmin(np.abs(results.alphas - model.alpha_)))
        print(
            f"  {rule:<4} alpha {model.alpha_:8.4g}  {np.count_nonzero(model.coef_):3d} features  "
            f"error {results.mean[k]:8.1f} ± {results.standard_error[k]:.1f}"
        )
    CVDisplay.from_estimator(least, ax=ax)
    style.title(ax, f"lasso on {name}")

picture = options.output / "cross_validation.png"
figure.savefig(picture, dpi=110)
print(f"picture: {picture}")

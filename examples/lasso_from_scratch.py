"""The lasso by coordinate descent in 15 lines, against taut, as the tolerance tightens.

For one coefficient with all others fixed, 1/(2n) |r - x_j b|^2 + alpha |b| has its minimum at the
least-squares value, pulled towards zero by alpha: the soft threshold. Going round until nothing
moves solves the lasso, slowly where columns are correlated; and when it stops, one does not know
how far there is to go. A duality gap says so.
"""

import time

import matplotlib.pyplot as plt
import numpy as np
from _common import arguments

import taut


def lasso(X, y, alpha, n_rounds):
    """Coefficients after so many rounds, and the objective after each."""
    n_samples, n_features = X.shape
    squares = (X**2).sum(axis=0) / n_samples
    coef, residuals, objectives = np.zeros(n_features), y.copy(), []
    for _ in range(n_rounds):
        for j in range(n_features):
            residuals += X[:, j] * coef[j]
            wanted = X[:, j] @ residuals / n_samples
            coef[j] = np.sign(wanted) * max(abs(wanted) - alpha, 0.0) / squares[j]
            residuals -= X[:, j] * coef[j]
        objectives.append(residuals @ residuals / (2 * n_samples) + alpha * np.abs(coef).sum())
    return coef, np.array(objectives)


options = arguments(__doc__)
random = np.random.default_rng(0)
n_samples, n_features = (100, 200) if options.quick else (200, 1000)
common = random.normal(size=(n_samples, 1))
X = random.normal(size=(n_samples, n_features)) + common  # every pair is correlated by a half
y = X[:, :10] @ random.normal(size=10) + random.normal(size=n_samples)
X, y = X - X.mean(axis=0), y - y.mean()

model = taut.Lasso(alpha=0.05, tol=1e-12, fit_intercept=False)
model.fit(X[:, :2], y)  # so that the clock counts no import
start = time.perf_counter()
model.fit(X, y)
fast = time.perf_counter() - start
start = time.perf_counter()
coef, objectives = lasso(X, y, alpha=0.05, n_rounds=60 if options.quick else 200)
slow = time.perf_counter() - start

residuals = y - X @ model.coef_
best = residuals @ residuals / (2 * n_samples) + 0.05 * np.abs(model.coef_).sum()
print(f"taut:         {fast:.4f} s, {model.certificate_}")
print(f"from scratch: {slow:.4f} s, objective above the minimum by {objectives[-1] - best:.1e}")
print(f"largest difference of a coefficient: {np.abs(coef - model.coef_).max():.1e}")

figure, ax = plt.subplots(figsize=(7, 4.2), layout="constrained")
ax.plot(1 + np.arange(len(objectives)), np.maximum(objectives - best, 1e-16), label="15 lines")
ax.axhline(max(model.certificate_.gap, 1e-16), color="black", linestyle="--", label="taut's gap")
ax.set(yscale="log", xlabel="rounds of coordinate descent", ylabel="objective above the minimum")
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False)

picture = options.output / "lasso_from_scratch.png"
figure.savefig(picture, dpi=110)
print(f"picture: {picture}")

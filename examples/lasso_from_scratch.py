"""The lasso by coordinate descent in a few lines, against taut, as the tolerance tightens.

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
from taut.plots import style


def lasso(X, y, alpha, n_rounds):
    """Coefficients after so many rounds; seconds, objective and duality gap after each."""
    n_samples, n_features = X.shape
    squares = (X**2).sum(axis=0) / n_samples
    coef, residuals, log, start = np.zeros(n_features), y.copy(), [], time.perf_counter()
    for _ in range(n_rounds):
        for j in range(n_features):
            residuals += X[:, j] * coef[j]
            wanted = X[:, j] @ residuals / n_samples
            coef[j] = np.sign(wanted) * max(abs(wanted) - alpha, 0.0) / squares[j]
            residuals -= X[:, j] * coef[j]
        log.append((time.perf_counter() - start, *judged(X, y, alpha, coef, residuals)))
    return coef, np.array(log).T


def judged(X, y, alpha, coef, residuals):
    """The objective, and by how much at most it is above the minimum.

    The residuals, scaled until no feature is correlated with them by more than alpha, are a point
    of the dual problem, whose value the minimum cannot be below.
    """
    n_samples = len(y)
    objective = residuals @ residuals / (2 * n_samples) + alpha * np.abs(coef).sum()
    scale = min(1.0, alpha * n_samples / np.abs(X.T @ residuals).max())
    dual = (y @ y - (y - scale * residuals) @ (y - scale * residuals)) / (2 * n_samples)
    return objective, objective - dual


options = arguments(__doc__)
random = np.random.default_rng(0)
n_samples, n_features, n_rounds = (100, 200, 400) if options.quick else (200, 1000, 1000)
common = random.normal(size=(n_samples, 1))
X = random.normal(size=(n_samples, n_features)) + common  # every pair is correlated by a half
y = X[:, :10] @ random.normal(size=10) + random.normal(size=n_samples)
X, y = X - X.mean(axis=0), y - y.mean()

model = taut.Lasso(alpha=0.1, tol=1e-12, fit_intercept=False)
model.fit(X[:, :2], y)  # so that the clock counts no import
start = time.perf_counter()
model.fit(X, y)
fast = time.perf_counter() - start
coef, (seconds, objectives, gaps) = lasso(X, y, alpha=0.1, n_rounds=n_rounds)

best = judged(X, y, 0.1, model.coef_, y - X @ model.coef_)[0]
print(f"taut:         {fast:.4f} s, {model.certificate_}")
print(f"from scratch: {seconds[-1]:.4f} s, above the minimum by {objectives[-1] - best:.1e}")
print(f"largest difference of a coefficient: {np.abs(coef - model.coef_).max():.1e}")

floor = 1e-16
figure, ax = plt.subplots(figsize=(7, 4.4), layout="constrained")
light, dark, orange = style.COLOURS[5], style.COLOURS[0], style.COLOURS[1]
excess, gap = np.maximum(objectives - best, floor), max(model.certificate_.gap, floor)
ax.plot(seconds, gaps, color=light, linewidth=1.8)
ax.plot(seconds, excess, color=dark, linewidth=1.8)
ax.plot(fast, gap, "o", color=orange)
ax.annotate(
    f"taut: duality gap {gap:.0e}\nafter {fast:.2g} s",
    (fast, gap), xytext=(9, 0), textcoords="offset points", color=orange, va="center", fontsize=9,
)  # fmt: skip
ax.set(xscale="log", yscale="log")
style.clean(ax, "seconds", "objective above the minimum")
for axis in (ax.xaxis, ax.yaxis):
    style.logarithmic(axis)
style.label_ends(
    ax, [gaps[-1], excess[-1]], ["from scratch:\nduality gap", "from scratch:\nin truth"],
    [light, dark],
)  # fmt: skip
style.title(ax, f"The lasso on {n_samples} × {n_features}, from scratch and by taut")

picture = options.output / "lasso_from_scratch.png"
figure.savefig(picture, dpi=110)
print(f"picture: {picture}")

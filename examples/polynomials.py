"""Polynomials of several degrees, and ridge and lasso on polynomial and spline bases.

Without a penalty the degree is all there is to choose: too low misses the curve, too high follows
the noise. With a penalty the basis may be rich, and the strength is chosen by cross-validation.
"""

import matplotlib.pyplot as plt
import numpy as np
from _common import arguments
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    MinMaxScaler,
    PolynomialFeatures,
    SplineTransformer,
    StandardScaler,
)

import taut


def truth(x):
    return np.sin(2 * np.pi * x) + 2 * np.exp(-100 * (x - 0.7) ** 2)


def polynomial(degree, model):
    powers = PolynomialFeatures(degree, include_bias=False)
    return make_pipeline(MinMaxScaler((-1, 1)), powers, StandardScaler(), model)


def spline(model):
    return make_pipeline(SplineTransformer(25, 3, include_bias=False), model)


options = arguments(__doc__)
random = np.random.default_rng(1)
x = np.sort(random.uniform(size=60))[:, None]
y = truth(x[:, 0]) + 0.3 * random.normal(size=60)
fine = np.linspace(x.min(), x.max(), 400)[:, None]
rule = taut.CV(5 if options.quick else 10, random_state=0)

families = {
    "degrees, no penalty": {
        f"degree {d}": polynomial(d, taut.LinearRegression()) for d in (1, 4, 9, 20)
    },
    "degree 20, penalised": {
        "ridge": polynomial(20, taut.Ridge(rule)),
        "lasso": polynomial(20, taut.Lasso(rule)),
    },
    "splines with 25 knots": {
        "no penalty": spline(taut.LinearRegression()),
        "ridge": spline(taut.Ridge(rule)),
        "lasso": spline(taut.Lasso(rule)),
    },
}
figure, axes = plt.subplots(1, 3, figsize=(15, 4.4), layout="constrained", sharey=True)
for ax, (title, models) in zip(axes, families.items(), strict=True):
    ax.plot(x, y, "o", markersize=3.5, color="#6e7781")
    ax.plot(fine, truth(fine), color="#24292f", linewidth=1, linestyle="--", label="truth")
    print(title)
    for name, model in models.items():
        curve = model.fit(x, y).predict(fine)
        error = np.sqrt(np.mean((curve - truth(fine[:, 0])) ** 2))
        used = np.count_nonzero(model[-1].coef_)
        print(f"  {name:<12} error against the truth {error:.3f}, {used} terms")
        ax.plot(fine, curve, linewidth=1.6, label=f"{name}: {error:.2f}")
    ax.set(title=title, ylim=(-2, 2.8), xlabel="x")
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, loc="lower left", fontsize=8, title="error against the truth")

picture = options.output / "polynomials.png"
figure.savefig(picture, dpi=100)
print(f"picture: {picture}")

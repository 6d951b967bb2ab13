"""The classic picture: bias falls and variance rises as a model gets freer.

Training sets are drawn afresh from a curve that is known, so that the bias is the bias proper. On
the left a polynomial's degree is varied, in the middle the strength of a ridge penalty on degree
12, and on the right the neighbours of a classifier, with 0-1 loss, on bootstrap samples.
"""

import matplotlib.pyplot as plt
import numpy as np
from _common import arguments
from sklearn.datasets import load_breast_cancer
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

import taut
from taut.plots import style


def truth(x):
    return np.sin(6 * x[:, 0])


def draw(random):
    x = random.uniform(-1, 1, size=(80, 1))
    return x, truth(x) + random.normal(size=80)


options = arguments(__doc__)
n_draws = 20 if options.quick else 100
grid = np.linspace(-0.9, 0.9, 100)[:, None]
degrees = np.arange(1, 11)
polynomial = make_pipeline(PolynomialFeatures(), StandardScaler(), taut.LinearRegression())
ridge = make_pipeline(PolynomialFeatures(12), StandardScaler(), taut.Ridge())
known = {"X_test": grid, "y_test": truth(grid), "draw": draw, "n_draws": n_draws}
X, y = draw(np.random.RandomState(0))

parts = [
    taut.bias_variance(
        polynomial, X, y, parameter="polynomialfeatures__degree", values=degrees, **known
    ),
    taut.bias_variance(
        ridge, X, y, parameter="ridge__alpha", values=np.geomspace(100, 1e-4, 13), **known
    ),
    taut.bias_variance(
        make_pipeline(StandardScaler(), KNeighborsClassifier()),
        *load_breast_cancer(return_X_y=True),
        n_draws=n_draws // 2,
        parameter="kneighborsclassifier__n_neighbors",
        values=np.array([101, 51, 25, 11, 5, 3, 1]),
    ),
]
figure, axes = plt.subplots(1, 3, figsize=(16, 4.4), layout="constrained")
labels = ("degree", "alpha (weaker penalty to the right)", "neighbours (fewer to the right)")
titles = (
    "polynomials without a penalty: freer by the degree",
    "ridge on degree 12: freer as the penalty fades",
    "nearest neighbours, breast cancer: freer the fewer",
)
for ax, part, label, title in zip(axes, parts, labels, titles, strict=True):
    part.plot(ax)
    ax.set_xlabel(label)
    style.title(ax, title)
    best = int(np.argmin(part.error))
    print(
        f"{label:<44} best {part.values[best]:<9.4g} error {part.error[best]:.3f} = bias "
        f"{part.bias[best]:.3f} + variance effect {part.variance_effect[best]:+.3f}"
    )

picture = options.output / "bias_variance.png"
figure.savefig(picture, dpi=100)
print(f"picture: {picture}")

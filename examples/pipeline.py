"""A pipeline: fill in, standardise, add products of features, and fit a lasso, fold by fold.

Everything that is learned from rows, means and deviations included, belongs into the pipeline:
then cross-validation learns it from the training rows alone. Without standardising, the penalty
would depend on the units in which each column happens to be measured.
"""

import matplotlib.pyplot as plt
import numpy as np
from _common import arguments
from sklearn.datasets import load_diabetes
from sklearn.impute import SimpleImputer
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

import taut
from taut.plots import CoefficientDisplay, style

options = arguments(__doc__)
X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
random = np.random.default_rng(0)
X = X.mask(random.uniform(size=X.shape) < 0.02)  # some values are missing

lasso = taut.Lasso(alpha=taut.CV(5 if options.quick else 10))
plain = make_pipeline(SimpleImputer(), lasso)
scaled = make_pipeline(SimpleImputer(), StandardScaler(), lasso)
products = make_pipeline(
    SimpleImputer(), StandardScaler(), PolynomialFeatures(2, include_bias=False),
    StandardScaler(), lasso,
)  # fmt: skip
products.set_output(transform="pandas")  # names of features reach the picture
for name, model in {
    "as measured": plain,
    "standardised": scaled,
    "with squares and products": products,
}.items():
    scores = cross_val_score(model, X, y, cv=5)
    used = np.count_nonzero(model.fit(X, y)[-1].coef_)
    print(f"{name:<26} R² {scores.mean():.3f}, {used} features of {model[-1].n_features_in_}")

display = CoefficientDisplay.from_estimator(products[-1], top=15)
picture = options.output / "pipeline.png"
labels = [label.get_text() for label in display.ax_.get_yticklabels()]
display.ax_.set_yticklabels([name.replace(" ", " × ").replace("^2", "²") for name in labels])
style.title(display.ax_, "The lasso on features and products, all standardised in the pipeline")
display.figure_.savefig(picture, dpi=110)
plt.close("all")
print(f"picture: {picture}")

"""Which features matter: the lasso, stability selection and knockoffs, and intervals.

On data that were made up, 200 samples of 100 correlated features of which 12 matter, the methods
can be judged. With TAUT_DATA, stability selection also looks at the riboflavin data, 71 samples of
4,088 genes. The lasso's bars are sizes of coefficients; beside them stands on how many halves of
the rows each feature is selected. The usual way to do without a promise is counted too: what
scikit-learn's LassoCV keeps, as in its SelectFromModel.
"""

from functools import partial

import matplotlib.pyplot as plt
import numpy as np
from _common import arguments
from sklearn.linear_model import LassoCV

import taut
from taut.inference import debiased_lasso, lasso_selection
from taut.plots import style


def made_up(seed):
    """200 samples of 100 features, all correlated by a third, and the coefficients of 12."""
    random = np.random.default_rng(seed)
    X = random.normal(size=(200, 100)) + 0.7 * random.normal(size=(200, 1))
    coef = np.zeros(100)
    coef[:12] = np.linspace(1.0, 0.4, 12)
    return X, X @ coef + random.normal(size=200), coef


METHODS = {
    "lasso, 1 SE": lasso_selection,
    "stability": partial(taut.stability_selection, expected_false=3.0),
    "knockoffs": partial(taut.knockoffs, fdr=0.2),
}
USUAL = "LassoCV"
PROMISES = ("no promise", "at most 3 mistakes expected", "at most 20 % mistakes expected")

options = arguments(__doc__)
n_sets = 5 if options.quick else 30
counts = {name: [] for name in (*METHODS, USUAL)}
covered = []
for seed in range(n_sets):
    X, y, coef = made_up(seed)
    found = {name: method(X, y) for name, method in METHODS.items()}
    taken = {name: selection.selected for name, selection in found.items()}
    taken[USUAL] = np.flatnonzero(LassoCV().fit(X, y).coef_)
    for name, selected in taken.items():
        right = np.count_nonzero(coef[selected])
        counts[name].append((right, len(selected) - right))
    low, high = debiased_lasso(X, y).intervals(0.95).T
    covered.append(np.mean((low <= coef) & (coef <= high)))
print(f"means of {n_sets} sets of data, 12 features of 100 matter")
for (name, pairs), promise in zip(counts.items(), (*PROMISES, PROMISES[0]), strict=True):
    right, wrong = np.mean(pairs, axis=0)
    share = np.mean([b / max(a + b, 1) for a, b in pairs])
    print(f"{name:<12} {right:4.1f} found, {wrong:4.1f} mistakes ({share:.0%}); promise: {promise}")
print(f"intervals    {np.mean(covered):.0%} of the 95 % intervals hold the true coefficient")

if options.data is not None:
    table = np.load(options.data / "riboflavin" / "riboflavin.npz")
    genes = taut.stability_selection(table["x"], table["y"], threshold=0.6)
    names = ", ".join(str(table["genes"][j]) for j in genes.selected)
    print(f"riboflavin   {names}: at most {genes.expected_false:.1f} mistakes on average")

figure, axes = plt.subplots(1, 3, figsize=(15, 5.4), layout="constrained")
lasso, stable, knocked = found.values()
lasso_display = lasso.plot_importances(axes[0], top=20)
stable.plot(axes[1], top=8)
knockoff_display = knocked.plot(axes[2], top=20)
for ax, name, promise in zip(axes, METHODS, PROMISES, strict=True):
    style.title(ax, f"{name}: {promise}")
for display in (lasso_display, knockoff_display):
    for label, feature in zip(display.ax_.get_yticklabels(), display.features_, strict=True):
        label.set(color=style.INK if coef[feature] else style.MUTED)
        label.set(fontweight="bold" if coef[feature] else "normal")
axes[0].set_xlabel("|coefficient| (selected in colour; bold: matters)")
axes[2].set_xlabel("|coefficient| less its knockoff's (bold: matters)")

picture = options.output / "feature_selection.png"
figure.savefig(picture, dpi=100)
print(f"picture: {picture}")

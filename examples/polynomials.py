"""Polynomials and splines: degrees compared, and what ridge and lasso make of a large basis.

Without a penalty the size of the basis is all there is to choose: too small misses the curve, too
large follows the noise. With a penalty the basis may be rich, and its strength does the choosing.
Errors on held-out rows show both, on a curve that was made up so that they can be judged against
the truth. With TAUT_DATA the wages of 3,000 men against their ages follow (James et al., An
Introduction to Statistical Learning).
"""

import matplotlib.pyplot as plt
import numpy as np
from _common import arguments

import taut
from taut.applications import BasisRegressor
from taut.plots import style


def truth(x):
    return np.sin(2 * np.pi * x) + 2 * np.exp(-100 * (x - 0.7) ** 2)


def models(folds):
    rule = taut.CV(folds, random_state=0)
    return {
        "no penalty": taut.LinearRegression(),
        "ridge": taut.Ridge(rule),
        "lasso": taut.Lasso(rule),
    }


def compared(basis, sizes, x, y, folds):
    """One fitted model for each penalty, of the smallest size within one standard error."""
    rule = taut.CV(folds, rule="1se", random_state=0)
    return {
        name: BasisRegressor(model, basis=basis, size=rule, sizes=sizes).fit(x, y)
        for name, model in models(folds).items()
    }


options = arguments(__doc__)
folds = 5 if options.quick else 10
random = np.random.default_rng(3)
x = np.sort(random.uniform(size=80))[:, None]
y = truth(x[:, 0]) + 0.3 * random.normal(size=80)
fine = np.linspace(x.min(), x.max(), 400)[:, None]

figure, axes = plt.subplots(1, 3, figsize=(15, 4.4), layout="constrained")
bases = {"polynomial": range(1, 16), "spline": range(1, 31, 2)}
curves, ends = axes[2], {}
curves.plot(x, y, "o", markersize=3.5, color=style.FAINT)
curves.plot(fine, truth(fine), color=style.INK, linewidth=1, linestyle="--")
ends["truth"] = truth(fine)[-1, 0], style.INK
# Colours of penalties stand in the first two panels, those of bases in the third.
for ax, (basis, sizes), colour in zip(axes, bases.items(), style.COLOURS[6:], strict=False):
    print(f"{basis:<12}{'chosen':>8}{'held out':>10}{'largest':>10}   error of the curve")
    found = compared(basis, sizes, x, y, folds)
    for name, model in found.items():
        model.plot(ax, training=False)
        curve = model.predict(fine)
        error = np.sqrt(np.mean((curve - truth(fine[:, 0])) ** 2))
        held_out = model.errors_.mean(axis=1)
        chosen, largest = held_out[model.sizes_ == model.size_][0], held_out[-1]
        print(f"  {name:<10}{model.size_:>8}{chosen:>10.3f}{largest:>10.3f}   {error:.3f}")
    best = min(found, key=lambda name: found[name].errors_.mean(axis=1).min())
    curve = found[best].predict(fine)
    curves.plot(fine, curve, linewidth=1.7, color=colour)
    ends[f"{basis} {found[best].size_}, {best}"] = curve[-1], colour
    ax.get_legend().remove()
    ax.set(xlim=(1, max(sizes)), ylim=(0, 1.1 * np.var(y)))
    ax.set_ylabel("mean squared error on held-out rows (± 1 SE)" if ax is axes[0] else "")
    lasts = [model.errors_[-1].mean() for model in found.values()]
    style.label_ends(ax, lasts, list(found), style.COLOURS[: len(found)])
    style.title(ax, f"{basis}s (dots: smallest within 1 SE of the best)")
style.clean(curves, "x", "y")
heights, colours = zip(*ends.values(), strict=True)
style.label_ends(curves, heights, list(ends), colours)
style.title(curves, "the best of each, and the truth")

if options.data is not None:
    import pandas as pd

    wages = pd.read_csv(options.data / "islr" / "wage.csv.gz")
    print("wages against ages, least mean squared error on held-out rows ± standard error")
    for basis in bases:
        for name, model in compared(basis, range(1, 11), wages[["age"]], wages["wage"], 10).items():
            best = np.argmin(model.errors_.mean(axis=1))
            errors = model.errors_[best]
            spread = errors.std(ddof=1) / np.sqrt(len(errors))
            size = f"size {model.sizes_[best]}"
            print(f"  {basis:<12}{name:<11}{size:<8}{errors.mean():8.1f} ± {spread:.1f}")

picture = options.output / "polynomials.png"
figure.savefig(picture, dpi=100)
print(f"picture: {picture}")

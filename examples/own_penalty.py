"""A loss and a penalty that taut does not have, as array code and as C functions.

The expectile loss weighs squares by tau where the prediction is too low and by 1 - tau where it is
too high: its fits lie above most of the data, as those of a high quantile do. The penalty is a
lasso under which a negative coefficient costs three times as much as a positive one. C functions
come from numba where it is installed, and are Python under a C pointer otherwise: right, but slow.
"""

import ctypes
import time

import matplotlib.pyplot as plt
import numpy as np
from _common import arguments

import taut
from taut.plots import style

TAU, COST = 0.8, 3.0


class Expectile(taut.losses.Loss):
    """Array code: all samples at once."""

    def value(self, y, eta):
        return self.hessian(y, eta) * (y - eta) ** 2 / 2

    def gradient(self, y, eta):
        return self.hessian(y, eta) * (eta - y)

    def hessian(self, y, eta):
        return np.where(y > eta, TAU, 1 - TAU)


class Leaning(taut.penalties.Penalty):
    """Array code: all coefficients at once."""

    by_coefficient = True  # working sets may leave some out

    def value(self, coef):
        return float(np.sum(np.maximum(coef, -COST * coef)))

    def prox(self, coef, step):
        return np.maximum(coef - step, 0) + np.minimum(coef + COST * step, 0)


def pointer(function):
    """A C function of doubles."""
    count = function.__code__.co_argcount
    try:
        import numba
    except ImportError:
        return ctypes.CFUNCTYPE(*[ctypes.c_double] * (count + 1))(function)
    return numba.cfunc(f"float64({', '.join(['float64'] * count)})")(function)


native_loss = taut.losses.NativeLoss(
    value=pointer(lambda y, eta: (TAU if y > eta else 1 - TAU) * (y - eta) ** 2 / 2),
    gradient=pointer(lambda y, eta: (TAU if y > eta else 1 - TAU) * (eta - y)),
    hessian=pointer(lambda y, eta: TAU if y > eta else 1 - TAU),
)
native_leaning = taut.penalties.NativePenalty(
    value=pointer(lambda b, strength: strength * max(b, -COST * b)),
    prox=pointer(
        lambda b, step, strength: (
            max(b - step * strength, 0.0) + min(b + COST * step * strength, 0.0)
        )
    ),
)

options = arguments(__doc__)
random = np.random.default_rng(0)
n_samples, n_features = (100, 60) if options.quick else (500, 2000)
X = random.normal(size=(n_samples, n_features)) + random.normal(size=(n_samples, 1))
truth = np.zeros(n_features)
truth[:6] = [2.0, -2.0, 1.5, -1.5, 1.0, -1.0]
y = X @ truth + random.normal(size=n_samples)


def timed(loss, penalty):
    """The path, and the processor's seconds of a second run."""
    for _ in range(2):
        start = time.process_time()
        path = taut.fit_path(X, y, loss=loss, penalty=penalty, n_alphas=30, alpha_min_ratio=0.02)
        seconds = time.process_time() - start
    return path, seconds


L1 = taut.penalties.L1()
runs = {
    "expectile loss, lasso": (timed(Expectile(), L1), timed(native_loss, L1)),
    "squares, own penalty": (timed("squared", Leaning()), timed("squared", native_leaning)),
    "both": (timed(Expectile(), Leaning()), timed(native_loss, native_leaning)),
}
for label, ((arrays, slow), (native, fast)) in runs.items():
    apart = np.abs(arrays.coefs - native.coefs).max()
    print(f"{label:22} arrays {slow:.3f} s, C functions {fast:.3f} s, apart by {apart:.1e}")
    print(f"{'':22} {native.certificates[-1]}")

figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
own = runs["squares, own penalty"][1][0]
lasso = taut.fit_path(X, y, alphas=own.alphas)
for j in range(6):
    colour = style.COLOURS[0 if truth[j] > 0 else 1]
    left.plot(lasso.alphas, lasso.coefs[j], color=colour, linestyle=":", linewidth=1.4)
    left.plot(own.alphas, own.coefs[j], color=colour, linewidth=1.8)
style.clean(left, ylabel="coefficient of the six that matter")
style.strength_axis(left, own.alphas)
left.axhline(0, color=style.MUTED, linewidth=0.8, zorder=1)
style.title(left, "where negative ones cost three times as much (lasso dotted)")
place = np.arange(len(runs))
for shift, name, colour in ((0.2, "arrays", style.FAINT), (-0.2, "C functions", style.COLOURS[2])):
    seconds = [found[shift < 0][1] for found in runs.values()]
    bars = right.barh(place + shift, seconds, height=0.36, color=colour)
    labels = [f"{name} {spent:.2g} s" for spent in seconds]
    right.bar_label(bars, labels, padding=3, fontsize=9)
style.clean(right, "processor's seconds", grid="x")
right.set_yticks(place, runs)
right.invert_yaxis()
right.margins(x=0.35)
style.title(right, "time for a path of 30 alphas")

picture = options.output / "own_penalty.png"
figure.savefig(picture, dpi=110)
print(f"picture: {picture}")

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

    def value(self, coef):
        return float(np.sum(np.maximum(coef, -COST * coef)))

    def prox(self, coef, step):
        return np.maximum(coef - step, 0) + np.minimum(coef + COST * step, 0)

    def dual_norm(self, correlations):
        return float(np.max(np.maximum(correlations, -correlations / COST)))

    def group_layout(self, n_features):
        return np.arange(n_features), np.ones(n_features)


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

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
own = runs["squares, own penalty"][1][0]
lasso = taut.fit_path(X, y, alphas=own.alphas)
for j in range(6):
    colour = "#0072B2" if truth[j] > 0 else "#D55E00"
    left.plot(lasso.alphas, lasso.coefs[j], color=colour, linestyle=":", linewidth=1.4)
    left.plot(own.alphas, own.coefs[j], color=colour, linewidth=1.8)
left.plot([], [], color="black", linewidth=1.8, label="negative ones cost three times as much")
left.plot([], [], color="black", linestyle=":", linewidth=1.4, label="lasso")
left.set(xscale="log", xlabel="alpha (weaker penalty to the right)", ylabel="coefficient")
left.invert_xaxis()
left.axhline(0, color="#d0d5da", linewidth=0.8, zorder=0)
left.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), fontsize=9)
place = np.arange(len(runs))
for shift, name, colour in ((0.2, "arrays", "#6e7781"), (-0.2, "C functions", "#009E73")):
    seconds = [found[shift < 0][1] for found in runs.values()]
    bars = right.barh(place + shift, seconds, height=0.36, color=colour, label=name)
    right.bar_label(bars, fmt="%.3f s", padding=3, fontsize=9)
right.set_yticks(place, runs)
right.invert_yaxis()
right.set_xlabel("processor's seconds for a path of 30 alphas")
right.margins(x=0.15)
right.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=2, fontsize=9)
for ax in (left, right):
    ax.spines[["top", "right"]].set_visible(False)

picture = options.output / "own_penalty.png"
figure.savefig(picture, dpi=110)
print(f"picture: {picture}")

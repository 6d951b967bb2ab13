"""Few measurements of sparse signals: where recovery succeeds, and an ECG from a quarter of it.

Left: how often m Gaussian measurements of n unknowns give a signal of k entries back exactly, by
basis pursuit. Success turns into failure along a curve, the phase transition of Donoho and Tanner
(2009). Right: an electrocardiogram, sparse in wavelets, from as many random sums of eight samples
each as are 25 % of its samples; SciPy's recording with TAUT_DATA, else that of PyWavelets.
"""

import matplotlib.pyplot as plt
import numpy as np
import pywt
from _common import arguments
from scipy import sparse
from scipy.sparse.linalg import aslinearoperator
from scipy.stats import norm

from taut.applications import recover
from taut.applications.sensing.operators import wavelet_synthesis
from taut.penalties import L1
from taut.plots import style


def success(n, m, k, trials, rng):
    """The share of signals that are recovered to six digits."""
    hits = 0
    for _ in range(trials):
        A, x = rng.standard_normal((m, n)), np.zeros(n)
        x[rng.choice(n, k, replace=False)] = rng.standard_normal(k)
        hits += np.linalg.norm(recover(A, A @ x).x - x) < 1e-6 * np.linalg.norm(x)
    return hits / trials


def transition():
    """The curve of Donoho and Tanner for many unknowns: m / n, and k / m.

    Success turns where m / n is the least over t >= 0 of
    (k / n) (1 + t^2) + (1 - k / n) E (|g| - t)_+^2, with g a standard normal variable: Amelunxen,
    Lotz, McCoy and Tropp (2014), Living on the edge, proposition 4.5.
    """
    t, share = np.linspace(0, 6, 600)[:, None], np.linspace(1e-3, 0.999, 400)
    tail = 2 * ((1 + t**2) * norm.sf(t) - t * norm.pdf(t))
    delta = np.min(share * (1 + t**2) + (1 - share) * tail, axis=0)
    return delta, share / delta


def electrocardiogram(options):
    """A recording, and its unit."""
    if options.data is None:
        return pywt.data.ecg()[:1024].astype(float), "recorder's units"
    table = np.load(options.data / "ecg" / "scipy_ecg.npz")
    counts = table["ecg"][5000:7048].astype(float)
    return (counts - table["adc_zero"]) / table["adc_gain"], "mV"


options = arguments(__doc__)
rng = np.random.default_rng(0)
n, trials, steps = (50, 4, 6) if options.quick else (100, 10, 12)
undersampling, sparsity = np.linspace(0.15, 0.9, steps), np.linspace(0.05, 0.9, steps)
shares = np.empty((steps, steps))
for row, rho in enumerate(sparsity):
    for column, delta in enumerate(undersampling):
        m = round(delta * n)
        shares[row, column] = success(n, m, max(1, round(rho * m)), trials, rng)
    print(f"k/m = {rho:.2f}: recovered for m/n of", np.round(undersampling[shares[row] >= 0.5], 2))

ecg, unit = electrocardiogram(options)
ecg -= ecg.mean()
size = len(ecg)
sums = sparse.lil_matrix((size // 4, size))
for column in range(size):
    sums[rng.choice(size // 4, 8, replace=False), column] = 1.0
levels = 4
synthesis = wavelet_synthesis(size, "db6", levels)
# Fine details are rarer than coarse ones: they pay more.
counts = [size >> levels, *(size >> k for k in range(levels, 0, -1))]
weights = np.repeat([0.1, *(0.5 * 1.5**k for k in range(levels))], counts)
y = sums.tocsr() @ ecg
found = recover(
    aslinearoperator(sums.tocsr()) @ synthesis,
    y,
    noise=0.02 * np.linalg.norm(y),
    penalty=L1(weights),
    tol=1e-5,
)
rebuilt = synthesis @ found.x
distance = np.linalg.norm(rebuilt - ecg) / np.linalg.norm(ecg)
print(f"ECG: {size // 4} sums of {size} samples; {found}; relative error {distance:.1%}")

figure, (left, right) = plt.subplots(1, 2, figsize=(10.4, 4.0), layout="constrained")
mesh = left.pcolormesh(undersampling, sparsity, shares, cmap="Blues", shading="nearest")
limits = left.axis()
left.plot(*transition(), color=style.COLOURS[1], linewidth=1.8)
left.text(0.8, 0.72, "theory", color=style.COLOURS[1], ha="right", fontsize=10)
left.set(xlabel="measurements over unknowns, m / n", ylabel="entries over measurements, k / m")
left.axis(limits)
style.title(left, f"share recovered exactly by basis pursuit, n = {n}")
figure.colorbar(mesh, ax=left)
shown = slice(0, 700)
right.plot(ecg[shown], color=style.FAINT, linewidth=3.5)
right.plot(rebuilt[shown], color=style.COLOURS[0], linewidth=1.0)
style.clean(right, xlabel="sample", ylabel=f"voltage above its mean ({unit})")
style.title(right, f"ECG from a quarter of the numbers, off by {distance:.1%}")
ends = [signal[shown][-1] for signal in (ecg, rebuilt)]
style.label_ends(right, ends, ["recorded", "recovered"], [style.MUTED, style.COLOURS[0]])
figure.savefig(options.output / "compressed_sensing.png", dpi=110)

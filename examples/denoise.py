"""An image without its noise: sparse patches, wavelets and total variation, told nothing.

The image is scikit-learn's picture of a flower; with TAUT_DATA it is a photograph of Set12. Each
method finds the strength of the noise, and that of its penalty, by itself.
"""

import matplotlib.pyplot as plt
import numpy as np
from _common import arguments
from sklearn.datasets import load_sample_image

from taut.applications import denoise

SIGMA = 25


def picture(options):
    """A grey image between 0 and 255."""
    if options.data is not None:
        return plt.imread(options.data / "images_set12" / "08.png").astype(float) * 255
    grey = load_sample_image("flower.jpg").astype(float).mean(axis=2)
    return grey[60:316, 200:456]


def psnr(image, truth):
    return 10 * np.log10(255**2 / np.mean((np.clip(image, 0, 255) - truth) ** 2))


options = arguments(__doc__)
truth = picture(options)
noisy = truth + SIGMA * np.random.default_rng(0).standard_normal(truth.shape)
panels = {
    "noisy": noisy,
    "orthogonal wavelets": denoise(noisy, "wavelet"),
    "undecimated wavelets": denoise(noisy, "wavelet_undecimated"),
    "total variation": denoise(noisy, "total_variation"),
    "patches (default)": denoise(noisy),
}
for name, image in panels.items():
    print(f"{name:22s} PSNR {psnr(image, truth):5.2f} dB")

figure, axes = plt.subplots(2, 3, figsize=(9.6, 6.8), layout="constrained")
for ax, (name, image) in zip(axes.flat, {"clean": truth, **panels}.items(), strict=True):
    ax.imshow(image, cmap="gray", vmin=0, vmax=255)
    ax.set_title(name if name == "clean" else f"{name}, {psnr(image, truth):.1f} dB", fontsize=10)
    ax.set_axis_off()
figure.savefig(options.output / "denoise.png", dpi=110)

"""Denoising beside scikit-image, on photographs: PSNR, SSIM and seconds.

    python -m benchmarks.denoising FOLDER [--output FILE]

FOLDER holds grey images of 8 bits (Set12). White Gaussian noise of standard deviation 15, 25 and 50
is added, not clipped; no method is told how strong it is, but for the oracle, which takes the best
weight of a grid by the error to the clean image. Results are clipped to 0..255 before they are
measured. Seconds are of one core (CPU time), on the largest image.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
from PIL import Image
from skimage import restoration
from skimage.metrics import structural_similarity

from taut.applications import denoise

SIGMAS = (15, 25, 50)
ORACLE_WEIGHTS = np.geomspace(0.02, 0.5, 12)  # of an image between 0 and 1


def psnr(image, truth):
    return 10 * np.log10(255**2 / np.mean((np.clip(image, 0, 255) - truth) ** 2))


def skimage_wavelet(noisy, truth):
    return 255 * restoration.denoise_wavelet(
        noisy / 255, wavelet="db4", method="BayesShrink", rescale_sigma=True
    )


def skimage_cycle_spun(noisy, truth):
    options = {"wavelet": "db4", "rescale_sigma": True}
    return 255 * restoration.cycle_spin(
        noisy / 255, func=restoration.denoise_wavelet, max_shifts=3, func_kw=options, workers=1
    )


def skimage_tv_oracle(noisy, truth):
    tries = [255 * restoration.denoise_tv_chambolle(noisy / 255, weight=w) for w in ORACLE_WEIGHTS]
    return max(tries, key=lambda image: psnr(image, truth))


def taut_method(method):
    return lambda noisy, truth: denoise(noisy, method)


METHODS = {
    "skimage denoise_wavelet (BayesShrink, db4)": skimage_wavelet,
    "skimage, cycle-spun": skimage_cycle_spun,
    "skimage denoise_tv_chambolle (oracle weight)": skimage_tv_oracle,
    "taut denoise (default)": taut_method("patches"),
    "taut wavelet": taut_method("wavelet"),
    "taut wavelet_undecimated": taut_method("wavelet_undecimated"),
    "taut total_variation (SURE)": taut_method("total_variation"),
}


def measure(method, files, sigma):
    """Mean PSNR and SSIM over the images, and CPU seconds on the largest."""
    ratios, similarities, seconds = [], [], []
    for k, file in enumerate(files):
        truth = np.asarray(Image.open(file), dtype=np.float64)
        noisy = truth + sigma * np.random.default_rng(k).standard_normal(truth.shape)
        start = time.process_time()
        clean = np.clip(method(noisy, truth), 0, 255)
        seconds.append((truth.size, time.process_time() - start))
        ratios.append(psnr(clean, truth))
        similarities.append(structural_similarity(clean, truth, data_range=255))
    return float(np.mean(ratios)), float(np.mean(similarities)), max(seconds)[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    files = sorted(options.folder.glob("*.png"))
    if not files:
        parser.error(
            f"{str(options.folder)!r} must hold grey images named *.png, such as Set12, and has "
            "none: pass the folder that does"
        )
    table = {}
    print(
        f"{'mean of ' + str(len(files)) + ' images':46s}"
        + "".join(f"  sigma {s:<14d}" for s in SIGMAS)
    )
    for name, method in METHODS.items():
        table[name] = {sigma: measure(method, files, sigma) for sigma in SIGMAS}
        cells = "".join(f"  {p:5.2f} / {s:.3f} {t:4.1f}s" for p, s, t in table[name].values())
        print(f"{name:46s}{cells}", flush=True)
    if options.output:
        options.output.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

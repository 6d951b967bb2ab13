"""Coefficients that form an image: neighbours in two dimensions tell what pixels alone cannot.

Each sample is an image of noise, and the response sums its pixels inside a disc and a bar. The
lasso picks pixels one by one; the fused lasso on the grid of pixels finds the shapes from fewer
samples than pixels. Strengths are those with the least error on a second sample.
"""

import matplotlib.pyplot as plt
import numpy as np
from _common import arguments

import taut
from taut.penalties import L1, FusedLasso, grid_edges


def shapes(size):
    """A disc of ones, and a bar of minus ones."""
    rows, columns = np.mgrid[:size, :size] / size
    disc = np.hypot(rows - 0.33, columns - 0.35) < 0.22
    bar = (abs(rows - 0.78) < 0.08) & (abs(columns - 0.6) < 0.3)
    return 1.0 * disc - 1.0 * bar


def sampled(image, n_samples, rng):
    X = rng.standard_normal((n_samples, image.size))
    return X, X @ image.ravel() + 2.0 * rng.standard_normal(n_samples)


def fitted(penalty, train, validation):
    """The coefficients, along a path, that predict the second sample best."""
    path = taut.fit_path(*train, penalty=penalty, n_alphas=8, alpha_min_ratio=0.03, tol=1e-4)
    errors = np.mean((path.predict(validation[0]) - validation[1][:, None]) ** 2, axis=0)
    best = int(np.argmin(errors))
    return path.coefs[:, best], path.certificates[best]


def main():
    options = arguments(__doc__.splitlines()[0])
    size = 10 if options.quick else 16
    rng, image = np.random.default_rng(0), shapes(size)
    train, validation = (sampled(image, size**2 * 6 // 10, rng) for _ in range(2))
    penalties = {"lasso": L1(), "fused on the grid": FusedLasso(0.2, edges=grid_edges(image.shape))}
    pictures, titles = {"truth": image}, ["truth"]
    for name, penalty in penalties.items():
        coef, certificate = fitted(penalty, train, validation)
        pictures[name] = coef.reshape(image.shape)
        error = np.linalg.norm(coef - image.ravel()) / np.linalg.norm(image)
        titles.append(f"{name}: off by {error:.0%}")
        print(f"{name}: error of the coefficients {error:.2f} of their size, {certificate}")
    figure, axes = plt.subplots(1, 3, figsize=(8.4, 2.9), layout="constrained")
    for ax, title, picture in zip(axes, titles, pictures.values(), strict=True):
        shown = ax.imshow(picture, cmap="RdBu_r", vmin=-1.2, vmax=1.2)
        ax.set_title(title, loc="left", fontsize=10)
        ax.set_xticks([])
        ax.set_yticks([])
    figure.colorbar(shown, ax=axes, label="coefficient", shrink=0.85)
    figure.savefig(options.output / "graph_fusion.png", dpi=110)


if __name__ == "__main__":
    main()

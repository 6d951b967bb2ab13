"""Which pixels does a network need? Its path from dense to sparse, and LassoNet's.

    python examples/network_path.py [--quick] [--output FOLDER]

On the digits of scikit-learn, 64 pixels each; the whole setting takes smaller steps along the path.
"""

import matplotlib.pyplot as plt
import torch
from _common import arguments
from sklearn.datasets import load_digits
from sklearn.preprocessing import StandardScaler

from taut import nn, penalties
from taut.plots import style


def network():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 10))


def main():
    options = arguments(__doc__.splitlines()[0])
    torch.set_num_threads(1)
    X, y = load_digits(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    settings = {
        "training": nn.Training(n_dense_epochs=30, n_epochs=3 if options.quick else 15),
        "growth": 1.35 if options.quick else 1.15,
        "validation": 0.3,
    }
    paths = {
        "columns of the first layer": nn.fit_path(
            network(), X, y, lambda net: {net[0]: nn.columns(penalties.MultiTask())}, **settings
        ),
        "LassoNet": nn.fit_path(nn.LassoNet(network(), n_outputs=10), X, y, None, **settings),
    }
    figure, axes = plt.subplots(2, 2, figsize=(9, 6.6), layout="constrained", width_ratios=(3, 2))
    for (name, path), (curve, image) in zip(paths.items(), axes, strict=True):
        chosen = path.sparsest(0.02)
        print(
            f"{name}: {len(path)} strengths; dense, {path.validation_errors[0]:.1%} wrong with "
            f"{path.n_active[0]} pixels; {path.validation_errors[chosen]:.1%} with "
            f"{path.n_active[chosen]}"
        )
        path.plot(curve, xlabel="pixels that survive", tolerance=0.02)
        curve.set_ylabel("share of digits told wrong")
        style.title(curve, name)
        picture = image.imshow(path.active.sum(axis=0).reshape(8, 8), cmap="Blues")
        style.title(image, "how long a pixel survives")
        image.set_axis_off()
        figure.colorbar(picture, ax=image, label="strengths")
    file = options.output / "network_path.png"
    figure.savefig(file, dpi=110)
    print(file)


if __name__ == "__main__":
    main()

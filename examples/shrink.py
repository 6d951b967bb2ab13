"""A dense network on digits under penalties: zeros that are exact, then a smaller network.

    python examples/shrink.py [--quick] [--output FOLDER]

With TAUT_DATA it learns from 6,000 digits of MNIST and is tested on 10,000. Without it, and under
--quick, it takes the digits of scikit-learn, 1,797 images of 8 x 8 pixels.
"""

from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np
import torch
from _common import arguments
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from taut import nn, penalties

BATCH = 128


def load(folder):
    """Training and test images, one a row between 0 and 1, and their digits."""
    if folder is None:
        X, y = load_digits(return_X_y=True)
        return train_test_split(X / 16, y, test_size=0.4, random_state=0, stratify=y)
    train, test = (np.load(folder / "mnist" / f"{name}.npz") for name in ("train_6000", "t10k"))
    images = [part["X"].reshape(-1, 784) / 255 for part in (train, test)]
    return *images, train["y"], test["y"]


def train(net, X, y, laid, strength, n_epochs):
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    if laid:
        optimizer = nn.proximal(optimizer, laid, strength=strength)
    n_steps = n_epochs * -(-len(X) // BATCH)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, n_steps)
    for _ in range(n_epochs):
        for batch in torch.randperm(len(X)).split(BATCH):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(net(X[batch]), y[batch]).backward()
            optimizer.step()
            schedule.step()


@torch.no_grad()
def milliseconds(net, X):
    """Least of 20 forward passes, on one thread."""
    times = []
    for _ in range(20):
        start = perf_counter()
        net(X)
        times.append(perf_counter() - start)
    return 1e3 * min(times)


def main():
    options = arguments(__doc__.splitlines()[0])
    torch.set_num_threads(1)
    images = "MNIST" if options.data else "scikit-learn's digits"
    X, X_test, y, y_test = (torch.tensor(part) for part in load(options.data))
    X, X_test, y, y_test = X.float(), X_test.float(), y.long(), y_test.long()
    print(f"{len(X):,} {images}, {len(X_test):,} for the test\n")
    units = nn.rows(penalties.MultiTask())
    n_epochs = 25 if options.data else 80
    cases = {
        "no penalty": (lambda net: {}, 0.0),
        "L1": (lambda net: {net: penalties.L1()}, 2e-4),
        "units (rows)": (lambda net: {net[0]: units, net[2]: units}, 4e-3),
    }
    print(f"{'':14}{'accuracy':>9}{'zeros':>8}{'parameters':>12}{'ms':>8}")
    found = {}
    for name, (laid, strength) in cases.items():
        torch.manual_seed(0)
        net = torch.nn.Sequential(
            torch.nn.Linear(X.shape[1], 512),
            torch.nn.ReLU(),
            torch.nn.Linear(512, 256),
            torch.nn.ReLU(),
            torch.nn.Linear(256, 10),
        )
        train(net, X, y, laid(net), strength, n_epochs)
        weights = torch.cat([weight.detach().ravel() for weight in nn.weights_of(net)])
        smaller = nn.shrink(net)
        accuracy = (smaller(X_test).argmax(1) == y_test).double().mean().item()
        size = sum(parameter.numel() for parameter in smaller.parameters())
        time = milliseconds(smaller, X_test[:1000])
        zeros = (weights == 0).double().mean().item()
        print(f"{name:14}{accuracy:9.1%}{zeros:8.1%}{size:12,}{time:8.2f}")
        found[name] = accuracy, zeros, size, net[0].weight.detach()
        if name.startswith("units"):
            print(f"\n{smaller.shrink_report}")
    draw(found, options.output / "shrink.png")


def draw(found, file):
    """The first layer of each network: white is exactly zero."""
    figure, axes = plt.subplots(1, len(found), figsize=(9, 4.2), layout="constrained", sharey=True)
    for ax, (name, (accuracy, zeros, size, weight)) in zip(axes, found.items(), strict=True):
        ax.imshow(weight != 0, aspect="auto", cmap="Greys", vmin=0, vmax=1.4, interpolation="none")
        facts = f"{name}\n{accuracy:.1%} right, {zeros:.0%} zeros\n{size:,} parameters left"
        ax.set_title(facts, loc="left", fontsize=10)
        ax.set_xlabel("pixel")
    axes[0].set_ylabel("unit of the first layer")
    figure.suptitle("Weights that are not zero, in grey", fontsize=11, x=0.01, ha="left")
    figure.savefig(file, dpi=110)
    print(f"\n{file}")


if __name__ == "__main__":
    main()

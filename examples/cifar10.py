"""One convolutional network under one regulariser after the other: what each is worth.

Small images are easily learnt by heart: without a regulariser the network knows every training
image and fails on others. With TAUT_DATA, CIFAR-10 is read from its folder `cifar10` (an official
archive, or JPEG images in npz files); without it, scikit-learn's digits take its place.

    python examples/cifar10.py           2,000 images, minutes on two cores
    python examples/cifar10.py --full    all images and a wider network, for a GPU
"""

import io
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
from _common import arguments
from scipy.stats import t
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from taut import datasets, nn
from taut.nn import augmentation
from taut.penalties import L1

COLOURS = ["#7f7f7f", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#332288"]


def jpeg_images(folder, pattern):
    from PIL import Image

    images, labels = [], []
    for file in sorted(folder.glob(pattern)):
        with np.load(file) as part:
            jpeg, offset = part["jpeg"], part["offset"]
            labels.append(part["label"].astype(int))
        for start, end in pairwise(offset):
            images.append(np.asarray(Image.open(io.BytesIO(jpeg[start:end].tobytes()))))
    return np.stack(images), np.concatenate(labels)


def load(folder):
    """Training images, training labels, held-out images, held-out labels."""
    if folder is None:
        digits = load_digits()
        shares = train_test_split(digits.images / 16, digits.target, train_size=300, random_state=0)
        return shares[0], shares[2], shares[1], shares[3]
    if any(folder.glob("train_jpeg_*.npz")):
        return *jpeg_images(folder, "train_jpeg_*.npz"), *jpeg_images(folder, "test_jpeg.npz")
    return datasets.load_cifar10(folder)[:4]


def regularisers(size, flips):
    """Settings by name; the last has all of them."""
    stopping = nn.EarlyStopping(patience=15, monitor="accuracy")
    changes = [augmentation.shift(size, pixels=4), augmentation.flip()]
    if not flips:
        changes = [augmentation.rotation(5.0)]  # digits fill their frame, and have two sides
    single = {
        "nothing": {},
        "L2": {"weight_decay": 0.05},
        "L1": {"penalty": L1(), "alpha": 0.02},
        "dropout": {"dropout": 0.3},
        "early stopping": {"early_stopping": stopping},
        "augmentation": {"augmentation": changes},
    }
    together = {"label_smoothing": 0.1, "averaging": nn.EMA(0.95), "dropout": 0.1}
    everything = {"weight_decay": 0.05, "early_stopping": stopping, "augmentation": changes}
    return single | {"all": everything | {"penalty": L1(), "alpha": 1e-4} | together}


options = arguments(__doc__.splitlines()[0], full="all images and a wider network, for a GPU")
X, y, X_test, y_test = load(options.data and options.data / "cifar10")
small = {"precision": "bfloat16", "max_epochs": 20, "early_stopping": False}
if options.data is None:
    settings, seeds = small | {"widths": (8, 16), "max_epochs": 12, "batch_size": 32}, range(3)
    print("No CIFAR-10 here (TAUT_DATA): scikit-learn's digits take its place.")
elif options.full:
    settings, seeds = small | {"widths": (64, 128, 256), "max_epochs": 80}, range(3)
else:
    settings, seeds = small, range(3)
    X, y, X_test, y_test = X[:2000], y[:2000], X_test[:2000], y_test[:2000]

size, flips = X.shape[1], options.data is not None
names = list(regularisers(size, flips))
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
print(f"{len(X):,} training images; held-out accuracy, 95 % interval over {len(seeds)} seeds")
for place, (name, colour) in enumerate(zip(names, COLOURS, strict=True)):
    accuracies, remaining = [], []
    for seed in seeds:
        chosen = settings | regularisers(size, flips)[name]
        model = nn.ImageClassifier(random_state=seed, **chosen).fit(X, y)
        accuracies.append(100 * model.score(X_test, y_test))
        remaining.append(nn.shrink(model.module_).shrink_report.n_parameters)
    mean, half = np.mean(accuracies), t.ppf(0.975, len(seeds) - 1) * np.std(accuracies, ddof=1)
    half /= np.sqrt(len(seeds))
    before, after = np.mean(remaining, axis=0)
    print(
        f"{name:15} {mean:5.1f} % ± {half:4.1f}   {after:9,.0f} of {before:,.0f} parameters after "
        f"shrink, {after / before:4.0%}"
    )
    right.errorbar(mean, place, xerr=half, fmt="o", color=colour, capsize=3)
    if "valid_loss" in model.history_:
        history = model.history_
        left.plot(history["epoch"], history["train_loss"], "--", color=colour)
        left.plot(history["epoch"], history["valid_loss"], color=colour, label=name)
left.set(xlabel="epoch", ylabel="mean loss (training dashed)")
left.legend(frameon=False, title="rows held back, under")
right.set_yticks(range(len(names)), names)
right.invert_yaxis()
right.set(xlabel="held-out accuracy, % (95 % interval over seeds)")
for ax in (left, right):
    ax.spines[["top", "right"]].set_visible(False)
figure.savefig(options.output / "cifar10.png", dpi=150)

"""One convolutional network under one regulariser after the other: what each is worth.

Small images are easily learnt by heart: without a regulariser the network knows every training
image and fails on others. With TAUT_DATA, CIFAR-10 is read from its folder `cifar10` (an official
archive, or JPEG images in npz files); without it, scikit-learn's digits take its place.

    python examples/cifar10.py           2,000 images, minutes on two cores
    python examples/cifar10.py --full    all images and a larger network, for a GPU
    python examples/cifar10.py --images 5000 --regularisers nothing all
"""

import io
from itertools import pairwise
from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np
from _common import arguments
from scipy.stats import t
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from taut import datasets, nn
from taut.nn import augmentation
from taut.penalties import L1
from taut.plots import style

N_SEEDS = 3
COLOURS = [style.MUTED, *style.COLOURS[:5], style.COLOURS[6]]


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


def small_regularisers(changes):
    """Settings by name for the network of `ImageClassifier` and short training."""
    stopping = nn.EarlyStopping(patience=15, monitor="accuracy")
    single = {
        "nothing": {},
        "L2": {"weight_decay": 0.05},
        "L1": {"penalty": L1(), "alpha": 0.02},
        "dropout": {"dropout": 0.3},
        "early stopping": {"early_stopping": stopping},
        "augmentation": {"augmentation": changes},
    }
    together = {"label_smoothing": 0.1, "averaging": nn.EMA(0.95), "dropout": 0.1}
    together |= {"weight_decay": 0.05, "early_stopping": stopping, "augmentation": changes}
    return single | {"all": together | {"penalty": L1(), "alpha": 1e-5}}


def full_regularisers(changes):
    """Settings by name for a network that knows 20,000 images by heart."""
    changes = [*changes, augmentation.colour(0.2), augmentation.erasing(0.5, 0.25)]
    # Late epochs at small learning rates are the best: stop only where there is no hope.
    stopping = nn.EarlyStopping(patience=48, validation=0.05, monitor="accuracy")
    small = small_regularisers(changes)
    single = {
        "L2": {"weight_decay": 0.2},
        "L1": {"penalty": L1(), "alpha": 1e-4},
        "early stopping": {"early_stopping": stopping},
    }
    everything = {"weight_decay": 0.2, "alpha": 1e-7, "averaging": nn.EMA(0.995)}
    everything |= {"early_stopping": stopping}
    return small | single | {"all": small["all"] | everything}


def setting():
    """Images and labels, parameters that all networks share, and regularisers by name."""
    images = load(options.data and options.data / "cifar10")
    base = {"precision": "bfloat16", "early_stopping": False}
    if options.data is None:
        print("No CIFAR-10 here (TAUT_DATA): scikit-learn's digits take its place.")
        base |= {"widths": (8, 16), "max_epochs": 12, "batch_size": 32}
        # Digits fill their frame, and have two sides: they are neither shifted nor mirrored.
        return images, base, small_regularisers([augmentation.rotation(5.0)])
    changes = [augmentation.shift(4), augmentation.flip()]
    if options.full:
        base |= {"widths": (96, 192, 384, 512), "blocks": (1, 2, 2, 2)}
        base |= {"max_epochs": 48, "batch_size": 256, "learning_rate": 3e-3}
        return images, base, full_regularisers(changes)
    X, y, *held_out = images
    n_epochs = 20 if options.images <= 2000 else 40
    images = (X[: options.images], y[: options.images], *held_out)
    return images, base | {"max_epochs": n_epochs}, small_regularisers(changes)


def own_options(parser):
    parser.add_argument(
        "--full", action="store_true", help="all images and a larger network, for a GPU"
    )
    parser.add_argument("--images", type=int, default=2000, help="to train on, without --full")
    parser.add_argument("--regularisers", nargs="+", metavar="NAME", help="some of them by name")


options = arguments(__doc__.splitlines()[0], own_options)
(X, y, X_test, y_test), base, regularisers = setting()
names = options.regularisers or list(regularisers)
if unknown := set(names) - set(regularisers):
    raise SystemExit(f"--regularisers: no {sorted(unknown)}; there are {list(regularisers)}")

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
print(f"{len(X):,} training images; held-out accuracy, 95 % interval over {N_SEEDS} seeds")
for place, name in enumerate(names):
    colour = COLOURS[list(regularisers).index(name)]
    accuracies, remaining, start = [], [], perf_counter()
    for seed in range(N_SEEDS):
        model = nn.ImageClassifier(random_state=seed, **base | regularisers[name]).fit(X, y)
        accuracies.append(100 * model.score(X_test, y_test))
        remaining.append(nn.shrink(model.module_).shrink_report.n_parameters)
    seconds = (perf_counter() - start) / N_SEEDS
    mean, half = np.mean(accuracies), t.ppf(0.975, N_SEEDS - 1) * np.std(accuracies, ddof=1)
    half /= np.sqrt(N_SEEDS)
    before, after = np.mean(remaining, axis=0)
    print(
        f"{name:15} {mean:5.1f} % ± {half:4.1f}  ({', '.join(f'{a:.1f}' for a in accuracies)})  "
        f"{after:9,.0f} of {before:,.0f} parameters after shrink, {after / before:4.0%}; "
        f"{seconds:.0f} s a fit"
    )
    right.errorbar(mean, place, xerr=half, fmt="o", color=colour, capsize=3)
    if "valid_loss" in model.history_:
        history = model.history_
        left.plot(history["epoch"], history["train_loss"], "--", color=colour)
        left.plot(history["epoch"], history["valid_loss"], color=colour, label=name)
style.clean(left, "epoch", "mean loss (training dashed)")
style.title(left, "loss of the rows held back for early stopping")
if left.lines:
    left.legend(frameon=False, fontsize=9)
style.clean(right, f"held-out accuracy, % (95 % interval, {N_SEEDS} seeds)", grid="x")
right.set_yticks(range(len(names)), names)
right.invert_yaxis()
style.title(right, f"what each regulariser is worth, {len(X):,} training images")
figure.savefig(options.output / "cifar10.png", dpi=150)

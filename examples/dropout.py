"""Dropout: units that may be missing at any time cannot rely on one another.

A network is trained on few images of digits, a tenth of them with a wrong label, and more and more
of its hidden units are left out of every step at random. It learns the wrong labels less and less
well; on other rows it first gains by that, and loses once too little is left to learn with.
"""

import matplotlib.pyplot as plt
import numpy as np
from _common import arguments
from sklearn.datasets import load_digits
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

from taut import nn
from taut.plots import style

options = arguments(__doc__)
rates = np.array([0.0, 0.2, 0.4, 0.6, 0.8])
epochs, seeds = (40, range(2)) if options.quick else (60, range(8))
X, y = load_digits(return_X_y=True)

losses = np.empty((2, len(rates), len(seeds)))
for k, seed in enumerate(seeds):
    parts = train_test_split(X, y, train_size=300, random_state=seed, stratify=y)
    X_train, X_test, y_train, y_test = parts
    wrong = np.random.default_rng(seed).choice(300, 30, replace=False)
    y_train[wrong] = (y_train[wrong] + 1) % 10
    for i, rate in enumerate(rates):
        model = nn.NeuralClassifier(
            widths=(256, 128),
            dropout=rate,
            max_epochs=epochs,
            early_stopping=False,
            random_state=seed,
        ).fit(X_train, y_train)
        for part, (rows, labels) in enumerate(((X_train, y_train), (X_test, y_test))):
            losses[part, i, k] = log_loss(labels, model.predict_proba(rows))
mean, spread = losses.mean(axis=2), losses.std(axis=2, ddof=1) / np.sqrt(len(seeds))
for rate, training, test, error in zip(rates, *mean, spread[1], strict=True):
    print(f"dropout {rate:.1f}: log-loss {training:.3f} training, {test:.3f} ± {error:.3f} test")

figure, ax = plt.subplots(figsize=(7, 4.4), layout="constrained")
colours = style.COLOURS[1], style.COLOURS[0]
for part, colour in enumerate(colours):
    ax.plot(rates, mean[part], "o-", color=colour, linewidth=1.8, markersize=4)
    low, high = mean[part] - spread[part], mean[part] + spread[part]
    ax.fill_between(rates, low, high, color=colour, alpha=0.15, linewidth=0)
style.clean(ax, "share of hidden units left out", f"log-loss (± 1 SE, {len(seeds)} seeds)")
ax.set_ylim(bottom=0)
ax.margins(x=0.02)
style.mark(ax, rates[np.argmin(mean[1])], "least on test rows")
style.label_ends(ax, mean[:, -1], ["training rows", "test rows"], colours)
style.title(ax, "Dropout: worse on what was learnt, better on other digits up to a point")

picture = options.output / "dropout.png"
figure.savefig(picture, dpi=110)
print(f"picture: {picture}")

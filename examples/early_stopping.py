"""Early stopping: the loss on the training rows falls on, that of rows held back turns.

A network far too large for the 442 rows of the diabetes data is trained long enough to learn the
noise. A part of the training rows is held back; the weights that predict those best are kept. The
test rows, which neither training nor stopping has seen, show what that is worth.
"""

import matplotlib.pyplot as plt
import numpy as np
from _common import arguments
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split

from taut import nn
from taut.plots import style

options = arguments(__doc__)
epochs, seeds = (60, range(2)) if options.quick else (200, range(8))
X, y = load_diabetes(return_X_y=True)
stopping = {
    "to the end": False,
    "stopped early": nn.EarlyStopping(patience=20),
}
errors = {name: [] for name in stopping}
for seed in seeds:
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=seed)
    for name, early in stopping.items():
        model = nn.NeuralRegressor(
            widths=(128, 64), max_epochs=epochs, early_stopping=early, random_state=seed
        ).fit(X_train, y_train)
        errors[name].append(np.sqrt(np.mean((y_test - model.predict(X_test)) ** 2)))
for name, found in errors.items():
    print(f"{name:<14} error on test rows {np.mean(found):.1f} ± {np.std(found):.1f}")

# The whole history: patience as long as training itself.
watched = nn.NeuralRegressor(
    widths=(128, 64),
    max_epochs=epochs,
    early_stopping=nn.EarlyStopping(patience=epochs),
    random_state=0,
).fit(X, y)
figure, ax = plt.subplots(figsize=(7, 4.4), layout="constrained")
watched.plot_history(ax)
style.title(ax, "Early stopping: a network far too large for 442 rows learns their noise")
print(f"rows held back are predicted best after epoch {watched.best_epoch_} of {epochs}")

picture = options.output / "early_stopping.png"
figure.savefig(picture, dpi=110)
print(f"picture: {picture}")

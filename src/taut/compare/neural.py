"""Neural techniques: one multilayer perceptron, bare and under each regulariser.

They are off where PyTorch or skorch is not installed, and imported only when one is made.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

from sklearn.base import BaseEstimator

from taut.compare.technique import Technique, Training

__all__ = ["NEURAL"]

_LIBRARIES = ("torch", "skorch")
_BATCH_SIZE = 64
_EPOCHS = (10, 100)
# What a fit may take: of many rows fewer epochs are enough.
_STEPS = 3000
_SETTINGS = {
    "widths": (64,),
    "learning_rate": 3e-3,
    "batch_size": _BATCH_SIZE,
    "device": "cpu",
    "random_state": 0,
}
# Of the loss of a standardised target, or the log-likelihood of classes.
_ALPHA = 3e-3


def _missing(training: Training) -> str:
    """Why there are none here: the library that is not installed."""
    missing = [name for name in _LIBRARIES if find_spec(name) is None]
    if not missing:
        return ""
    return f"it needs {' and '.join(missing)}, of the extra 'nn' (pip install \"taut[nn]\")"


def _bare(training: Training) -> dict:
    return {}


def _dropout(training: Training) -> dict:
    return {"dropout": 0.3}


def _l1(training: Training) -> dict:
    from taut.penalties import L1

    return {"penalty": L1(), "alpha": _ALPHA}


def _early_stopping(training: Training) -> dict:
    """Rows are held back by the inner folds: whole groups, and the newest rows where time counts.

    They are rows of the training set. Those that the technique is judged on are never seen.
    """
    from taut.nn import EarlyStopping

    # Epochs of few rows are few steps, after which a loss may still rise before it falls for good.
    patience = max(_n_epochs(training) // 2, min(_EPOCHS))
    return {"early_stopping": EarlyStopping(patience, training.folds)}


def _n_epochs(training: Training) -> int:
    steps = max(-(-training.n_rows // _BATCH_SIZE), 1)
    least, most = _EPOCHS
    return min(max(_STEPS // steps, least), most)


def _made(
    kind: str, regulariser: Callable[[Training], dict]
) -> Callable[[Training], BaseEstimator]:
    def make(training: Training) -> BaseEstimator:
        from taut import nn

        settings = {"max_epochs": _n_epochs(training), "early_stopping": False} | _SETTINGS
        return getattr(nn, kind)(**settings | regulariser(training))

    return make


def _technique(name: str, told: str, complexity: int, regulariser) -> Technique:
    return Technique(
        name=name,
        family="neural",
        label=f"MLP ({told})",
        phrase=f"a neural network ({told})",
        complexity=complexity,
        make=_made("NeuralRegressor", regulariser),
        lacks=_missing,
        elsewhere={"classification": {"make": _made("NeuralClassifier", regulariser)}},
    )


NEURAL = (
    _technique("mlp+l1", "L1", 20, _l1),
    _technique("mlp+early stopping", "early stopping", 21, _early_stopping),
    _technique("mlp+dropout", "dropout", 22, _dropout),
    _technique("mlp", "not regularised", 23, _bare),
)

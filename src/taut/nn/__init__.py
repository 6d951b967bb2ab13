"""Neural networks under the same penalties: exact zeros, smaller networks (extra ``nn``)."""

from importlib import import_module

# Where each public name lives: resolved at first use, since all but the names need torch.
_HOMES = {
    "taut.nn.estimators.models": ("ImageClassifier", "NeuralClassifier", "NeuralRegressor"),
    "taut.nn.estimators.saving": ("load",),
    "taut.nn.paths.lasso_net": ("HierarchicalLasso", "LassoNet"),
    "taut.nn.paths.path": ("NetworkPath", "Training", "fit_path"),
    "taut.nn.prox.layouts": ("columns", "heads", "rows"),
    "taut.nn.prox.max_norm": ("MaxNorm",),
    "taut.nn.prox.proximal": ("penalty_value", "proximal", "set_strength"),
    "taut.nn.prox.relaxed": ("keep_zeros",),
    "taut.nn.prox.strengths": ("Annealed",),
    "taut.nn.prox.weights": ("decay_groups", "weights_of"),
    "taut.nn.shrinking.shrink": ("shrink",),
    "taut.nn.training.averaging": ("EMA", "SWA"),
    "taut.nn.training.early_stopping": ("EarlyStopping",),
    "taut.nn.training.mixing": ("CutMix", "Mixup"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}
_MODULES = ("augmentation", "keras")
_EXTRAS = {"torch": "nn", "skorch": "nn", "kornia": "nn", "keras": "keras"}

# Without keras, which has an extra of its own and asks for a backend: a star needs neither.
__all__ = sorted((*_HOME_OF, "augmentation"))


def __getattr__(name):
    if name not in _HOME_OF and name not in _MODULES:
        raise AttributeError(f"module 'taut.nn' has no attribute {name!r}")
    try:
        module = import_module(_HOME_OF.get(name, f"taut.nn.{name}"))
    except ModuleNotFoundError as error:
        if error.name not in _EXTRAS:
            raise
        extra = _EXTRAS[error.name]
        raise ImportError(
            f"taut.nn.{name} needs {error.name}, which the extra {extra!r} brings: "
            f'pip install "taut[{extra}]"'
        ) from error
    value = getattr(module, name) if name in _HOME_OF else module
    globals()[name] = value
    return value


def __dir__():
    return sorted((*_HOME_OF, *_MODULES))

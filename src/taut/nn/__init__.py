"""Neural networks under the same penalties: exact zeros, smaller networks (extra ``nn``)."""

import sys
from importlib import import_module
from types import ModuleType

# Where each public name lives: resolved at first use, since all but the names need torch.
_HOMES = {
    "taut.nn.averaging": ("EMA", "SWA"),
    "taut.nn.early_stopping": ("EarlyStopping",),
    "taut.nn.estimators": ("ImageClassifier", "NeuralClassifier", "NeuralRegressor"),
    "taut.nn.lasso_net": ("HierarchicalLasso", "LassoNet"),
    "taut.nn.layouts": ("columns", "heads", "rows"),
    "taut.nn.max_norm": ("MaxNorm",),
    "taut.nn.mixing": ("CutMix", "Mixup"),
    "taut.nn.path": ("NetworkPath", "Training", "fit_path"),
    "taut.nn.proximal": ("penalty_value", "proximal", "set_strength"),
    "taut.nn.saving": ("load",),
    "taut.nn.relaxed": ("keep_zeros",),
    "taut.nn.shrink": ("shrink",),
    "taut.nn.strengths": ("Annealed",),
    "taut.nn.weights": ("decay_groups", "weights_of"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}
_MODULES = ("augmentation", "keras")
_EXTRAS = {"torch": "nn", "skorch": "nn", "kornia": "nn", "keras": "keras"}

__all__ = sorted((*_HOME_OF, *_MODULES))


def __getattr__(name):
    if name not in __all__:
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
    return __all__


class _Package(ModuleType):
    """`taut.nn.proximal` is a module and a function: importing the one must not hide the other."""

    def __setattr__(self, name, value):
        if isinstance(value, ModuleType) and name in _HOME_OF:
            value = getattr(value, name)
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package

"""taut: regularisation in machine learning, exact, certified and fast."""

from importlib import import_module
from importlib.metadata import version as _version

# Where each public name lives. Names are resolved at first use, so that `import taut` costs little
# and never imports an optional library.
_HOMES = {
    "taut.compare": ("Comparison", "compare"),
    "taut.estimators": (
        "AdaptiveLasso",
        "CoxRegression",
        "ElasticNet",
        "ElasticNetCV",
        "GammaRegressor",
        "GroupLasso",
        "HuberRegressor",
        "Lasso",
        "LassoCV",
        "LinearRegression",
        "LogisticRegression",
        "LogisticRegressionCV",
        "MultiTaskElasticNet",
        "MultiTaskElasticNetCV",
        "MultiTaskLasso",
        "MultiTaskLassoCV",
        "PenalizedClassifier",
        "PenalizedRegressor",
        "PoissonRegressor",
        "QuantileRegressor",
        "RelaxedLasso",
        "Ridge",
        "RidgeCV",
        "SparseGroupLasso",
        "TweedieRegressor",
    ),
    "taut.inference": ("Selector", "bias_variance", "knockoffs", "stability_selection"),
    "taut.path": ("Path", "fit_path"),
    "taut.problem": ("Problem",),
    "taut.selection": ("AIC", "BIC", "CV", "EBIC"),
    "taut.solution": ("Certificate", "ConvergenceWarning", "Solution", "Status"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}
_MODULES = (
    "applications",
    "datasets",
    "designs",
    "inference",
    "losses",
    "nn",
    "penalties",
    "plots",
    "selection",
    "solvers",
)

__all__ = ["__version__", *sorted(_HOME_OF), *_MODULES]

__version__ = _version("taut")


def __getattr__(name):
    if name in _HOME_OF:
        value = getattr(import_module(_HOME_OF[name]), name)
    elif name in _MODULES:
        value = import_module(f"taut.{name}")
    else:
        raise AttributeError(f"module 'taut' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__():
    return __all__

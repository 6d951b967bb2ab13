"""Applications: text, series, images, signals, measurements, anomalies and curves."""

from importlib import import_module

# Where each public name lives: resolved at first use, so that one application never imports what
# only another needs.
_HOMES = {
    "taut.applications.anomalies.detector": ("SparseAnomalyDetector",),
    "taut.applications.curves.basis_regressor": ("BasisRegressor",),
    "taut.applications.denoising.denoise": ("denoise",),
    "taut.applications.denoising.wavelet_denoiser": ("WaveletDenoiser",),
    "taut.applications.forecasting.forecaster": ("LagForecaster",),
    "taut.applications.sensing.estimator": ("CompressedSensing",),
    "taut.applications.sensing.recovery": ("recover",),
    "taut.applications.text.classifier": ("TextClassifier",),
    "taut.applications.trends.trend_filter": ("TrendFilter",),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME_OF)


def __getattr__(name):
    if name not in _HOME_OF:
        raise AttributeError(f"module 'taut.applications' has no attribute {name!r}")
    value = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__():
    return __all__

"""Charts in the style of scikit-learn's displays (extra ``plot``: matplotlib)."""

from taut.plots.anomalies import AnomalyDisplay
from taut.plots.basis import BasisDisplay
from taut.plots.bias_variance import BiasVarianceDisplay
from taut.plots.coefficients import CoefficientDisplay
from taut.plots.cross_validation import CVDisplay
from taut.plots.forecast import ForecastDisplay
from taut.plots.importances import ImportanceDisplay
from taut.plots.intervals import IntervalDisplay
from taut.plots.knockoffs import KnockoffDisplay
from taut.plots.network_path import NetworkPathDisplay
from taut.plots.path import PathDisplay
from taut.plots.recovery import RecoveryDisplay
from taut.plots.stability import StabilityDisplay
from taut.plots.terms import TermsDisplay
from taut.plots.training import TrainingDisplay
from taut.plots.trend import TrendDisplay

__all__ = [
    "AnomalyDisplay",
    "BasisDisplay",
    "BiasVarianceDisplay",
    "CVDisplay",
    "CoefficientDisplay",
    "ForecastDisplay",
    "ImportanceDisplay",
    "IntervalDisplay",
    "KnockoffDisplay",
    "NetworkPathDisplay",
    "PathDisplay",
    "RecoveryDisplay",
    "StabilityDisplay",
    "TermsDisplay",
    "TrainingDisplay",
    "TrendDisplay",
]

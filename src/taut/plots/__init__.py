"""Charts in the style of scikit-learn's displays (extra ``plot``: matplotlib)."""

from taut.plots.coefficients import CoefficientDisplay
from taut.plots.cross_validation import CVDisplay
from taut.plots.path import PathDisplay

__all__ = ["CVDisplay", "CoefficientDisplay", "PathDisplay"]

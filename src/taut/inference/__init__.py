"""What a fit can be trusted for: intervals, stability, false discoveries, bias and variance."""

from taut.inference.bias_variance import BiasVariance, bias_variance
from taut.inference.debiased_lasso import DebiasedLasso, debiased_lasso
from taut.inference.knockoffs import KnockoffSelection, knockoffs
from taut.inference.lasso_selection import LassoSelection, lasso_selection
from taut.inference.selection import FeatureSelection
from taut.inference.selector import Selector
from taut.inference.stability import StabilitySelection, stability_selection

__all__ = [
    "BiasVariance",
    "DebiasedLasso",
    "FeatureSelection",
    "KnockoffSelection",
    "LassoSelection",
    "Selector",
    "StabilitySelection",
    "bias_variance",
    "debiased_lasso",
    "knockoffs",
    "lasso_selection",
    "stability_selection",
]

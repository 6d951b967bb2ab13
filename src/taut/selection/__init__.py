"""Choosing the strength of a penalty: cross-validation and information criteria."""

from taut.selection.cross_validation import CV, CVResults, cross_validate
from taut.selection.folds import as_splits
from taut.selection.information import AIC, BIC, EBIC
from taut.selection.rule import Choice, Rule

__all__ = ["AIC", "BIC", "CV", "EBIC", "CVResults", "Choice", "Rule", "as_splits", "cross_validate"]

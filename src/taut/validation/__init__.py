"""The edge: arguments are checked here once, and trusted from then on.

Every message names the argument, the value it got, and where, and the fix.
"""

from taut.validation.data import (
    check_as_many,
    check_features,
    check_labels,
    check_matrix,
    check_per_row,
    check_response,
    check_targets,
    check_weights,
)
from taut.validation.magnitudes import check_magnitudes
from taut.validation.parameters import (
    check_alphas,
    check_choice,
    check_flag,
    check_positive,
    check_ratio,
    check_share,
    check_strengths,
    is_listing,
    is_own,
    names_of_groups,
    shown,
)

__all__ = [
    "check_alphas",
    "check_as_many",
    "check_choice",
    "check_features",
    "check_flag",
    "check_labels",
    "check_magnitudes",
    "check_matrix",
    "check_per_row",
    "check_positive",
    "check_ratio",
    "check_response",
    "check_share",
    "check_strengths",
    "check_targets",
    "check_weights",
    "is_listing",
    "is_own",
    "names_of_groups",
    "shown",
]

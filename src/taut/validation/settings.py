"""Settings that estimators share by name, and accept because scikit-learn's classes have them.

Most change nothing here, for nothing is random, nothing is copied and nothing is printed. A value
that means nothing is refused all the same: it shows that something else was meant. What does
matter to a model, ``alpha`` or ``max_iter``, is checked where it is used.
"""

from __future__ import annotations

import numbers

import numpy as np
from sklearn.utils import check_random_state

from taut.validation.parameters import check_choice, check_flag, check_positive, shown

__all__ = ["SETTINGS", "check_settings"]


def check_settings(estimator) -> None:
    """Refuse values of an estimator's settings that mean nothing.

    Parameters
    ----------
    estimator : object
        Its attributes of the names in `SETTINGS` are looked at.

    Raises
    ------
    TypeError, ValueError
        The message names the setting, the value and what it may be.
    """
    for name, value in vars(estimator).items():
        if name in SETTINGS:
            SETTINGS[name](value, name)


def _precompute(value, name):
    if isinstance(value, str):
        check_choice(value, name, ("auto",))
    elif not isinstance(value, bool | np.bool_) and not _is_square(value):
        raise TypeError(
            f"{name} must be True, False, 'auto' or a Gram matrix of shape (n_features, "
            f"n_features), got {shown(value)}: pass False, say"
        )


def _is_square(value) -> bool:
    shape = np.shape(value)
    return len(shape) == 2 and shape[0] == shape[1] and np.asarray(value).dtype.kind in "biuf"


def _n_jobs(value, name):
    if value is None:
        return
    if not isinstance(value, numbers.Integral) or isinstance(value, bool) or value == 0:
        kind = ValueError if value == 0 else TypeError
        raise kind(
            f"{name} must be None or a whole number other than 0, got {shown(value)}: pass None, "
            "or -1 for all processors"
        )


def _verbose(value, name):
    if not isinstance(value, bool | np.bool_):
        check_positive(value, name, 0, zero=True, other="or True or False")


def _random_state(value, name):
    try:
        check_random_state(value)
    except ValueError as error:
        raise ValueError(
            f"{name} must be None, a whole number from 0 to 4294967295 or a RandomState, got "
            f"{shown(value)}: pass 0, say"
        ) from error


def _gcv_mode(value, name):
    if value is not None:
        check_choice(value, name, ("auto", "svd", "eigen"))


def _solver_options(value, name):
    if value is not None and not isinstance(value, dict):
        raise TypeError(f"{name} must be None or a dict, got {shown(value)}: pass None, say")


def _selection(value, name):
    check_choice(value, name, ("cyclic", "random"))


def _intercept_scaling(value, name):
    check_positive(value, name, 1.0)


SETTINGS = {
    "copy_X": check_flag,
    "dual": check_flag,
    "fit_intercept": check_flag,
    "gcv_mode": _gcv_mode,
    "intercept_scaling": _intercept_scaling,
    "n_jobs": _n_jobs,
    "positive": check_flag,
    "precompute": _precompute,
    "random_state": _random_state,
    "selection": _selection,
    "solver_options": _solver_options,
    "standardize": check_flag,
    "store_cv_results": check_flag,
    "verbose": _verbose,
    "warm_start": check_flag,
}

"""What is known of linear predictors before any fit: offsets, and logarithms of exposures."""

from __future__ import annotations

import numpy as np

from taut.losses.base import Loss
from taut.losses.log_link import LogLink
from taut.validation import check_per_row

__all__ = ["known_part"]


def known_part(X, loss: Loss, offset=None, exposure=None, outputs=()) -> np.ndarray | None:
    """The known part of the linear predictor, of fits and predictions alike.

    Parameters
    ----------
    X : array of shape (n_samples, ...)
        Its rows are those that something is known of.
    loss : Loss
    offset : array of shape (n_samples,) or (n_samples, *outputs), default None
    exposure : array of shape (n_samples,), default None
        What the mean is proportional to, > 0: its logarithm is an offset, of all outputs.
    outputs : tuple of int, default ()
        The shape of one row's linear predictors, where there are several.

    Returns
    -------
    ndarray of shape (n_samples,) or (n_samples, *outputs), or None where nothing is known

    Raises
    ------
    ValueError, TypeError
        Either is not one number for each row, or for each row and output; the loss has no log link
        for an exposure, or an exposure is not positive.
    """
    if exposure is not None:
        exposure = _log_exposure(exposure, loss, X)
    if offset is None:
        return exposure
    offset = _checked_offset(offset, X, outputs)
    return offset if exposure is None else (offset.T + exposure).T


def _log_exposure(exposure, loss, X) -> np.ndarray:
    if not isinstance(loss, LogLink):
        raise ValueError(
            f"exposure needs predictions with a log link, got it with {loss!r}: leave it out, or "
            "pass what is known of the prediction as offset"
        )
    exposure = check_per_row(exposure, X, "exposure")
    if not exposure.min() > 0:
        row = int(np.argmin(exposure))
        raise ValueError(
            f"exposure must be > 0, got {exposure[row]:g} at row {row} (counting from 0): "
            "leave out the rows that were not observed at all"
        )
    return np.log(exposure)


def _checked_offset(offset, X, outputs) -> np.ndarray:
    if not outputs or np.shape(offset) != (X.shape[0], *outputs):
        return check_per_row(offset, X, "offset")
    return np.column_stack([check_per_row(column, X, "offset") for column in np.asarray(offset).T])

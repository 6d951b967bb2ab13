"""Errors of reconstructions against what is usual, shared out among the features of a row."""

from __future__ import annotations

import numpy as np

from taut.progress import tracked

__all__ = ["contributions_of", "errors_of", "usual_errors"]

_BLOCK = 2000  # rows at a time
_ROUNDING = 1e-12


def errors_of(parts, Z, verbose):
    """Of each way to rebuild standardised rows, of the shape of Z."""
    starts = tracked(range(0, len(Z), _BLOCK), verbose, "rows")
    blocks = [[part.errors(Z[start : start + _BLOCK]) for part in parts] for start in starts]
    return [np.concatenate(errors) for errors in zip(*blocks, strict=True)]


def usual_errors(errors):
    """Mean error of each feature, for each way; 1 where rounding alone keeps it from zero."""
    means = [np.mean(error, axis=0) for error in errors]
    return [np.where(mean > _ROUNDING, mean, 1.0) for mean in means]


def contributions_of(errors, usual):
    """What each entry adds to the score of its row, the mean of all ratios of error and usual."""
    ratios = sum(error / mean for error, mean in zip(errors, usual, strict=True))
    return ratios / (len(errors) * ratios.shape[1])

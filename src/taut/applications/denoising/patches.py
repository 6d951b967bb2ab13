"""Overlapping patches, sparse in a basis of cosines: the default of ``denoise``.

A patch with noise of unit variance has cosine coefficients with noise of unit variance, and few of
them carry its content. Two penalties, each solved exactly coefficient by coefficient, as the basis
is orthonormal:

1. ``1/2 (c - b)^2 + t^2/2 [b != 0]`` keeps what exceeds ``t`` (hard threshold).
2. ``1/2 (c - b)^2 + 1/2 b^2 / g^2`` with the coefficients ``g`` of the first estimate: a ridge
   whose weights are learnt, as the adaptive lasso's are; also known as the empirical Wiener filter.

The mean of a patch is free in both. Every sample lies in as many patches as a patch has samples,
and gets the mean of their estimates, weighted by the inverse of their variances.
"""

from __future__ import annotations

from math import prod

import numpy as np
from scipy.fft import dct

__all__ = ["STRENGTH", "shrink_patches"]

STRENGTH = 2.7  # Yu & Sapiro 2011 use 3 without a second stage, BM3D 2.7 with one
_WINDOWS = {1: (64,), 2: (8, 8), 3: (4, 4, 4)}
_BLOCK = 2**18  # coefficients at a time: a few such blocks of float32 stay in cache


def shrink_patches(image, strength=STRENGTH):
    """Denoise an image with noise of unit variance.

    Parameters
    ----------
    image : ndarray of shape (n,), (rows, columns) or (planes, rows, columns)
    strength : float, default 2.7
        Threshold of the first stage.

    Returns
    -------
    ndarray of the same shape, of float32

    References
    ----------
    Yu, G. and Sapiro, G. (2011). DCT image denoising: a simple and effective image denoising
    algorithm. Image Processing On Line 1, 292-296.

    Dabov, K., Foi, A., Katkovnik, V. and Egiazarian, K. (2007). Image denoising by sparse 3-D
    transform-domain collaborative filtering. IEEE TIP 16, 2080-2095, equations 10, 11 and 21 for
    the weights and the second stage.
    """

    def keep_large(coefs):
        kept = np.abs(coefs) > strength
        kept[0] = True
        coefs *= kept
        return coefs, 1.0 / np.count_nonzero(kept, axis=0).astype(np.float32)

    def ridge(coefs, guide):
        guide *= guide
        factors = np.divide(guide, guide + 1.0, out=guide)
        factors[0] = 1.0
        coefs *= factors
        return coefs, 1.0 / np.einsum("kn,kn->n", factors, factors)

    image = np.asarray(image, dtype=np.float32)
    first = _mean_of_patches(keep_large, image)
    return _mean_of_patches(ridge, image, first)


def _mean_of_patches(shrink, *images):
    """Shrink the coefficients of all patches of the first image; put them together again."""
    shape = images[0].shape
    window = _WINDOWS[len(shape)]
    basis = _cosines(window)
    # Samples at the border lie in as many patches as the others.
    margins = [(size - 1, size - 1) for size in window]
    padded = [np.pad(image, margins, mode="symmetric") for image in images]
    total, weight = np.zeros_like(padded[0]), np.zeros_like(padded[0])
    places = [length - size + 1 for length, size in zip(total.shape, window, strict=True)]
    step = max(1, _BLOCK // (prod(window) * prod(places[1:])))
    for start in range(0, places[0], step):
        block = [slice(start, min(start + step, places[0])), *map(slice, places[1:])]
        corners = [_shifted(block, offset) for offset in np.ndindex(window)]
        coefs, weights = shrink(*(basis @ _patches(image, corners) for image in padded))
        estimates = basis.T @ coefs
        estimates *= weights
        spread = weights.reshape(total[corners[0]].shape)
        for corner, estimate in zip(corners, estimates, strict=True):
            total[corner] += estimate.reshape(spread.shape)
            weight[corner] += spread
    inner = tuple(slice(m, m + n) for (m, _), n in zip(margins, shape, strict=True))
    return total[inner] / weight[inner]


def _patches(image, corners):
    """Patches as columns; a row holds one place of all of them, which is a shifted image."""
    return np.stack([image[corner].ravel() for corner in corners])


def _shifted(block, offset):
    return tuple(
        slice((part.start or 0) + shift, part.stop + shift)
        for part, shift in zip(block, offset, strict=True)
    )


def _cosines(window):
    """Orthonormal basis of a patch, one element a row, the constant first."""
    basis = np.ones((1, 1))
    for size in window:
        basis = np.kron(basis, dct(np.eye(size), norm="ortho", axis=0))
    return basis.astype(np.float32)

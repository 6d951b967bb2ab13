"""The strength of white noise in an image."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import binary_erosion

from taut.applications.denoising.wavelets import require_pywt

__all__ = ["estimate_noise"]

_QUARTILE = 0.6744897501960817  # of the standard normal distribution: its MAD


def estimate_noise(image, axes=None):
    """Standard deviation of white Gaussian noise, from the finest diagonal details.

    They hold little of the image: the median of their sizes over that of the standard normal
    distribution is hardly moved by the few that do. Flat parts, such as a mask leaves, are left
    out. Texture as fine as the samples is taken for noise: pass ``sigma`` where that is known
    better.

    Parameters
    ----------
    image : ndarray
        Or several, along the first axes.
    axes : tuple of int, default None
        Those in space or time; None means all.

    Returns
    -------
    float
        0 where details are zero but for rounding, or lie at edges only: nothing there is noise.

    Raises
    ------
    ImportError
        PyWavelets is not installed.

    References
    ----------
    Donoho, D. L. and Johnstone, I. M. (1994). Ideal spatial adaptation by wavelet shrinkage.
    Biometrika 81, 425-455, section 4.4.
    """
    axes = tuple(range(np.ndim(image))) if axes is None else axes
    details = require_pywt().dwtn(image, "db2", axes=axes)["d" * len(axes)]
    sizes = np.abs(details)
    # Rounding of a constant, or of a slope, is no noise; nor are flat parts, such as a mask leaves,
    # any reason to find less of it elsewhere.
    rounding = 8 * np.finfo(np.asarray(image).dtype).eps * np.max(np.abs(image))
    # Edges leave details too, but no neighbourhood of them as noise does.
    found = sizes > _QUARTILE * rounding
    noisy = sizes[binary_erosion(found, np.ones((3,) * found.ndim), border_value=1)]
    return float(np.median(noisy) / _QUARTILE) if noisy.size else 0.0

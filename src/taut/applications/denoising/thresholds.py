"""Rules for the soft threshold of a band of details, in units of the noise."""

from __future__ import annotations

import numpy as np

__all__ = ["RULES", "bayes", "sure", "universal"]


def universal(band, n_samples):
    """``sqrt(2 log n)``: pure noise is removed with a probability that tends to one.

    Parameters
    ----------
    band : ndarray
        With noise of unit variance.
    n_samples : int
        Of the image.

    References
    ----------
    Donoho, D. L. and Johnstone, I. M. (1994). Ideal spatial adaptation by wavelet shrinkage.
    Biometrika 81, 425-455, equation 31.
    """
    return float(np.sqrt(2.0 * np.log(n_samples)))


def bayes(band, n_samples):
    """``1 / s``, s^2 the variance of the band beyond the noise: nearly the best for a Laplacian.

    References
    ----------
    Chang, S. G., Yu, B. and Vetterli, M. (2000). Adaptive wavelet thresholding for image denoising
    and compression. IEEE TIP 9, 1532-1546, equation 19.
    """
    excess = np.mean(np.square(band)) - 1.0
    return float(1.0 / np.sqrt(excess)) if excess > 0 else float("inf")


def sure(band, n_samples):
    """The threshold of least estimated risk; the universal one where a band is nearly empty.

    Stein's unbiased estimate of the risk of the threshold t is
    ``sum_k min(c_k^2, t^2) + n - 2 #{|c_k| <= t}``. Its own noise hides few large coefficients
    among many small ones: there the universal threshold takes its place.

    References
    ----------
    Donoho, D. L. and Johnstone, I. M. (1995). Adapting to unknown smoothness via wavelet
    shrinkage. JASA 90, 1200-1224, equations 11 and 12, section 2.4.
    """
    most = universal(band, n_samples)
    squares = np.sort(np.square(band), axis=None)
    n = squares.size
    if np.mean(squares) - 1.0 <= np.log2(n) ** 1.5 / np.sqrt(n):
        return most
    kept = np.arange(n - 1, -1, -1)
    risk = n - 2.0 * (n - kept) + np.cumsum(squares) + kept * squares
    # No threshold keeps every coefficient, at the risk of the noise itself.
    best = int(np.argmin(risk))
    return min(float(np.sqrt(squares[best])), most) if risk[best] < n else 0.0


RULES = {"universal": universal, "bayes": bayes, "sure": sure}

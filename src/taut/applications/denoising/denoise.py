"""Images, signals and volumes without their noise: ``denoise``."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from taut.applications.denoising import patches, thresholds, wavelets
from taut.applications.denoising.calibration import NAMED, RULES, best_strength, check_rule, mosaic
from taut.applications.denoising.images import Channels, check_image
from taut.applications.denoising.noise import estimate_noise
from taut.applications.denoising.total_variation import total_variation_prox
from taut.applications.denoising.wavelet_denoiser import WaveletDenoiser
from taut.validation import check_choice, check_flag, check_positive

__all__ = ["METHODS", "WaveletDenoiser", "denoise"]


@dataclass(frozen=True)
class _Method:
    """A way to denoise an image whose noise has unit variance.

    Attributes
    ----------
    apply : callable
        Of an image and a strength.
    default : float or str
        The strength where none is given.
    bounds : pair of float
        Between which strengths are looked for.
    rules : collection of str
        Names of strengths that ``apply`` knows by itself.
    trial : callable or None
        As ``apply``, less exactly, for the choice of a strength; None is ``apply`` itself.
    """

    apply: Callable
    default: float | str
    bounds: tuple[float, float]
    rules: tuple[str, ...] = ()
    trial: Callable | None = None

    @property
    def names(self):
        """All the rules that choose its strength and have a name."""
        return tuple(dict.fromkeys([*self.rules, *NAMED]))

    def denoised(self, image, strength, verbose):
        strength = self.default if strength is None else strength
        if isinstance(strength, str) and strength not in self.rules:
            strength = NAMED[strength]
        if isinstance(strength, RULES):
            # Trials need no more digits than the noise has.
            rough, trial = mosaic(image).astype(np.float32), self.trial or self.apply
            strength = best_strength(trial, rough, self.bounds, strength, verbose=verbose)
        return self.apply(image, strength)


def _by_wavelets(image, strength, transform):
    frame, images = transform(), image[None]
    if not isinstance(strength, str):
        return frame.shrunk_by(images, strength)[0]
    return frame.shrunk(images, frame.thresholds(images, thresholds.RULES[strength]))[0]


def _by_total_variation(image, strength, tol=1e-4):
    return total_variation_prox(image, strength, tol)[0]


METHODS = {
    "patches": _Method(patches.shrink_patches, patches.STRENGTH, (1.0, 6.0)),
    "total_variation": _Method(
        _by_total_variation, "sure", (0.05, 10.0), trial=partial(_by_total_variation, tol=1e-3)
    ),
} | {
    f"wavelet_{name}" if name != "orthogonal" else "wavelet": _Method(
        partial(_by_wavelets, transform=transform), "bayes", (0.1, 6.0), tuple(thresholds.RULES)
    )
    for name, transform in wavelets.TRANSFORMS.items()
}


def denoise(
    image, method="patches", *, strength=None, sigma=None, channel_axis=None, verbose=False
):
    """Remove white noise from a signal, an image or a volume, grey or in colour.

    Parameters
    ----------
    image : array of shape (n,), (rows, columns) or (planes, rows, columns)
        With one axis more where there are channels. Any scale; the result is on it, not clipped.
    method : str, default "patches"
        - "patches": overlapping patches, sparse in a basis of cosines; the best on photographs.
        - "wavelet": soft thresholds in an orthogonal wavelet basis, which is the exact lasso in it.
        - "wavelet_cycle_spun": its mean over 4 shifts along each axis.
        - "wavelet_undecimated": its mean over all shifts.
        - "total_variation": piecewise constant, with edges; the exact prox of a signal, and of an
          image within a relative duality gap of 1e-4.
    strength : float, str or rule, default None
        Strength of the penalty in units of the noise (the threshold of the first two, the weight of
        the total variation), or a rule for every method: ``taut.CV(folds, rule)``, cross-validation
        over the samples of the image, least error or "1se"; ``taut.AIC()``, which here is Stein's
        unbiased estimate of the risk; ``taut.BIC()``, ``taut.EBIC()``. By name: "sure" (that
        estimate, for wavelets band by band) and "j_invariant" (``taut.CV(4)``); for wavelets
        "bayes" (BayesShrink) and "universal" too. None is 2.7 for patches, "bayes" for wavelets,
        "sure" for the total variation.
    sigma : float, default None
        Standard deviation of the noise; None estimates it for each channel from the finest diagonal
        details (see Notes).
    channel_axis : int, default None
        The axis of the colours; None for a grey image.
    verbose : bool, default False
        Show progress while a strength is chosen (extra ``compare``: rich).

    Returns
    -------
    ndarray of the shape of ``image``
        Of float32 where it was given so, else of float64. An image without noise, such as a
        constant, comes back as it was.

    Raises
    ------
    TypeError, ValueError
        An argument is not what it must be; the message names it, its value and the fix.
    ImportError
        PyWavelets is not installed (extra ``applications``) and ``sigma`` or wavelets need it.

    Warns
    -----
    UserWarning
        ``sigma`` is None, and no noise was found in an image that is not constant.

    Notes
    -----
    The noise is the median size of the finest diagonal wavelet details over 0.6745 (Donoho &
    Johnstone 1994), of those where the image is not flat. Channels are rotated by the orthonormal
    cosine transform first, which leaves white noise white and makes colours nearly uncorrelated.

    Examples
    --------
    >>> import numpy as np
    >>> from taut.applications import denoise
    >>> rng = np.random.default_rng(0)
    >>> truth = np.repeat([0.0, 4.0, 1.0, 3.0], 64)
    >>> noisy = truth + rng.normal(0, 0.5, truth.size)
    >>> clean = denoise(noisy, "total_variation")
    >>> bool(np.mean((clean - truth) ** 2) < 0.1 * np.mean((noisy - truth) ** 2))
    True
    """
    image, channel_axis = check_image(image, channel_axis)
    known = METHODS[check_choice(method, "method", tuple(METHODS))]
    _check_strength(strength, method, known.names)
    if sigma is not None:
        check_positive(sigma, "sigma", 25.0, zero=True, other="or None")
    verbose = check_flag(verbose, "verbose")
    channels = Channels(image, channel_axis)
    count = len(channels.planes)
    sigmas = [estimate_noise(p) for p in channels.planes] if sigma is None else [sigma] * count
    if sigma is None and not any(sigmas) and image.min() < image.max():
        warnings.warn(
            "denoise: no noise was found in the image, which comes back as it was: pass sigma, the "
            "standard deviation of the noise, where that is known better",
            UserWarning,
            stacklevel=2,
        )
    planes = [
        _denoised(plane, known, strength, scale, verbose)
        for plane, scale in zip(channels.planes, sigmas, strict=True)
    ]
    return channels.joined(np.stack(planes).astype(image.dtype, copy=False))


def _denoised(plane, method, strength, sigma, verbose):
    if sigma == 0 or plane.min() == plane.max():
        return plane
    # Levels far from zero would cost float32 its digits.
    mean = plane.mean(dtype=np.float64)
    standard = method.denoised((plane - mean) / sigma, strength, verbose)
    return mean + sigma * standard.astype(np.float64, copy=False)


def _check_strength(strength, method, names):
    if isinstance(strength, str):
        check_choice(strength, f"strength for method={method!r}", names)
    elif isinstance(strength, RULES):
        check_rule(strength)
    elif strength is not None:
        check_positive(strength, "strength", 2.7, zero=True, other="or a rule, by name or object")

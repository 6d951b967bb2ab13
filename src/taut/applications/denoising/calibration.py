"""The strength of any denoiser, chosen by an estimate of its error that needs no clean image."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize_scalar

__all__ = ["by_masks", "by_risk"]

_PROBE = 0.1  # in units of the noise: small beside thresholds, large beside tolerances
_MASKS = 4
_TRIALS = 14


def by_risk(denoiser, image, bounds):
    """The strength of least estimated risk (SURE), its divergence probed at random.

    For noise of unit variance ``|f(y) - y|^2 - n + 2 div f(y)`` is an unbiased estimate of
    ``|f(y) - truth|^2``, and ``div f`` is the mean of ``u'(f(y + eps u) - f(y)) / eps`` over random
    signs u. One u, the same for all strengths, is enough: the error of the mean over many samples
    is small, and moves little with the strength.

    Parameters
    ----------
    denoiser : callable
        Of an image with noise of unit variance, and a strength.
    image : ndarray
    bounds : pair of float
        Between which the strength is looked for.

    Returns
    -------
    float

    References
    ----------
    Ramani, S., Blu, T. and Unser, M. (2008). Monte-Carlo SURE. IEEE TIP 17, 1540-1554, theorem 2.
    """
    probe = np.random.default_rng(0).choice(np.array([-1.0, 1.0], dtype=image.dtype), image.shape)

    def risk(strength):
        here = denoiser(image, strength)
        there = denoiser(image + _PROBE * probe, strength)
        divergence = np.vdot(probe, there - here) / _PROBE
        return np.square(here - image).mean() + 2.0 * divergence / image.size

    return _least(risk, bounds)


def by_masks(denoiser, image, bounds):
    """The strength of least error where samples are predicted from others alone (J-invariance).

    Every fourth diagonal is replaced by the mean of its neighbours, and its samples are compared
    with what the denoiser then says. Noise that is independent from sample to sample adds the same
    to this error at every strength: it chooses as the distance to the truth would. This is
    cross-validation over the samples of one image, and needs to know nothing of the noise.

    Parameters, returns as for ``by_risk``.

    References
    ----------
    Batson, J. and Royer, L. (2019). Noise2Self: blind denoising by self-supervision. ICML,
    proposition 1.
    """
    diagonals = sum(np.indices(image.shape, sparse=True)) % _MASKS
    neighbours = _mean_of_neighbours(image)
    masked = [np.where(diagonals == k, neighbours, image) for k in range(_MASKS)]

    def error(strength):
        total = 0.0
        for k, other in enumerate(masked):
            held_out = diagonals == k
            total += np.square((denoiser(other, strength) - image)[held_out]).sum()
        return total / image.size

    return _least(error, bounds)


def _least(error, bounds):
    found = minimize_scalar(
        lambda log: float(error(float(np.exp(log)))),
        bounds=np.log(bounds),
        method="bounded",
        options={"maxiter": _TRIALS, "xatol": 0.02},
    )
    return float(np.exp(found.x))


def _mean_of_neighbours(image):
    """The mean of the two samples beside each along every axis, mirrored at the borders."""
    padded = np.pad(image, 1, mode="reflect")
    inner = (slice(1, -1),) * image.ndim
    total = np.zeros_like(image)
    for axis in range(image.ndim):
        for shift in (-1, 1):
            total += np.roll(padded, shift, axis)[inner]
    return total / (2 * image.ndim)

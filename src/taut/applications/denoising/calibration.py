"""The strength of any denoiser, chosen by an estimate of its error that needs no clean image.

A denoiser is a fit with as many degrees of freedom as its divergence, and the noise is known: the
rules that choose the strength of a regression choose here too. Akaike's criterion is then Stein's
unbiased estimate of the risk (SURE), and cross-validation leaves out samples of the image.
"""

from __future__ import annotations

import numbers

import numpy as np
from scipy.optimize import bisect, minimize_scalar

from taut.progress import tracked
from taut.selection import AIC, BIC, CV, EBIC
from taut.validation import shown

__all__ = ["NAMED", "RULES", "best_strength", "check_rule", "mosaic"]

RULES = AIC | BIC | CV | EBIC
NAMED = {"sure": AIC(), "j_invariant": CV(4)}

_PROBE = 0.1  # in units of the noise: small beside thresholds, large beside tolerances
_TRIALS = 14
_CLOSE = 0.05  # in the logarithm of the strength
_ENOUGH = 2**16  # samples, for means of estimates that differ by less than their noise
_RUNS = 4


def check_rule(rule, argument="strength"):
    """Refuse what a rule says that has no meaning for the samples of an image."""
    if isinstance(rule, CV):
        folds = rule.folds
        if not isinstance(folds, numbers.Integral):
            raise ValueError(
                f"{argument}=CV(folds) must have a number of folds here, got {shown(folds)}: folds "
                "take every k-th diagonal of samples"
            )
    elif rule.noise_variance is not None:
        raise ValueError(
            f"{argument}={type(rule).__name__}(noise_variance) must be None here, got "
            f"{shown(rule.noise_variance)}: pass the standard deviation of the noise as sigma"
        )


def mosaic(image):
    """Parts of a large image, evenly spread, put together: enough to choose a strength by."""
    side = max(round(_ENOUGH ** (1 / image.ndim)), 4 * _RUNS)
    return image[np.ix_(*(_runs(length, side // _RUNS) for length in image.shape))]


def _runs(length, run):
    if length <= _RUNS * run:
        return np.arange(length)
    starts = np.linspace(0, length - run, _RUNS).astype(int)
    return (starts[:, None] + np.arange(run)).ravel()


def best_strength(denoiser, images, bounds, rule, axes=None, verbose=False) -> float:
    """The strength that a rule chooses.

    Parameters
    ----------
    denoiser : callable
        Of images with noise of unit variance, and a strength.
    images : ndarray
    bounds : pair of float
        Between which the strength is looked for.
    rule : CV, AIC, BIC or EBIC
    axes : tuple of int, default None
        Those in space or time; None means all.
    verbose : bool, default False
        Show progress.
    """
    if not isinstance(rule, CV):
        return _least(_risk(denoiser, images, rule), bounds, verbose)[0]
    axes = tuple(range(images.ndim)) if axes is None else axes
    errors = _masked_errors(denoiser, images, rule.folds, axes)
    best, least = _least(lambda strength: errors(strength).mean(), bounds, verbose)
    if rule.rule == "min":
        return best
    limit = least + errors(best).std(ddof=1) / np.sqrt(rule.folds)
    return _strongest(lambda strength: errors(strength).mean() - limit, best, bounds[1])


def _risk(denoiser, images, rule):
    """An information criterion, its degrees of freedom probed at random.

    ``div f`` is the mean of ``u'(f(y + eps u) - f(y)) / eps`` over random signs u. One u, the same
    for all strengths, is enough: the error of the mean over many samples is small, and moves little
    with the strength. For noise of unit variance ``|f(y) - y|^2 + 2 div f(y) - n`` is an unbiased
    estimate of ``|f(y) - truth|^2``.

    Ramani, S., Blu, T. and Unser, M. (2008). Monte-Carlo SURE. IEEE TIP 17, 1540-1554, theorem 2.

    Efron, B. (2004). The estimation of prediction error: covariance penalties and cross-validation.
    JASA 99, 619-632, equation 2.17: the divergence as degrees of freedom.
    """
    signs = np.array([-1.0, 1.0], dtype=images.dtype)
    probe = np.random.default_rng(0).choice(signs, images.shape)
    n = images.size

    def risk(strength):
        here = denoiser(images, strength)
        there = denoiser(images + _PROBE * probe, strength)
        df = np.clip(float(np.vdot(probe, there - here)) / _PROBE, 0.0, n)
        return np.square(here - images).mean() + rule.price(df, n, n) / n

    return risk


def _masked_errors(denoiser, images, n_folds, axes):
    """Errors where samples are predicted from others alone (J-invariance), one for each fold.

    Every k-th diagonal is replaced by the mean of its neighbours, and its samples are compared with
    what the denoiser then says. Noise that is independent from sample to sample adds the same to
    this error at every strength: it chooses as the distance to the truth would, and needs to know
    nothing of the noise.

    Batson, J. and Royer, L. (2019). Noise2Self: blind denoising by self-supervision. ICML,
    proposition 1.
    """
    places = np.indices(images.shape, sparse=True)
    diagonals = np.broadcast_to(sum(places[axis] for axis in axes) % n_folds, images.shape)
    neighbours = _mean_of_neighbours(images, axes)

    def errors(strength):
        out = np.empty(n_folds)
        for fold in range(n_folds):
            held_out = diagonals == fold
            found = denoiser(np.where(held_out, neighbours, images), strength)
            out[fold] = np.square((found - images)[held_out], dtype=np.float64).mean()
        return out

    return errors


def _least(error, bounds, verbose):
    """The strength of least error, and that error."""
    trials = tracked(range(_TRIALS), verbose, "strengths")

    def at(log):
        next(trials, None)
        return float(error(float(np.exp(log))))

    found = minimize_scalar(
        at,
        bounds=np.log(bounds),
        method="bounded",
        options={"maxiter": _TRIALS, "xatol": _CLOSE},
    )
    return float(np.exp(found.x)), float(found.fun)


def _strongest(excess, best, most):
    """The strongest strength without excess: it has none at the best, and rises from there on."""
    if excess(most) <= 0:
        return most
    log = bisect(lambda log: excess(float(np.exp(log))), np.log(best), np.log(most), xtol=_CLOSE)
    return float(np.exp(log))


def _mean_of_neighbours(images, axes):
    """The mean of the two samples beside each along every axis, mirrored at the borders."""
    margins = [(int(axis in axes),) * 2 for axis in range(images.ndim)]
    padded = np.pad(images, margins, mode="reflect")
    inner = tuple(slice(m, m + n) for (m, _), n in zip(margins, images.shape, strict=True))
    total = np.zeros_like(images)
    for axis in axes:
        for shift in (-1, 1):
            total += np.roll(padded, shift, axis)[inner]
    return total / (2 * len(axes))

"""Wavelet transforms whose details carry noise as strong as the image does, and their shrinkage.

The orthogonal transform W with the soft threshold t solves

    argmin_x  1/2 |x - y|^2 + t |details of W x|_1  =  W' soft(W y, t)

exactly: it is the lasso on the columns of W', with the approximation unpenalised. Its solution
depends on where the image begins; averaging over shifts (cycle spinning) removes most of the
artefacts. The undecimated transform averages over all shifts at once.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from itertools import product

import numpy as np

from taut.validation import check_choice, check_positive, shown

__all__ = ["TRANSFORMS", "CycleSpun", "Orthogonal", "Undecimated", "require_pywt", "soft"]


def require_pywt():
    """PyWavelets, imported where it is needed.

    Raises
    ------
    ImportError
        It is not installed; the message names the extra.
    """
    try:
        import pywt
    except ImportError as error:
        raise ImportError(
            "wavelets need the extra 'applications': pip install \"taut[applications]\""
        ) from error
    return pywt


def soft(values, threshold):
    """The prox of ``threshold * |.|_1``."""
    # What clipping takes away: one array more than there was.
    shrunk = np.clip(values, -threshold, threshold)
    return np.subtract(values, shrunk, out=shrunk)


@dataclass(frozen=True)
class Orthogonal:
    """The orthogonal wavelet transform of the last axes, periodic at the borders.

    Parameters
    ----------
    wavelet : str
        A name of PyWavelets: an orthogonal one.
    levels : int or None
        None goes on while the coarsest details are longer than the filter, five at most.

    Raises
    ------
    ValueError
        There is no such wavelet, or it is not orthogonal.
    """

    wavelet: str = "db4"
    levels: int | None = None

    def __post_init__(self):
        pywt = require_pywt()
        check_choice(self.wavelet, "wavelet", pywt.wavelist(kind="discrete"))
        if not pywt.Wavelet(self.wavelet).orthogonal:
            raise ValueError(
                f"wavelet must be orthogonal, so that noise stays white, got {self.wavelet!r}: "
                "pass 'db4', 'sym8' or 'coif2', say"
            )
        if self.levels is not None:
            check_positive(self.levels, "levels", 4)

    def depth(self, shape) -> int:
        """How many levels an image of this shape is taken apart into.

        Raises
        ------
        ValueError
            It is too small for the levels asked for.
        """
        pywt = require_pywt()
        if self.levels is None:
            length = pywt.Wavelet(self.wavelet).dec_len
            return int(np.clip(pywt.dwt_max_level(min(shape), length), 1, 5))
        if 2**self.levels > min(shape):
            raise ValueError(
                f"levels must be at most {int(np.log2(min(shape)))} for an image of shape "
                f"{shown(tuple(shape))}, each halves it, got {self.levels}"
            )
        return self.levels

    def thresholds(self, images, rule):
        """A threshold for each band of details, from all images together.

        Parameters
        ----------
        images : ndarray of shape (n_images, ...)
            With noise of unit variance.
        rule : callable
            Threshold of a band, given it and the number of samples of an image.

        Returns
        -------
        list of dict
            From the coarsest level to the finest, by the name of the band.
        """
        n_samples = images[0].size
        details = self.analyse(self.padded(images))[1:]
        return [{name: rule(band, n_samples) for name, band in level.items()} for level in details]

    def shrunk(self, images, thresholds):
        """Images with their details shrunk.

        Parameters
        ----------
        images : ndarray of shape (n_images, ...)
        thresholds : list of dict
            As ``thresholds`` gives them.

        Returns
        -------
        ndarray of the same shape
        """
        whole = self.padded(images)
        approximation, *details = self.analyse(whole)
        details = [
            {name: soft(band, level[name]) for name, band in bands.items()}
            for bands, level in zip(details, thresholds, strict=True)
        ]
        inner = tuple(slice(length) for length in images.shape)
        return self.synthesise([approximation, *details], whole.ndim)[inner]

    def shrunk_by(self, images, threshold):
        """Images with all their details shrunk by one threshold."""
        names = ["".join(name) for name in product("ad", repeat=images.ndim - 1)][1:]
        return self.shrunk(images, [dict.fromkeys(names, threshold)] * self.depth(images.shape[1:]))

    def padded(self, images):
        """Mirrored to lengths that can be halved at every level."""
        unit = 2 ** self.depth(images.shape[1:])
        missing = [(0, 0), *((0, -length % unit) for length in images.shape[1:])]
        return np.pad(images, missing, mode="symmetric")

    def analyse(self, images):
        axes, level = tuple(range(1, images.ndim)), self.depth(images.shape[1:])
        with warnings.catch_warnings():
            # Filters longer than a small image wrap around it, which is what periodic means.
            warnings.filterwarnings("ignore", message="Level value", category=UserWarning)
            return require_pywt().wavedecn(
                images, self.wavelet, mode="periodization", level=level, axes=axes
            )

    def synthesise(self, coefs, ndim):
        axes = tuple(range(1, ndim))
        return require_pywt().waverecn(coefs, self.wavelet, mode="periodization", axes=axes)


@dataclass(frozen=True)
class CycleSpun(Orthogonal):
    """The mean of orthogonal shrinkages of shifted images (Coifman & Donoho 1995).

    Each is an exact lasso in a basis of its own.

    Parameters
    ----------
    wavelet, levels
        As for `Orthogonal`.
    shifts : int, default 4
        Per axis.
    """

    shifts: int = 4

    def shrunk(self, images, thresholds):
        axes = tuple(range(1, images.ndim))
        whole = self.padded(images)
        total = np.zeros_like(whole)
        shifts = list(product(range(self.shifts), repeat=len(axes)))
        for shift in shifts:
            moved = super().shrunk(np.roll(whole, shift, axes), thresholds)
            total += np.roll(moved, [-s for s in shift], axes)
        return total[tuple(slice(length) for length in images.shape)] / len(shifts)


@dataclass(frozen=True)
class Undecimated(Orthogonal):
    """The stationary wavelet transform: the mean over all shifts, in one redundant transform.

    Its details are ``(2^ndim - 1) * levels`` times as many as the samples. They are there one level
    at a time: on the way down only the approximations are kept, on the way up the details of each
    are found once more.
    """

    def thresholds(self, images, rule):
        n_samples, found = images[0].size, []
        approximation = self.padded(images)
        for level in range(self.depth(images.shape[1:])):
            approximation, details = self._down(approximation, level)
            found.append({name: rule(band, n_samples) for name, band in details.items()})
        return found[::-1]

    def shrunk(self, images, thresholds):
        approximations = [self.padded(images)]
        for level in range(len(thresholds) - 1):
            approximations.append(self._down(approximations[-1], level)[0])
        result = None
        for level, limits in zip(range(len(thresholds))[::-1], thresholds, strict=True):
            approximation, details = self._down(approximations.pop(), level)
            for name, band in details.items():
                details[name] = soft(band, limits[name])
            result = self._up(approximation if result is None else result, details, level)
        return result[tuple(slice(length) for length in images.shape)]

    def _down(self, approximation, level):
        """The next approximation, and the details that it has lost."""
        axes = tuple(range(1, approximation.ndim))
        [coefs] = require_pywt().swtn(approximation, self.wavelet, 1, level, axes=axes)
        return coefs.pop("a" * len(axes)), coefs

    def _up(self, approximation, details, level):
        """The approximation before: samples ``2^level`` apart have a transform of their own."""
        axes = tuple(range(1, approximation.ndim))
        result = np.empty_like(approximation)
        for offset in product(range(2**level), repeat=len(axes)):
            part = (slice(None), *(slice(start, None, 2**level) for start in offset))
            coefs = {name: band[part] for name, band in details.items()}
            coefs["a" * len(axes)] = approximation[part]
            result[part] = require_pywt().iswtn([coefs], self.wavelet, axes=axes)
        return result


TRANSFORMS = {"orthogonal": Orthogonal, "cycle_spun": CycleSpun, "undecimated": Undecimated}

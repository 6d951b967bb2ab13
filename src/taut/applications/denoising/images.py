"""Signals, images and volumes, checked once, and taken apart into channels without correlation."""

from __future__ import annotations

import numbers

import numpy as np
from scipy.fft import dct, idct

from taut.validation import shown

__all__ = ["Channels", "check_image"]

_FEWEST = 4  # samples along an axis in space
_COLOURS = (3, 4)
_SOME = 32  # an axis that is longer is hardly one of channels


class Channels:
    """An image as a stack of planes whose noise is white as long as the image's is.

    Channels are mixed by the orthonormal cosine transform: for red, green and blue that is the
    grey image and two opponent colours, which are smooth and lose little by denoising.

    Parameters
    ----------
    image : ndarray of float, checked
    channel_axis : int or None
    """

    def __init__(self, image, channel_axis):
        self.axis = channel_axis
        if channel_axis is None:
            self.planes = image[None]
        else:
            planes = np.moveaxis(image, channel_axis, 0)
            self.planes = dct(planes, axis=0, norm="ortho")

    def joined(self, planes):
        """The image that these planes are of."""
        if self.axis is None:
            return planes[0]
        return np.moveaxis(idct(planes, axis=0, norm="ortho"), 0, self.axis)


def check_image(image, channel_axis):
    """A finite float image, of float32 where it came so and of float64 otherwise.

    Raises
    ------
    TypeError
        It does not consist of real numbers; ``channel_axis`` is no whole number.
    ValueError
        An entry is not finite; it has too few or too many axes, or ``channel_axis`` is not the one.
    """
    array = np.asarray(image)
    if array.dtype.kind not in "biuf":
        raise TypeError(
            f"image must consist of real numbers, got dtype {array.dtype}: convert it, or denoise "
            "the real and the imaginary part one by one"
        )
    if array.dtype != np.float32:
        array = array.astype(np.float64)
    channel_axis = _checked_axis(array, channel_axis)
    spatial = [n for k, n in enumerate(array.shape) if k != channel_axis]
    if not 1 <= len(spatial) <= 3:
        raise ValueError(
            f"image must have one to three axes in space, got shape {array.shape} with "
            f"channel_axis={channel_axis}: denoise the parts of a stack one by one"
        )
    if min(spatial) < _FEWEST:
        raise ValueError(
            f"image must have at least {_FEWEST} samples along each axis in space, got shape "
            f"{array.shape} with channel_axis={channel_axis}: squeeze axes of length 1, or pass "
            "the axis of the channels as channel_axis"
        )
    wrong = ~np.isfinite(array)
    if wrong.any():
        place = tuple(int(k) for k in np.unravel_index(np.argmax(wrong), array.shape))
        raise ValueError(
            f"image must be finite, got {array[place]} at {place} and {np.count_nonzero(wrong)} "
            "such in all: fill them in (skimage.restoration.inpaint_biharmonic), or cut them off"
        )
    return array, channel_axis


def _checked_axis(array, axis):
    """The axis of the channels, counted from the first; None where there is none."""
    if axis is None:
        if array.ndim == 3:
            likely = _likely_axis(array.shape)
            if likely is not None:
                raise ValueError(
                    f"channel_axis must say which axis holds the colours: got None for an image of "
                    f"shape {array.shape}, whose axis {likely} has length {array.shape[likely]}; "
                    f"pass channel_axis={likely}, or denoise the planes of a thin volume one by one"
                )
        return None
    if not isinstance(axis, numbers.Integral) or isinstance(axis, bool):
        raise TypeError(
            f"channel_axis must be a whole number or None, got {shown(axis)}: pass -1 for colours "
            "in the last axis"
        )
    if not -array.ndim <= axis < array.ndim:
        raise ValueError(
            f"channel_axis must be an axis of the image, got {axis} for shape {array.shape}: pass "
            f"one from {-array.ndim} to {array.ndim - 1}, or None for a grey image"
        )
    axis = int(axis) % array.ndim
    likely = _likely_axis(array.shape)
    if likely not in (None, axis) and (array.shape[axis] > _SOME or array.shape[likely] < _FEWEST):
        raise ValueError(
            f"channel_axis={axis} has length {array.shape[axis]} in an image of shape "
            f"{array.shape}, while axis {likely} has length {array.shape[likely]}: pass "
            f"channel_axis={likely}"
        )
    return axis


def _likely_axis(shape):
    """The one axis that is as long as there are colours."""
    found = [k for k, length in enumerate(shape) if length in _COLOURS]
    return found[0] if len(found) == 1 and min(np.delete(shape, found)) > max(_COLOURS) else None

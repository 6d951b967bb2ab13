"""Linear measurements that are never written down as a matrix, and the test of their adjoints.

Each function returns a scipy LinearOperator; ``A @ B`` composes two of them.
"""

from __future__ import annotations

import numbers
from math import prod

import numpy as np
from scipy import fft, signal
from scipy.sparse.linalg import LinearOperator

from taut.applications.denoising.total_variation import differences, divergence
from taut.applications.denoising.wavelets import Orthogonal, require_pywt
from taut.validation import shown

__all__ = [
    "check_adjoint",
    "convolution",
    "gradient",
    "partial_dct",
    "partial_fourier",
    "wavelet_synthesis",
]

_ADJOINT_TOL = 1e-6  # float32 arithmetic passes, a wrong factor or index does not


def check_adjoint(operator, name="A"):
    """The dot test: ``<A u, v> = <u, A' v>`` for random u and v.

    Parameters
    ----------
    operator : LinearOperator of shape (m, n)
    name : str, default "A"
        What messages call it.

    Raises
    ------
    ValueError
        The two sides differ by more than rounding, one of them is not finite or of another length,
        or there is no ``rmatvec``.

    References
    ----------
    Claerbout, J. (1992). Earth Soundings Analysis, section 5.2.
    """
    m, n = operator.shape
    rng = np.random.default_rng(0)
    u, v = rng.standard_normal(n), rng.standard_normal(m)
    forth = _applied(operator.matvec, u, m, f"{name}.matvec")
    try:
        back = _applied(operator.rmatvec, v, n, f"{name}.rmatvec")
    except NotImplementedError as error:
        raise ValueError(
            f"{name} must have an adjoint, and this LinearOperator of shape {operator.shape} has "
            "no rmatvec: pass rmatvec= with it"
        ) from error
    left, right = float(np.vdot(forth, v).real), float(np.vdot(u, back).real)
    scale = np.linalg.norm(forth) * np.linalg.norm(v) + np.linalg.norm(u) * np.linalg.norm(back)
    if not abs(left - right) <= _ADJOINT_TOL * scale:
        raise ValueError(
            f"{name}.rmatvec must be the adjoint of {name}.matvec, but fails the dot test: "
            f"<{name} u, v> = {left:.6g} and <u, {name}' v> = {right:.6g} for random u and v: "
            "check the scaling and the order of its steps, each adjoint in reverse"
        )


def _applied(function, vector, size, name):
    """What it makes of the vector: so many numbers, all of them finite."""
    try:
        result = np.asarray(function(vector))
    except ValueError as error:
        raise ValueError(
            f"{name} must take {len(vector)} numbers and return {size}, but fails on random ones: "
            f"{error}; check the shape of the operator"
        ) from error
    if not np.isfinite(result).all():
        place = int(np.argmin(np.isfinite(result)))
        raise ValueError(
            f"{name} must return finite numbers, got {result[place]} at entry {place} (counting "
            "from 0) for a random vector: check what it divides by"
        )
    return result


def partial_dct(shape, kept):
    """Some coefficients of the orthonormal cosine transform; its rows are orthonormal.

    Parameters
    ----------
    shape : int or tuple of int
        Of the signal, image or volume, which is a vector in C order here.
    kept : array of int of shape (m,), or of bool of shape ``shape``
        Which coefficients, counted in C order.

    Returns
    -------
    LinearOperator of shape (m, prod(shape))
    """
    shape = _as_shape(shape)
    kept = _as_places(kept, shape)
    # Along one axis the plain transform is the same with less around it.
    forwards, backwards = (fft.dct, fft.idct) if len(shape) == 1 else (fft.dctn, fft.idctn)

    def forth(x):
        return forwards(np.reshape(x, shape), norm="ortho").ravel()[kept]

    def back(y):
        spectrum = np.zeros(prod(shape))
        spectrum[kept] = np.ravel(y)
        return backwards(spectrum.reshape(shape), norm="ortho").ravel()

    return _operator((len(kept), prod(shape)), forth, back)


def partial_fourier(shape, kept):
    """Some Fourier coefficients of a real image: all their real parts, then all imaginary ones.

    Parameters
    ----------
    shape : int or tuple of int
    kept : array of int of shape (m,), or of bool of shape ``shape``
        Which frequencies, counted in C order, as numpy.fft.fftn orders them.

    Returns
    -------
    LinearOperator of shape (2 m, prod(shape))
        For the unitary transform.
    """
    shape = _as_shape(shape)
    kept = _as_places(kept, shape)

    def forth(x):
        spectrum = fft.fftn(np.reshape(x, shape), norm="ortho").ravel()[kept]
        return np.concatenate([spectrum.real, spectrum.imag])

    def back(y):
        real, imaginary = np.split(np.ravel(y), 2)
        spectrum = np.zeros(prod(shape), dtype=np.complex128)
        spectrum[kept] = real + 1j * imaginary
        return fft.ifftn(spectrum.reshape(shape), norm="ortho").real.ravel()

    return _operator((2 * len(kept), prod(shape)), forth, back)


def wavelet_synthesis(shape, wavelet="db4", levels=None):
    """The image of orthonormal wavelet coefficients; ``A @ wavelet_synthesis(shape)`` measures it.

    Parameters
    ----------
    shape : int or tuple of int
        Lengths that can be halved at every level.
    wavelet : str, default "db4"
    levels : int, default None
        None goes on while the coarsest details are longer than the filter.

    Returns
    -------
    LinearOperator of shape (prod(shape), prod(shape))
        Its adjoint is its inverse, the analysis.

    Raises
    ------
    ImportError
        PyWavelets is not installed (extra ``applications``).
    ValueError
        A length cannot be halved so often; there is no such orthogonal wavelet.
    """
    pywt, shape = require_pywt(), _as_shape(shape)
    frame = Orthogonal(wavelet, levels)
    if any(length % 2 ** frame.depth(shape) for length in shape):
        raise ValueError(
            f"shape must consist of multiples of {2 ** frame.depth(shape)}, each level halves it, "
            f"got {shape}: pad the image, or pass fewer levels"
        )
    _, slices = pywt.coeffs_to_array(
        frame.analyse(np.zeros((1, *shape))), axes=_all_but_first(shape)
    )

    def forth(coefs):
        packed = np.reshape(coefs, (1, *shape))
        parts = pywt.array_to_coeffs(packed, slices, output_format="wavedecn")
        return frame.synthesise(parts, packed.ndim).ravel()

    def back(x):
        parts = frame.analyse(np.reshape(x, (1, *shape)))
        return pywt.coeffs_to_array(parts, axes=_all_but_first(shape))[0].ravel()

    return _operator((prod(shape), prod(shape)), forth, back)


def convolution(kernel, shape):
    """Convolution with a kernel that is centred on each sample, zeros beyond the border.

    Parameters
    ----------
    kernel : ndarray with as many axes as ``shape``
        Of odd lengths.
    shape : int or tuple of int

    Returns
    -------
    LinearOperator of shape (prod(shape), prod(shape))

    Raises
    ------
    ValueError
        The kernel has other axes than the image, or an even length.
    """
    shape, kernel = _as_shape(shape), np.asarray(kernel, dtype=np.float64)
    if kernel.ndim != len(shape) or any(length % 2 == 0 for length in kernel.shape):
        raise ValueError(
            f"kernel must have {len(shape)} axes of odd lengths, so that it has a centre, got "
            f"shape {kernel.shape}: pad it with zeros"
        )
    mirrored = np.flip(kernel)

    def forth(x):
        return signal.fftconvolve(np.reshape(x, shape), kernel, mode="same").ravel()

    def back(y):
        return signal.fftconvolve(np.reshape(y, shape), mirrored, mode="same").ravel()

    return _operator((prod(shape), prod(shape)), forth, back)


def gradient(shape):
    """Differences to the next sample along every axis, zero at the end of each.

    Parameters
    ----------
    shape : int or tuple of int

    Returns
    -------
    LinearOperator of shape (n_axes * prod(shape), prod(shape))
        All differences along the first axis come first.
    """
    shape = _as_shape(shape)
    size = prod(shape)

    def forth(x):
        return differences(np.reshape(x, shape)).ravel()

    def back(y):
        return divergence(np.reshape(y, (len(shape), *shape))).ravel()

    return _operator((len(shape) * size, size), forth, back)


def _operator(shape, matvec, rmatvec):
    return LinearOperator(shape, matvec=matvec, rmatvec=rmatvec, dtype=np.float64)


def _as_shape(shape):
    lengths = (shape,) if isinstance(shape, numbers.Integral) else tuple(shape)
    if not lengths or not all(isinstance(n, numbers.Integral) and n > 0 for n in lengths):
        raise ValueError(
            f"shape must hold positive whole numbers, got {shown(shape)}: pass (rows, columns)"
        )
    return tuple(int(n) for n in lengths)


def _as_places(kept, shape):
    kept = np.asarray(kept)
    if kept.dtype == bool and kept.shape == shape:
        kept = np.flatnonzero(kept)
    if kept.ndim != 1 or kept.dtype.kind not in "iu" or len(np.unique(kept)) != kept.size:
        raise ValueError(
            f"kept must hold distinct whole numbers, or be a mask of shape {shape}, got "
            f"{kept.dtype} of shape {kept.shape}"
        )
    if not kept.size or kept.min() < 0 or kept.max() >= prod(shape):
        raise ValueError(
            f"kept must hold at least one place and only such from 0 to {prod(shape) - 1}, got "
            f"{shown(kept.tolist())}"
        )
    return kept


def _all_but_first(shape):
    return tuple(range(1, len(shape) + 1))

"""Operators do what a matrix would, and their adjoints pass the dot test."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.signal import convolve

from taut.applications.sensing.operators import (
    check_adjoint,
    convolution,
    gradient,
    partial_dct,
    partial_fourier,
    wavelet_synthesis,
)

MASK = np.zeros((8, 16), dtype=bool)
MASK[::2, 1::3] = True
OPERATORS = {
    "dct": lambda: partial_dct(20, [0, 3, 7]),
    "dct of images": lambda: partial_dct((8, 16), MASK),
    "fourier": lambda: partial_fourier((8, 16), MASK),
    "wavelets": lambda: wavelet_synthesis((8, 16), "haar"),
    "wavelets of a signal": lambda: wavelet_synthesis(32, "db4", 2),
    "convolution": lambda: convolution(np.arange(15.0).reshape(3, 5), (8, 16)),
    "differences": lambda: gradient((4, 5, 6)),
    "composed": lambda: partial_dct((8, 16), MASK) @ wavelet_synthesis((8, 16), "db2", 1),
}


@pytest.mark.parametrize("name", OPERATORS)
def test_the_adjoint_passes_the_dot_test(name):
    pytest.importorskip("pywt")
    check_adjoint(OPERATORS[name]())


@pytest.mark.parametrize("name", ["dct", "dct of images", "wavelets", "wavelets of a signal"])
def test_rows_are_orthonormal(name):
    pytest.importorskip("pywt")
    operator = OPERATORS[name]()
    rows = operator.shape[0]
    assert_allclose(operator @ (operator.T @ np.eye(rows)), np.eye(rows), atol=1e-10)


def test_fourier_is_that_of_numpy():
    image = np.random.default_rng(0).standard_normal((8, 16))
    expected = np.fft.fft2(image, norm="ortho")[MASK]
    real, imaginary = np.split(partial_fourier((8, 16), MASK) @ image.ravel(), 2)
    assert_allclose(real + 1j * imaginary, expected, atol=1e-12)


@settings(max_examples=20, deadline=None)
@given(rows=st.sampled_from([1, 3, 5]), columns=st.sampled_from([1, 3, 7]), seed=st.integers(0, 99))
def test_convolution_is_that_of_scipy(rows, columns, seed):
    rng = np.random.default_rng(seed)
    kernel, image = rng.standard_normal((rows, columns)), rng.standard_normal((9, 11))
    expected = convolve(image, kernel, mode="same", method="direct")
    assert_allclose(convolution(kernel, (9, 11)) @ image.ravel(), expected.ravel(), atol=1e-10)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: partial_dct((8, 0), [1]), "shape must hold positive whole numbers"),
        (lambda: partial_dct(8, [1, 1]), "distinct whole numbers"),
        (lambda: partial_dct(8, [8]), "from 0 to 7"),
        (lambda: partial_dct(8, []), "distinct|at least one"),
        (lambda: partial_fourier((4, 4), MASK), r"mask of shape \(4, 4\)"),
        (lambda: convolution(np.ones((2, 3)), (8, 8)), "odd lengths"),
        (lambda: convolution(np.ones(3), (8, 8)), "2 axes"),
        (lambda: wavelet_synthesis((9, 8), "haar", 1), "multiples of 2"),
        (lambda: wavelet_synthesis(8, "bior2.2"), "orthogonal"),
    ],
)
def test_bad_input_is_named(make, message):
    pytest.importorskip("pywt")
    with pytest.raises((TypeError, ValueError), match=message):
        make()

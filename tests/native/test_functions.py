"""What holds a C function is read as far as it can tell, and refused with words, never a crash."""

import copy
import ctypes
import pickle
from ctypes import CFUNCTYPE, c_double

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import LowLevelCallable

from taut.native import NativeFunction

from .functions import absolute, as_callback, soft

OF_ONE = CFUNCTYPE(c_double, c_double)
OF_TWO = CFUNCTYPE(c_double, c_double, c_double)
WHOLE = CFUNCTYPE(ctypes.c_long, ctypes.c_long, c_double)
NOTHING = CFUNCTYPE(None, c_double, c_double)


def read(function):
    return NativeFunction(function, "value", ("b", "strength"))


def numba_function(signature):
    numba = pytest.importorskip("numba", reason="numba is not installed")
    return numba.cfunc(signature)(lambda a, b: a)


def test_every_kind_is_called_on_arrays(make):
    value = read(make(absolute))
    b = np.array([[-1.0, 2.0, 0.0], [3.0, -4.0, 5.0]])
    assert_allclose(value(b, 2.0), 2 * np.abs(b))
    assert_allclose(value(b[:, :1], [1.0, 2.0]), np.abs(b[:, :1]) * [1.0, 2.0])
    assert value(b.astype(np.float32), np.float32(2)).dtype == np.float32
    assert value(np.array([1, 2]), 1).dtype == np.float64
    assert value(np.empty(0), 1.0).shape == (0,)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (None, "got None"),
        ("value", "got 'value'"),
        (12345, "an address alone"),
        (lambda b, strength: 0.0, "which is Python"),
        (as_callback(soft), r"signature c_double \(c_double, c_double, c_double\)"),
        (OF_ONE(lambda b: b), r"signature c_double \(c_double\)"),
        (WHOLE(lambda a, b: a), "signature c_long"),
        (NOTHING(lambda a, b: None), "signature None"),
        (ctypes.CDLL(None).abs, "without argtypes: set its restype"),
        (ctypes.PYFUNCTYPE(c_double, c_double, c_double)(lambda a, b: a), "interpreter's lock"),
        (LowLevelCallable(as_callback(soft)), r"signature 'double \(double, double, double\)'"),
        (LowLevelCallable(as_callback(absolute), ctypes.c_void_p(1)), "user_data"),
    ],
    ids=range(12),
)
def test_what_is_no_such_function_is_refused(function, message):
    with pytest.raises(TypeError, match=rf"value must be a C function double .*{message}"):
        read(function)


@pytest.mark.parametrize("signature", ["float32(float64, float64)", "int64(int64, float64)"])
def test_other_types_of_numba_are_refused(signature):
    with pytest.raises(
        TypeError, match=r"value must be a C function double .*got one of signature"
    ):
        read(numba_function(signature))


def test_a_null_pointer_is_refused():
    with pytest.raises(ValueError, match="value is a null pointer"):
        read(OF_TWO(0))


def test_nan_from_numbers_is_an_error_that_shows_the_call():
    function = read(OF_TWO(lambda b, strength: np.nan if b > 1 else b))
    assert np.isnan(function([0.0, np.nan], 1.0)).tolist() == [False, True]
    with pytest.raises(ValueError, match=r"value\(b=2.0, strength=0.5\) returned nan"):
        function([0.0, 2.0], 0.5)


def test_it_is_equal_where_the_code_is_and_stays_in_its_process():
    callback = as_callback(absolute)
    function = read(callback)
    assert function == read(LowLevelCallable(callback)) != read(as_callback(absolute))
    assert hash(function) == hash(read(callback))
    assert copy.deepcopy(function) is function
    assert function != "value"
    with pytest.raises(TypeError, match=r"value is a C function.*cannot be pickled"):
        pickle.dumps(function)

"""The functions of the core that take addresses: lengths, null pointers, and what they compute."""

from ctypes import CFUNCTYPE, c_double, c_void_p, cast

import numpy as np
import pytest
from numpy.testing import assert_allclose

from taut import _core

ABSOLUTE = CFUNCTYPE(c_double, c_double, c_double)(lambda b, s: s * abs(b))
SOFT = CFUNCTYPE(c_double, c_double, c_double, c_double)(
    lambda b, t, s: b - min(max(b, -t * s), t * s)
)
NAN = CFUNCTYPE(c_double, c_double, c_double, c_double)(lambda b, t, s: float("nan"))


def address(function):
    return cast(function, c_void_p).value


def arguments(**changes):
    known = {
        "gram": np.asfortranarray([[2.0, 0.5], [0.5, 1.0]]),
        "beta": np.zeros(2),
        "z": np.array([3.0, -2.0]),
        "prox": address(SOFT),
        "value": address(ABSOLUTE),
        "weights": np.ones(2),
        "alphas": np.array([1.0, 0.5]),
        "goal": 1e-14,
        "max_iter": 1000,
    }
    return known | changes


def test_the_model_is_minimised_at_each_strength():
    betas, gradients, _ = _core.solve_native(**arguments())
    gram, z = arguments()["gram"], arguments()["z"]
    assert_allclose(gradients, z[:, None] - gram @ betas, atol=1e-13)
    assert_allclose(gradients, np.sign(betas) * [1.0, 0.5], atol=1e-13)


def test_a_weight_of_zero_and_one_of_infinity_call_nothing():
    changes = {"weights": np.array([0.0, np.inf]), "prox": address(NAN)}
    betas, *_ = _core.solve_native(**arguments(**changes))
    assert_allclose(betas, [[1.5, 1.5], [0.0, 0.0]])


def test_nan_is_refused():
    with pytest.raises(ValueError, match=r"prox\(b=1.5, step=0.5, strength=1\) returned nan"):
        _core.solve_native(**arguments(prox=address(NAN)))


@pytest.mark.parametrize(
    "change",
    [
        {"prox": 0},
        {"value": 0},
        {"prox": -1},
        {"prox": None},
        {"weights": np.ones(3)},
        {"z": np.ones(1)},
        {"beta": np.ones(3)},
        {"gram": np.ones((2, 3))},
        {"gram": np.array([[2.0, 0.5], [0.5, 1.0]], order="C")[:, ::-1]},
    ],
    ids=str,
)
def test_bad_arguments_are_refused(change):
    with pytest.raises((ValueError, TypeError)):
        _core.solve_native(**arguments(**change))


def test_calls_refuse_null_and_lengths_that_differ():
    assert_allclose(_core.call_native(address(ABSOLUTE), np.array([-2.0]), np.ones(1)), [2.0])
    with pytest.raises(ValueError, match="null address"):
        _core.call_native(0, np.ones(2), np.ones(2))
    with pytest.raises(ValueError, match="one length"):
        _core.call_native(address(ABSOLUTE), np.ones(2), np.ones(3))
    with pytest.raises(ValueError, match="null address"):
        _core.native_loss(address(ABSOLUTE), 0, address(ABSOLUTE), 0)
    with pytest.raises(ValueError, match="no such loss"):
        _core.compiled_loss(99)

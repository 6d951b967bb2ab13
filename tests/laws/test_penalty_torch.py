"""torch tensors get what NumPy arrays get, on their own device and in their own dtype."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose

from taut.penalties import L1, ElasticNet

from .registry import N_FEATURES, PENALTIES

every_penalty = pytest.mark.parametrize(
    "penalty", [case.penalty for case in PENALTIES], ids=lambda penalty: repr(penalty)
)
COEF = np.random.default_rng(0).normal(scale=2, size=(N_FEATURES, 4, 3))


def test_torch_is_not_imported():
    code = "import sys, taut.penalties, taut.losses; taut.penalties.L1().prox([1.0], 1.0); "
    code += "sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@every_penalty
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("step", [0.7, np.linspace(0, 2, N_FEATURES)], ids=["scalar", "array"])
def test_torch_equals_numpy(penalty, dtype, step):
    torch = pytest.importorskip("torch")
    tensor = torch.tensor(COEF, dtype=getattr(torch, dtype))
    as_tensor = step if np.isscalar(step) else torch.tensor(step)
    p = penalty.prox(tensor, as_tensor)
    assert p.dtype == tensor.dtype
    assert p.shape == tensor.shape
    expected = penalty.prox(COEF.astype(dtype), step)
    assert_allclose(p.numpy(), expected, rtol=1e-6)
    value = penalty.value(p)
    assert value.dtype == tensor.dtype
    assert value.ndim == 0
    assert value.item() == pytest.approx(penalty.value(expected), rel=1e-5)


@every_penalty
def test_tensors_stay_on_their_device(penalty):
    torch = pytest.importorskip("torch")
    devices = ["meta"] + (["cuda"] if torch.cuda.is_available() else [])
    for device in devices:
        tensor = torch.zeros(N_FEATURES, 2, device=device)
        assert penalty.prox(tensor, 0.5).device.type == device
        assert penalty.value(tensor).device.type == device


def test_half_precision_and_integers():
    torch = pytest.importorskip("torch")
    assert L1().prox(torch.ones(2, dtype=torch.bfloat16), 0.5).dtype == torch.bfloat16
    assert ElasticNet().prox(torch.tensor([2, 3]), 0.5).dtype == torch.get_default_dtype()


def test_parameters_and_their_gradient():
    torch = pytest.importorskip("torch")
    parameter = torch.nn.Parameter(torch.tensor([-2.0, 0.1, 3.0]))
    with torch.no_grad():
        parameter.copy_(L1().prox(parameter, 0.5))
    assert parameter.tolist() == [-1.5, 0.0, 2.5]


def test_weights_from_a_tensor():
    torch = pytest.importorskip("torch")
    assert L1(weights=torch.tensor([1.0, 2.0])) == L1(weights=[1.0, 2.0])


@pytest.mark.parametrize("step", [-1.0, float("nan")])
def test_bad_steps(step):
    torch = pytest.importorskip("torch")
    with pytest.raises(ValueError, match="step must be non-negative and finite"):
        L1().prox(torch.ones(2), torch.tensor([1.0, step]))


def test_complex_tensors_are_refused():
    torch = pytest.importorskip("torch")
    with pytest.raises(TypeError, match=r"coef must be real.*complex64"):
        L1().value(torch.ones(2, dtype=torch.complex64))

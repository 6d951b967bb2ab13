"""torch tensors get what NumPy arrays get, on their own device and in their own dtype."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose

from taut.penalties import (
    L1,
    MCP,
    SLOPE,
    ElasticNet,
    FusedLasso,
    GroupLasso,
    MultiTask,
    Nuclear,
    SparseGroupLasso,
    TotalVariation,
)

from .registry import N_FEATURES, PENALTIES

every_penalty = pytest.mark.parametrize(
    "penalty", [case.penalty for case in PENALTIES], ids=lambda penalty: repr(penalty)
)
every_case = pytest.mark.parametrize("case", PENALTIES, ids=lambda case: repr(case.penalty))
COEF = np.random.default_rng(0).normal(scale=2, size=(N_FEATURES, 4, 3))
THROUGH_NUMPY = SLOPE, TotalVariation, FusedLasso
READ_THEIR_NUMBERS = (*THROUGH_NUMPY, Nuclear)


def part_of(penalty):
    """Of a sum, what does not separate."""
    return getattr(penalty, "part", penalty)


def coef_for(penalty):
    return COEF[:, :, 0] if isinstance(part_of(penalty), Nuclear) else COEF


def test_torch_is_not_imported():
    code = "import sys, taut.penalties, taut.losses; taut.penalties.L1().prox([1.0], 1.0); "
    code += "sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@every_case
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("step", [0.7, np.linspace(0, 2, N_FEATURES)], ids=["scalar", "array"])
def test_torch_equals_numpy(case, dtype, step):
    torch = pytest.importorskip("torch")
    penalty, coef = case.penalty, coef_for(case.penalty)
    if not case.by_entry and not np.isscalar(step):
        step = np.array(0.7)
    tensor = torch.tensor(coef, dtype=getattr(torch, dtype))
    as_tensor = step if np.isscalar(step) else torch.tensor(step)
    p = penalty.prox(tensor, as_tensor)
    assert p.dtype == tensor.dtype
    assert p.shape == tensor.shape
    expected = penalty.prox(coef.astype(dtype), step)
    # Where entries are summed, the order of the sum shows in the last digits of float32.
    rtol = 1e-6 if case.by_entry else 1e-5
    assert_allclose(p.numpy(), expected, rtol=rtol, atol=1e-12 if dtype == "float64" else 2e-6)
    value = penalty.value(p)
    assert value.dtype == tensor.dtype
    assert value.ndim == 0
    assert value.item() == pytest.approx(penalty.value(expected), rel=1e-5)


@every_penalty
def test_tensors_stay_on_their_device(penalty):
    torch = pytest.importorskip("torch")
    devices = ["cuda"] if torch.cuda.is_available() else []
    if not isinstance(part_of(penalty), READ_THEIR_NUMBERS):
        devices.append("meta")  # a device without numbers shows that none are looked at
    for device in devices:
        tensor = torch.zeros(N_FEATURES, 2, device=device)
        assert penalty.prox(tensor, 0.5).device.type == device
        assert penalty.value(tensor).device.type == device


@every_case
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision(case, dtype):
    torch = pytest.importorskip("torch")
    tensor = torch.tensor(coef_for(case.penalty), dtype=getattr(torch, dtype))
    p = case.penalty.prox(tensor, 0.5)
    assert p.dtype == case.penalty.value(p).dtype == tensor.dtype
    expected = case.penalty.prox(tensor.double(), 0.5)
    assert_allclose(p.double(), expected, rtol=0.02, atol=0.02)


def test_squares_do_not_overflow_in_half_precision():
    torch = pytest.importorskip("torch")
    large = torch.tensor([30000.0, 40000.0], dtype=torch.float16)
    assert GroupLasso([0, 0], weights=[1.0]).prox(large, 25000.0).tolist() == [15000.0, 20000.0]
    assert GroupLasso([0, 0], weights=[1.0]).value(large).item() == pytest.approx(5e4, rel=1e-3)


@pytest.mark.parametrize(
    "penalty",
    [
        GroupLasso([0, 0, 1]),
        SparseGroupLasso([0, 0, 1]),
        MultiTask(),
        MCP(),
        MCP(groups=[0, 0, 1]),
        SLOPE(),
        FusedLasso(l1_ratio=0.5),
        Nuclear(),
    ],
    ids=repr,
)
def test_value_has_a_finite_gradient_also_at_zero(penalty):
    torch = pytest.importorskip("torch")
    coef = torch.tensor([0.0, 0.0, 2.0], dtype=torch.float64, requires_grad=True)
    penalty.value(coef).backward()
    assert torch.isfinite(coef.grad).all()
    away = torch.tensor([0.4, -1.5, 2.0], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(penalty.value, away)


@pytest.mark.parametrize("penalty", [SLOPE(), TotalVariation(), FusedLasso(l1_ratio=0.5)], ids=repr)
def test_prox_of_a_parameter_that_goes_through_numpy(penalty):
    torch = pytest.importorskip("torch")
    parameter = torch.nn.Parameter(torch.tensor([-2.0, 0.1, 3.0]))
    p = penalty.prox(parameter, 0.5)
    assert not p.requires_grad
    assert_allclose(p.numpy(), penalty.prox(np.float32([-2.0, 0.1, 3.0]), 0.5))


@every_penalty
def test_dual_norm_of_a_tensor(penalty):
    torch = pytest.importorskip("torch")
    coef = coef_for(penalty)
    expected = penalty.dual_norm(coef)
    assert penalty.dual_norm(torch.tensor(coef, requires_grad=True)) == expected


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

"""Kernels for a GPU, by Triton's interpreter on the processor: what they give, when they run."""

import os
import subprocess
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch")
if "triton" not in sys.modules:
    os.environ.setdefault("TRITON_INTERPRET", "1")
triton = pytest.importorskip("triton", reason="Triton comes with torch for GPUs")
if not triton.knobs.runtime.interpret:
    pytest.skip("Triton was imported without its interpreter", allow_module_level=True)

from tests.nn.test_device_path import LAID, OPTIMISERS, network  # noqa: E402

from taut import nn, penalties  # noqa: E402
from taut.nn.prox import in_memory, kernels, on_gpu  # noqa: E402


@pytest.fixture(autouse=True)
def as_on_a_gpu(monkeypatch):
    """The core reaches nothing, and kernels all."""
    monkeypatch.setattr(in_memory, "_DTYPES", ())
    monkeypatch.setattr(on_gpu, "DEVICES", {"cpu"})
    monkeypatch.setattr(on_gpu, "_TRIED", {})
    monkeypatch.delenv("TAUT_TRITON", raising=False)


@pytest.fixture
def launched(monkeypatch):
    """Names of the kernels that were launched for an optimiser."""
    names, launch = [], on_gpu.Tables.launch

    def counting(tables, name, *args):
        names.append(name)
        return launch(tables, name, *args)

    monkeypatch.setattr(on_gpu.Tables, "launch", counting)
    return names


def train(make, laid, n_steps=6, strength=0.2):
    net = network()
    net.append(torch.nn.Unflatten(1, (3, 1, 1))).append(torch.nn.Conv2d(3, 4, 3, padding=1))
    optimizer = nn.proximal(make(net.parameters()), laid(net), strength=strength)
    generator = torch.Generator().manual_seed(1)
    for _ in range(n_steps):
        X = torch.randn(32, 6, generator=generator)
        optimizer.zero_grad()
        (net(X)[:, 0] - X[:, :1, None]).square().mean().backward()
        optimizer.step()
    return net


@pytest.mark.parametrize("make", OPTIMISERS.values(), ids=OPTIMISERS)
@pytest.mark.parametrize("name", LAID)
def test_training_is_the_same_by_kernels_and_by_torch(name, make, launched, monkeypatch):
    ours = train(make, LAID[name])
    # One for all parameters, once more on copies to see whether it can be trusted.
    assert len(launched) == 7 * (2 if name == "sparse groups" else 1)
    monkeypatch.setattr(on_gpu, "DEVICES", set())
    launched.clear()
    theirs = train(make, LAID[name])
    assert not launched
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=2e-4, atol=2e-5)
        assert ((one == 0) != (other == 0)).sum() <= 1


COMPILE = """
import inspect, sys
import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from taut.nn.prox import kernels

for name in kernels.__all__:
    kernel = getattr(kernels, name)
    types = {"table": "*i64", "width": "i32"}
    for has_moments in (False, True):
        form = {"HAS_MOMENTS": has_moments, "SQUARED": True, "BLOCK": 1024}
        form = {key: form[key] for key in form if key in kernel.arg_names}
        signature = {key: types.get(key, "constexpr" if key in form else "fp32")
                     for key in kernel.arg_names}
        source = ASTSource(fn=kernel, signature=signature, constexprs=form)
        for capability in (80, 90):
            compiled = triton.compile(source, target=GPUTarget("cuda", capability, 32))
            assert compiled.asm["cubin"]
print("compiled")
"""


@pytest.mark.slow
def test_kernels_compile_for_gpus_that_are_not_here(tmp_path):
    environment = {**os.environ, "TRITON_INTERPRET": "0", "TRITON_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", COMPILE]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "compiled"


class Broken:
    """In place of a kernel."""

    def __init__(self, launch):
        self.launch = launch

    def __getitem__(self, grid):
        return self.launch


def fail(*args, **form):
    raise RuntimeError("no compiler")


def leave(*args, **form):
    """Does nothing, which is not what torch does."""


@pytest.mark.parametrize("name", ["L1", "units", "max norm"])
def test_a_kernel_that_does_nothing_is_found_out_at_any_strength(name, launched, monkeypatch):
    for kernel in kernels.__all__:
        monkeypatch.setattr(kernels, kernel, Broken(leave))
    with pytest.warns(RuntimeWarning, match="other numbers than torch"):
        train(OPTIMISERS["Adam"], LAID[name], n_steps=1, strength=1e-7)
    assert len(launched) == 1


def test_zeros_that_are_not_exact_are_found_out(launched, monkeypatch):
    plain = kernels.shrink_slopes

    def almost(rows, *args, **form):
        plain[(len(rows),)](rows, *args, **form)
        for coef in touched:
            coef[coef == 0] = 1e-9

    touched, copied = [], on_gpu._copied

    def copying(job, strength):
        copy = copied(job, strength)
        touched.append(copy.view.coef)
        return copy

    monkeypatch.setattr(on_gpu, "_copied", copying)
    monkeypatch.setattr(kernels, "shrink_slopes", Broken(almost))
    with pytest.warns(RuntimeWarning, match="other numbers than torch"):
        train(OPTIMISERS["Adam"], LAID["L1"], n_steps=1)
    assert launched == ["shrink_slopes"]


@pytest.mark.parametrize(
    ("broken", "reason"), [(fail, "RuntimeError: no compiler"), (leave, "other numbers than torch")]
)
def test_torch_goes_on_where_a_kernel_fails_or_errs(broken, reason, launched, monkeypatch):
    monkeypatch.setattr(kernels, "shrink_slopes", Broken(broken))
    with pytest.warns(RuntimeWarning, match=f"SeparableProx goes on without .*{reason}"):
        found = train(OPTIMISERS["Adam"], LAID["L1"])
    assert launched == ["shrink_slopes"]
    assert (found[0].weight == 0).any()


def test_kernels_are_left_out_where_unwanted_or_without_triton(launched, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setenv("TAUT_TRITON", "0")
        train(OPTIMISERS["Adam"], LAID["L1"])
    monkeypatch.setattr(on_gpu, "_TRIED", {})
    monkeypatch.setitem(sys.modules, "triton", None)
    train(OPTIMISERS["Adam"], LAID["L1"])
    assert not launched


def test_weights_without_a_strength_or_in_halves_are_for_torch(launched):
    train(OPTIMISERS["Adam"], LAID["L1"], strength=0.0)
    layer = torch.nn.Linear(3, 2).bfloat16()
    optimizer = nn.proximal(torch.optim.SGD(layer.parameters(), lr=1.0), {layer: penalties.L1()})
    (0 * layer(torch.ones(1, 3).bfloat16())).sum().backward()
    optimizer.step()
    assert not launched
    assert not layer.weight.any()


def test_weights_that_move_in_memory_are_found_again(launched):
    layer = torch.nn.Linear(3, 2)
    optimizer = nn.proximal(torch.optim.SGD(layer.parameters(), lr=0.1), {layer: penalties.L1()})
    for turn in range(2 * on_gpu._N_KEPT):
        layer.weight.data = torch.full((2, 3), 0.05 + turn)
        optimizer.zero_grad()
        (0 * layer(torch.ones(1, 3))).sum().backward()
        optimizer.step()
        assert torch.allclose(layer.weight, torch.tensor(max(turn - 0.05, 0.0)))


def test_free_and_excluded_groups_and_nan_stay_what_they_are(launched):
    layer = torch.nn.Linear(3, 4)
    before = layer.weight.detach().clone()
    before[3, 1] = torch.nan
    layer.weight.data.copy_(before)
    penalty = penalties.MultiTask(weights=[0.0, np.inf, 1.0, 1.0])
    optimizer = nn.proximal(torch.optim.Adam(layer.parameters(), lr=1e-9), {layer: penalty})
    (0 * layer(torch.ones(1, 3)).nan_to_num()).sum().backward()
    layer.weight.grad.zero_()
    optimizer.step()
    assert launched == ["shrink_groups"] * 2
    assert torch.equal(layer.weight[0], before[0])
    assert not layer.weight[1].any()
    assert layer.weight[3].isnan().all()

"""Proxes by operations of torch: how many a step takes, that none waits, and what they give."""

import copy
from itertools import pairwise

import numpy as np
import pytest

torch = pytest.importorskip("torch")
launches = pytest.importorskip("benchmarks.launches", reason="run from the root of the repository")

from taut import nn, penalties  # noqa: E402
from taut.nn.prox import in_memory, jobs, secular  # noqa: E402
from taut.nn.prox.metric import Metric, Workspace  # noqa: E402
from taut.nn.prox.padded import Sums, packed  # noqa: E402
from taut.nn.prox.proxes import prox_of  # noqa: E402
from taut.nn.prox.secular import shrunk  # noqa: E402
from taut.nn.prox.steps import StepCounts  # noqa: E402

UNITS = nn.rows(penalties.MultiTask())
LAID = {
    "L1": lambda net: {net: penalties.L1()},
    "ElasticNet": lambda net: {net: penalties.ElasticNet()},
    "weighted": lambda net: {net[0]: penalties.ElasticNet(weights=[0.0, np.inf, *[1.0] * 14])},
    "NonNegative": lambda net: {net: penalties.L1() + penalties.NonNegative()},
    "MCP": lambda net: {net: penalties.MCP()},
    "SCAD": lambda net: {net: penalties.SCAD()},
    "weighted MCP": lambda net: {net[0]: penalties.MCP(weights=[0.0, np.inf, *[1.0] * 14])},
    "units": lambda net: {net[0]: UNITS, net[2]: UNITS},
    "columns": lambda net: {net[0]: nn.columns(penalties.MultiTask())},
    "groups": lambda net: {
        net[0]: penalties.GroupLasso(np.arange(16) % 5),
        net[2]: penalties.GroupLasso([0, 0, 1, 1, 1, 2, 2, 3], weights=[0.0, 1.0, np.inf, 2.0]),
    },
    "sparse groups": lambda net: {net[0]: penalties.SparseGroupLasso(np.arange(16) // 3)},
    "max norm": lambda net: {net: nn.MaxNorm(0.4)},
}
OPTIMISERS = {
    "SGD": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, foreach=True),
    # With an eps that keeps steps below gamma of MCP.
    "Adam": lambda p: torch.optim.Adam(p, lr=1e-2, eps=1e-2, foreach=True),
}
# Of all parameters together, under each optimiser.
MOST = {
    "L1": (3, 7),
    "ElasticNet": (4, 8),
    "weighted": (10, 14),
    "NonNegative": (5, 9),
    "MCP": (10, 15),
    "SCAD": (13, 18),
    "weighted MCP": (12, 15),
    "units": (11, 53),
    "columns": (9, 50),
    "groups": (16, 71),
    "sparse groups": (16, 74),
    "max norm": (8, 8),
}


def network(n_hidden=1):
    torch.manual_seed(0)
    widths = [6, 16, *[8] * n_hidden, 3]
    layers = [torch.nn.Linear(*pair) for pair in pairwise(widths)]
    parts = [part for layer in layers for part in (layer, torch.nn.ReLU())]
    return torch.nn.Sequential(*parts[:-1])


def counted(net, make, laid):
    """Launches of one prox, on a device without numbers."""
    net = net.to("meta")
    optimizer, mode, marks = make(net.parameters()), launches.Launches(), []
    optimizer.register_step_post_hook(lambda *_: marks.append(mode.count))
    nn.proximal(optimizer, laid(net), strength=0.1)
    optimizer.register_step_post_hook(lambda *_: marks.append(mode.count))
    for _ in range(3):
        optimizer.zero_grad()
        net(torch.zeros(5, 6, device="meta")).sum().backward()
        with mode:
            optimizer.step()
    assert mode.reads == []
    return marks[-1] - marks[-2]


@pytest.mark.parametrize("place", [0, 1], ids=OPTIMISERS)
@pytest.mark.parametrize("name", LAID)
def test_launches_are_few_and_none_waits(name, place):
    make = list(OPTIMISERS.values())[place]
    assert 0 < counted(network(), make, LAID[name]) <= MOST[name][place]


@pytest.mark.parametrize("make", OPTIMISERS.values(), ids=OPTIMISERS)
def test_more_layers_under_a_penalty_share_the_launches(make):
    def units(net):
        return {layer: UNITS for layer in net if isinstance(layer, torch.nn.Linear)}

    for laid, each in ((LAID["L1"], 0), (LAID["MCP"], 1), (units, 3)):
        few, many = (counted(network(n_hidden), make, laid) for n_hidden in (1, 5))
        assert many - few <= 4 * each


@pytest.mark.parametrize("make", OPTIMISERS.values(), ids=OPTIMISERS)
@pytest.mark.parametrize("strength", [0.0, 0.2])
@pytest.mark.parametrize("name", LAID)
def test_training_is_the_same_by_the_core_and_by_torch(name, strength, make, monkeypatch):
    nets = network(), network()
    for net, dtypes in zip(nets, (in_memory._DTYPES, ()), strict=True):
        monkeypatch.setattr(in_memory, "_DTYPES", dtypes)
        net.double()
        optimizer = nn.proximal(make(net.parameters()), LAID[name](net), strength=strength)
        generator = torch.Generator().manual_seed(1)
        for _ in range(25):
            X = torch.randn(32, 6, generator=generator, dtype=torch.float64)
            optimizer.zero_grad()
            (net(X)[:, 0] - X[:, 0]).square().mean().backward()
            optimizer.step()
    for one, other in zip(*(net.parameters() for net in nets), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-11)
        assert torch.equal(one == 0, other == 0)
    if strength and name != "max norm":
        assert (nets[1][0].weight == 0).any()


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-10), (torch.float32, 2e-5)])
@pytest.mark.parametrize("spread", [0, 1, 4])
def test_roots_are_found_over_eight_decades(dtype, tolerance, spread):
    """Steps and weights spread by 10 to the power of +-spread, and strengths up to the last one."""
    generator = torch.Generator().manual_seed(0)

    def decades():
        uniform = torch.rand(2000, 30, generator=generator, dtype=torch.float64)
        return 10 ** (spread * (2 * uniform - 1))

    z = torch.randn(2000, 30, generator=generator, dtype=torch.float64) * decades()
    diagonal, share = decades(), torch.rand(2000, 1, generator=generator, dtype=torch.float64)
    s = (diagonal * z).norm(dim=1, keepdim=True) * 10 ** (3 * share - 2.99)
    e = s / diagonal
    found = shrunk(z.to(dtype), e.to(dtype), Sums(None, "cpu")).double()
    is_zero = (s >= (diagonal * z).norm(dim=1, keepdim=True))[:, 0]
    assert is_zero.any()
    assert not found[is_zero].any()
    z, e, found = z[~is_zero], e[~is_zero], found[~is_zero]
    low, high = torch.full((len(z), 1), -60.0).double(), z.norm(dim=1, keepdim=True).log()
    for _ in range(80):
        middle = (low + high) / 2
        below = (z / (middle.exp() + e)).norm(dim=1, keepdim=True) > 1
        low, high = torch.where(below, middle, low), torch.where(below, high, middle)
    radius = low.exp()
    error = (found - z * (radius / (radius + e))).norm(dim=1) / radius[:, 0]
    # Close to the strength at which a group leaves, its norm is a difference of equal numbers.
    is_close = (
        ((z / e).norm(dim=1) < 1.01) if dtype == torch.float32 else torch.zeros(len(z)).bool()
    )
    assert error[~is_close].max() <= tolerance
    assert error.isfinite().all()


def test_large_weights_are_tried_point_by_point(monkeypatch):
    z, e = torch.randn(20, 30), torch.rand(20, 30)
    expected = shrunk(z, e, Sums(None, "cpu"))
    monkeypatch.setattr(secular, "_AT_ONCE", 3 * z.numel())
    torch.testing.assert_close(shrunk(z, e, Sums(None, "cpu")), expected, rtol=1e-6, atol=0)


def test_free_and_excluded_groups_and_nan_stay_what_they_are(monkeypatch):
    monkeypatch.setattr(in_memory, "_DTYPES", ())
    layer = torch.nn.Linear(3, 4)
    before = layer.weight.detach().clone()
    before[3, 1] = torch.nan
    layer.weight.data.copy_(before)
    prox = nn.proximal(
        torch.optim.Adam(layer.parameters(), lr=1e-9),
        {layer: penalties.MultiTask(weights=[0.0, np.inf, 1.0, 1.0])},
    )
    (0 * layer(torch.ones(1, 3)).nan_to_num()).sum().backward()
    layer.weight.grad.zero_()
    prox.step()
    assert torch.equal(layer.weight[0], before[0])
    assert not layer.weight[1].any()
    assert layer.weight[3].isnan().all()


def test_halves_are_added_up_in_single_precision():
    z, moments = torch.randn(4, 3000).bfloat16(), torch.ones(4, 3000).bfloat16()
    prox = prox_of(penalties.MultiTask(), 4, True, Workspace())
    found = prox(z.clone(), Metric(1.0, moments), 10.0)
    assert found.dtype == torch.bfloat16
    expected = penalties.MultiTask().prox(z.double(), 10.0)
    torch.testing.assert_close(found.double(), expected, rtol=1e-2, atol=1e-3)


def test_matrices_are_at_most_half_padding():
    shapes = [(9000, 27), (512, 4608), (10, 512), (512, 4000), (9,)]
    coefs = [torch.empty(shape) for shape in shapes]
    together = packed(coefs)
    assert sorted(place for places in together for place in places) == list(range(5))
    assert len(together) > 1
    assert [1, 3] in [places[:2] for places in together]
    for places in together:
        of_bin = [coefs[place] for place in places]
        widest = max(coef[0].numel() for coef in of_bin)
        assert widest * sum(map(len, of_bin)) <= 2 * sum(coef.numel() for coef in of_bin)


def test_a_parameter_whose_memory_is_replaced_is_found_again():
    net = network()
    optimizer = nn.proximal(OPTIMISERS["Adam"](net.parameters()), LAID["L1"](net), strength=0.1)
    for turn in range(6):
        if turn == 3:
            old = net[0].weight.data
            net[0].weight.data = 1e-4 * torch.randn(6, 16).t()  # with other strides, too
            kept = old.clone()
        optimizer.zero_grad()
        net(torch.randn(8, 6)).square().mean().backward()
        optimizer.step()
    assert torch.equal(old, kept)
    assert (net[0].weight == 0).any()


class OnDevice(torch.Tensor):
    """A count of steps that says it is elsewhere, and how often it is read."""

    n_reads = 0
    is_cpu = False

    def __int__(self):
        OnDevice.n_reads += 1
        return int(self.item())


def test_steps_counted_on_a_device_are_read_once():
    counts, parameter = StepCounts(), torch.nn.Parameter(torch.zeros(1))
    step = torch.tensor(3.0).as_subclass(OnDevice)
    for taken in (3, 4, 5):
        assert counts.on_host(parameter, {"step": step, "other": 1}) == {"step": taken, "other": 1}
        step += 1
    assert OnDevice.n_reads == 1
    loaded = copy.copy(torch.tensor(9.0)).as_subclass(OnDevice)
    assert counts.on_host(parameter, {"step": loaded})["step"] == 9
    state = {"step": torch.tensor(2.0)}
    assert counts.on_host(parameter, state) is state


def test_jobs_of_one_key_come_together():
    assert list(jobs.alike([1, 2, 3, 4], lambda job: job % 2)) == [[1, 3], [2, 4]]

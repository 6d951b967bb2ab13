"""A network without its dead units computes what it did with them."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402

from taut.nn import shrink  # noqa: E402


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


ACTIVATIONS = [nn.ReLU, nn.Tanh, nn.Sigmoid, nn.GELU, nn.Softplus]


class Residual(nn.Module):
    """Convolutions whose input is added to what they give."""

    def __init__(self, width, groups=1):
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(width)
        self.second = nn.Conv2d(width, width, 3, padding=1, groups=groups)

    def forward(self, x):
        return F.relu(x + self.second(torch.relu(self.norm(self.first(x)))))


class Branches(nn.Module):
    """Channels side by side, and one branch that scales another."""

    def __init__(self, width):
        super().__init__()
        self.left = nn.Conv2d(3, width, 3)
        self.right = nn.Conv2d(3, width, 3)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.squeeze = nn.Conv2d(2 * width, 2, 1)
        self.gate = nn.Conv2d(2, 2 * width, 1)
        self.head = nn.Linear(2 * width * 9, 2)

    def forward(self, x):
        x = torch.cat([self.left(x), torch.relu(self.right(x))], dim=1)
        x = x * torch.sigmoid(self.gate(torch.relu(self.squeeze(self.pool(x)))))
        return self.head(F.max_pool2d(x, 2).flatten(1))


def kill(module, generator, share):
    """Zero rows, columns, entries and biases of layers, and scales of normalisations."""
    for part in module.modules():
        if isinstance(part, nn.Linear | nn.Conv2d):
            weight = part.weight.data
            weight[generator.random(len(weight)) < share] = 0
            weight[:, generator.random(weight.shape[1]) < share] = 0
            weight[torch.from_numpy(generator.random(weight.shape) < share)] = 0
            if part.bias is not None:
                part.bias.data[generator.random(len(weight)) < 0.5] = 0
        if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d):
            width = part.num_features
            part.weight.data[generator.random(width) < share / 2] = 0
            part.bias.data = torch.from_numpy(generator.normal(0, 1, width)).float()
            part.running_mean = torch.from_numpy(generator.normal(0, 1, width)).float()
            part.running_var = torch.from_numpy(generator.uniform(0.5, 2, width)).float()


def assert_same(module, X, tolerance=1e-5, example=None):
    module.eval()
    smaller = shrink(module, example)
    with torch.no_grad():
        expected, found = module(X), smaller(X)
    scale = 1 + expected.abs().max()
    assert (found - expected).abs().max() <= tolerance * scale
    assert smaller.shrink_report.n_parameters[1] == sum(p.numel() for p in smaller.parameters())
    return smaller


@given(
    widths=st.lists(st.integers(1, 12), min_size=1, max_size=4),
    activation=st.sampled_from(ACTIVATIONS),
    norm=st.booleans(),
    bias=st.booleans(),
    share=st.sampled_from([0.0, 0.3, 0.6, 0.95]),
    seed=st.integers(0, 2**31 - 1),
)
@settings(max_examples=60, deadline=None)
def test_dense_networks_are_unchanged(widths, activation, norm, bias, share, seed):
    generator = np.random.default_rng(seed)
    torch.manual_seed(seed)
    layers, width = [], 5
    for following in widths:
        layers += [nn.Linear(width, following, bias=bias)]
        layers += [nn.BatchNorm1d(following)] * norm + [activation(), nn.Dropout(0.5)]
        width = following
    net = nn.Sequential(*layers, nn.Linear(width, 3))
    kill(net, generator, share)
    assert_same(net, torch.randn(7, 5))


@given(
    width=st.integers(2, 8),
    depthwise=st.booleans(),
    padding=st.sampled_from([0, 1]),
    mode=st.sampled_from(["zeros", "replicate"]),
    pool=st.booleans(),
    share=st.sampled_from([0.0, 0.3, 0.6, 0.95]),
    seed=st.integers(0, 2**31 - 1),
)
@settings(max_examples=40, deadline=None)
def test_convolutional_networks_are_unchanged(width, depthwise, padding, mode, pool, share, seed):
    generator = np.random.default_rng(seed)
    torch.manual_seed(seed)
    size = 4 + 2 * padding
    net = nn.Sequential(
        nn.Conv2d(3, width, 3, padding=padding, padding_mode=mode),
        nn.BatchNorm2d(width),
        nn.ReLU(),
        Residual(width, groups=width if depthwise else 1),
        Residual(width),
        nn.Conv2d(width, 5, 3, padding=padding),
        nn.Sigmoid(),
        nn.AdaptiveAvgPool2d(1) if pool else nn.Identity(),
        nn.Flatten(),
        nn.Linear(5 * (1 if pool else (size - 2 + 2 * padding) ** 2), 4),
    )
    kill(net, generator, share)
    assert_same(net, torch.randn(3, 3, 6, 6))


@given(
    width=st.integers(2, 6),
    n_positions=st.integers(2, 6),
    flat=st.booleans(),
    share=st.sampled_from([0.0, 0.3, 0.7]),
    seed=st.integers(0, 2**31 - 1),
)
@settings(max_examples=40, deadline=None)
def test_sequences_normalised_over_positions_are_unchanged(width, n_positions, flat, share, seed):
    torch.manual_seed(seed)
    X = torch.randn(3, n_positions, 5)
    net = nn.Sequential(
        nn.Linear(5, width),
        nn.BatchNorm1d(n_positions),
        nn.ReLU(),
        nn.Linear(width, 4),
        nn.Flatten() if flat else nn.Identity(),
        nn.Linear(4 * n_positions if flat else 4, 2),
    )
    kill(net, np.random.default_rng(seed), share)
    # Where positions are not put together in the end, it would take rows as well.
    assert_same(net, X, example=None if flat else X)


def test_an_example_tells_sequences_from_rows():
    net = nn.Sequential(nn.Linear(5, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3))
    net[0].weight.data[:3] = 0
    sequences = torch.randn(4, 8, 5)
    smaller = assert_same(net, sequences, example=sequences[:2])
    assert smaller[0].out_features == 8
    assert "BatchNorm1d '1' reads it along another axis" in str(smaller.shrink_report)
    for rows in (None, sequences[0], (sequences[0],)):
        assert assert_same(net, sequences[0], example=rows)[0].out_features == 5
    with pytest.raises(ValueError, match="example must be what module takes, but it raised"):
        shrink(net, torch.randn(4, 7))


@given(share=st.sampled_from([0.0, 0.3, 0.7]), seed=st.integers(0, 2**31 - 1))
@settings(max_examples=30, deadline=None)
def test_branches_are_unchanged(share, seed):
    torch.manual_seed(seed)
    net = Branches(4)
    kill(net, np.random.default_rng(seed), share)
    assert_same(net, torch.randn(2, 3, 8, 8))


def test_units_that_nothing_reads_and_units_that_read_nothing_leave():
    net = nn.Sequential(nn.Linear(4, 10), nn.ReLU(), nn.Linear(10, 6), nn.Tanh(), nn.Linear(6, 2))
    net[0].weight.data[:3] = 0  # constant: their activation goes into the next bias
    net[2].weight.data[:, 3:5] = 0  # read by nobody
    net[4].weight.data[:, 0] = 0
    smaller = assert_same(net, torch.randn(20, 4), tolerance=1e-6)
    assert smaller[0].weight.shape == (5, 4)
    assert smaller[2].weight.shape == (5, 5)
    assert smaller.shrink_report.removed == {"0": 5, "2": 1}
    assert "35 parameters" not in str(smaller.shrink_report)


def test_removal_goes_on_upstream():
    """Only a unit that leaves reads unit 1 of the first layer: it leaves as well."""
    net = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 1))
    net[2].weight.data[:2, 1] = 0
    net[4].weight.data[:, 2] = 0
    smaller = assert_same(net, torch.randn(20, 4))
    assert smaller[0].out_features == smaller[2].in_features == 2


def test_channels_of_a_residual_block_leave_together():
    net = nn.Sequential(nn.Conv2d(3, 6, 3), Residual(6), nn.Flatten(), nn.Linear(6 * 16, 2))
    for conv in (net[0], net[1].second):
        conv.weight.data[:2] = 0
        conv.bias.data[:2] = 0
    smaller = assert_same(net, torch.randn(2, 3, 6, 6))
    assert smaller[0].out_channels == smaller[1].second.out_channels == 4
    assert smaller[3].in_features == 64
    # Zero in one branch alone: the sum is not, and the channel stays.
    net[0].weight.data[:2] = 1.0
    again = assert_same(net, torch.randn(2, 3, 6, 6))
    assert again[1].second.out_channels == 6
    assert "in '1.second' 2 units are zero and stay" in str(again.shrink_report)


def test_a_constant_channel_before_zero_padding_stays_with_a_reason():
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 2, 3, padding=1), nn.Flatten())
    net[0].weight.data[0] = 0
    net[0].bias.data[0] = 1.0
    assert "in '0' 1 units are zero and stay: what they are tied to, or a padded layer" in str(
        assert_same(net, torch.randn(2, 3, 6, 6)).shrink_report
    )
    net[0].bias.data[0] = 0.0
    assert assert_same(net, torch.randn(2, 3, 6, 6))[0].out_channels == 3


def test_a_scale_of_zero_removes_the_channel():
    """What L1 on the scales of batch normalisation is for (network slimming)."""
    net = nn.Sequential(nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5), nn.ReLU(), nn.Conv2d(5, 2, 3))
    net[1].weight.data[:3] = 0
    net[1].bias.data[:3] = torch.tensor([-1.0, 0.0, 2.0])
    smaller = assert_same(net, torch.randn(2, 3, 7, 7))
    assert smaller[1].num_features == smaller[3].in_channels == 2


class Shared(nn.Module):
    def __init__(self):
        super().__init__()
        self.enter, self.again, self.leave = nn.Linear(4, 6), nn.Linear(6, 6), nn.Linear(6, 1)

    def forward(self, x):
        x = torch.relu(self.enter(x))
        return self.leave(torch.relu(self.again(torch.relu(self.again(x)))))


def test_a_layer_used_twice_is_cut_once():
    net = Shared()
    net.enter.weight.data[:2] = 0
    net.enter.bias.data[:2] = 0
    net.again.weight.data[:2] = 0
    net.again.bias.data[:2] = 0
    smaller = assert_same(net, torch.randn(5, 4))
    assert smaller.again.weight.shape == (4, 4)


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.other = nn.Linear(4, 4), nn.Linear(4, 4)
        self.other.weight = self.one.weight

    def forward(self, x):
        return self.other(torch.relu(self.one(x)))


class Data(nn.Module):
    """Its flow depends on the data."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 4)

    def forward(self, x):
        return self.layer(x) if x.sum() > 0 else x


class HardCoded(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.other = nn.Linear(4, 6), nn.Linear(3, 2)

    def forward(self, x):
        return self.other(self.one(x).view(-1, 2, 3))


@pytest.mark.parametrize(
    ("net", "reason"),
    [
        (nn.Sequential(nn.Linear(4, 6), nn.LayerNorm(6), nn.Linear(6, 2)), "LayerNorm '1' mixes"),
        (nn.Sequential(nn.Linear(4, 6), nn.Softmax(-1), nn.Linear(6, 2)), "Softmax '1' mixes"),
        (Data(), "torch.fx cannot trace it"),
        (HardCoded(), "'view' is not followed"),
        (nn.Linear(4, 3), ""),
    ],
    ids=["layer norm", "softmax", "data", "hard-coded shape", "one layer"],
)
def test_what_stays_is_named_with_its_reason(net, reason):
    layer = (
        net
        if isinstance(net, nn.Linear)
        else next(m for m in net.modules() if isinstance(m, nn.Linear))
    )
    layer.weight.data[:2] = 0
    smaller = assert_same(net, torch.randn(5, 4))
    assert smaller.shrink_report.removed == {}
    assert reason in str(smaller.shrink_report)


def test_tied_weights_stay():
    net = Tied()
    net.one.weight.data[:2] = 0
    smaller = assert_same(net, torch.randn(5, 4))
    assert smaller.one.weight is smaller.other.weight


def test_a_network_of_zeros_keeps_one_unit_a_layer():
    net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(128, 2))
    for parameter in net.parameters():
        parameter.data.zero_()
    assert assert_same(net, torch.randn(2, 3, 6, 6))[0].out_channels == 1


def test_the_given_network_stays_as_it_is_and_training_goes_on():
    net = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 1))
    net[0].weight.data[:5] = 0
    net[0].weight.requires_grad_(False)
    net.train()
    smaller = shrink(net)
    assert net[0].out_features == 8
    assert smaller.training
    assert not smaller[0].weight.requires_grad
    smaller(torch.randn(6, 4)).sum().backward()
    assert smaller[3].weight.grad.shape == (1, 3)


@pytest.mark.parametrize("module", [None, "net", [nn.Linear(2, 2)]])
def test_what_is_no_module_is_refused(module):
    with pytest.raises(TypeError, match="module must be"):
        shrink(module)


class Written(nn.Module):
    """What is read after another operation has written over it."""

    def __init__(self, how):
        super().__init__()
        self.how, self.relu, self.drop = how, nn.ReLU(inplace=True), nn.Dropout(0.5)
        self.first, self.norm = nn.Linear(5, 8), nn.BatchNorm1d(8)
        self.branch, self.last = nn.Linear(8, 8), nn.Linear(8, 3)

    def forward(self, x):
        h = before = self.norm(self.first(x))
        if self.how == "activation":
            return self.last(h + self.branch(self.relu(h)))
        if self.how == "through dropout":
            return self.last(h + self.branch(self.relu(self.drop(h))))
        if self.how == "function":
            return self.last(h + self.branch(F.leaky_relu(h, 0.1, True)))
        branch = self.branch(h)
        if self.how == "+=":
            h += branch
        elif self.how == "method":
            h.mul_(branch)
        else:
            h -= branch
        return self.last(h) + self.last(before)


@pytest.mark.parametrize("how", ["activation", "through dropout", "function", "+=", "method", "-="])
def test_what_is_written_over_is_not_taken_for_what_it_was(how):
    for seed in range(8):
        torch.manual_seed(seed)
        net = Written(how)
        kill(net, np.random.default_rng(seed), 0.4)
        assert_same(net, torch.randn(6, 5))


class Scaled(nn.Module):
    """A sum with a factor."""

    def __init__(self):
        super().__init__()
        self.left, self.right, self.last = nn.Linear(5, 8), nn.Linear(5, 8), nn.Linear(8, 3)

    def forward(self, x):
        return self.last(torch.add(self.left(x), self.right(x), alpha=3.0))


def test_factors_of_sums_and_of_means_count():
    for seed in range(6):
        torch.manual_seed(seed)
        pooled = nn.Sequential(
            nn.Conv2d(3, 6, 3), nn.AvgPool2d(2, divisor_override=3), nn.Conv2d(6, 2, 3)
        )
        for net, X in ((Scaled(), torch.randn(6, 5)), (pooled, torch.randn(2, 3, 10, 10))):
            kill(net, np.random.default_rng(seed), 0.5)
            assert_same(net, X)


class ReadByItself(nn.Module):
    """Its last layer is the first one, the other way round."""

    def __init__(self):
        super().__init__()
        self.first, self.middle = nn.Linear(5, 8), nn.Linear(8, 8)

    def forward(self, x):
        return F.linear(self.middle(torch.relu(self.first(x))), self.first.weight.T)


def test_a_weight_that_forward_reads_by_itself_stays_whole():
    net = ReadByItself()
    net.first.weight.data[:4] = 0
    smaller = assert_same(net, torch.randn(6, 5))
    assert smaller.first.weight.shape == (8, 5)
    assert "'first' has a parameter that forward() reads by itself" in str(smaller.shrink_report)


@pytest.mark.parametrize(
    ("layer", "X"),
    [
        (nn.Conv1d(3, 8, 3), torch.randn(2, 3, 9)),
        (nn.ConvTranspose2d(3, 8, 3), torch.randn(2, 3, 5, 5)),
        (nn.Conv2d(4, 8, 3, groups=2), torch.randn(2, 4, 5, 5)),
    ],
    ids=["Conv1d", "ConvTranspose2d", "groups"],
)
def test_zeros_of_layers_that_are_not_followed_are_told(layer, X):
    layer.weight.data[1:3] = 0
    n_zero = int((layer.weight.flatten(1) == 0).all(1).sum())
    smaller = assert_same(nn.Sequential(layer, nn.ReLU()), X)
    assert f"in '0' {n_zero} rows of weight are zero and stay: " in str(smaller.shrink_report)


def test_masks_have_to_be_made_permanent_first():
    from torch.nn.utils import prune

    layer = nn.Linear(5, 8)
    prune.random_structured(layer, "weight", 0.5, dim=0)
    net = nn.Sequential(layer, nn.ReLU(), nn.Linear(8, 2))
    with pytest.raises(ValueError, match=r"prune\.remove"):
        shrink(net)
    prune.remove(layer, "weight")
    assert assert_same(net, torch.randn(6, 5))[0].out_features == 4


class Between(nn.Module):
    """Two layers, and something between them."""

    def __init__(self, first, between, last):
        super().__init__()
        self.first, self.between, self.last = first, between, last

    def forward(self, x):
        return self.last(self.between(self.first(x)))


@pytest.mark.parametrize(
    ("between", "n_features", "shape"),
    [
        (nn.MaxPool2d(3, 1, 1), 8, (4, 1, 4, 5)),
        (nn.BatchNorm2d(8), 8, (4, 8, 3, 5)),
        (nn.Conv2d(8, 8, 1, groups=8), 8, (4, 8, 3, 5)),
        (lambda h: F.max_pool2d(h, 3, 1, 1), 8, (4, 1, 4, 5)),
        (lambda h: h.T, 6, (6, 5)),
        (lambda h: h.data, 8, (6, 5)),
    ],
    ids=["pool", "batch norm", "depthwise", "pool by function", "transposed", "data"],
)
def test_what_acts_along_another_axis_than_units_keeps_them(between, n_features, shape):
    net = Between(nn.Linear(5, 8), between, nn.Linear(n_features, 3))
    net.first.weight.data[:3] = 0
    assert assert_same(net, torch.randn(shape)).first.out_features == 8


@pytest.mark.parametrize(
    ("between", "n_features", "n_left"),
    [
        (lambda h: h.flatten(1, end_dim=2), 6, 8),
        (lambda h: h.view(2, -1), 2 * 8 * 36, 8),
        (lambda h: h.view(h.shape[0], -1), 8 * 36, 5),
        (lambda h: torch.flatten(h, start_dim=1), 8 * 36, 5),
    ],
    ids=["some axes", "samples", "all axes by shape", "all axes"],
)
def test_channels_leave_where_all_their_places_are_laid_out(between, n_features, n_left):
    net = Between(nn.Conv2d(3, 8, 3), between, nn.Linear(n_features, 3))
    net.first.weight.data[:3] = 0
    assert assert_same(net, torch.randn(4, 3, 8, 8)).first.out_channels == n_left

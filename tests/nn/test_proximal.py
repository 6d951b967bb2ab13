"""The prox after an optimiser's step, and what must keep working around it."""

import copy
import io
import subprocess
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import taut  # noqa: E402
from taut import nn, penalties  # noqa: E402

OPTIMISERS = {
    "SGD": lambda p: torch.optim.SGD(p, lr=0.05),
    "momentum": lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.9),
    "Nesterov": lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.8, nesterov=True),
    "dampened": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.5, dampening=0.3),
    "Adam": lambda p: torch.optim.Adam(p, lr=0.05),
    "AMSGrad": lambda p: torch.optim.Adam(p, lr=0.05, amsgrad=True),
    "AdamW": lambda p: torch.optim.AdamW(p, lr=0.05, weight_decay=0.0),
    "NAdam": lambda p: torch.optim.NAdam(p, lr=0.05),
    "RAdam": lambda p: torch.optim.RAdam(p, lr=0.1),
    "Adamax": lambda p: torch.optim.Adamax(p, lr=0.05),
    "Adagrad": lambda p: torch.optim.Adagrad(p, lr=0.3),
    "RMSprop": lambda p: torch.optim.RMSprop(p, lr=0.02),
}


@pytest.fixture(autouse=True)
def one_thread():
    torch.manual_seed(0)
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def network():
    return torch.nn.Sequential(
        torch.nn.Linear(6, 8), torch.nn.BatchNorm1d(8), torch.nn.ReLU(), torch.nn.Linear(8, 1)
    )


def plain_network():
    """Without normalisation, which would undo the shrinkage of the weights before it."""
    return torch.nn.Sequential(torch.nn.Linear(6, 8), torch.nn.ReLU(), torch.nn.Linear(8, 1))


def train(net, optimizer, n_steps, seed=0, scheduler=None):
    generator = torch.Generator().manual_seed(seed)
    for _ in range(n_steps):
        X = torch.randn(32, 6, generator=generator)
        optimizer.zero_grad()
        (net(X)[:, 0] - X[:, 0]).square().mean().backward()
        optimizer.step()
        if scheduler is not None:
            scheduler.step()


def regression(n_features=8):
    generator = np.random.default_rng(0)
    X = generator.standard_normal((60, n_features)) + 0.7 * generator.standard_normal((60, 1))
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    coef = np.array([3.0, -2.0, *[0.0] * (n_features - 2)])
    return X, X @ coef + generator.standard_normal(60)


def trained_to_the_end(layer, optimizer, X, y):
    """The weights of a linear layer after steps that shorten."""
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda k: 1 / (1 + (k / 300) ** 2))
    X, y = torch.tensor(X), torch.tensor(y)
    for _ in range(1200):
        optimizer.zero_grad()
        (0.5 * (layer(X)[:, 0] - y).square().mean()).backward()
        optimizer.step()
        scheduler.step()
    return layer.weight.detach().numpy()[0]


@pytest.mark.parametrize("name", OPTIMISERS)
def test_a_linear_network_reaches_the_lasso(name):
    X, y = regression()
    lasso = taut.Lasso(alpha=0.2, tol=1e-10).fit(X, y)
    layer = torch.nn.Linear(8, 1, dtype=torch.float64)
    optimizer = nn.proximal(
        OPTIMISERS[name](layer.parameters()), {layer: penalties.L1()}, strength=0.2
    )
    found = trained_to_the_end(layer, optimizer, X, y)
    np.testing.assert_allclose(found, lasso.coef_, atol=1e-3)
    np.testing.assert_array_equal(found == 0, lasso.coef_ == 0)
    assert layer.bias.item() == pytest.approx(lasso.intercept_, abs=1e-3)
    assert (lasso.coef_ == 0).sum() >= 3


@pytest.mark.parametrize("name", ["momentum", "Adam", "AMSGrad", "Adamax"])
@pytest.mark.parametrize(
    "penalty",
    [
        penalties.GroupLasso([0, 0, 1, 1, 2, 2, 3, 3]) + penalties.L2() + penalties.L1(),
        penalties.SparseGroupLasso([0, 1, 0, 1, 2, 2, 3, 3]) + penalties.L2(),
        penalties.MultiTask() + penalties.NonNegative(),
    ],
    ids=repr,
)
def test_sums_with_groups_end_where_the_convex_solvers_do(name, penalty):
    X, y = regression()
    path = taut.fit_path(X, y, penalty=penalty, alphas=[0.2], tol=1e-10)
    layer = torch.nn.Linear(8, 1, dtype=torch.float64)
    optimizer = OPTIMISERS[name](layer.parameters())
    nn.proximal(optimizer, {layer: nn.columns(penalty)}, strength=0.2)
    found = trained_to_the_end(layer, optimizer, X, y)
    np.testing.assert_allclose(found, path.coefs[:, 0], atol=1e-3)
    np.testing.assert_array_equal(found == 0, path.coefs[:, 0] == 0)
    assert (found == 0).any()


@pytest.mark.parametrize("name", OPTIMISERS)
@pytest.mark.parametrize("penalty", [penalties.L1(), nn.rows(penalties.MultiTask())], ids=repr)
def test_a_saved_run_goes_on_bit_for_bit(name, penalty):
    def begun():
        torch.manual_seed(1)
        net = network()
        strength = nn.Annealed(0.02, n_steps=40)
        optimizer = OPTIMISERS[name](net.parameters())
        optimizer = nn.proximal(optimizer, {net[0]: penalty}, strength=strength)
        return net, optimizer, torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.99)

    net, optimizer, scheduler = begun()
    train(net, optimizer, 20, seed=0, scheduler=scheduler)
    file = io.BytesIO()
    torch.save([part.state_dict() for part in (net, optimizer, scheduler)], file)
    train(net, optimizer, 20, seed=1, scheduler=scheduler)

    again = begun()
    file.seek(0)
    for part, state in zip(again, torch.load(file, weights_only=True), strict=True):
        part.load_state_dict(state)
    train(again[0], again[1], 20, seed=1, scheduler=again[2])
    for one, other in zip(net.parameters(), again[0].parameters(), strict=True):
        assert torch.equal(one, other)
    assert nn.penalty_value(optimizer) == nn.penalty_value(again[1]) > 0


def test_strength_zero_changes_nothing():
    plain, penalised = network(), network()
    penalised.load_state_dict(plain.state_dict())
    train(plain, torch.optim.Adam(plain.parameters()), 10)
    optimizer = torch.optim.Adam(penalised.parameters())
    train(penalised, nn.proximal(optimizer, {penalised: penalties.L1()}, strength=0.0), 10)
    for one, other in zip(plain.parameters(), penalised.parameters(), strict=True):
        assert torch.equal(one, other)


def test_a_module_stands_for_its_weights():
    net = network()
    net[0].bias.data.fill_(1e-6)
    net[1].weight.data.fill_(1e-6)
    optimizer = nn.proximal(
        torch.optim.SGD(net.parameters(), lr=1.0), {net: penalties.L1()}, strength=100.0
    )
    (0 * net(torch.randn(4, 6))).sum().backward()
    optimizer.step()
    assert not net[0].weight.any()
    assert not net[3].weight.any()
    assert net[0].bias.all()
    assert net[1].weight.all()


@pytest.mark.parametrize("make", [OPTIMISERS["momentum"], OPTIMISERS["Adam"]])
@pytest.mark.parametrize(
    ("layout", "axis"),
    [
        (nn.rows(penalties.MultiTask()), 0),
        (nn.columns(penalties.MultiTask()), 1),
        (penalties.GroupLasso(range(8)), 0),
        (penalties.GroupLasso(np.repeat(range(8), 6)), 0),
    ],
    ids=["rows", "columns", "groups of rows", "groups of entries"],
)
def test_whole_units_leave(make, layout, axis):
    net = plain_network()
    optimizer = nn.proximal(make(net.parameters()), {net[0]: layout}, strength=0.1)
    train(net, optimizer, 300)
    used = (net[0].weight != 0).sum(1 - axis)
    whole = net[0].weight.shape[1 - axis]
    assert set(used.tolist()) == {0, whole}


def test_channels_of_a_convolution_leave():
    net = torch.nn.Sequential(torch.nn.Conv2d(2, 6, 3), torch.nn.Flatten(), torch.nn.Linear(54, 1))
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    nn.proximal(optimizer, {net[0]: nn.rows(penalties.MultiTask())}, strength=0.05)
    generator = torch.Generator().manual_seed(0)
    for _ in range(300):
        X = torch.randn(16, 2, 5, 5, generator=generator)
        optimizer.zero_grad()
        (net(X)[:, 0] - X[:, 0, 2, 2]).square().mean().backward()
        optimizer.step()
    used = (net[0].weight != 0).flatten(1).sum(1)
    assert set(used.tolist()) == {0, 18}


@pytest.mark.parametrize("make", [OPTIMISERS["SGD"], OPTIMISERS["Adam"]])
def test_heads_of_attention_leave_together(make):
    attention = torch.nn.MultiheadAttention(8, 4, batch_first=True)
    attention.in_proj_weight.data.view(3, 4, 2, 8)[:, 1].mul_(1e-3)
    attention.out_proj.weight.data.view(8, 4, 2)[:, 1].mul_(1e-3)
    optimizer = make(attention.parameters())
    nn.proximal(optimizer, {attention: nn.heads(penalties.MultiTask())}, strength=0.01)
    X = torch.randn(5, 7, 8)
    for _ in range(30):
        optimizer.zero_grad()
        (attention(X, X, X)[0] - X).square().mean().backward()
        optimizer.step()
    into = attention.in_proj_weight.view(3, 4, 2, 8).movedim(1, 0).flatten(1)
    out = attention.out_proj.weight.view(8, 4, 2).movedim(1, 0).flatten(1)
    assert not into[1].any()
    assert not out[1].any()
    assert into[0].all()
    assert out[0].all()


def test_parameter_groups_have_steps_and_strengths_of_their_own():
    one, other = torch.nn.Linear(3, 2, bias=False), torch.nn.Linear(3, 2, bias=False)
    before = one.weight.detach().clone(), other.weight.detach().clone()
    groups = [
        {"params": one.parameters(), "lr": 0.5},
        {"params": other.parameters(), "strength": 0.3},
    ]
    optimizer = nn.proximal(
        torch.optim.SGD(groups, lr=0.1), {one: penalties.L1(), other: penalties.L1()}, strength=0.2
    )
    (0 * (one.weight + other.weight)).sum().backward()
    optimizer.step()
    assert torch.equal(one.weight, penalties.L1().prox(before[0], 0.5 * 0.2))
    assert torch.allclose(other.weight, penalties.L1().prox(before[1], 0.1 * 0.3), atol=1e-8)


def test_a_closure_is_called_and_its_loss_comes_back():
    net = network()
    optimizer = nn.proximal(torch.optim.SGD(net.parameters(), lr=0.1), {net: penalties.L1()})

    def closure():
        optimizer.zero_grad()
        loss = net(torch.ones(4, 6)).square().mean()
        loss.backward()
        return loss

    assert optimizer.step(closure).item() > 0
    assert (net[0].weight == 0).any()


def test_a_scaler_that_skips_a_step_skips_its_prox():
    net = torch.nn.Linear(6, 1)
    optimizer = nn.proximal(torch.optim.SGD(net.parameters(), lr=0.1), {net: penalties.L1()})
    scaler = torch.amp.GradScaler("cpu", init_scale=4.0)
    before = net.weight.detach().clone()
    scaler.scale(net(torch.full((1, 6), torch.inf)).sum()).backward()
    scaler.step(optimizer)
    scaler.update()
    assert torch.equal(net.weight, before)
    optimizer.zero_grad()
    scaler.scale(net(torch.ones(1, 6)).sum()).backward()
    scaler.step(optimizer)
    expected = penalties.L1().prox(before - 0.1, 0.1)
    assert torch.allclose(net.weight, expected, atol=1e-7)


def test_a_parameter_without_a_gradient_stays():
    net = network()
    before = net[0].weight.detach().clone()
    optimizer = torch.optim.Adam(net.parameters())
    nn.proximal(optimizer, {net: penalties.L1()}, strength=1e4)
    net[3](torch.ones(2, 8)).sum().backward()
    optimizer.step()
    assert torch.equal(net[0].weight, before)
    assert (net[3].weight == 0).any()


def test_nan_is_not_hidden():
    layer = torch.nn.Linear(3, 2)
    optimizer = nn.proximal(torch.optim.Adam(layer.parameters()), {layer: penalties.L1()})
    layer(torch.full((1, 3), torch.nan)).sum().backward()
    optimizer.step()
    assert layer.weight.isnan().all()


def test_strengths_are_annealed_and_set():
    strength = nn.Annealed(1.0, n_steps=10, initial=0.5, delay=5)
    assert strength(0) == strength(5) == 0.5
    assert 0.5 < strength(10) < strength(15) == strength(100) == 1.0
    layer = torch.nn.Linear(3, 2)
    optimizer = nn.proximal(torch.optim.SGD(layer.parameters(), lr=0.1), {layer: penalties.L1()})
    nn.set_strength(optimizer, 0.25)
    size = layer.weight.abs().sum().item()
    assert nn.penalty_value(optimizer) == pytest.approx(0.25 * size)


def test_decay_leaves_biases_and_normalisations_alone():
    net = network()
    optimizer = torch.optim.SGD(nn.decay_groups(net, 0.1), lr=1.0)
    before = copy.deepcopy(net)
    (0 * net(torch.randn(4, 6))).sum().backward()
    optimizer.step()
    for place in (0, 3):
        assert torch.allclose(net[place].weight, 0.9 * before[place].weight)
        assert torch.equal(net[place].bias, before[place].bias)
    assert torch.equal(net[1].weight, before[1].weight)


def test_max_norm_holds_after_every_step():
    net = network()
    train(net, nn.proximal(OPTIMISERS["Adam"](net.parameters()), {net[0]: nn.MaxNorm(0.3)}), 20)
    assert torch.linalg.vector_norm(net[0].weight, dim=1).max() <= 0.3 + 1e-6


def test_the_module_and_the_function_share_a_name():
    import taut.nn.prox.proximal
    import taut.nn.shrinking.shrink

    assert callable(taut.nn.proximal)
    assert callable(taut.nn.shrink)


def _sgd(net, lr=0.1):
    return torch.optim.SGD(net.parameters(), lr=lr)


REFUSALS = {
    "no optimiser": (TypeError, "optimizer must be", lambda net: ("adam", {net: penalties.L1()})),
    "LBFGS": (
        TypeError,
        "LBFGS cannot be followed",
        lambda net: (torch.optim.LBFGS(net.parameters()), {net: penalties.L1()}),
    ),
    "no dict": (TypeError, "must be a dict", lambda net: (_sgd(net), penalties.L1())),
    "no penalty": (
        TypeError,
        "penalty must be a taut penalty",
        lambda net: (_sgd(net), {net: "l1"}),
    ),
    "a name": (TypeError, "must be modules", lambda net: (_sgd(net), {"0": penalties.L1()})),
    "no weights": (ValueError, "no weights", lambda net: (_sgd(net), {net[1]: penalties.L1()})),
    "twice": (
        ValueError,
        "twice",
        lambda net: (_sgd(net), {net: penalties.L1(), net[0].weight: penalties.L2()}),
    ),
    "a stranger": (
        ValueError,
        "does not train",
        lambda net: (_sgd(net), {torch.nn.Linear(2, 2): penalties.L1()}),
    ),
    "another size": (
        ValueError,
        r"\(8, 6\).*taut.nn.columns",
        lambda net: (_sgd(net), {net[0]: penalties.L1(weights=[1.0] * 5)}),
    ),
    "columns of another size": (
        ValueError,
        "6",
        lambda net: (_sgd(net), {net[0]: nn.columns(penalties.GroupLasso(range(8)))}),
    ),
    "groups that overlap": (
        ValueError,
        "overlap, or go by columns.*each feature of a weight is in one group",
        lambda net: (_sgd(net), {net[0]: penalties.GroupLasso([[0, 1, 2, 3], [3, 4, 5, 6, 7]])}),
    ),
    "groups of columns": (
        ValueError,
        "overlap, or go by columns",
        lambda net: (_sgd(net), {net[0]: nn.columns(penalties.MCP(groups="categorical"))}),
    ),
    "MCP": (ValueError, "gamma = 3", lambda net: (_sgd(net, lr=3.0), {net: penalties.MCP()})),
    "SCAD": (ValueError, "gamma - 1", lambda net: (_sgd(net, lr=2.8), {net: penalties.SCAD()})),
    "MCP after Adam": (
        ValueError,
        "eps above",
        lambda net: (torch.optim.Adam(net.parameters()), {net: penalties.MCP()}),
    ),
    "a sum with MCP": (
        ValueError,
        "step of MCP must stay below gamma = 3",
        lambda net: (_sgd(net, lr=3.0), {net: penalties.MCP() + penalties.L2()}),
    ),
    "a sum with MCP after Adam": (
        ValueError,
        "eps above",
        lambda net: (torch.optim.Adam(net.parameters()), {net: penalties.L1() + penalties.MCP()}),
    ),
    "a sum with SLOPE after Adam": (
        TypeError,
        r"SLOPE\(q=0.1\) \+ L2\(\) has no prox in closed form .* use SGD",
        lambda net: (
            torch.optim.Adam(net.parameters()),
            {net: penalties.SLOPE() + penalties.L2()},
        ),
    ),
    "SLOPE after Adam": (
        TypeError,
        "no prox in closed form",
        lambda net: (torch.optim.Adam(net.parameters()), {net: penalties.SLOPE()}),
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_cannot_be_is_refused_with_a_reason(case):
    error, message, arguments = REFUSALS[case]
    with pytest.raises(error, match=message):
        nn.proximal(*arguments(network()))


@pytest.mark.parametrize("strength", [-1.0, np.nan, "strong"])
def test_strengths_that_are_none_are_refused(strength):
    net = network()
    with pytest.raises((TypeError, ValueError), match="strength"):
        nn.proximal(_sgd(net), {net: penalties.L1()}, strength=strength)


@pytest.mark.parametrize("later", [-1.0, np.nan, "strong"])
def test_strengths_that_become_none_are_refused(later):
    net = network()
    optimizer = nn.proximal(
        _sgd(net), {net: penalties.L1()}, strength=lambda step: 0.1 if step < 2 else later
    )
    train(net, optimizer, 1)
    with pytest.raises((TypeError, ValueError), match="strength"):
        train(net, optimizer, 1)
    other = nn.proximal(_sgd(net), {net: penalties.L1()})
    other.param_groups[0]["strength"] = later
    with pytest.raises((TypeError, ValueError), match="strength"):
        train(net, other, 1)


def test_a_second_call_is_refused():
    net = network()
    optimizer = nn.proximal(_sgd(net), {net[0]: penalties.L1()})
    with pytest.raises(ValueError, match="has penalties already"):
        nn.proximal(optimizer, {net[3]: penalties.L1()})


def test_gamma_is_checked_where_a_scheduler_raises_the_step():
    net = network()
    optimizer = nn.proximal(_sgd(net), {net: penalties.MCP()}, strength=0.1)
    train(net, optimizer, 1)
    optimizer.param_groups[0]["lr"] = 5.0
    with pytest.raises(ValueError, match="gamma = 3"):
        train(net, optimizer, 1)


@pytest.mark.parametrize("penalty", [penalties.MCP(), penalties.MCP() + penalties.L2()], ids=repr)
def test_bounded_steps_make_mcp_fit_adam(penalty):
    net = network()
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-2, eps=1e-2)
    train(net, nn.proximal(optimizer, {net: penalty}, strength=0.2), 300)
    assert (net[0].weight == 0).any()


def test_zeros_stay_and_the_rest_is_free():
    net = plain_network()
    with pytest.raises(ValueError, match="no weight that is zero"):
        nn.keep_zeros(net)
    train(net, nn.proximal(_sgd(net), {net: penalties.L1()}, strength=0.1), 100)
    zero = net[0].weight == 0
    before = net[0].weight.detach().clone()
    assert 0 < zero.sum() < zero.numel()
    train(net, nn.proximal(OPTIMISERS["Adam"](net.parameters()), nn.keep_zeros(net)), 100)
    assert torch.equal(net[0].weight == 0, zero)
    assert net[0].weight.abs().sum() > before.abs().sum()


def test_without_torch_the_extra_is_named():
    script = (
        "import sys; sys.modules['torch'] = None\n"
        "import taut\n"
        "try: taut.nn.proximal\n"
        "except ImportError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert 'pip install "taut[nn]"' in done.stdout, done.stderr


@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_a_run_from_before_goes_on_under_penalties(name):
    torch.manual_seed(0)
    net = network()
    before = OPTIMISERS[name](net.parameters())
    train(net, before, 5, seed=0)
    optimizer = nn.proximal(
        OPTIMISERS[name](net.parameters()), {net[0]: penalties.L1()}, strength=0.5
    )
    optimizer.load_state_dict(before.state_dict())
    assert nn.penalty_value(optimizer) > 0
    train(net, optimizer, 60, seed=1)
    assert (net[0].weight == 0).any()
    assert {group["strength"] for group in optimizer.param_groups} == {0.5}

"""The path of a network from dense to sparse, and LassoNet."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from hypothesis import example, given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from scipy.optimize import minimize  # noqa: E402

from taut import nn, penalties  # noqa: E402

FAST = nn.Training(n_dense_epochs=40, n_epochs=5, dense_learning_rate=5e-3, batch_size=32)


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def mlp(n_features, n_outputs, width=16):
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Linear(n_features, width), torch.nn.ReLU(), torch.nn.Linear(width, n_outputs)
    )


def table(n_samples=300, n_features=12):
    """Three features matter, one of them only through its square."""
    generator = np.random.default_rng(0)
    X = generator.standard_normal((n_samples, n_features))
    y = 2 * X[:, 0] - X[:, 1] + (X[:, 2] ** 2 - 1)
    return X, y + 0.1 * generator.standard_normal(n_samples)


def inputs(net):
    return {net[0]: nn.columns(penalties.MultiTask())}


@pytest.fixture(scope="module")
def column_path():
    torch.set_num_threads(1)
    return nn.fit_path(mlp(12, 1), *table(), inputs, training=FAST)


def test_the_path_goes_from_dense_to_nothing(column_path):
    path = column_path
    assert path.strengths[0] == 0
    assert (np.diff(path.strengths) > 0).all()
    assert path.n_active[0] == 12
    assert path.n_active[-1] == 0
    assert (np.diff(path.n_active) <= 0).mean() > 0.8
    assert path.validation_errors[-1] > 3 * path.validation_errors.min()


def test_the_features_that_matter_survive(column_path):
    assert set(column_path.order()[:3]) == {0, 1, 2}
    three = int(np.flatnonzero(column_path.n_active == 3)[0])
    assert column_path.validation_errors[three] < column_path.validation_errors[-1] / 2


def test_networks_along_the_path_are_what_was_measured(column_path):
    X, y = table(50)
    best = column_path.best
    network = column_path.network(best)
    unused = ~column_path.active[best]
    assert (network[0].weight == 0).all(0).numpy().tolist() == unused.tolist()
    X[:, unused] += 100.0
    with torch.no_grad():
        found = network(torch.tensor(X, dtype=torch.float32))[:, 0].numpy()
    assert ((found - y) ** 2).mean() < y.var() / 4
    sparsest = column_path.sparsest(0.5)
    assert column_path.n_active[sparsest] <= column_path.n_active[best]


def test_the_given_module_is_not_touched_and_seeds_reproduce():
    net = mlp(12, 1)
    before = [p.detach().clone() for p in net.parameters()]
    options = {"strengths": [0.01, 0.1], "training": FAST, "random_state": 3}
    one, other = (nn.fit_path(net, *table(), inputs(net), **options) for _ in range(2))
    assert all(map(torch.equal, before, net.parameters()))
    np.testing.assert_array_equal(one.validation_errors, other.validation_errors)
    np.testing.assert_array_equal(one.active, other.active)


def test_units_of_a_classifier_leave_and_shrink():
    X, y = table(200, 5)
    path = nn.fit_path(
        mlp(5, 2, width=24),
        X,
        (y > 0).astype(int),
        lambda net: {net[0]: nn.rows(penalties.MultiTask())},
        strengths=[0.02, 0.1, 0.2],
        training=FAST,
        validation=(X, (y > 0).astype(int)),
    )
    assert ((path.validation_errors >= 0) & (path.validation_errors <= 1)).all()
    np.testing.assert_array_equal(path.train_errors, path.validation_errors)
    assert 0 < path.n_active[-1] < 24
    assert nn.shrink(path.network(3))[0].out_features == path.n_active[-1]


def test_lasso_net_finds_the_features():
    X, y = table()
    net = nn.LassoNet(mlp(12, 1), n_outputs=1)
    path = nn.fit_path(net, X, y, None, training=FAST, growth=1.4)
    assert set(path.order()[:3]) == {0, 1, 2}
    assert path.n_active[-1] == 0
    for place in range(1, len(path)):
        network = path.network(place)
        theta = torch.linalg.vector_norm(network.skip.weight, dim=0)
        largest = network.network[0].weight.abs().amax(0)
        assert (largest <= 10 * theta * (1 + 1e-5)).all()
    with torch.no_grad():
        three = int(np.flatnonzero(path.n_active == 3)[0])
        found = path.network(three)(torch.tensor(X, dtype=torch.float32))[:, 0].numpy()
    # A linear model explains 5/7 of the variance at most: the square is found.
    assert ((found - y) ** 2).mean() < 0.2 * y.var()


def test_lasso_net_copies_with_its_penalties():
    net = nn.LassoNet(mlp(4, 1), n_outputs=1)
    from copy import deepcopy

    again = deepcopy(net)
    ((skip, first),) = again.penalties
    assert skip is again.skip.weight
    assert first is again.network[0].weight


@given(
    z=st.lists(st.floats(-3, 3), min_size=5, max_size=5),
    step=st.floats(0, 2),
    hierarchy=st.floats(0.1, 10),
)
@example(z=[0.0, 0.0, 0.0, 0.0, 1.1125369292536007e-308], step=0.0, hierarchy=1.0)
@example(z=[0.0, 1.6961346735521292e-161, 0.0, 0.0, 1.0], step=0.0, hierarchy=1.0)
@settings(max_examples=60, deadline=None)
def test_the_hierarchical_prox_is_least(z, step, hierarchy):
    """Against a solver for smooth constraints, from several starts."""
    z = np.array([z])
    penalty = nn.HierarchicalLasso(2, hierarchy)
    found = penalty.prox(torch.tensor(z), step)
    assert penalty.value(found) < np.inf
    found = found.numpy()

    def objective(b):
        return 0.5 * ((b - z[0]) ** 2).sum() + step * np.sqrt((b[:2] ** 2).sum() + 1e-18)

    def room(b):
        return hierarchy * np.sqrt((b[:2] ** 2).sum() + 1e-18) - np.abs(b[2:])

    best = min(
        minimize(objective, start, method="SLSQP", constraints={"type": "ineq", "fun": room}).fun
        for start in (z[0], found[0] + 0.1, np.full(5, 0.5))
        if np.isfinite(start).all()
    )
    assert objective(found[0]) <= best + 1e-6


def test_zero_step_and_large_hierarchy_leave_the_coefficients():
    coef = torch.tensor([[1.0, 2.0, -3.0], [0.5, -1.0, 1.0]])
    assert torch.equal(nn.HierarchicalLasso(1, 100.0).prox(coef, 0.0), coef)


def test_the_plot_marks_the_choice(column_path):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    display = column_path.plot(xlabel="features")
    assert len(display.lines_) == 2
    np.testing.assert_array_equal(display.lines_[1].get_ydata(), column_path.validation_errors)
    assert "12 to 0" in repr(display)
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert labels[2].startswith(f"{column_path.n_active[column_path.best]} left")
    assert repr(column_path).startswith(f"<NetworkPath of {len(column_path)} strengths, 12 to 0")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"module": "net"}, "module must be"),
        ({"penalties": penalties.L1()}, "penalties must be a dict"),
        ({"penalties": {torch.nn.Linear(1, 1): penalties.L1()}}, "parts of module"),
        ({"growth": 1.0}, "growth must be above 1"),
        ({"strengths": [-1.0]}, "strengths"),
        ({"validation": 1.5}, "validation must be below 1, got 1.5: pass 0.2"),
        ({"validation": 1e-9}, "validation must leave rows"),
        ({"y": np.zeros(7)}, "as many rows"),
        ({"y": np.array(["a"] * 300)}, "encode labels"),
        ({"X": np.full((300, 12), np.nan)}, "X must be finite"),
        ({"X": np.full((300, 12), "a")}, "X must hold numbers"),
        ({"training": nn.Training(learning_rate=1e12)}, "smaller learning rate"),
        ({"training": 5}, "training must be a taut.nn.Training, got 5"),
        ({"module": mlp(11, 1)}, r"inputs of shape \(n_samples, 12\), but raised RuntimeError"),
        ({"module": mlp(12, 2)}, "for each of the 1 targets, got 2"),
        ({"y": np.arange(300) % 3}, "for each class, got 1 outputs and class 2"),
        ({"y": np.full(300, -1)}, "classes 0, 1, ... where it holds integers, got -1"),
    ],
    ids=lambda change: next(iter(change)) if isinstance(change, dict) else "",
)
def test_bad_arguments_are_refused(change, message):
    X, y = table()
    arguments = {"module": mlp(12, 1), "X": X, "y": y, "penalties": inputs} | change
    with pytest.raises((TypeError, ValueError), match=message):
        nn.fit_path(**arguments)


def test_lasso_net_needs_a_linear_layer():
    with pytest.raises(TypeError, match=r"begins with torch.nn.Linear"):
        nn.LassoNet(torch.nn.ReLU(), n_outputs=1)
    with pytest.raises(ValueError, match="row per feature"):
        nn.HierarchicalLasso(3).prox(torch.zeros(2, 3), 1.0)


def test_a_path_ends_where_only_unpenalised_features_are_left():
    free = penalties.MultiTask(weights=[0.0] + [1.0] * 11)
    path = nn.fit_path(
        mlp(12, 1), *table(), lambda net: {net[0]: nn.columns(free)}, training=FAST, growth=3.0
    )
    assert path.active[-1].tolist() == [True] + [False] * 11


@pytest.mark.parametrize("penalty", [penalties.L2(), nn.MaxNorm(1.0)])
def test_penalties_without_zeros_have_no_path_of_their_own(penalty):
    X, y = table()
    with pytest.raises(ValueError, match="no strength does"):
        nn.fit_path(mlp(12, 1), X, y, lambda net: {net: penalty}, training=FAST)
    training = nn.Training(n_dense_epochs=1, n_epochs=1)
    path = nn.fit_path(
        mlp(12, 1), X, y, lambda net: {net: penalty}, strengths=[0.1], training=training
    )
    assert len(path) == 2


def test_no_batch_is_a_single_row():
    X, y = table(n_samples=81)
    net = mlp(12, 1)
    net.insert(1, torch.nn.BatchNorm1d(16))
    training = nn.Training(n_dense_epochs=1, n_epochs=1, batch_size=64)
    path = nn.fit_path(net, X, y, inputs, strengths=[0.1], training=training)
    assert np.isfinite(path.train_errors).all()

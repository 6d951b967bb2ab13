"""Penalties on a network for digits: how many zeros, at what price, and how much faster."""

from time import process_time

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from taut import nn, penalties  # noqa: E402

UNITS = nn.rows(penalties.MultiTask())
CASES = {
    "none": (lambda net: None, 0.0),
    "L1": (lambda net: {net: penalties.L1()}, 1.2e-4),
    "units": (lambda net: {net[0]: UNITS, net[2]: UNITS}, 4e-3),
}


def train(laid, strength, X, y, n_epochs=25):
    torch.manual_seed(0)
    net = torch.nn.Sequential(
        torch.nn.Linear(784, 512),
        torch.nn.ReLU(),
        torch.nn.Linear(512, 256),
        torch.nn.ReLU(),
        torch.nn.Linear(256, 10),
    )
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    if laid(net):
        nn.proximal(optimizer, laid(net), strength=strength)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, n_epochs * -(-len(X) // 128))
    for _ in range(n_epochs):
        for batch in torch.randperm(len(X)).split(128):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(net(X[batch]), y[batch]).backward()
            optimizer.step()
            schedule.step()
    return net


@torch.no_grad()
def seconds(net, X):
    times = []
    for _ in range(20):
        start = process_time()
        net(X)
        times.append(process_time() - start)
    return min(times)


@pytest.mark.slow
def test_four_fifths_of_the_weights_leave_at_less_than_a_point(data_folder):
    folder = data_folder / "mnist"
    if not folder.is_dir():
        pytest.skip(f"no MNIST: {folder} does not exist")
    torch.set_num_threads(1)
    files = [np.load(folder / f"{name}.npz") for name in ("train_6000", "t10k")]
    X, X_test = (torch.tensor(file["X"].reshape(-1, 784) / 255).float() for file in files)
    y, y_test = (torch.tensor(file["y"]).long() for file in files)
    nets = {name: train(*case, X, y) for name, case in CASES.items()}
    accuracy, zeros = {}, {}
    for name, net in nets.items():
        with torch.no_grad():
            accuracy[name] = (net(X_test).argmax(1) == y_test).double().mean().item()
        weights = torch.cat([weight.ravel() for weight in nn.weights_of(net)])
        zeros[name] = (weights == 0).double().mean().item()
    assert accuracy["none"] > 0.94
    for name in ("L1", "units"):
        assert zeros[name] >= 0.8
        assert accuracy[name] > accuracy["none"] - 0.01
    smaller = nn.shrink(nets["units"])
    with torch.no_grad():
        expected, found = nets["units"](X_test), smaller(X_test)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
    assert seconds(nets["units"], X_test[:1000]) > 2 * seconds(smaller, X_test[:1000])

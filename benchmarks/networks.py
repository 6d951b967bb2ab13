"""What penalties cost a network's training, and what they buy: `python -m benchmarks.networks`.

First the processor time of the prox next to that of its training step, on random data and on one
thread; what a device would launch for both; and the time of training by `NeuralClassifier` next to
a bare loop. Then, where TAUT_DATA names a folder with MNIST, accuracy, zeros and the time of a
forward pass after `shrink`, for 6,000 training and 10,000 test images.
"""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path
from time import process_time

import numpy as np
import torch
from torch.nn import functional as F

from benchmarks.launches import Launches
from taut import nn, penalties

N_TURNS, N_STEPS, BATCH, EPOCHS = 10, 100, 128, 25
WIDTHS, TINY = (784, 512, 256, 10), (10, 32, 16, 3)
# Widths, samples of a batch and steps.
SETTINGS = {
    "784-512-256-10, 128 samples": (WIDTHS, 128, N_STEPS),
    "784-512-256-10, 64 samples": (WIDTHS, 64, N_STEPS),
    "784-512-256-10, 32 samples": (WIDTHS, 32, 2 * N_STEPS),
    "784-512-256-10, 16 samples": (WIDTHS, 16, 2 * N_STEPS),
    "10-32-16-3, 32 samples": (TINY, 32, 6 * N_STEPS),
}
OPTIMISERS = {
    "SGD": lambda parameters: torch.optim.SGD(parameters, lr=0.01),
    "momentum": lambda parameters: torch.optim.SGD(parameters, lr=0.01, momentum=0.9),
    # With an eps that keeps steps below gamma of MCP.
    "Adam": lambda parameters: torch.optim.Adam(parameters, lr=1e-3, eps=1e-3),
    "AdamW": lambda parameters: torch.optim.AdamW(parameters, lr=1e-3, eps=1e-3),
}
UNITS = nn.rows(penalties.MultiTask())
PENALTIES = {
    "L1": lambda net: {net: penalties.L1()},
    "ElasticNet": lambda net: {net: penalties.ElasticNet()},
    "units": lambda net: {net[0]: UNITS, net[2]: UNITS},
    "columns": lambda net: {net[0]: nn.columns(penalties.MultiTask())},
    "MCP": lambda net: {net: penalties.MCP()},
    "max norm": lambda net: {net: nn.MaxNorm(3.0)},
}


def network(widths=WIDTHS):
    torch.manual_seed(0)
    layers = [torch.nn.Linear(*pair) for pair in pairwise(widths)]
    parts = [part for layer in layers for part in (layer, torch.nn.ReLU())]
    return torch.nn.Sequential(*parts[:-1])


def step(net, optimizer, X, y):
    optimizer.zero_grad()
    F.cross_entropy(net(X), y).backward()
    optimizer.step()


def cost(make, widths, batch, n_steps):
    """Processor seconds of a step without its prox, and shares of the prox by penalty.

    Both are of the same steps, between hooks before and after the prox: networks of their own would
    differ by where they lie in memory, by more than a prox costs. Lower quintiles are of the steps
    that other work disturbed least.
    """
    X, y = torch.rand(batch, widths[0]), torch.randint(0, widths[-1], (batch,))
    bare, shares = [], {}
    for name, laid in PENALTIES.items():
        net, times = network(widths), []
        optimizer, marks = between(make(net.parameters()), laid(net), process_time)
        for _ in range(n_steps):
            start = process_time()
            step(net, optimizer, X, y)
            whole, prox = process_time() - start, marks[-1] - marks[-2]
            times.append((whole - prox, prox))
        of_step, of_prox = np.quantile(times[2:], 0.2, axis=0)
        bare.append(of_step)
        shares[name] = of_prox / of_step
    return np.median(bare), shares


def between(optimizer, laid, read):
    """The optimiser with these penalties, and what is read before and after each prox."""
    marks = []
    optimizer.register_step_post_hook(lambda *_: marks.append(read()))
    nn.proximal(optimizer, laid, strength=1e-5)
    optimizer.register_step_post_hook(lambda *_: marks.append(read()))
    return optimizer, marks


def launches(make):
    """Operations of a step on a device, without its prox and for each penalty."""
    X, y = (
        torch.zeros(BATCH, WIDTHS[0], device="meta"),
        torch.zeros(BATCH, dtype=int, device="meta"),
    )
    found = {}
    for name, laid in PENALTIES.items():
        net, mode = network().to("meta"), Launches()
        optimizer, marks = between(make(net.parameters()), laid(net), lambda mode=mode: mode.count)
        for group in optimizer.param_groups:
            group["foreach"] = True  # as torch has it on a GPU
        for _ in range(3):
            before = mode.count
            with mode:
                step(net, optimizer, X, y)
        found[name] = marks[-1] - marks[-2]
    return mode.count - before - found[name], found


def loops(n_epochs=2):
    """Least processor seconds of training by `NeuralClassifier`, and by a bare loop, in turns."""
    generator = np.random.default_rng(0)
    X = generator.random((6000, 784), dtype=np.float32)
    y = generator.integers(0, 10, size=6000)
    model = nn.NeuralClassifier(
        (512, 256), max_epochs=n_epochs, early_stopping=False, standardize=False, device="cpu"
    )
    inputs, targets, times = torch.from_numpy(X), torch.from_numpy(y), ([], [])
    for _ in range(N_TURNS):
        start = process_time()
        model.fit(X, y)
        times[0].append(process_time() - start)
        net, start = network(), process_time()
        optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=0.0)
        for _ in range(n_epochs):
            for rows in torch.randperm(len(inputs)).split(BATCH):
                step(net, optimizer, inputs[rows], targets[rows])
        times[1].append(process_time() - start)
    return [min(of_loop) for of_loop in times]


def train(laid, strength, X, y):
    net = network()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    if laid is not None:
        nn.proximal(optimizer, laid(net), strength=strength)
    n_steps = EPOCHS * -(-len(X) // BATCH)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, n_steps)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(X)).split(BATCH):
            step(net, optimizer, X[batch], y[batch])
            schedule.step()
    return net


@torch.no_grad()
def seconds(nets, X):
    """Least processor seconds of a forward pass of each network, in turns."""
    times = [[] for _ in nets]
    for _ in range(30):
        for net, of_net in zip(nets, times, strict=True):
            start = process_time()
            net(X)
            of_net.append(process_time() - start)
    return [min(of_net) for of_net in times]


def mnist(folder):
    train_images, test = (np.load(folder / f"{name}.npz") for name in ("train_6000", "t10k"))
    X, X_test = (
        torch.tensor(part["X"].reshape(-1, 784) / 255).float() for part in (train_images, test)
    )
    y, y_test = (torch.tensor(part["y"]).long() for part in (train_images, test))
    print(f"\n{'MNIST':12}{'accuracy':>10}{'zeros':>8}{'parameters':>12}{'faster':>8}")
    for name, strength in (("none", 0.0), ("L1", 1e-4), ("units", 4e-3)):
        net = train(PENALTIES.get(name), strength, X, y).eval()
        smaller = nn.shrink(net)
        with torch.no_grad():
            accuracy = (smaller(X_test).argmax(1) == y_test).double().mean().item()
        weights = torch.cat([weight.detach().ravel() for weight in nn.weights_of(net)])
        before, after = seconds([net, smaller], X_test[:1000])
        print(
            f"{name:12}{accuracy:10.2%}{(weights == 0).double().mean():8.1%}"
            f"{smaller.shrink_report.n_parameters[1]:12,}{before / after:8.1f}"
        )


def main():
    torch.set_num_threads(1)
    for setting, how in SETTINGS.items():
        print(setting)
        for name, make in OPTIMISERS.items():
            bare, shares = cost(make, *how)
            costs = ", ".join(f"{penalty} {share:.1%}" for penalty, share in shares.items())
            print(f"{name:10} {1e3 * bare:6.2f} ms a step; of it on top: {costs}")
    print("launches on a device")
    for name, make in OPTIMISERS.items():
        bare, found = launches(make)
        counts = ", ".join(f"{penalty} {count}" for penalty, count in found.items())
        print(f"{name:10} {bare} a step; on top: {counts}")
    ours, bare = loops()
    print(f"NeuralClassifier {ours:.2f} s, a bare loop {bare:.2f} s: {ours / bare:.2f} times")
    folder = Path(os.environ.get("TAUT_DATA", "")) / "mnist"
    if folder.is_dir():
        mnist(folder)


if __name__ == "__main__":
    main()

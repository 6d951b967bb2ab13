"""What penalties cost a network's training, and what they buy: `python -m benchmarks.networks`.

First the processor time of a training step with and without the prox, on random images, on one
thread and in turns. Then, where TAUT_DATA names a folder with MNIST, accuracy, zeros and the time
of a forward pass after `shrink`, for 6,000 training and 10,000 test images.
"""

from __future__ import annotations

import os
from pathlib import Path
from time import process_time

import numpy as np
import torch
from torch.nn import functional as F

from taut import nn, penalties

N_TURNS, N_STEPS, BATCH, EPOCHS = 10, 12, 128, 25
OPTIMISERS = {
    "SGD": lambda parameters: torch.optim.SGD(parameters, lr=0.01),
    "momentum": lambda parameters: torch.optim.SGD(parameters, lr=0.01, momentum=0.9),
    "Adam": lambda parameters: torch.optim.Adam(parameters, lr=1e-3),
}
UNITS = nn.rows(penalties.MultiTask())
PENALTIES = {
    "L1": lambda net: {net: penalties.L1()},
    "ElasticNet": lambda net: {net: penalties.ElasticNet()},
    "units": lambda net: {net[0]: UNITS, net[2]: UNITS},
    "max norm": lambda net: {net: nn.MaxNorm(3.0)},
}


def network():
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Linear(784, 512),
        torch.nn.ReLU(),
        torch.nn.Linear(512, 256),
        torch.nn.ReLU(),
        torch.nn.Linear(256, 10),
    )


def step(net, optimizer, X, y):
    optimizer.zero_grad()
    F.cross_entropy(net(X), y).backward()
    optimizer.step()


def cost(make):
    """Processor seconds of a step, bare and under each penalty, in turns of several steps.

    Within a turn a network lies in the cache as in training, where its first steps bring it.
    The lower quintile is of the steps that other work disturbed least.
    """
    X, y = torch.rand(BATCH, 784), torch.randint(0, 10, (BATCH,))
    runs = {}
    for name, laid in ({"bare": None} | PENALTIES).items():
        net = network()
        optimizer = make(net.parameters())
        if laid is not None:
            nn.proximal(optimizer, laid(net), strength=1e-5)
        runs[name] = net, optimizer, []
    for _ in range(N_TURNS):
        for net, optimizer, times in runs.values():
            for place in range(N_STEPS):
                start = process_time()
                step(net, optimizer, X, y)
                if place > 1:
                    times.append(process_time() - start)
    return {name: np.quantile(times, 0.2) for name, (_, _, times) in runs.items()}


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
    for name, make in OPTIMISERS.items():
        times = cost(make)
        bare = times.pop("bare")
        ratios = ", ".join(f"{penalty} {time / bare - 1:+.1%}" for penalty, time in times.items())
        print(f"{name:10} {1e3 * bare:6.2f} ms a step; {ratios}")
    folder = Path(os.environ.get("TAUT_DATA", "")) / "mnist"
    if folder.is_dir():
        mnist(folder)


if __name__ == "__main__":
    main()

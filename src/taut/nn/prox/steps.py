"""How far an optimiser just stepped: the step of the prox that belongs to its gradient step.

An update ``b - D^-1 g`` with a positive diagonal D is followed by the prox in the metric of D,

    argmin_c  1/2 (c - b)' D (c - b) + strength * penalty(c),

since only then a point stays where it is exactly if ``0`` lies in ``g + strength * d penalty``.
D is a multiple of the identity, or has one number for each coordinate of adaptive optimisers: a
`Metric`. Momentum adds gradients up: D is then what stands
before a gradient that does not change.
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import NamedTuple

import torch
from torch import optim

from taut.nn.prox.metric import Metric
from taut.penalties import MCP, SCAD, FoldedSum

__all__ = [
    "Rule",
    "StepCounts",
    "check_step",
    "folded_part",
    "momentum_largest",
    "momentum_weight",
    "rule_of",
]


class Rule(NamedTuple):
    """Steps of one kind of optimiser.

    ``metric(group, state, count)`` is the `Metric` of the last step, ``count`` being the number of
    steps taken; where ``adaptive`` it may have moments. ``largest(group)`` bounds steps from above.
    """

    metric: Callable[[dict, dict, int], Metric]
    largest: Callable[[dict], float]
    adaptive: bool = True

    def check(self, penalty, group: dict) -> None:
        """Refuse steps that may be too long for a folded concave penalty.

        Raises
        ------
        ValueError
        """
        check_step(penalty, self.largest(group), float(group["lr"]), self.adaptive)


def check_step(penalty: MCP | SCAD, step: float, lr: float, adaptive: bool) -> None:
    """From gamma on a folded concave penalty outweighs the step's curvature: a jumpy threshold.

    The prox is a minimum of ``(b - z)^2 / (2 step) + penalty``, whose least curvature is ``1 / step
    - 1 / gamma`` for MCP and ``1 / step - 1 / (gamma - 1)`` for SCAD.

    Raises
    ------
    ValueError
    """
    limit = penalty.gamma - isinstance(penalty, SCAD)
    if step >= limit:
        bound = "gamma" if isinstance(penalty, MCP) else "gamma - 1"
        remedy = "a smaller lr or a larger gamma"
        if adaptive:
            remedy += f", an eps above lr / {limit:g}, which bounds steps, or SGD"
        raise ValueError(
            f"step of {type(penalty).__name__} must stay below {bound} = {limit:g}, got up to "
            f"{step:g} at lr={lr:g}: use {remedy}"
        )


def folded_part(penalty) -> MCP | SCAD | None:
    """What of a penalty steps have to be checked for: a ridge beside it only helps."""
    part = penalty.part if isinstance(penalty, FoldedSum) else penalty
    return part if isinstance(part, MCP | SCAD) else None


def momentum_largest(lr: float, mu: float, dampening: float, nesterov: bool) -> float:
    """The longest step of all, whose gradients weigh more and more, or less and less."""
    first = 1 + mu if nesterov else 1.0
    return lr * max(first, momentum_weight(mu, dampening, nesterov))


class StepCounts:
    """How many steps an optimiser says it has taken, as numbers of the host.

    Optimisers that are fused or captured count on the device, which to read at each step would be
    to wait for it. Such a count is read once, and goes on from there; it has to be asked for once
    after each step.
    """

    def __init__(self):
        self.known = {}

    def on_host(self, parameter, state: dict) -> dict:
        """The state of a parameter, with its count of steps on the host."""
        count = state.get("step")
        if not isinstance(count, torch.Tensor) or count.is_cpu:
            return state
        tensor, taken = self.known.get(parameter, (None, 0))
        # A state that was loaded counts in another tensor.
        taken = taken + 1 if tensor is count else int(count)
        self.known[parameter] = count, taken
        return {**state, "step": taken}


def rule_of(optimizer) -> Rule:
    """The rule for an optimiser, by its class or a class that it derives from.

    Raises
    ------
    TypeError
        The steps of this optimiser are no diagonal metric, or not known.
    """
    for kind in type(optimizer).__mro__:
        if kind in RULES:
            return RULES[kind]
        if kind in REFUSED:
            raise TypeError(
                f"optimizer {kind.__name__} cannot be followed by a prox: {REFUSED[kind]}; use "
                "SGD, Adam or AdamW"
            )
    raise TypeError(
        f"optimizer must be one whose steps are known, got {type(optimizer).__name__}: use one of "
        f"{', '.join(kind.__name__ for kind in RULES)}, or enter its rule in "
        "taut.nn.prox.steps.RULES"
    )


def momentum_weight(mu, dampening=0.0, nesterov=False, count=None):
    """Weight of a constant gradient after ``count`` steps, or in the limit.

    The buffer is ``m_1 = g``, ``m_t = mu m_(t-1) + (1 - dampening) g``.
    """
    if mu == 0:
        return 1.0
    fading = 0.0 if count is None else mu ** (count - 1)
    weight = fading + (1 - dampening) * (1 - fading) / (1 - mu)
    return 1 + mu * weight if nesterov else weight


def _sgd(group, state, count):
    mu = group["momentum"]
    built_up = momentum_weight(mu, group["dampening"], group["nesterov"], count) if mu else 1.0
    return Metric(float(group["lr"]) * built_up)


def _sgd_largest(group):
    return momentum_largest(
        float(group["lr"]), group["momentum"], group["dampening"], group["nesterov"]
    )


def _adam(group, state, count):
    # lr / (sqrt(v / c) + eps) = lr sqrt(c) / (sqrt(v) + eps sqrt(c)).
    root = sqrt(1 - float(group["betas"][1]) ** float(state["step"]))
    squares = state["max_exp_avg_sq" if group.get("amsgrad") else "exp_avg_sq"]
    return Metric(float(group["lr"]) * root, squares, group["eps"] * root)


def _radam(group, state, count):
    # Liu et al. (2020), On the variance of the adaptive learning rate and beyond, algorithm 2.
    steps, decay, lr = float(state["step"]), float(group["betas"][1]), float(group["lr"])
    corrected = 1 - decay**steps
    longest = 2 / (1 - decay) - 1
    length = longest - 2 * steps * decay**steps / corrected
    if length <= 5:
        return Metric(lr)
    rectified = sqrt(
        (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)
    )
    return Metric(lr * rectified * sqrt(corrected), state["exp_avg_sq"], group["eps"])


def _adamax(group, state, count):
    return Metric(float(group["lr"]), state["exp_inf"], root=torch.abs)


def _adagrad(group, state, count):
    lr = float(group["lr"]) / (1 + (float(state["step"]) - 1) * group["lr_decay"])
    return Metric(lr, state["sum"], group["eps"])


def _rmsprop(group, state, count):
    squares = state["square_avg"]
    if group["centered"]:
        squares = squares - state["grad_avg"] ** 2
    lr = float(group["lr"]) * momentum_weight(group["momentum"], count=count)
    return Metric(lr, squares, group["eps"])


def _over_eps(group):
    """A second moment of 0 leaves ``lr / eps``."""
    lr = float(group["lr"]) * momentum_weight(group.get("momentum", 0.0))
    return lr / group["eps"] if group["eps"] else float("inf")


def _radam_largest(group):
    # Rectification is a factor below 1.
    return max(float(group["lr"]), _over_eps(group))


RULES = {
    optim.SGD: Rule(_sgd, _sgd_largest, adaptive=False),
    optim.Adam: Rule(_adam, _over_eps),
    optim.AdamW: Rule(_adam, _over_eps),
    optim.NAdam: Rule(_adam, _over_eps),
    optim.RAdam: Rule(_radam, _radam_largest),
    optim.Adamax: Rule(_adamax, _over_eps),
    optim.Adagrad: Rule(_adagrad, _over_eps),
    optim.RMSprop: Rule(_rmsprop, _over_eps),
}

_NO_DIAGONAL = "its steps mix coordinates, so that they are no diagonal metric"
REFUSED = {
    optim.LBFGS: _NO_DIAGONAL,
    optim.Adadelta: "its state does not keep the steps that it took",
    optim.Rprop: "its steps follow signs of gradients, so that no penalty balances them",
    optim.ASGD: "the average of its iterates, which is what it finds, has no exact zeros",
    optim.SparseAdam: "it leaves out coordinates without a gradient, which a penalty must reach",
} | {
    getattr(optim, name): reason
    for name, reason in {"Muon": _NO_DIAGONAL, "Adafactor": _NO_DIAGONAL}.items()
    if hasattr(optim, name)
}

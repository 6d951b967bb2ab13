"""A penalty's prox after every step of a torch optimiser: exact zeros while a network learns."""

from __future__ import annotations

from math import inf
from weakref import WeakKeyDictionary

import torch

from taut.nn.prox.in_memory import View
from taut.nn.prox.jobs import Job, Prox, shrink
from taut.nn.prox.layouts import Layout, as_layout
from taut.nn.prox.metric import Metric, Workspace
from taut.nn.prox.on_gpu import Tables
from taut.nn.prox.proxes import prox_of
from taut.nn.prox.steps import Rule, StepCounts, folded_part, rule_of
from taut.validation import check_positive

__all__ = ["active", "lasting", "penalty_value", "proximal", "set_strength"]

# Keys of parameter groups, which torch saves and loads with the optimiser.
_STRENGTH, _COUNT = "strength", "n_proximal_steps"

# The steps that hang on an optimiser, so that a second call, or a new strength, finds them.
_ATTACHED: WeakKeyDictionary = WeakKeyDictionary()


def proximal(optimizer, penalties, *, strength=1.0):
    """Let the prox of penalties follow every step of an optimiser.

    Training then minimises ``loss + strength * penalty`` with zeros that are exact: the optimiser
    sees the loss alone, and the prox has the step that it took, ``lr`` for SGD, ``lr / (sqrt(v) +
    eps)`` for Adam and its like, coordinate by coordinate. With momentum it is the sum of the
    weights that a gradient has in the steps to come. See
    ``taut.nn.prox.steps``.

    Parameters
    ----------
    optimizer : torch.optim.Optimizer
        SGD, Adam, AdamW, NAdam, RAdam, Adamax, Adagrad or RMSprop.
    penalties : dict
        Keys are modules, which stand for their weights (no biases, no normalisations; see
        `weights_of`), or parameters. Values are penalties from ``taut.penalties``, features along
        axis 0 of a weight, which are its rows; or as `rows`, `columns` and `heads` lay them out. A
        penalty whose weights or groups are as many as entries sees the parameter flattened.
    strength : float >= 0, or callable, default 1.0
        Factor of the penalties. A callable, such as `Annealed`, maps the number of steps taken to
        it. A parameter group with a number ``"strength"`` of its own keeps that.

    Returns
    -------
    torch.optim.Optimizer
        The optimiser given, which now takes these steps. Schedulers, gradient scalers, closures and
        ``state_dict`` work as they did; the count of steps and the strength are saved with it. The
        penalties themselves are no part of it: call `proximal` again after copying or unpickling.
        A state from before there were penalties can be loaded, too.

    Raises
    ------
    TypeError
        The optimiser's steps are no diagonal metric (LBFGS, say), a penalty has no closed form for
        steps of their own, or an argument is of another type.
    ValueError
        A parameter is penalised twice or not in the optimiser, a penalty does not fit its shape,
        the step may reach gamma of MCP or SCAD, or ``strength`` is negative.

    References
    ----------
    Yun, J., Lozano, A. C. and Yang, E. (2021). Adaptive proximal gradient methods for structured
    neural networks. NeurIPS 34.

    Examples
    --------
    >>> from taut import penalties
    >>> net = torch.nn.Linear(3, 2)
    >>> optimizer = proximal(torch.optim.SGD(net.parameters(), lr=0.1), {net: penalties.L1()})
    >>> (0.0 * net(torch.ones(1, 3))).sum().backward()
    >>> for _ in range(20):
    ...     optimizer.step()
    >>> net.weight.count_nonzero().item()
    0
    """
    if not isinstance(optimizer, torch.optim.Optimizer):
        raise TypeError(
            f"optimizer must be a torch.optim.Optimizer, got {type(optimizer).__name__}: pass "
            "torch.optim.Adam(net.parameters()), say"
        )
    if optimizer in _ATTACHED:
        raise ValueError(
            "optimizer has penalties already: pass all of them in one call, in one dict"
        )
    schedule = strength if callable(strength) else None
    initial = schedule(0) if schedule else strength
    check_positive(initial, "strength", 1e-3, zero=True)
    step = _ProximalStep(optimizer, penalties, schedule)
    optimizer.defaults |= {_STRENGTH: float(initial), _COUNT: 0}
    _complete(optimizer)
    for group in optimizer.param_groups:
        check_positive(group[_STRENGTH], "strength", 1e-3, zero=True)
    optimizer.register_step_post_hook(step)
    optimizer.register_load_state_dict_post_hook(_complete)
    _ATTACHED[optimizer] = step
    return optimizer


def _complete(optimizer):
    """A state of the optimiser from before it had penalties knows neither strength nor count."""
    for group in optimizer.param_groups:
        for key in (_STRENGTH, _COUNT):
            group.setdefault(key, optimizer.defaults[key])


def set_strength(optimizer, strength: float):
    """Give all parameter groups of a `proximal` optimiser another strength.

    Raises
    ------
    TypeError, ValueError
        The optimiser has no penalties or a schedule; the strength is no number >= 0.
    """
    check_positive(strength, "strength", 1e-3, zero=True)
    if _attached(optimizer).schedule is not None:
        raise ValueError(
            "strength follows a schedule of this optimizer and cannot be set: leave one out"
        )
    for group in optimizer.param_groups:
        group[_STRENGTH] = float(strength)


def penalty_value(optimizer):
    """What the penalties add to the loss now: the sum of ``strength * penalty``.

    Returns
    -------
    float

    Raises
    ------
    TypeError
        The optimiser has no penalties.
    """
    step, groups = _attached(optimizer), _groups_of(optimizer)
    with torch.no_grad():
        return sum(
            float(
                block.layout.penalty.scaled_value(
                    block.layout.gather(block.parameters),
                    step.strength(groups[block.parameters[0]]),
                )
            )
            for block in step.blocks
        )


# Beyond any strength that training could need, and far from overflow in double precision.
_ENDLESS = 1e30


def lasting(optimizer):
    """Which features of the penalties no strength makes zero, as `active` orders them.

    Unpenalised ones, say, or all that a constraint without zeros is for.
    """
    with torch.no_grad():
        coefs = [
            block.layout.penalty.scaled_prox(
                block.layout.gather(block.parameters).cpu().double(), 1.0, _ENDLESS
            )
            for block in _attached(optimizer).blocks
        ]
        left = [(coef != 0).reshape(len(coef), -1).any(1) for coef in coefs]
    return torch.cat(left).numpy()


def active(optimizer):
    """Which features of the penalties have a weight that is not zero.

    Returns
    -------
    ndarray of bool, shape (n_features,)
        Along axis 0 as each penalty sees it, for the penalties one after the other.

    Raises
    ------
    TypeError
        The optimiser has no penalties.
    """
    with torch.no_grad():
        coefs = [block.layout.gather(block.parameters) for block in _attached(optimizer).blocks]
        used = [(coef != 0).reshape(len(coef), -1).any(1) for coef in coefs]
    return torch.cat(used).cpu().numpy()


class _Block:
    """Parameters that are penalised together, and how; ``place`` is that of their group."""

    def __init__(self, parameters, place, layout, prox):
        self.parameters: tuple[torch.nn.Parameter, ...] = parameters
        self.place: int = place
        self.layout: Layout = layout
        self.prox: Prox = prox
        self.folded = folded_part(layout.penalty)
        self.is_gathered = len(parameters) > 1
        self._memory = self._view = None

    def view(self, moments) -> View:
        """With the moments of a single parameter; kept while both stay where they are."""
        if self.is_gathered:
            return View.of(self.layout.gather(self.tensors()), moments)
        memory = _memory(self.parameters[0])
        if moments is not None:
            memory += _memory(moments)
        # A view keeps the memory behind it, so that nothing else can take its place.
        if memory != self._memory:
            gathered = None if moments is None else self.layout.gather([moments])
            self._view = View.staying(self.layout.gather(self.tensors()), gathered)
            self._memory = memory
        return self._view

    def has_gradients(self) -> bool:
        """torch passes over a parameter without a gradient, and so does its prox."""
        if self.is_gathered:
            return all(parameter.grad is not None for parameter in self.parameters)
        return self.parameters[0].grad is not None

    def tensors(self):
        return [parameter.detach() for parameter in self.parameters]


def _memory(tensor):
    return tensor.data_ptr(), tensor.shape, tensor.stride()


class _ProximalStep:
    """The hook that an optimiser calls after each of its steps."""

    def __init__(self, optimizer, penalties, schedule):
        self.schedule = schedule
        self.rule: Rule = rule_of(optimizer)
        self.blocks = _blocks(optimizer, penalties, self.rule)
        self.by_place = {}
        for block in self.blocks:
            self.by_place.setdefault(block.place, []).append(block)
        self.counts, self.tables = StepCounts(), Tables()

    def __call__(self, optimizer, args, kwargs):
        if _was_skipped(optimizer):
            return
        # Groups are other dicts once a state has been loaded, in the same places.
        groups = optimizer.param_groups
        for group in groups:
            group[_COUNT] += 1
        jobs, gathered = [], []
        for place, blocks in self.by_place.items():
            group = groups[place]
            has_moved = float(group["lr"]) != 0
            strength = self.strength(group)
            # Steps that are not adaptive are those of the whole group.
            metric = None if self.rule.adaptive else self.rule.metric(group, {}, group[_COUNT])
            for block in blocks:
                if not block.has_gradients():
                    continue
                of_block = metric or self._metric(block, optimizer.state, group)
                if not has_moved:
                    continue
                if block.folded:
                    self.rule.check(block.folded, group)
                job = Job(block.prox, block.view(of_block.moments), of_block, strength)
                jobs.append(job)
                if block.is_gathered:
                    gathered.append((block, job))
        shrink(jobs, self.tables)
        for block, job in gathered:
            block.layout.scatter(job.view.coef, block.tensors())

    def strength(self, group):
        if self.schedule is not None:
            group[_STRENGTH] = self.schedule(group[_COUNT])
        strength = group[_STRENGTH]
        # The full check of what is no number or out of range costs as much as a small prox.
        if type(strength) is not float or not 0 <= strength < inf:
            check_positive(strength, "strength", 1e-3, zero=True)
            strength = group[_STRENGTH] = float(strength)  # which torch saves and loads
        return strength

    def _metric(self, block, state, group):
        metrics = [
            self.rule.metric(group, self.counts.on_host(parameter, state[parameter]), group[_COUNT])
            for parameter in block.parameters
        ]
        return metrics[0] if len(metrics) == 1 else _together(metrics, block.layout)


def _together(metrics, layout):
    """The metric of a block of several parameters."""
    first = metrics[0]
    if first.moments is None:
        return first
    if all(metric._replace(moments=None) == first._replace(moments=None) for metric in metrics):
        return first._replace(moments=layout.gather([metric.moments for metric in metrics]))
    # Parameters that have not taken equally many steps have other lengths and shifts.
    diagonals = [metric.inverse().reciprocal_() for metric in metrics]
    return Metric(1.0, layout.gather(diagonals), root=torch.abs)


def _blocks(optimizer, penalties, rule):
    if not isinstance(penalties, dict) or not penalties:
        raise TypeError(
            "penalties must be a dict from modules or parameters to penalties, got "
            f"{penalties!r}: pass {{net: penalties.L1()}}, say"
        )
    groups, seen, blocks, workspace = _groups_of(optimizer), set(), [], Workspace()
    places = {id(group): place for place, group in enumerate(optimizer.param_groups)}
    for key, penalty in penalties.items():
        layout = penalty if isinstance(penalty, Layout) else Layout(penalty)
        for parameters in layout.blocks(key):
            _check_parameters(parameters, groups, seen)
            seen.update(parameters)
            group = groups[parameters[0]]
            found = _layout_and_prox(parameters, penalty, group, rule, workspace)
            blocks.append(_Block(parameters, places[id(group)], *found))
    return blocks


def _layout_and_prox(parameters, penalty, group, rule, workspace):
    tensors = [parameter.detach() for parameter in parameters]
    layout = as_layout(penalty, tensors)
    coef = layout.gather(tensors)
    layout.penalty.value(coef)  # refuses another number of features
    if folded := folded_part(layout.penalty):
        rule.check(folded, group)
    return layout, prox_of(layout.penalty, len(coef), rule.adaptive, workspace)


def _check_parameters(parameters, groups, seen):
    for parameter in parameters:
        shape = tuple(parameter.shape)
        if parameter not in groups:
            raise ValueError(
                f"penalties has a parameter of shape {shape} that optimizer does not train: give "
                "it to the optimizer, or leave it out"
            )
        if parameter in seen:
            raise ValueError(
                f"penalties has the parameter of shape {shape} twice, such as under a module and a "
                "part of it: name it once, and add penalties as in L1() + L2()"
            )
    kinds = {id(groups[parameter]) for parameter in parameters}
    if len(kinds) > 1:
        raise ValueError(
            "parameters that are penalised together must be in one parameter group, got "
            f"{len(kinds)}: they share a strength and a learning rate"
        )


def _groups_of(optimizer):
    return {p: group for group in optimizer.param_groups for p in group["params"]}


def _was_skipped(optimizer):
    """Whether a gradient scaler found overflow, and a fused optimiser stayed where it was."""
    found = getattr(optimizer, "found_inf", None)
    return found is not None and bool(found)


def _attached(optimizer):
    if optimizer not in _ATTACHED:
        raise TypeError(
            f"optimizer must be one that proximal() returned, got {type(optimizer).__name__}; "
            "copies, which torch makes without hooks, have to go through proximal() again"
        )
    return _ATTACHED[optimizer]

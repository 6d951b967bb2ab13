"""The regularisation path of a network, from dense to sparse: ``fit_path``."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from taut.designs.from_frame import names_of
from taut.nn.prox.proximal import active, lasting, penalty_value, proximal, set_strength
from taut.nn.training.batches import Batches, Rows
from taut.nn.training.forward import n_outputs_of
from taut.validation import check_positive, check_share, check_strengths, shown

__all__ = ["NetworkPath", "Training", "fit_path"]


@dataclass(frozen=True)
class Training:
    """How the networks of a path are trained.

    Parameters
    ----------
    n_dense_epochs : int, default 100
        At most so many without penalty, by Adam; it stops when the validation error has not
        improved for a tenth of them, and goes back to the best.
    n_epochs : int, default 10
        At each strength.
    dense_learning_rate : float, default 1e-3
        Of Adam.
    learning_rate : float, default 1e-2
        On the path, of SGD with momentum 0.9, after which every penalty has a prox.
    batch_size : int, default 64
    """

    n_dense_epochs: int = 100
    n_epochs: int = 10
    dense_learning_rate: float = 1e-3
    learning_rate: float = 1e-2
    batch_size: int = 64

    def __post_init__(self):
        check_positive(self.n_dense_epochs, "n_dense_epochs", 100)
        check_positive(self.n_epochs, "n_epochs", 10)
        check_positive(self.dense_learning_rate, "dense_learning_rate", 1e-3)
        check_positive(self.learning_rate, "learning_rate", 1e-2)
        check_positive(self.batch_size, "batch_size", 64)


@dataclass(frozen=True, eq=False)
class NetworkPath:
    """Networks along rising strengths, the first of them dense.

    Attributes
    ----------
    strengths : ndarray of shape (n_strengths,)
        0 first, then rising.
    active : ndarray of bool, shape (n_strengths, n_features)
        Which features of the penalties, inputs or units, have a weight that is not zero.
    train_errors, validation_errors : ndarray of shape (n_strengths,)
        Share of wrong classes, or mean squared error.
    states : tuple of dict
        The ``state_dict`` of each network.
    module : torch.nn.Module
        What they are states of.
    feature_names : ndarray of str or None
    """

    strengths: np.ndarray
    active: np.ndarray
    train_errors: np.ndarray
    validation_errors: np.ndarray
    states: tuple[dict, ...]
    module: nn.Module
    feature_names: np.ndarray | None = None

    @property
    def n_active(self) -> np.ndarray:
        """Features or units that survive, at each strength."""
        return self.active.sum(axis=1)

    @property
    def best(self) -> int:
        """Place of the least validation error; of several the sparsest."""
        return len(self) - 1 - int(np.argmin(self.validation_errors[::-1]))

    def sparsest(self, tolerance: float = 0.0) -> int:
        """Place of the sparsest network whose validation error is at most ``best + tolerance``.

        Raises
        ------
        TypeError, ValueError
            ``tolerance`` is no number >= 0.
        """
        check_positive(tolerance, "tolerance", 0.01, zero=True)
        good = self.validation_errors <= self.validation_errors[self.best] + tolerance
        fewest = self.n_active[good].min()
        return int(np.flatnonzero(good & (self.n_active == fewest))[-1])

    def network(self, place: int) -> nn.Module:
        """The network at one place of the path, in evaluation mode."""
        network = copy.deepcopy(self.module)
        network.load_state_dict(self.states[place])
        return network.eval()

    def order(self) -> np.ndarray:
        """Features from the one that survives longest to the one that leaves first."""
        return np.argsort(-self.active.sum(axis=0), kind="stable")

    def __len__(self) -> int:
        return len(self.strengths)

    def __repr__(self):
        return (
            f"<NetworkPath of {len(self)} strengths, {self.n_active[0]} to {self.n_active[-1]} of "
            f"{self.active.shape[1]} surviving, least validation error "
            f"{self.validation_errors[self.best]:.3g} with {self.n_active[self.best]}>"
        )

    def plot(self, ax=None, **options):
        """Draw the errors against what survives (needs the extra ``plot``).

        Returns
        -------
        taut.plots.NetworkPathDisplay
        """
        from taut.plots import NetworkPathDisplay

        return NetworkPathDisplay(self).plot(ax, **options)


def fit_path(
    module,
    X,
    y,
    penalties,
    *,
    strengths=None,
    growth=1.25,
    validation=0.2,
    training=None,
    random_state=0,
):
    """Train a network without penalty, then ever stronger, each from where the last one ended.

    From dense to sparse, since a network of zeros has no gradient to begin with (Lemhadri et al.
    2021, section 4.1).

    Parameters
    ----------
    module : torch.nn.Module
        A copy is trained. Its output has one column for a regression, or one per class.
    X : array of shape (n_samples, ...), or data frame
        As the module takes it, in the dtype of its parameters; standardised, for tables.
    y : array of shape (n_samples,) or (n_samples, n_targets)
        Integers are classes 0, 1, ..., floats are targets.
    penalties : callable, or dict
        Maps the copy to the dict that `taut.nn.proximal` takes: ``lambda net: {net[0]:
        nn.columns(MultiTask())}`` selects features. A dict has modules and parameters of ``module``
        as keys. None stands for ``module.penalties``, which `LassoNet` has.
    strengths : array, default None
        Positive. None begins where the penalty is a tenth of the validation loss, and goes on
        until nothing survives but what no strength makes zero, such as unpenalised features.
    growth : float > 1, default 1.25
        Ratio of neighbouring strengths, where they are not given.
    validation : float in (0, 1), or tuple (X, y), default 0.2
        Share of the rows that is held out, or rows of its own.
    training : Training, default None
    random_state : int, default 0

    Returns
    -------
    NetworkPath

    Raises
    ------
    TypeError, ValueError
        An argument is not what it must be, or a loss is not finite; the message names it, its value
        and the fix.

    References
    ----------
    Lemhadri, I., Ruan, F., Abraham, L. and Tibshirani, R. (2021). LassoNet: a neural network with
    feature sparsity. JMLR 22 (127), 1-29.
    """
    if not isinstance(module, nn.Module):
        raise TypeError(
            f"module must be a torch.nn.Module, got {type(module).__name__}: pass the network"
        )
    check_positive(growth, "growth", 1.25)
    if growth <= 1:
        raise ValueError(f"growth must be above 1, got {growth}: pass 1.25, say")
    if strengths is not None:
        strengths = np.sort(check_strengths(strengths, "strengths", zero=False))
    training = Training() if training is None else training
    if not isinstance(training, Training):
        raise TypeError(
            f"training must be a taut.nn.Training, got {shown(training)}: pass "
            "Training(n_epochs=10), say"
        )
    names = names_of(X)
    network, penalties = _copied(module, penalties)
    with torch.random.fork_rng():
        torch.manual_seed(check_positive(random_state, "random_state", 1, zero=True))
        rows = _Rows.of(network, X, y, validation)
        _check_outputs(network, rows)
        return _Walk(network, penalties, rows, training).path(strengths, growth, names)


def _copied(module, penalties):
    """A copy to train, and the penalties on it."""
    penalties = getattr(module, "penalties", None) if penalties is None else penalties
    if callable(penalties):
        network = copy.deepcopy(module)
        return network, penalties(network)
    if not isinstance(penalties, dict) or not penalties:
        raise TypeError(
            f"penalties must be a dict or a function of the network, got {penalties!r}: pass "
            "lambda net: {net[0]: nn.columns(penalties.MultiTask())}, say"
        )
    # The memo of the copy says what became of each module and parameter.
    memo = {}
    network = copy.deepcopy(module, memo)
    parts = {id(part): part for part in (*module.modules(), *module.parameters())}

    def moved(key):
        if isinstance(key, tuple):
            return tuple(map(moved, key))
        if id(key) not in parts:
            raise ValueError(f"penalties must be for parts of module, got {shown(key)}")
        return memo[id(key)]

    return network, {moved(key): penalty for key, penalty in penalties.items()}


@dataclass(frozen=True)
class _Rows:
    """Training and validation rows, on the device of the network."""

    X: torch.Tensor
    y: torch.Tensor
    X_held: torch.Tensor
    y_held: torch.Tensor

    @classmethod
    def of(cls, network, X, y, validation):
        like = next(network.parameters())
        X, y = _tensors(X, y, like, "")
        if isinstance(validation, tuple):
            return cls(X, y, *_tensors(*validation, like, "validation "))
        order = torch.randperm(len(X)).to(like.device)
        n_held = round(check_share(validation, "validation", 0.2) * len(X))
        if not 0 < n_held < len(X):
            raise ValueError(
                f"validation must leave rows on both sides, got {validation} of {len(X)} rows: "
                "pass more rows, or (X, y) to validate on"
            )
        held, kept = order[:n_held], order[n_held:]
        return cls(X[kept], y[kept], X[held], y[held])


def _tensors(X, y, like, which):
    # torch warns of read-only memory, such as a data frame's.
    X, y = (part if part.flags.writeable else part.copy() for part in map(np.asarray, (X, y)))
    if X.dtype.kind not in "biuf":
        raise ValueError(
            f"{which}X must hold numbers, got dtype {X.dtype}: encode text columns as numbers"
        )
    X = torch.as_tensor(X).to(like)
    if len(X) != len(y):
        raise ValueError(f"{which}X and y must have as many rows, got {len(X)} and {len(y)}")
    if not torch.isfinite(X).all():
        raise ValueError(f"{which}X must be finite, got NaN or infinity: impute or drop those rows")
    if y.dtype.kind in "iub":
        if y.min() < 0:
            raise ValueError(
                f"{which}y must be classes 0, 1, ... where it holds integers, got {y.min()}: count "
                "classes from 0, or make y floats, if they are numbers"
            )
        return X, torch.as_tensor(y.astype(np.int64), device=like.device)
    if y.dtype.kind != "f" or not np.isfinite(y).all():
        raise ValueError(
            f"{which}y must be finite numbers, or classes 0, 1, ..., got dtype {y.dtype}: encode "
            "labels as integers"
        )
    return X, torch.as_tensor(y.reshape(len(y), -1)).to(like)


def _check_outputs(network, rows):
    found = n_outputs_of(network, lambda network, X: network(X), rows.X)
    if rows.y.is_floating_point():
        n_targets = rows.y.shape[1]
        if found != n_targets:
            raise ValueError(
                f"module must give one output for each of the {n_targets} targets, got {found}: "
                "end it with a layer of as many, or make y integers, if they are classes"
            )
        return
    largest = int(max(rows.y.max(), rows.y_held.max()))
    if found <= largest:
        raise ValueError(
            f"module must give one output for each class, got {found} outputs and class {largest} "
            f"in y: end it with a layer of {largest + 1}, or make y floats, if they are numbers"
        )


class _Walk:
    """One network on its way along the path."""

    def __init__(self, network, penalties, rows, training):
        self.network, self.rows, self.training = network, rows, training
        self.is_classifier = not rows.y.is_floating_point()
        steps = torch.optim.SGD(network.parameters(), lr=training.learning_rate, momentum=0.9)
        self.optimizer = proximal(steps, penalties, strength=0.0)
        self.found = []

    def path(self, strengths, growth, names):
        self._train_dense()
        self._epoch(self.optimizer)  # from here on, bounds of the penalties hold
        self._keep(0.0)
        for strength in self._rising(growth) if strengths is None else strengths:
            set_strength(self.optimizer, float(strength))
            for _ in range(self.training.n_epochs):
                self._epoch(self.optimizer)
            self._keep(float(strength))
        strengths, active, train, held, states = zip(*self.found, strict=True)
        names = names if names is not None and len(names) == len(active[0]) else None
        columns = map(np.array, (strengths, active, train, held))
        return NetworkPath(*columns, states, self.network, names)

    def _train_dense(self):
        optimizer = torch.optim.Adam(
            self.network.parameters(), lr=self.training.dense_learning_rate
        )
        least, state, waited = np.inf, None, 0
        for _ in range(self.training.n_dense_epochs):
            self._epoch(optimizer)
            loss = self._measure(self.rows.X_held, self.rows.y_held, self._loss)
            if loss < least:
                least, state, waited = loss, copy.deepcopy(self.network.state_dict()), 0
            elif (waited := waited + 1) > self.training.n_dense_epochs / 10:
                break
        self.network.load_state_dict(state)

    def _epoch(self, optimizer):
        self.network.train()
        rows = Rows(self.rows.X, self.rows.y)
        for batch in Batches(rows, self.training.batch_size, shuffle=True):
            optimizer.zero_grad()
            loss = self._loss(self.network(batch.inputs), batch.targets)
            loss.backward()
            optimizer.step()
        if not torch.isfinite(loss):
            raise ValueError(
                f"the training loss became {loss.item()} at {self.training}: pass a Training with "
                "a smaller learning rate, and standardise X"
            )

    def _rising(self, growth):
        left, lasts = active(self.optimizer), lasting(self.optimizer)
        if left.any() and not (left & ~lasts).any():
            raise ValueError(
                f"penalties must make something zero, but no strength does for any of the "
                f"{left.sum()} features: pass penalties with zeros, such as L1() or MultiTask(), "
                "or strengths"
            )
        set_strength(self.optimizer, 1.0)
        loss = self._measure(self.rows.X_held, self.rows.y_held, self._loss)
        strength = 0.1 * loss / max(penalty_value(self.optimizer), 1e-12)
        while (active(self.optimizer) & ~lasts).any():
            yield strength
            strength *= growth

    def _loss(self, output, y):
        return F.cross_entropy(output, y) if self.is_classifier else F.mse_loss(output, y)

    def _error(self, output, y):
        if self.is_classifier:
            return (output.argmax(1) != y).double().mean()
        return F.mse_loss(output, y)

    def _measure(self, X, y, function):
        self.network.eval()
        with torch.no_grad():
            output = torch.cat([self.network(part) for part in X.split(4096)])
            return function(output, y).item()

    def _keep(self, strength):
        rows = self.rows
        errors = (
            self._measure(rows.X, rows.y, self._error),
            self._measure(rows.X_held, rows.y_held, self._error),
        )
        state = copy.deepcopy(self.network.state_dict())
        self.found.append((strength, active(self.optimizer), *errors, state))

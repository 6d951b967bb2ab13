"""skorch's training loop, on rows that lie on the device."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from operator import mul

import torch
from skorch import NeuralNet
from skorch.callbacks import Callback
from torch import nn

from taut.nn.prox.proximal import proximal
from taut.nn.prox.weights import decay_groups
from taut.nn.training.batches import Batches, Rows
from taut.nn.training.early_stopping import StopTraining
from taut.nn.training.forward import Forward

__all__ = ["OPTIMIZERS", "TrainingNet"]

OPTIMIZERS = {
    "adamw": torch.optim.AdamW,
    "adam": torch.optim.Adam,
    "sgd": torch.optim.SGD,
}
_OPTIONS = {"sgd": {"momentum": 0.9, "nesterov": True}}
_PLAIN = Forward()
# Looking at a number on the device waits for the device: not after every batch.
_LOOK_EVERY = 50
# A loss beyond so many times that of the untrained network is no progress any more.
_EXPLODED = 1e3


class TrainingNet(NeuralNet):
    """A `skorch.NeuralNet` that augments, mixes, weighs rows, applies penalties and stops in time.

    Parameters
    ----------
    module : torch.nn.Module
    criterion : torch.nn.Module
        Gives the mean loss of a batch, of predictions, targets and weights.
    forward_pass : Forward
    augment : sequence of callable, default ()
        Random changes of training inputs, in this order.
    mix : Mixup, CutMix or None, default None
        Mixtures of training inputs, after that.
    optimizer_name : {"adamw", "adam", "sgd"}, default "adamw"
        SGD is with Nesterov momentum of 0.9.
    weight_decay : float >= 0, default 0.0
        Of weights, neither of biases nor of normalisations.
    penalties : mapping of module or parameter to Penalty, default None
    strength : float or callable, default 1.0
        Of the penalties, see `taut.nn.proximal`.
    **settings
        Of skorch: ``lr``, ``batch_size``, ``callbacks``, ``device``.
    """

    def __init__(
        self,
        module: nn.Module,
        criterion: nn.Module,
        *,
        forward_pass: Forward = _PLAIN,
        augment=(),
        mix=None,
        optimizer_name: str = "adamw",
        weight_decay: float = 0.0,
        penalties: Mapping | None = None,
        strength=1.0,
        **settings,
    ):
        super().__init__(
            module, criterion, train_split=None, iterator_train=None, verbose=0, **settings
        )
        self.forward_pass, self.augment, self.mix = forward_pass, augment, mix
        self.optimizer_name, self.weight_decay = optimizer_name, weight_decay
        self.penalties, self.strength = penalties, strength
        self.validation = None
        self.averages = None

    def get_default_callbacks(self):
        return []

    def initialize_optimizer(self, triggered_directly=None):
        parameters = self.module_.parameters()
        if self.weight_decay:
            parameters = decay_groups(self.module_, self.weight_decay)
        optimizer = OPTIMIZERS[self.optimizer_name](
            parameters,
            lr=self.lr,
            weight_decay=0.0,  # but for the groups that say otherwise
            **_OPTIONS.get(self.optimizer_name, {}),
        )
        if self.penalties:
            optimizer = proximal(optimizer, self.penalties, strength=self.strength)
        self.optimizer_ = optimizer
        return self

    # Training ---------------------------------------------------------------------------------

    def train(self, rows: Rows, validation: Rows | None, n_epochs: int):
        """Train on for some epochs.

        Attributes set
        --------------
        stopped : str or None
            Why training ended before its time.
        broke_down : bool
            Whether it was for a loss that is not finite, or exploded.
        """
        self.validation, self.stopped, self.broke_down = validation, None, False
        self.untrained_loss, self.clips = None, self._is_told("on_grad_computed")
        self.notify("on_train_begin", X=rows, y=None)
        try:
            self.fit_loop(rows, epochs=n_epochs)
        except StopTraining as stop:
            self.stopped = str(stop)
        except KeyboardInterrupt:
            self.stopped = "interrupted"
        finally:  # whatever else was raised, a progress bar has to end
            self.notify("on_train_end", X=rows, y=None)
        self.averages = None
        return self

    def get_split_datasets(self, X, y=None, **parameters):
        return X, self.validation

    def get_iterator(self, dataset, training=False):
        size = self.batch_size
        if not training and size is not None:
            size *= 4  # nothing is kept for gradients
        return Batches(dataset, size, shuffle=training)

    def run_single_epoch(self, iterator, training, prefix, step_fn, **parameters):
        if iterator is None:
            return
        self._set_training(training)
        told = training and self._is_told("on_batch_end")
        losses, sizes, right = [], [], 0.0
        for number, batch in enumerate(iterator):
            loss, prediction = step_fn(batch)
            losses.append(loss.detach())
            sizes.append(len(batch.inputs))
            if not training:
                right += self._right(prediction, batch)
            elif number % _LOOK_EVERY == 0:
                self._look(loss.item())
            if told:
                self.notify("on_batch_end", batch=batch, training=True)
        means = torch.stack(losses).tolist()
        loss = sum(map(mul, means, sizes)) / sum(sizes)
        self.history.record(f"{prefix}_loss", loss)
        if not training and batch.targets.ndim == 1:
            self.history.record(f"{prefix}_accuracy", float(right) / iterator.n_rows)
        self._look(loss)

    def train_step(self, batch):
        """One step of the optimiser; gives the loss and the prediction."""
        self.optimizer_.zero_grad()
        loss, prediction = self._training_loss(batch)
        loss.backward()
        if self.clips:
            named = list(self.module_.named_parameters())
            self.notify("on_grad_computed", named_parameters=named, batch=batch, training=True)
        self.optimizer_.step()
        return loss, prediction

    def _training_loss(self, batch):
        mixed = None
        inputs = self.forward_pass.encoded(batch.inputs)
        for change in self.augment:
            inputs = change(inputs)
        if self.mix is not None:
            mixed = self.mix(inputs)
            inputs = mixed.inputs
        prediction = self.forward_pass.output(self.module_, inputs)
        loss = self._loss(prediction, batch)
        if mixed is not None:
            partners = batch.take(mixed.partner)
            loss = mixed.share * loss + (1 - mixed.share) * self._loss(prediction, partners)
        return loss, prediction

    def validation_step(self, batch):
        """The loss and the prediction."""
        with torch.no_grad():
            prediction = self.forward_pass(self.predictor, batch.inputs)
            return self._loss(prediction, batch), prediction

    def _is_told(self, event: str) -> bool:
        """Whether a callback listens: telling nobody costs a small network a tenth of a step."""
        silent = getattr(Callback, event)
        return any(getattr(type(callback), event) is not silent for _, callback in self.callbacks_)

    # Weights ----------------------------------------------------------------------------------

    @property
    def predictor(self) -> nn.Module:
        """The module, or the average of its weights where there is one already."""
        return self.module_ if self.averages is None else self.averages.network

    def weights(self) -> dict[str, torch.Tensor]:
        """The tensors of the network that predicts, by name."""
        return self.predictor.state_dict()

    def keep(self, weights: Mapping[str, torch.Tensor]) -> None:
        """Make these the weights of the module."""
        self.module_.load_state_dict(weights)

    def _loss(self, prediction, batch: Rows) -> torch.Tensor:
        return self.criterion_(prediction, batch.targets, batch.weights)

    def _right(self, prediction, batch: Rows):
        if batch.targets.ndim > 1:
            return 0.0
        return (prediction.argmax(dim=1) == batch.targets).sum()

    def _look(self, loss: float) -> None:
        """End training where it broke down."""
        if self.untrained_loss is None:
            self.untrained_loss = loss
        # The loss of 0 of a network that knows everything already is no scale for explosions.
        limit = _EXPLODED * max(self.untrained_loss, 1e-3)
        if isfinite(loss) and loss <= limit:
            return
        self.broke_down = True
        if isfinite(loss):
            reason = f"the loss exploded: {loss:.3g}, from {self.untrained_loss:.3g} untrained"
        else:
            reason = f"the loss is not finite: {loss}"
        raise StopTraining(reason)

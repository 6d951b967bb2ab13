"""Penalties for Keras 3, on its torch backend: a regularizer, and a callback for exact zeros."""

from __future__ import annotations

import math
from numbers import Integral

import numpy as np
import torch

from taut.nn.prox.config import as_config, from_config
from taut.nn.prox.max_norm import MaxNorm
from taut.nn.prox.metric import Metric, Workspace
from taut.nn.prox.proxes import prox_of
from taut.nn.prox.steps import check_step, folded_part, momentum_largest, momentum_weight
from taut.penalties import Box, NonNegative
from taut.penalties.base import as_penalty
from taut.validation import check_positive

try:
    import keras
except ModuleNotFoundError as error:
    if error.name not in ("tensorflow", "jax"):
        raise
    raise ImportError(
        f"Keras is set to the backend {error.name}, which is not installed: set the environment "
        "variable KERAS_BACKEND=torch before Keras is imported"
    ) from error

__all__ = ["Proximal", "Regularizer"]


@keras.saving.register_keras_serializable(package="taut")
class Regularizer(keras.regularizers.Regularizer):
    """Any penalty as a term of a Keras loss, ``strength * penalty``.

    It is differentiated like the rest of the loss, which shrinks but seldom gives exact zeros: for
    those use `Proximal` instead.

    Parameters
    ----------
    penalty : taut.penalties.Penalty
    strength : float >= 0, default 0.01
    axis : int, default 0
        Where the features of the penalty lie: 0 for the inputs of a ``Dense`` kernel, -1 for its
        units or the filters of a convolution.

    Raises
    ------
    TypeError, ValueError
        ``penalty`` is none, or inf somewhere, as bounds are; ``strength`` is no number >= 0.
    RuntimeError
        Keras runs on another backend than torch.

    Examples
    --------
    >>> from taut import penalties
    >>> layer = keras.layers.Dense(8, kernel_regularizer=Regularizer(penalties.L1(), 1e-3))
    """

    def __init__(self, penalty, strength=0.01, axis=0):
        _check_backend()
        self.penalty = _finite(as_penalty(penalty))
        self.strength = float(check_positive(strength, "strength", 0.01, zero=True))
        self.axis = _checked_axis(axis)

    def __call__(self, x):
        coef = _features_first(keras.ops.convert_to_tensor(x), self.axis)
        return self.penalty.scaled_value(coef, self.strength)

    def get_config(self):
        return {
            "penalty": as_config(self.penalty),
            "strength": self.strength,
            "axis": self.axis,
        }

    @classmethod
    def from_config(cls, config):
        return cls(**config | {"penalty": from_config(config["penalty"])})


class Proximal(keras.callbacks.Callback):
    """The prox of penalties after every training step of a Keras model: exact zeros.

    The model's loss stays without the penalty. Steps are those of the optimiser, as for
    `taut.nn.proximal`: SGD, with or without momentum, Adam and AdamW, also behind the
    ``LossScaleOptimizer`` of ``mixed_float16``.

    Parameters
    ----------
    penalties : dict
        From layers, which stand for their kernels, to penalties.
    strength : float >= 0, or callable of the number of steps taken, default 0.01
    axis : int, default 0
        As for `Regularizer`.

    Raises
    ------
    TypeError, ValueError
        ``penalties`` is no such dict, ``strength`` no number >= 0; when training begins, the
        optimiser's steps are not known, or it averages weights in the end, or a variable has a
        `Regularizer` too; a step may reach gamma of MCP or SCAD.
    RuntimeError
        Keras runs on another backend than torch.

    Examples
    --------
    >>> from taut import penalties
    >>> layer = keras.layers.Dense(8)
    >>> callback = Proximal({layer: penalties.L1()}, strength=1e-3)
    """

    def __init__(self, penalties, strength=0.01, axis=0):
        super().__init__()
        _check_backend()
        if not isinstance(penalties, dict) or not penalties:
            raise TypeError(
                f"penalties must be a dict from layers to penalties, got {penalties!r}: pass "
                "{layer: penalties.L1()}, say"
            )
        for layer, penalty in penalties.items():
            as_penalty(penalty)
            if not isinstance(layer, keras.Layer):
                raise TypeError(
                    f"keys of penalties must be Keras layers, got {type(layer).__name__}: pass "
                    "model.layers[0], say"
                )
        self.schedule = strength if callable(strength) else lambda step: strength
        check_positive(self.schedule(0), "strength", 0.01, zero=True)
        self.penalties, self.axis = penalties, _checked_axis(axis)

    def on_train_begin(self, logs=None):
        # With mixed_float16 the model's own only scales the loss, and skips steps that overflow.
        self.optimizer = getattr(self.model.optimizer, "inner_optimizer", self.model.optimizer)
        self.step_of = _step_rule(self.model, self.optimizer)
        workspace, is_adaptive = Workspace(), self.step_of is _adam_step
        self.blocks = []
        for layer, penalty in self.penalties.items():
            for variable in _kernels(layer):
                _check_variable(variable, self.model)
                coef = _features_first(variable.value.detach(), self.axis)
                penalty.value(coef)  # refuses another number of features
                prox = prox_of(penalty, len(coef), is_adaptive, workspace)
                self.blocks.append((variable, prox))
        self.n_steps = int(self.optimizer.iterations)
        self._check_steps(_rate(self.optimizer, self.n_steps))

    def on_train_batch_end(self, batch, logs=None):
        optimizer = self.optimizer
        count = int(optimizer.iterations)
        # Batches whose gradients are only accumulated are no steps.
        if count == self.n_steps:
            return
        self.n_steps = count
        rate = _rate(optimizer, count - 1)
        self._check_steps(rate)
        strength = float(self.schedule(count))
        with torch.no_grad():
            for variable, prox in self.blocks:
                metric = self._metric(self.step_of(optimizer, variable, count, rate))
                coef = _features_first(variable.value.detach(), self.axis)
                coef.copy_(prox(coef, metric, strength))

    def _check_steps(self, rate):
        for folded in filter(None, map(folded_part, self.penalties.values())):
            largest = _LARGEST[self.step_of](self.optimizer, rate)
            check_step(folded, largest, rate, self.step_of is _adam_step)

    def _metric(self, metric):
        if metric.moments is None:
            return metric
        return metric._replace(moments=_features_first(metric.moments, self.axis))


def _rate(optimizer, n_steps):
    """The learning rate of the step after so many: a schedule has moved on once a step is done."""
    # Keras has no public way to the schedule.
    schedule = optimizer._learning_rate
    if isinstance(schedule, keras.optimizers.schedules.LearningRateSchedule):
        return float(schedule(n_steps))
    return float(optimizer.learning_rate)


def _sgd_step(optimizer, variable, count, rate):
    weight = momentum_weight(optimizer.momentum, nesterov=optimizer.nesterov, count=count)
    return Metric(rate * weight)


def _adam_step(optimizer, variable, count, rate):
    # Keras has no public way to a variable's moments.
    moments = optimizer._velocity_hats if optimizer.amsgrad else optimizer._velocities
    squares = moments[optimizer._get_variable_index(variable)].value.detach()
    return Metric(rate * math.sqrt(1 - optimizer.beta_2**count), squares, optimizer.epsilon)


def _sgd_largest(optimizer, rate):
    return momentum_largest(rate, optimizer.momentum, 0.0, optimizer.nesterov)


def _adam_largest(optimizer, rate):
    return rate / optimizer.epsilon if optimizer.epsilon else math.inf


_LARGEST = {_sgd_step: _sgd_largest, _adam_step: _adam_largest}


def _step_rule(model, optimizer):
    if getattr(optimizer, "use_ema", False):
        raise ValueError(
            "use_ema of the optimizer must be False: Keras puts averages in place of the weights, "
            "which have no exact zeros"
        )
    if getattr(model, "steps_per_execution", 1) != 1:
        raise ValueError(
            "steps_per_execution must be 1, since the prox follows every step, got "
            f"{model.steps_per_execution}: compile the model with 1"
        )
    # Each backend has subclasses of its own; AdamW is an Adam.
    if isinstance(optimizer, keras.optimizers.SGD):
        return _sgd_step
    if isinstance(optimizer, keras.optimizers.Adam):
        return _adam_step
    raise TypeError(
        f"optimizer {type(optimizer).__name__} cannot be followed by a prox: its steps are "
        "not known; compile the model with SGD, Adam or AdamW"
    )


def _kernels(layer):
    kernels = [variable for variable in layer.trainable_variables if len(variable.shape) >= 2]
    if not kernels:
        raise ValueError(
            f"layer {layer.name!r} has no kernel to penalise: name one that has, is built and is "
            "trainable"
        )
    return kernels


def _check_variable(variable, model):
    if not any(variable is known for known in model.trainable_variables):
        raise ValueError(f"penalties has {variable.path!r}, which the model does not train")
    if isinstance(variable.regularizer, Regularizer):
        raise ValueError(
            f"{variable.path!r} is penalised twice, by a Regularizer in the loss and by Proximal: "
            "leave out one, the Regularizer for exact zeros"
        )


def _check_backend():
    if keras.backend.backend() != "torch":
        raise RuntimeError(
            f"taut.nn.keras runs on Keras' torch backend, got {keras.backend.backend()!r}: set the "
            "environment variable KERAS_BACKEND=torch before Keras is imported"
        )


def _checked_axis(axis):
    if not isinstance(axis, Integral) or isinstance(axis, bool):
        raise TypeError(f"axis must be a whole number, got {axis!r}: pass 0 or -1, say")
    return int(axis)


def _features_first(kernel, axis):
    if not -kernel.ndim <= axis < kernel.ndim:
        raise ValueError(
            f"axis must be one of the kernel's, of shape {tuple(kernel.shape)}, got {axis}: pass 0 "
            "for the inputs of a Dense layer, -1 for units or filters"
        )
    return kernel.movedim(axis, 0)


def _finite(penalty):
    """A term of a loss must not be inf, where no gradient leads back."""
    for term in getattr(penalty, "terms", (penalty,)):
        weights = getattr(term, "weights", None)
        excludes = weights is not None and np.isinf(weights).any()
        if excludes or isinstance(term, Box | MaxNorm | NonNegative):
            place = "on what a weight of inf excludes" if excludes else "beyond its bounds"
            raise ValueError(
                f"penalty {penalty!r} is inf {place}, and so would be the loss: pass it to "
                "taut.nn.keras.Proximal, whose prox puts kernels where it is finite"
            )
    return penalty

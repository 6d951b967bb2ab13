"""What the neural estimators share: reading data, training a network, predicting with it."""

from __future__ import annotations

import copy
import warnings

import numpy as np
import torch
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted
from skorch.callbacks import GradientNormClipping
from torch import nn

from taut.nn.augmentation import FACTORIES, is_for_images
from taut.nn.estimators.penalised import named_penalties
from taut.nn.training.averaging import EMA, SWA, WeightAveraging
from taut.nn.training.batches import Batches, Rows
from taut.nn.training.devices import pick_device, seeded
from taut.nn.training.early_stopping import BestWeights, EarlyStopping
from taut.nn.training.forward import Forward, n_outputs_of
from taut.nn.training.loop import OPTIMIZERS, TrainingNet
from taut.nn.training.progress import Progress
from taut.nn.training.schedules import SCHEDULES, Schedule
from taut.nn.training.splitting import held_back
from taut.progress import require_rich
from taut.solution import ConvergenceWarning
from taut.validation import check_choice, check_flag, check_positive, check_weights, shown

__all__ = ["NeuralModel"]

_PREDICTED_AT_ONCE = 4096


class NeuralModel(BaseEstimator):
    """Base of the estimators, which state what they read and predict, and their parameters."""

    def fit(self, X, y, sample_weight=None):
        """Train a new network.

        Parameters
        ----------
        X : array or data frame
            Of shape (n_samples, n_features), or images as the class says.
        y : array of shape (n_samples,) or, of a regressor, (n_samples, n_targets)
        sample_weight : float or array of shape (n_samples,), default None
            Factors on the losses of the rows. A row of weight 0 is left out.

        Returns
        -------
        The estimator itself.

        Raises
        ------
        ValueError, TypeError
            An argument is not what it must be; the message names it, its value and the fix.

        Warns
        -----
        taut.ConvergenceWarning
            Training broke down or was interrupted; the best weights so far are kept, or the last
            ones where no rows held back tell which are best.
        """
        self._check_parameters()
        stopping = self._stopping()
        X = self._inputs(X, reset=True)
        y = self._targets(y, X)
        weights = self._checked_weights(sample_weight, X)
        seed, device = self._new_seed(), pick_device(self.device)
        # A fit that fails leaves no model, rather than one that is half of the last one.
        vars(self).pop("module_", None)
        parts = self._parts(y, weights, stopping, seed)
        used = np.sort(np.concatenate(parts))
        self._check_variation(y[used])
        self._learn_targets(y[used], None if weights is None else weights[used])
        of_first = None if weights is None else weights[parts[0]]
        self._learn_inputs(X[parts[0]], of_first)
        factors = self._row_factors(y, weights)
        with seeded(seed, device):
            train, *rest = [self._rows(X, y, factors, part, device) for part in parts]
            module = self._checked_module(train.inputs, device)
            n_steps = self._n_batches(train) * self.max_epochs
            net = self._new_net(module, device, stopping, n_steps)
            net.train(train, rest[0] if rest else None, n_epochs=self.max_epochs)
        self.module_, self._calls, self._stream = module, 0, None
        return self._finished(net)

    def _more(self, X, y, sample_weight):
        """One epoch on further rows; see `partial_fit` of the classes."""
        new = not hasattr(self, "module_")
        if new:
            self._check_parameters()
        X = self._inputs(X, reset=new)
        y = self._targets(y, X)
        weights = self._checked_weights(sample_weight, X)
        device = pick_device(self.device)
        if new:
            if not hasattr(self, "classes_"):
                self._learn_targets(y, weights)
            self._learn_inputs(X, weights)
            self._new_seed()
        kept = np.arange(len(X)) if weights is None else np.flatnonzero(weights)
        with seeded((self._seed + self._calls) % 2**32, device):
            rows = self._rows(X, y, self._row_factors(y, weights), kept, device)
            self._n_batches(rows)
            module = self._checked_module(rows.inputs, device) if new else self.module_.to(device)
            if new or getattr(self, "_stream", None) is None:
                self._stream = self._new_net(module, device, None, None)
            self._stream.train(rows, None, n_epochs=1)
        self.module_ = module
        self._calls += 1
        return self._finished(self._stream)

    def plot_history(self, ax=None):
        """Draw training against validation, and where training stopped.

        Parameters
        ----------
        ax : matplotlib Axes, default None
            None makes a new figure.

        Returns
        -------
        taut.plots.TrainingDisplay
        """
        from taut.plots.training import TrainingDisplay

        return TrainingDisplay.from_estimator(self, ax=ax)

    def save(self, path) -> None:
        """Write the fitted model to a file that holds no code; `taut.nn.load` reads it.

        Parameters
        ----------
        path : str or path-like
        """
        from taut.nn.estimators.saving import save

        save(self, path)

    # Parameters -------------------------------------------------------------------------------

    def _check_parameters(self) -> None:
        for name, example in {"max_epochs": 100, "learning_rate": 1e-3}.items():
            check_positive(getattr(self, name), name, example)
        if self.batch_size is not None:
            check_positive(self.batch_size, "batch_size", 128, other="or None")
        if self.gradient_clip is not None:
            check_positive(self.gradient_clip, "gradient_clip", 1.0, other="or None")
        if not callable(self.alpha):
            check_positive(self.alpha, "alpha", 1e-4, zero=True, other="or a schedule")
        if not isinstance(self.widths, tuple | list):
            raise TypeError(f"widths must be a tuple, got {shown(self.widths)}: pass (100,), say")
        for width in self.widths:
            check_positive(width, "each of widths", 100)
        for name in ("dropout", "stochastic_depth", "label_smoothing"):
            if check_positive(getattr(self, name, 0.0), name, 0.1, zero=True) >= 1:
                raise ValueError(f"{name} must be below 1, got {getattr(self, name)!r}: pass 0.1")
        check_positive(self.weight_decay, "weight_decay", 1e-2, zero=True)
        check_choice(self.optimizer, "optimizer", tuple(OPTIMIZERS))
        check_choice(self.schedule, "schedule", tuple(SCHEDULES))
        check_choice(self.precision, "precision", ("float32", "bfloat16"))
        if not isinstance(self.averaging, EMA | SWA | None):
            raise TypeError(
                f"averaging must be None, EMA or SWA, got {shown(self.averaging)}: pass "
                "taut.nn.EMA(), say"
            )
        if not (self.mixing is None or callable(self.mixing)) or isinstance(self.mixing, type):
            raise TypeError(
                f"mixing must be None, Mixup or CutMix, got {shown(self.mixing)}: pass "
                "taut.nn.Mixup(), say"
            )
        if check_flag(self.verbose, "verbose"):
            require_rich()

    def _stopping(self) -> EarlyStopping | None:
        given = self.early_stopping
        if isinstance(given, EarlyStopping):
            if given.monitor == "accuracy" and not self._of_classes:
                raise ValueError(
                    "early_stopping cannot monitor the accuracy of a regressor: use monitor='loss'"
                )
            return given
        if not isinstance(given, bool | np.bool_):
            raise TypeError(
                f"early_stopping must be True, False or an EarlyStopping, got {shown(given)}: pass "
                "taut.nn.EarlyStopping(validation=0.2), say"
            )
        return EarlyStopping() if given else None

    def _augmentation(self, device) -> list:
        given = self.augmentation
        if given is None:
            return []
        changes = list(given) if isinstance(given, tuple | list) else [given]
        for change in changes:
            if not callable(change) or change in FACTORIES or isinstance(change, type):
                raise TypeError(
                    f"augmentation must be modules, got {shown(change)}: pass a list such as "
                    "[taut.nn.augmentation.noise()]"
                )
            if len(self._input_shape()) == 1 and is_for_images(change):
                raise ValueError(
                    f"augmentation {change} is for images, not for rows of features, which it "
                    "would mix up: pass taut.nn.augmentation.noise(), say"
                )
        return [c.to(device) if isinstance(c, nn.Module) else c for c in copy.deepcopy(changes)]

    # Parts ------------------------------------------------------------------------------------

    def _new_seed(self) -> int:
        self._seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        self._calls = 0
        return self._seed

    def _checked_weights(self, sample_weight, X):
        return None if sample_weight is None else check_weights(sample_weight, X) * len(X)

    def _new_module(self) -> nn.Module:
        if self.module is None:
            return self._default_network(self._n_outputs())
        if isinstance(self.module, nn.Module):
            return copy.deepcopy(self.module)
        if not callable(self.module):
            raise TypeError(
                "module must be None, a torch.nn.Module or a function of the shape of an input and "
                f"the number of outputs that makes one, got {shown(self.module)}"
            )
        shape, n_outputs = self._input_shape(), self._n_outputs()
        try:
            module = self.module(shape, n_outputs)
        except Exception as error:  # whatever a function may raise
            raise TypeError(
                f"module must make a network of the shape of an input and the number of outputs, "
                f"but module({shape}, {n_outputs}) raised {type(error).__name__}: {error}; pass "
                "such a function, or a torch.nn.Module"
            ) from error
        if not isinstance(module, nn.Module):
            raise TypeError(
                f"module must make a torch.nn.Module, got {shown(module)} from module({shape}, "
                f"{n_outputs}): return the network"
            )
        return module

    def _checked_module(self, inputs, device) -> nn.Module:
        """A new network; of one that the user gave, what it takes and says is looked at."""
        module, wanted = self._new_module().to(device), self._n_outputs()
        if self.module is None:
            return module
        found = n_outputs_of(module, self._forward(device), inputs)
        if found != wanted:
            kind = "classes" if self._of_classes else "targets"
            raise ValueError(
                f"module must give one output for each of the {wanted} {kind}, got {found}: end it "
                f"with a layer of {wanted}"
            )
        return module

    def _forward(self, device) -> Forward:
        return Forward(**self._steps(device), precision=self.precision)

    def _parts(self, y, weights, stopping, seed) -> list[np.ndarray]:
        """Rows to train on, and those held back; a row without weight is as good as deleted."""
        kept = np.arange(len(y)) if weights is None else np.flatnonzero(weights)
        if stopping is None:
            return [kept]
        if stopping.takes_share:
            return [kept[part] for part in held_back(stopping, y[kept], self._of_classes, seed)]
        return [np.intersect1d(part, kept) for part in held_back(stopping, y, False, seed)]

    def _rows(self, X, y, factors, part, device) -> Rows:
        if len(part) == 0:
            raise ValueError(
                "sample_weight leaves no row to train on, or none to hold back: give more rows a "
                "positive weight, or pass early_stopping=False"
            )
        weights = None
        if factors is not None:
            # Of mean 1: the learning rate means the same whatever the unit of weights.
            mean = factors[part].mean()
            if not mean > 0:
                raise ValueError(
                    "class_weight leaves no weight on the rows to train on, or on those held back, "
                    f"got {shown(self.class_weight)}: give every class a positive weight"
                )
            share = factors[part] / mean
            weights = torch.as_tensor(share, dtype=torch.float32).to(device)
        everything = len(part) == len(X) and np.array_equal(part, np.arange(len(X)))
        inputs = self._stored(X if everything else X[part], device)
        return Rows(inputs, self._target_tensor(y[part]).to(device), weights)

    def _n_batches(self, rows) -> int:
        batches = Batches(rows, self.batch_size, shuffle=True)
        if getattr(self, "batch_norm", False) and batches.n_rows < 2 * len(batches):
            raise ValueError(
                f"batch_norm needs two rows in every batch, got {batches.n_rows} rows in "
                f"{len(batches)}: pass a larger batch_size, more rows, or batch_norm=False"
            )
        return len(batches)

    def _new_net(self, module, device, stopping, n_steps) -> TrainingNet:
        """The loop; without ``n_steps`` there is no end in sight that anything could depend on."""
        callbacks = [BestWeights(stopping)]
        if n_steps is not None:
            if self.schedule != "constant":
                callbacks.append(Schedule(self.schedule, n_steps))
            if self.averaging is not None:
                callbacks.append(WeightAveraging(self.averaging, n_steps))
            if self.verbose:
                callbacks.append(Progress(self.max_epochs))
        if self.gradient_clip is not None:
            callbacks.append(GradientNormClipping(float(self.gradient_clip)))
        return TrainingNet(
            module,
            self._criterion(),
            forward_pass=self._forward(device),
            augment=self._augmentation(device),
            mix=self.mixing,
            optimizer_name=self.optimizer,
            weight_decay=self.weight_decay,
            penalties=named_penalties(module, self.penalty),
            strength=self.alpha,
            lr=float(self.learning_rate),
            batch_size=self.batch_size,
            callbacks=callbacks,
            device=device,
        ).initialize()

    def _finished(self, net: TrainingNet):
        rows = list(net.history)
        names = ("epoch", "train_loss", "valid_loss", "valid_accuracy")
        self.history_ = {
            name: [row.get(name, float("nan")) for row in rows]
            for name in names
            if any(name in row for row in rows)
        }
        keeper = net.callbacks_[0][1]
        self.best_epoch_, self.stopped_ = keeper.best_epoch, net.stopped
        self.n_iter_ = max(len(rows), 1)
        self.module_.eval()
        if net.broke_down or net.stopped == "interrupted":
            if keeper.keeps_last:
                kept = (
                    "The weights of that moment are kept, since no rows held back have judged "
                    "earlier ones"
                )
            elif self.best_epoch_:
                kept = f"The best weights so far are kept, those after epoch {self.best_epoch_}"
            else:
                kept = "The best weights so far are kept, the first ones"
            remedy = (
                ". Lower learning_rate, or clip gradients (gradient_clip=1.0)"
                if net.broke_down
                else ""
            )
            warnings.warn(
                f"{type(self).__name__} stopped in epoch {self.n_iter_}: {net.stopped}. "
                f"{kept}{remedy}.",
                ConvergenceWarning,
                stacklevel=3,
            )
        return self

    def _output(self, X) -> np.ndarray:
        """What the network says, of shape (n_samples, n_outputs), in double precision."""
        check_is_fitted(self, "module_")
        X = self._inputs(X)
        device = next(self.module_.parameters()).device
        forward = self._forward(device)
        self.module_.eval()
        outputs = []
        with torch.inference_mode():
            for start in range(0, len(X), _PREDICTED_AT_ONCE):
                inputs = self._stored(X[start : start + _PREDICTED_AT_ONCE], device)
                outputs.append(forward(self.module_, inputs).cpu().numpy())
        return np.concatenate(outputs).astype(np.float64)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "module_")

    def __getstate__(self):
        # The loop holds the optimiser and its hooks; partial_fit makes a new one.
        return super().__getstate__() | {"_stream": None}

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.non_deterministic = self.random_state is None
        return tags

"""Neural networks as scikit-learn estimators, trained by skorch."""

from __future__ import annotations

from taut.nn.estimators.base import NeuralModel
from taut.nn.estimators.inputs import ImageInputs, TableInputs
from taut.nn.estimators.targets import ClassTargets, NumberTargets

__all__ = ["ImageClassifier", "NeuralClassifier", "NeuralRegressor"]

_NETWORK = """widths : tuple of int, default (100,)
        Units of the hidden layers; () is a linear model.
    activation : {"relu", "gelu", "silu", "tanh", "elu"}, default "relu"
    dropout : float in [0, 1), default 0.0
        Probability that a hidden unit is left out of a training step.
    batch_norm : bool, default False
        Whether hidden units are normalised over the batch."""

_TRAINING = """module : torch.nn.Module or callable, default None
        A network in place of the one above: a module, of which a copy is trained from its present
        weights, or a function of the shape of an input and the number of outputs that makes one.
    penalty : Penalty, or dict of str to Penalty, default None
        From ``taut.penalties``: for all weights, or by the name of a layer, such as ``"hidden_1"``.
        Its prox follows every step, so that zeros are exact (`taut.nn.proximal`). Biases and
        normalisations are not penalised.
    alpha : float >= 0 or callable, default 1e-4
        Strength of the penalty; a callable, such as `taut.nn.Annealed`, gives it by the step.
    weight_decay : float >= 0, default 0.0
        Of the weights alone; decoupled in AdamW, an L2 penalty elsewhere.
    optimizer : {"adamw", "adam", "sgd"}, default "adamw"
        SGD is with Nesterov momentum of 0.9.
    learning_rate : float > 0, default 1e-3; 5e-3 of images
        The largest one, where it follows a schedule.
    schedule : {"constant", "one_cycle", "cosine"}, default "constant"; "one_cycle" of images
    batch_size : int or None, default 128
        Rows for a step; None takes all of them for every step.
    max_epochs : int, default 200; 40 of images
    gradient_clip : float > 0, default None
        The largest norm of a gradient; longer ones are cut to it.
    early_stopping : bool or EarlyStopping, default True
        Hold a tenth of the rows back, stop when they are predicted no better for 20 epochs, and
        keep the best weights; `taut.nn.EarlyStopping` says otherwise how.
    averaging : EMA or SWA, default None
        Predict with an average of the weights along the steps.
    augmentation : module or list of modules, default None
        Random changes of training inputs, see ``taut.nn.augmentation``.
    mixing : Mixup or CutMix, default None
        Train on mixtures of two rows."""

_RUNNING = """device : str, default "auto"
        "auto" is CUDA where there is one, then MPS, then the CPU.
    precision : {"float32", "bfloat16"}, default "float32"
        Of products and convolutions; weights are always in float32.
    random_state : int, RandomState or None, default None
        An int makes fits on one device alike.
    verbose : bool, default False
        Show a progress bar (extra ``compare``: rich)."""

_FITTED = """module_ : torch.nn.Module
        The trained network.
    history_ : dict of str to list
        ``epoch``, ``train_loss`` and, of rows held back, ``valid_loss`` and ``valid_accuracy``:
        one entry for each epoch. The training loss is that of dropout, augmentation, mixing and
        label smoothing; the penalty is in neither.
    best_epoch_ : int
        After which the weights were those of ``module_``; after an interrupt with no rows held
        back, the last whole epoch before them.
    stopped_ : str or None
        Why training ended before ``max_epochs``.
    n_iter_ : int
        Epochs trained.
    n_features_in_ : int
    feature_names_in_ : ndarray of str of shape (n_features,)
        Only where X had column names."""


def _documented(cls):
    """Parameters that all estimators have are described once."""
    parts = {"network": _NETWORK, "training": _TRAINING, "running": _RUNNING, "fitted": _FITTED}
    for name, text in parts.items():
        cls.__doc__ = cls.__doc__.replace(f"<{name}>", text)
    return cls


@_documented
class NeuralRegressor(NumberTargets, TableInputs, NeuralModel):
    """A multilayer perceptron for numbers.

    Minimises ``mean_i w_i/2 |y_i - f(x_i)|^2 + alpha * penalty(weights)``: with ``widths=()``,
    ``standardize=False`` and an L1 penalty that is what `taut.Lasso` solves.

    Parameters
    ----------
    <network>
    <training>
    standardize : bool, default True
        Centre and scale features and targets by their training rows. The penalty is then on the
        scale of standardised ones.
    <running>

    Attributes
    ----------
    <fitted>

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = NeuralRegressor(dropout=0.2, random_state=0).fit(X, y)
    >>> bool(model.score(X, y) > 0.4)
    True
    """

    def __init__(
        self,
        widths=(100,),
        activation="relu",
        dropout=0.0,
        batch_norm=False,
        *,
        module=None,
        penalty=None,
        alpha=1e-4,
        weight_decay=0.0,
        optimizer="adamw",
        learning_rate=1e-3,
        schedule="constant",
        batch_size=128,
        max_epochs=200,
        gradient_clip=None,
        early_stopping=True,
        averaging=None,
        augmentation=None,
        mixing=None,
        standardize=True,
        device="auto",
        precision="float32",
        random_state=None,
        verbose=False,
    ):
        self.widths = widths
        self.activation = activation
        self.dropout = dropout
        self.batch_norm = batch_norm
        self.module = module
        self.penalty = penalty
        self.alpha = alpha
        self.weight_decay = weight_decay
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.batch_size = batch_size
        self.max_epochs = max_epochs
        self.gradient_clip = gradient_clip
        self.early_stopping = early_stopping
        self.averaging = averaging
        self.augmentation = augmentation
        self.mixing = mixing
        self.standardize = standardize
        self.device = device
        self.precision = precision
        self.random_state = random_state
        self.verbose = verbose

    def partial_fit(self, X, y, sample_weight=None):
        """Train one epoch on further rows, from the weights there are.

        Features and targets are standardised by the rows of the first call. Nothing is held back,
        no schedule followed and no weights averaged: there is no end in sight. The first call after
        `fit` or unpickling begins with a new optimiser.

        Parameters and raises as for `fit`.
        """
        return self._more(X, y, sample_weight)


@_documented
class NeuralClassifier(ClassTargets, TableInputs, NeuralModel):
    """A multilayer perceptron for classes.

    Minimises ``mean_i w_i loss_i + alpha * penalty(weights)``, the loss being the negative
    log-likelihood of the label.

    Parameters
    ----------
    <network>
    <training>
    label_smoothing : float in [0, 1), default 0.0
        Share of every training label that is spread over all classes.
    class_weight : dict, "balanced" or None, default None
        Factors on the losses of classes.
    standardize : bool, default True
        Centre and scale features by their training rows. The penalty is then on the scale of
        standardised ones.
    <running>

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    <fitted>

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> model = NeuralClassifier(dropout=0.2, random_state=0).fit(X, y)
    >>> bool(model.score(X, y) > 0.9)
    True
    """

    def __init__(
        self,
        widths=(100,),
        activation="relu",
        dropout=0.0,
        batch_norm=False,
        *,
        module=None,
        penalty=None,
        alpha=1e-4,
        weight_decay=0.0,
        optimizer="adamw",
        learning_rate=1e-3,
        schedule="constant",
        batch_size=128,
        max_epochs=200,
        gradient_clip=None,
        early_stopping=True,
        averaging=None,
        augmentation=None,
        mixing=None,
        label_smoothing=0.0,
        class_weight=None,
        standardize=True,
        device="auto",
        precision="float32",
        random_state=None,
        verbose=False,
    ):
        self.widths = widths
        self.activation = activation
        self.dropout = dropout
        self.batch_norm = batch_norm
        self.module = module
        self.penalty = penalty
        self.alpha = alpha
        self.weight_decay = weight_decay
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.batch_size = batch_size
        self.max_epochs = max_epochs
        self.gradient_clip = gradient_clip
        self.early_stopping = early_stopping
        self.averaging = averaging
        self.augmentation = augmentation
        self.mixing = mixing
        self.label_smoothing = label_smoothing
        self.class_weight = class_weight
        self.standardize = standardize
        self.device = device
        self.precision = precision
        self.random_state = random_state
        self.verbose = verbose

    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """Train one epoch on further rows, from the weights there are.

        Features are standardised by the rows of the first call. Nothing is held back, no schedule
        followed and no weights averaged: there is no end in sight. The first call after `fit` or
        unpickling begins with a new optimiser.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`.
        classes : array of shape (n_classes,), default None
            All that there will be; None takes those of the rows of the first call. Later calls
            may name the same ones again.

        Raises as for `fit`.
        """
        self._take_classes(classes)
        return self._more(X, y, sample_weight)


@_documented
class ImageClassifier(ClassTargets, ImageInputs, NeuralModel):
    """A compact convolutional network for images of 28 to 64 pixels.

    One 3 x 3 convolution with batch normalisation for each width, the resolution halved in
    between, residual blocks after it and the maximum over all places. Images are arrays of shape
    (n_samples, height, width) or (n_samples, height, width, n_channels). Whole numbers are taken
    for bytes, 0 to 255, and floats for shares of white, 0 to 1, so that an image is the same as
    either. A model fitted on numbers far beyond takes all of them as they are.

    Parameters
    ----------
    widths : tuple of int, default (24, 48, 96)
        Channels at each resolution.
    blocks : tuple of int, default None
        Residual blocks at each resolution; None is one, at the coarsest.
    activation : {"relu", "gelu", "silu", "tanh", "elu"}, default "relu"
    dropout : float in [0, 1), default 0.0
        Probability that a feature before the last layer is left out of a training step.
    stochastic_depth : float in [0, 1), default 0.0
        Probability that a residual block is left out for a training image.
    <training>
    label_smoothing : float in [0, 1), default 0.0
        Share of every training label that is spread over all classes.
    class_weight : dict, "balanced" or None, default None
        Factors on the losses of classes.
    standardize : bool, default True
        Centre and scale every channel by the training images.
    <running>

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    image_shape_ : tuple of int
        Height, width and channels.
    white_ : float
        The whole number that is white: 255, or 1 where they are taken as they are.
    <fitted>

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> digits = load_digits()
    >>> model = ImageClassifier(widths=(8, 16), max_epochs=5, random_state=0)
    >>> model = model.fit(digits.images / 16, digits.target)
    >>> bool(model.score(digits.images / 16, digits.target) > 0.8)
    True
    """

    def __init__(
        self,
        widths=(24, 48, 96),
        activation="relu",
        dropout=0.0,
        stochastic_depth=0.0,
        *,
        blocks=None,
        module=None,
        penalty=None,
        alpha=1e-4,
        weight_decay=0.0,
        optimizer="adamw",
        learning_rate=5e-3,
        schedule="one_cycle",
        batch_size=128,
        max_epochs=40,
        gradient_clip=None,
        early_stopping=True,
        averaging=None,
        augmentation=None,
        mixing=None,
        label_smoothing=0.0,
        class_weight=None,
        standardize=True,
        device="auto",
        precision="float32",
        random_state=None,
        verbose=False,
    ):
        self.widths = widths
        self.activation = activation
        self.dropout = dropout
        self.stochastic_depth = stochastic_depth
        self.blocks = blocks
        self.module = module
        self.penalty = penalty
        self.alpha = alpha
        self.weight_decay = weight_decay
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.batch_size = batch_size
        self.max_epochs = max_epochs
        self.gradient_clip = gradient_clip
        self.early_stopping = early_stopping
        self.averaging = averaging
        self.augmentation = augmentation
        self.mixing = mixing
        self.label_smoothing = label_smoothing
        self.class_weight = class_weight
        self.standardize = standardize
        self.device = device
        self.precision = precision
        self.random_state = random_state
        self.verbose = verbose

    partial_fit = NeuralClassifier.partial_fit

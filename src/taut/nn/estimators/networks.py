"""The networks of the estimators: plain sequences of named layers, which a user can take apart."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from itertools import pairwise

from torch import nn

from taut.nn.estimators.stochastic_depth import StochasticDepth
from taut.validation import check_choice

__all__ = ["ACTIVATIONS", "Residual", "convolutional_network", "multilayer_perceptron"]

ACTIVATIONS = {
    "relu": nn.ReLU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "tanh": nn.Tanh,
    "elu": nn.ELU,
}


def multilayer_perceptron(
    n_inputs: int,
    n_outputs: int,
    widths: Sequence[int] = (100,),
    activation: str = "relu",
    dropout: float = 0.0,
    batch_norm: bool = False,
) -> nn.Sequential:
    """Linear layers with an activation in between: ``hidden_1``, ``hidden_2``, ..., ``output``.

    Parameters
    ----------
    n_inputs, n_outputs : int
    widths : sequence of int, default (100,)
        Units of the hidden layers; () is a linear model.
    activation : {"relu", "gelu", "silu", "tanh", "elu"}, default "relu"
    dropout : float in [0, 1), default 0.0
        Probability that a hidden unit is left out.
    batch_norm : bool, default False
        Whether hidden units are normalised over the batch, before their activation.

    Returns
    -------
    torch.nn.Sequential
        From (n_samples, n_inputs) to (n_samples, n_outputs).

    References
    ----------
    Srivastava, N., Hinton, G., Krizhevsky, A., Sutskever, I. and Salakhutdinov, R. (2014).
    Dropout: a simple way to prevent neural networks from overfitting. JMLR 15, 1929-1958.

    Examples
    --------
    >>> [name for name, _ in multilayer_perceptron(4, 1, (8,), dropout=0.5).named_children()]
    ['hidden_1', 'activation_1', 'dropout_1', 'output']
    """
    act = ACTIVATIONS[check_choice(activation, "activation", tuple(ACTIVATIONS))]
    layers = OrderedDict()
    for k, (before, after) in enumerate(pairwise((n_inputs, *widths)), start=1):
        layers[f"hidden_{k}"] = nn.Linear(before, after, bias=not batch_norm)
        if batch_norm:
            layers[f"norm_{k}"] = nn.BatchNorm1d(after)
        layers[f"activation_{k}"] = act()
        if dropout:
            layers[f"dropout_{k}"] = nn.Dropout(dropout)
    layers["output"] = nn.Linear((n_inputs, *widths)[-1], n_outputs)
    return nn.Sequential(layers)


class Residual(nn.Module):
    """``x + branch(x)``, the branch left out at random (`StochasticDepth`).

    References
    ----------
    He, K., Zhang, X., Ren, S. and Sun, J. (2016). Deep residual learning for image recognition.
    CVPR 2016, equation 1.
    """

    def __init__(self, branch: nn.Module, stochastic_depth: float = 0.0):
        super().__init__()
        self.branch = branch
        self.drop = StochasticDepth(stochastic_depth) if stochastic_depth else nn.Identity()

    def forward(self, x):
        return x + self.drop(self.branch(x))


def convolutional_network(
    n_channels: int,
    n_outputs: int,
    widths: Sequence[int] = (24, 48, 96),
    blocks: Sequence[int] | None = None,
    activation: str = "relu",
    dropout: float = 0.0,
    stochastic_depth: float = 0.0,
) -> nn.Sequential:
    """A compact batch-normalised network for images of 28 to 64 pixels.

    A convolution for each width, the first at full and every further one at half the resolution of
    the one before, followed by residual blocks of one convolution; the maximum over all places, and
    a linear layer. Each convolution is 3 x 3, normalised over the batch and activated.

    Parameters
    ----------
    n_channels, n_outputs : int
    widths : sequence of int, default (24, 48, 96)
        Channels at each resolution.
    blocks : sequence of int, default None
        Residual blocks at each resolution; None is one, at the coarsest.
    activation : {"relu", "gelu", "silu", "tanh", "elu"}, default "relu"
    dropout : float in [0, 1), default 0.0
        Probability that a feature before the last layer is left out.
    stochastic_depth : float in [0, 1), default 0.0
        Probability that a residual block is left out for a sample.

    Returns
    -------
    torch.nn.Sequential
        From (n_samples, n_channels, height, width) to (n_samples, n_outputs). The coarsest
        resolution is ``height / 2^(len(widths) - 1)``.
    """
    check_choice(activation, "activation", tuple(ACTIVATIONS))
    if blocks is None:
        blocks = (0,) * (len(widths) - 1) + (1,)
    layers = OrderedDict()
    sizes = zip(pairwise((n_channels, *widths)), blocks, strict=True)
    for k, ((before, after), n_blocks) in enumerate(sizes, start=1):
        if k > 1:
            layers[f"pool_{k - 1}"] = nn.MaxPool2d(2)
        layers[f"stage_{k}"] = _convolution(before, after, activation)
        for j in range(1, n_blocks + 1):
            branch = _convolution(after, after, activation)
            layers[f"residual_{k}_{j}"] = Residual(branch, stochastic_depth)
    layers["maximum"] = nn.AdaptiveMaxPool2d(1)
    layers["flatten"] = nn.Flatten()
    if dropout:
        layers["dropout"] = nn.Dropout(dropout)
    layers["output"] = nn.Linear(widths[-1], n_outputs)
    return nn.Sequential(layers)


def _convolution(n_in: int, n_out: int, activation: str) -> nn.Sequential:
    return nn.Sequential(
        OrderedDict(
            convolution=nn.Conv2d(n_in, n_out, kernel_size=3, padding=1, bias=False),
            norm=nn.BatchNorm2d(n_out),
            activation=ACTIVATIONS[activation](),
        )
    )

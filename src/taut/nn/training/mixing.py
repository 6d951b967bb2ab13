"""Training on mixtures of two samples, whose loss is the same mixture of two losses."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple

import torch

from taut.validation import check_positive

__all__ = ["CutMix", "Mixed", "Mixup"]


class Mixed(NamedTuple):
    """A mixed batch.

    Attributes
    ----------
    inputs : tensor of shape (n_samples, ...)
    partner : tensor of int, of shape (n_samples,)
        Whom each sample was mixed with.
    share : float
        Of the sample itself, in its inputs as in its loss.
    """

    inputs: torch.Tensor
    partner: torch.Tensor
    share: float


@dataclass(frozen=True)
class Mixup:
    """Blend every sample with another one of its batch: ``share x_i + (1 - share) x_j``.

    Parameters
    ----------
    alpha : float > 0, default 0.2
        The share is drawn from Beta(alpha, alpha), once a batch: small values mix little.

    References
    ----------
    Zhang, H., Cisse, M., Dauphin, Y. N. and Lopez-Paz, D. (2018). mixup: beyond empirical risk
    minimization. ICLR 2018, equation 1. The loss is linear in a label for cross-entropy, and in
    a target for squared error but for a constant: mixing losses is mixing labels.
    """

    alpha: float = 0.2

    def __post_init__(self):
        check_positive(self.alpha, "alpha", 0.2)

    def __call__(self, inputs: torch.Tensor) -> Mixed:
        """``inputs`` of shape (n_samples, ...)."""
        share = _drawn_share(self.alpha)
        partner = torch.randperm(len(inputs), device=inputs.device)
        return Mixed(torch.lerp(inputs[partner], inputs, share), partner, share)


@dataclass(frozen=True)
class CutMix:
    """Paste a rectangle of another image of the batch into every image.

    Parameters
    ----------
    alpha : float > 0, default 1.0
        The share of the area that is kept is drawn from Beta(alpha, alpha), once a batch, and is
        then that of the rectangle as the border cuts it.

    References
    ----------
    Yun, S., Han, D., Oh, S. J., Chun, S., Choe, J. and Yoo, Y. (2019). CutMix: regularization
    strategy to train strong classifiers with localizable features. ICCV 2019, equations 1 and 2.
    """

    alpha: float = 1.0

    def __post_init__(self):
        check_positive(self.alpha, "alpha", 1.0)

    def __call__(self, inputs: torch.Tensor) -> Mixed:
        """``inputs`` of shape (n_samples, n_channels, height, width)."""
        if inputs.ndim != 4:
            raise ValueError(
                f"CutMix needs images, of four axes, got a batch of shape {tuple(inputs.shape)}: "
                "use Mixup for tables"
            )
        height, width = inputs.shape[-2:]
        side = sqrt(1 - _drawn_share(self.alpha))
        top, bottom = _drawn_interval(height, side)
        left, right = _drawn_interval(width, side)
        partner = torch.randperm(len(inputs), device=inputs.device)
        mixed = inputs.clone()
        mixed[..., top:bottom, left:right] = inputs[partner, :, top:bottom, left:right]
        share = 1 - (bottom - top) * (right - left) / (height * width)
        return Mixed(mixed, partner, share)


def _drawn_share(alpha: float) -> float:
    return torch.distributions.Beta(alpha, alpha).sample().item()


def _drawn_interval(length: int, share: float) -> tuple[int, int]:
    """An interval about a uniform centre, cut off where the image ends."""
    centre, half = int(torch.randint(length, ())), round(length * share) // 2
    return max(centre - half, 0), min(centre + half, length)

"""Mean losses of rows with weights, on the scales of taut's convex models."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

__all__ = ["CrossEntropy", "HalfSquaredError"]


class HalfSquaredError(nn.Module):
    """``mean_i w_i/2 |y_i - f_i|^2``: alpha means what it means to `taut.Lasso`."""

    def forward(self, prediction, target, weights=None) -> torch.Tensor:
        """Shapes (n_samples, n_targets), the same, and (n_samples,); gives a number."""
        losses = (prediction - target).square().sum(dim=1) / 2
        return _mean(losses, weights)


class CrossEntropy(nn.Module):
    """The mean negative log-likelihood of classes.

    Parameters
    ----------
    label_smoothing : float in [0, 1), default 0.0
        The share of each label that is spread over all classes while training. The loss of
        validation is that of the labels as they are.

    References
    ----------
    Szegedy, C., Vanhoucke, V., Ioffe, S., Shlens, J. and Wojna, Z. (2016). Rethinking the
    Inception architecture for computer vision. CVPR 2016, section 7.
    """

    def __init__(self, label_smoothing: float = 0.0):
        super().__init__()
        self.label_smoothing = label_smoothing

    def forward(self, prediction, target, weights=None) -> torch.Tensor:
        """Shapes (n_samples, n_classes), (n_samples,) and (n_samples,); gives a number."""
        smoothing = self.label_smoothing if self.training else 0.0
        if weights is None:
            return functional.cross_entropy(prediction, target, label_smoothing=smoothing)
        losses = functional.cross_entropy(
            prediction, target, reduction="none", label_smoothing=smoothing
        )
        return _mean(losses, weights)


def _mean(losses, weights):
    return losses.mean() if weights is None else (losses * weights).mean()

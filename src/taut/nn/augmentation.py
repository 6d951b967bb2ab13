"""Random changes of training samples that leave their meaning, on the device, in batches.

Each function gives one module; a list of them is an augmentation. Most of those for images are
kornia's, and any module of kornia or torch that takes a batch will do beside them. Images arrive as
(n_samples, n_channels, height, width) with values in [0, 1] where they were whole numbers up to
255; tables as (n_samples, n_features), in standard deviations where they are standardised.
Validation and prediction never see one.
"""

from __future__ import annotations

import torch
from torch import nn

from taut.validation import check_positive, check_share

__all__ = ["colour", "erasing", "flip", "noise", "rotation", "shift", "zoom"]


def flip() -> nn.Module:
    """Mirror half of the images, left to right."""
    return _kornia().RandomHorizontalFlip(p=0.5)


def shift(pixels: int = 4) -> nn.Module:
    """Move images by up to ``pixels`` either way; what was reflected at the border moves in.

    Parameters
    ----------
    pixels : int, default 4
        Smaller than the images.
    """
    return _Shift(check_positive(pixels, "pixels", 4))


def rotation(degrees: float = 10.0) -> nn.Module:
    """Turn images by up to ``degrees`` either way."""
    check_positive(degrees, "degrees", 10.0)
    return _kornia().RandomAffine(float(degrees), p=1.0, padding_mode="reflection")


def zoom(factor: float = 1.15) -> nn.Module:
    """Scale images by up to ``factor``, up or down."""
    if check_positive(factor, "factor", 1.15) <= 1:
        raise ValueError(f"factor must be above 1, got {factor!r}: pass 1.15, say")
    scale = (1 / float(factor), float(factor))
    return _kornia().RandomAffine(0.0, scale=scale, p=1.0, padding_mode="reflection")


def colour(strength: float = 0.2) -> nn.Module:
    """Change brightness, contrast and saturation by factors of up to ``1 ± strength``.

    For images of values in [0, 1], into which it cuts them; grey ones have no saturation.
    """
    return _Colour(float(check_share(strength, "strength", 0.2)))


def erasing(probability: float = 0.5, largest: float = 0.2) -> nn.Module:
    """Blacken a rectangle in some images.

    Parameters
    ----------
    probability : float in (0, 1], default 0.5
        Of an image to lose one.
    largest : float in (0, 1), default 0.2
        The largest share of the area that is lost.

    References
    ----------
    Zhong, Z., Zheng, L., Kang, G., Li, S. and Yang, Y. (2020). Random erasing data augmentation.
    AAAI 2020.
    """
    if check_positive(probability, "probability", 0.5) > 1:
        raise ValueError(f"probability must be at most 1, got {probability!r}: pass 0.5, say")
    check_share(largest, "largest", 0.2)
    return _kornia().RandomErasing((min(0.02, largest / 2), largest), p=float(probability))


def noise(scale: float = 0.1) -> nn.Module:
    """Add independent normal noise to every number, for tables and images alike.

    Parameters
    ----------
    scale : float > 0, default 0.1
        Its standard deviation s. For a linear model under half the squared error this is, on
        average, an L2 penalty of strength s^2: ``E 1/2 (y - (x + s e)'b)^2 = 1/2 (y - x'b)^2 +
        s^2/2 |b|^2``.

    References
    ----------
    Bishop, C. M. (1995). Training with noise is equivalent to Tikhonov regularization. Neural
    Computation 7, 108-116.
    """
    check_positive(scale, "scale", 0.1)
    return _Noise(float(scale))


FACTORIES = (flip, shift, rotation, zoom, colour, erasing, noise)


def is_for_images(module) -> bool:
    """Whether a change acts on pixels, and would take a table for one image."""
    return isinstance(module, _Shift | _Colour) or type(module).__module__.startswith("kornia.")


class _Shift(nn.Module):
    """A window of each padded image, all gathered at once.

    kornia's `RandomCrop` cuts the images out one by one, which on a GPU takes several times what
    the step of a compact network takes.
    """

    def __init__(self, pixels: int):
        super().__init__()
        self.pixels = pixels

    def forward(self, batch):
        n_images, _, height, width = batch.shape
        if self.pixels >= min(height, width):
            raise ValueError(
                f"images of {height} x {width} pixels cannot be shifted by {self.pixels}: pass "
                "fewer pixels"
            )
        padded = nn.functional.pad(batch, (self.pixels,) * 4, mode="reflect")
        image = torch.arange(n_images, device=batch.device)[:, None, None]
        rows = self._windows(n_images, height, batch.device)[:, :, None]
        columns = self._windows(n_images, width, batch.device)[:, None, :]
        return padded[image, :, rows, columns].permute(0, 3, 1, 2)

    def _windows(self, n_images: int, size: int, device) -> torch.Tensor:
        """Places in the padded images, of shape (n_images, size)."""
        starts = torch.randint(2 * self.pixels + 1, (n_images, 1), device=device)
        return starts + torch.arange(size, device=device)

    def extra_repr(self) -> str:
        return f"pixels={self.pixels}"


class _Colour(nn.Module):
    def __init__(self, strength: float):
        super().__init__()
        augment, limits = _kornia(), (1 - strength, 1 + strength)
        self.light = nn.Sequential(
            augment.RandomBrightness(limits, p=1.0), augment.RandomContrast(limits, p=1.0)
        )
        self.saturation = augment.RandomSaturation(limits, p=1.0)
        self.is_checked = False

    def forward(self, batch):
        # The first batch tells, and to look at each would be to wait for the device.
        if not self.is_checked and not -0.5 <= batch.min() <= batch.max() <= 2:
            raise ValueError(
                "colour() takes images of values in [0, 1], got some from "
                f"{batch.min().item():.3g} to {batch.max().item():.3g}: pass bytes, as "
                "X.astype(np.uint8), or X / 255"
            )
        self.is_checked = True
        lit = self.light(batch)
        return self.saturation(lit) if batch.shape[1] == 3 else lit


class _Noise(nn.Module):
    def __init__(self, scale: float):
        super().__init__()
        self.scale = scale

    def forward(self, batch):
        return batch + self.scale * torch.randn_like(batch)

    def extra_repr(self) -> str:
        return f"scale={self.scale}"


def _kornia():
    try:
        from kornia import augmentation
    except ImportError as error:
        raise ImportError(
            "augmentation of images needs kornia, of the extra 'nn': pip install \"taut[nn]\""
        ) from error
    return augmentation

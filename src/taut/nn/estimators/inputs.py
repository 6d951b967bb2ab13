"""What networks read: tables, and images."""

from __future__ import annotations

from numbers import Integral

import numpy as np
import torch
from scipy import sparse
from sklearn.utils.validation import check_is_fitted, validate_data

from taut.designs.from_frame import names_of
from taut.nn.estimators.networks import convolutional_network, multilayer_perceptron
from taut.validation import check_flag, check_matrix, shown

__all__ = ["ImageInputs", "TableInputs"]

_BLOCK = 1024  # images at a time, where they have to be turned into numbers
# Floats that resampling or noise moved a little beyond 0 to 1 are shares of white still, and those
# of a further image may lie beyond them; bytes lie far beyond both.
_SHARES, _NO_SHARE = (-1.0, 2.0), 8.0


class TableInputs:
    """Tables of numbers: standardised once, in double precision, and kept in single precision."""

    def _inputs(self, X, reset=False) -> np.ndarray:
        if sparse.issparse(X):
            raise TypeError(
                f"X must be dense, got a sparse matrix of shape {X.shape}: pass X.toarray(), or "
                "use a linear model, which takes sparse ones"
            )
        matrix = check_matrix(X, names_of(X), min_samples=2 if reset else 1)
        try:
            validate_data(self, X, reset=reset, skip_check_array=True)
        except ValueError as error:
            remedy = "Give X the columns that the model was fitted on, in their order."
            raise ValueError(f"{str(error).rstrip()}\n{remedy}") from error
        return matrix

    @property
    def input_weights_(self) -> np.ndarray:
        """Weights of the first layer, of shape (n_units, n_features)."""
        check_is_fitted(self, "module_")
        first = next(iter(self.module_.parameters())).detach().cpu().numpy()
        if first.shape[1:] != (self.n_features_in_,):
            raise AttributeError(
                f"module_ begins with weights of shape {first.shape}, not with a layer of "
                f"{self.n_features_in_} features"
            )
        return first

    def _learn_inputs(self, X: np.ndarray, weights) -> None:
        self.offset_, self.scale_ = np.zeros(X.shape[1]), np.ones(X.shape[1])
        if check_flag(self.standardize, "standardize"):
            self.offset_ = np.average(X, axis=0, weights=weights)
            variances = np.average((X - self.offset_) ** 2, axis=0, weights=weights)
            self.scale_ = positive_scale(np.sqrt(variances))

    def _stored(self, X: np.ndarray, device: torch.device) -> torch.Tensor:
        if self.standardize:
            X = (X - self.offset_) / self.scale_
        try:
            with np.errstate(over="raise"):
                numbers = np.ascontiguousarray(X, dtype=np.float32)
        except FloatingPointError as error:
            row, column = np.argwhere(np.abs(X) > np.finfo(np.float32).max)[0]
            raise ValueError(
                f"X must fit into single precision, but row {row}, column {column} (counting from "
                f"0) is {X[row, column]:.3g}{', standardised' * bool(self.standardize)}: correct "
                "the value, or scale the column"
            ) from error
        return torch.from_numpy(numbers).to(device)

    def _steps(self, device: torch.device) -> dict:
        """What `Forward` does with stored inputs."""
        return {}

    def _default_network(self, n_outputs: int):
        return multilayer_perceptron(
            self.n_features_in_,
            n_outputs,
            self.widths,
            self.activation,
            self.dropout,
            check_flag(self.batch_norm, "batch_norm"),
        )

    def _input_shape(self) -> tuple[int, ...]:
        return (self.n_features_in_,)


class ImageInputs:
    """Images as arrays: pixels stay bytes until a batch of them is needed.

    Whole numbers are bytes, floats shares of white, so that both give the same predictions. A
    model fitted on what is neither takes all numbers as they are; ``white_`` is 1 then.
    """

    def _inputs(self, X, reset=False) -> np.ndarray:
        try:
            X = np.asarray(X)
        except ValueError as error:
            raise ValueError(
                f"X must hold images of one shape ({error}): crop or resize them to it"
            ) from error
        if X.ndim == 3:
            X = X[..., None]
        if X.ndim != 4 or X.dtype.kind not in "uif":
            raise ValueError(
                "X must hold images as numbers of shape (n_samples, height, width) or (n_samples, "
                f"height, width, n_channels), got shape {X.shape} of {X.dtype}: reshape rows of "
                "pixels, as X.reshape(-1, 28, 28) does, pass X[None] for a single image, and "
                "X.astype(float) where it holds no numbers"
            )
        if len(X) < 1 + reset:
            raise ValueError(f"X has {len(X)} image(s), n_samples={len(X)}: pass more of them")
        if X.dtype.kind == "f" and not np.isfinite(X).all():
            image = int(np.flatnonzero(~np.isfinite(X).all(axis=(1, 2, 3)))[0])
            raise ValueError(
                f"X must be finite, but image {image} (counting from 0) holds NaN or infinity: "
                "drop the image or correct its pixels"
            )
        if reset:
            self._check_new_shape(X.shape[1:])
            self.image_shape_ = X.shape[1:]
            self.n_features_in_ = int(np.prod(self.image_shape_))
            self.white_ = _white_of(X)
        elif X.shape[1:] != self.image_shape_:
            raise ValueError(
                f"X must hold images of shape {self.image_shape_}, which the model was fitted on, "
                f"got {X.shape[1:]}: resize them"
            )
        elif self.white_ != 1 and X.dtype != np.uint8:
            self._check_shares(X)
        return X

    def _check_shares(self, X) -> None:
        sizes = np.abs(X)
        if sizes.max() / self._white(X) > _NO_SHARE:
            raise ValueError(
                "X must hold bytes, 0 to 255, as whole numbers, or shares of white, 0 to 1, as "
                f"floats, as at fitting, got {X.flat[sizes.argmax()]:g} of {X.dtype}: pass X / "
                "255, or X.astype('uint8'), of pixels that are bytes"
            )

    def _check_new_shape(self, shape) -> None:
        height, width, n_channels = shape
        if n_channels > 4:
            raise ValueError(
                f"X must hold images with channels last, got shape (n_samples, {height}, {width}, "
                f"{n_channels}): move them, as np.moveaxis(X, 1, -1) does"
            )
        self._check_blocks()
        least = 2 ** (len(self.widths) - 1)
        if self.module is None and min(height, width) < least:
            raise ValueError(
                f"X must hold images of {least} pixels at the least for the {len(self.widths)} "
                f"widths {shown(self.widths)}, each of which halves them, got {height} x {width}: "
                "pass fewer widths"
            )

    def _check_blocks(self) -> None:
        blocks = self.blocks
        if blocks is None:
            return
        if not isinstance(blocks, tuple | list) or len(blocks) != len(self.widths):
            raise ValueError(
                f"blocks must be one number for each of the {len(self.widths)} widths, got "
                f"{shown(blocks)}: pass {(1,) * len(self.widths)}, say"
            )
        for number in blocks:
            if not isinstance(number, Integral) or number < 0:
                raise ValueError(
                    f"each of blocks must be a whole number from 0 on, got {shown(number)}: pass 1"
                )

    def _learn_inputs(self, X: np.ndarray, weights) -> None:
        n_channels = X.shape[-1]
        self.offset_, self.scale_ = np.zeros(n_channels), np.ones(n_channels)
        if not check_flag(self.standardize, "standardize"):
            return
        total, squares = np.zeros(n_channels), np.zeros(n_channels)
        for start in range(0, len(X), _BLOCK):
            block = X[start : start + _BLOCK].astype(np.float64) / self._white(X)
            total += block.sum(axis=(0, 1, 2))
            squares += (block**2).sum(axis=(0, 1, 2))
        n_pixels = X.size / n_channels
        self.offset_ = total / n_pixels
        variances = np.maximum(squares / n_pixels - self.offset_**2, 0.0)
        self.scale_ = positive_scale(np.sqrt(variances))

    def _stored(self, X: np.ndarray, device: torch.device) -> torch.Tensor:
        if X.dtype != np.uint8 or self.white_ == 1:
            X = X.astype(np.float32) / self._white(X)
        # torch warns of read-only memory, such as a mapped file's; it is only ever read.
        pixels = torch.from_numpy(X if X.flags.writeable else X.copy())
        return pixels.to(device).permute(0, 3, 1, 2)

    def _white(self, X: np.ndarray) -> float:
        return 1.0 if X.dtype.kind == "f" else self.white_

    def _steps(self, device: torch.device) -> dict:
        return {
            "encode": _as_share,
            "normalise": _Normalise(self.offset_, self.scale_, device),
        }

    def _default_network(self, n_outputs: int):
        return convolutional_network(
            self.image_shape_[-1],
            n_outputs,
            self.widths,
            self.blocks,
            self.activation,
            self.dropout,
            self.stochastic_depth,
        )

    def _input_shape(self) -> tuple[int, ...]:
        height, width, n_channels = self.image_shape_
        return (n_channels, height, width)


class _Normalise:
    """Centre and scale channels."""

    def __init__(self, offset, scale, device):
        shape = (1, -1, 1, 1)
        self.offset = torch.as_tensor(offset, dtype=torch.float32, device=device).reshape(shape)
        self.scale = torch.as_tensor(scale, dtype=torch.float32, device=device).reshape(shape)

    def __call__(self, pixels):
        return (pixels - self.offset) / self.scale


def positive_scale(deviations: np.ndarray) -> np.ndarray:
    """Standard deviations, and 1 for what does not vary but in its rounding."""
    return np.where(deviations > 1e-12, deviations, 1.0)


def _as_share(pixels: torch.Tensor) -> torch.Tensor:
    """Bytes as shares of the brightest one."""
    return pixels.to(torch.float32) / 255 if pixels.dtype == torch.uint8 else pixels


def _white_of(X: np.ndarray) -> float:
    """The whole number that is white: 1 where these pixels are neither bytes nor shares of it."""
    if X.dtype == np.uint8:
        return 255.0
    least, most = _SHARES if X.dtype.kind == "f" else (0, 255)
    return 255.0 if least <= X.min() and X.max() <= most else 1.0

"""A transformer that shrinks wavelet coefficients: ``WaveletDenoiser``."""

from __future__ import annotations

import numbers
from math import prod

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from taut.applications.denoising.calibration import RULES as SHARED_RULES
from taut.applications.denoising.calibration import best_strength, check_rule
from taut.applications.denoising.noise import estimate_noise
from taut.applications.denoising.thresholds import RULES
from taut.applications.denoising.wavelets import TRANSFORMS
from taut.progress import tracked
from taut.validation import check_choice, check_flag, check_positive, shown
from taut.validation.trouble import explained

__all__ = ["WaveletDenoiser"]

_BOUNDS = (0.1, 6.0)
_BLOCK = 2**18  # samples


class WaveletDenoiser(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Soft thresholds on wavelet coefficients, learnt on many signals of one shape.

    Each row of X is a signal, or a flattened image or volume. The noise and a threshold for each
    band of details come from the rows of ``fit`` together; ``transform`` shrinks any rows by them.
    Used on its own rows, ``fit_transform``, it denoises them as ``denoise`` does one by one, with
    more to learn from.

    Parameters
    ----------
    wavelet : str, default "db4"
        Name of an orthogonal wavelet of PyWavelets.
    levels : int, default None
        How often the signal is halved; None goes on while the coarsest details are longer than the
        filter, five times at most.
    basis : str, default "undecimated"
        "orthogonal": each row of the result is the exact lasso, ``argmin_x 1/2 |x - row|^2 +
        threshold * |W x|_1``, with an approximation that is free; "cycle_spun": its mean over 4
        shifts along each axis; "undecimated": its mean over all shifts.
    strength : float, str or rule, default "bayes"
        Threshold in units of the noise, or the rule for it: "bayes", "sure" or "universal" for each
        band; ``taut.CV(folds, rule)``, ``taut.AIC()``, ``taut.BIC()`` or ``taut.EBIC()`` for all
        bands together (see `denoise`).
    sigma : float, default None
        Standard deviation of the noise; None estimates it from the finest diagonal details.
    sample_shape : tuple of int, default None
        The shape of what a row holds, as (rows, columns) of an image; None for a signal.
    verbose : bool, default False
        Show progress over strengths and rows (extra ``compare``: rich).

    Attributes
    ----------
    sigma_ : float
    thresholds_ : list of dict
        In units of X, from the coarsest level to the finest, by band.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Only where X had column names.

    References
    ----------
    Chang, S. G., Yu, B. and Vetterli, M. (2000). Adaptive wavelet thresholding for image denoising
    and compression. IEEE TIP 9, 1532-1546.

    Examples
    --------
    >>> import numpy as np
    >>> from taut.applications import WaveletDenoiser
    >>> truth = np.sin(np.linspace(0, 12, 128)) * np.ones((20, 1))
    >>> noisy = truth + np.random.default_rng(0).normal(0, 0.3, truth.shape)
    >>> clean = WaveletDenoiser().fit_transform(noisy)
    >>> bool(np.mean((clean - truth) ** 2) < 0.4 * np.mean((noisy - truth) ** 2))
    True
    """

    def __init__(
        self,
        wavelet="db4",
        *,
        levels=None,
        basis="undecimated",
        strength="bayes",
        sigma=None,
        sample_shape=None,
        verbose=False,
    ):
        self.wavelet = wavelet
        self.levels = levels
        self.basis = basis
        self.strength = strength
        self.sigma = sigma
        self.sample_shape = sample_shape
        self.verbose = verbose

    def fit(self, X, y=None):
        """Learn the noise and the thresholds.

        Parameters
        ----------
        X : array of shape (n_samples, n_features)
            A signal, or a flattened image or volume, in each row.
        y : object
            Ignored.

        Returns
        -------
        WaveletDenoiser
            Itself.

        Raises
        ------
        ValueError, TypeError
            An argument is not what it must be; the message names it, its value and the fix.
        ImportError
            PyWavelets is not installed (extra ``applications``).
        """
        self._check_strength()
        check_flag(self.verbose, "verbose")
        frame = self._frame()
        images = self._images(self._checked(X, reset=True))
        if self.sigma is None:
            self.sigma_ = estimate_noise(images, axes=tuple(range(1, images.ndim)))
        else:
            self.sigma_ = float(
                check_positive(self.sigma, "sigma", 1.0, zero=True, other="or None")
            )
        # Where there is no noise, any unit will do: thresholds in it are zero.
        images = images / (self.sigma_ or 1.0)
        found = frame.thresholds(images, self._rule(frame, images))
        self.thresholds_ = [
            {
                name: self.sigma_ * threshold if self.sigma_ else 0.0
                for name, threshold in level.items()
            }
            for level in found
        ]
        return self

    def transform(self, X):
        """The rows without their noise.

        Parameters
        ----------
        X : array of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_features)

        Raises
        ------
        ValueError
            X has not the features that it was fitted on, or is not finite.
        NotFittedError
        """
        check_is_fitted(self)
        verbose = check_flag(self.verbose, "verbose")
        X = self._checked(X, reset=False)
        frame, images = self._frame(), self._images(X)
        result = np.empty_like(images)
        # Details take many times the memory of what they are of.
        count = max(1, _BLOCK // images[0].size)
        for start in tracked(range(0, len(images), count), verbose, "rows"):
            block = slice(start, start + count)
            result[block] = frame.shrunk(images[block], self.thresholds_)
        return result.reshape(X.shape)

    def _frame(self):
        return TRANSFORMS[check_choice(self.basis, "basis", tuple(TRANSFORMS))](
            self.wavelet, self.levels
        )

    def _check_strength(self):
        if isinstance(self.strength, str):
            check_choice(self.strength, "strength", tuple(RULES))
        elif isinstance(self.strength, SHARED_RULES):
            check_rule(self.strength)
        else:
            check_positive(self.strength, "strength", 3.0, zero=True, other="or a rule")

    def _rule(self, frame, images):
        """The threshold of a band, in units of the noise."""
        if isinstance(self.strength, str):
            return RULES[self.strength]
        strength = self.strength
        if isinstance(strength, SHARED_RULES):
            axes = tuple(range(1, images.ndim))
            strength = best_strength(
                frame.shrunk_by,
                images,
                _BOUNDS,
                strength,
                axes,
                check_flag(self.verbose, "verbose"),
            )
        return lambda band, n_samples: strength

    def _checked(self, X, reset):
        with explained("X", X):
            return validate_data(self, X, dtype=[np.float64, np.float32], reset=reset)

    def _images(self, X):
        if self.sample_shape is None:
            return X
        shape = tuple(self.sample_shape)
        if not all(isinstance(n, numbers.Integral) and n > 0 for n in shape) or len(shape) > 3:
            raise ValueError(
                f"sample_shape must be one to three lengths, got {shown(self.sample_shape)}: pass "
                "(rows, columns) for images"
            )
        if prod(shape) != X.shape[1]:
            raise ValueError(
                f"sample_shape must hold the {X.shape[1]} features of a row of X, got {shape}, "
                f"which holds {prod(shape)}"
            )
        return X.reshape(len(X), *shape)

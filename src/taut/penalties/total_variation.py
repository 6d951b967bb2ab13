"""Penalties on the jumps between neighbouring coefficients."""

from __future__ import annotations

import numpy as np

from taut.penalties.arrays import as_numpy, as_real, as_scalar, by_column, like, namespace
from taut.penalties.base import Penalty, greatest_ratio
from taut.penalties.chain import chain_prox
from taut.penalties.checks import as_number, as_one_step, as_weights, check_axis
from taut.penalties.norms import L1

__all__ = ["FusedLasso", "TotalVariation"]


class TotalVariation(Penalty):
    """Total variation along the features, ``sum_j w_j |b_(j+1) - b_j|``: piecewise constant.

    The order of the features matters: time, place, wavelength. Columns of coefficients are
    penalised one by one. Only a chain of features has an exact prox; the total variation on a
    general graph has none in closed form and is not offered.

    On torch tensors ``value`` has a gradient; ``prox`` goes through NumPy and has none.

    Parameters
    ----------
    weights : array of shape (n_features - 1,), default None
        Factor per jump; 0 = free (the chain is cut there), inf = no jump (the two coefficients are
        equal), None = 1.

    Raises
    ------
    TypeError
        ``weights`` are not real numbers.
    ValueError
        ``weights`` are negative, NaN or not one-dimensional.

    References
    ----------
    Condat, L. (2013). A direct algorithm for 1-D total variation denoising. IEEE Signal Processing
    Letters 20, 1054-1057.

    Examples
    --------
    >>> TotalVariation().value([1.0, 3.0, 2.0])
    3.0
    >>> TotalVariation().prox([0.0, 0.0, 6.0], 1.0).tolist()
    [0.5, 0.5, 5.0]
    """

    is_norm = True

    def __init__(self, weights=None):
        self._set(weights=as_weights(weights, per="jump"))

    def value(self, coef):
        """Penalty at ``coef``, at alpha = 1.

        Parameters
        ----------
        coef : array or torch tensor of shape (n_features, ...)

        Returns
        -------
        float, or for torch a 0-d tensor
            inf where there is a jump of weight inf.

        Raises
        ------
        TypeError
            ``coef`` is not real.
        ValueError
            ``coef`` has not one feature more than there are weights.
        """
        coef = as_real("coef", coef)
        xp = namespace(coef)
        finite, rigid = self._split_weights(coef)
        jumps = abs(coef[1:] - coef[:-1])
        forbidden = like(rigid, jumps) * jumps > 0
        cost = like(finite, jumps) * jumps
        return as_scalar(xp.where(forbidden, xp.inf, cost).sum(), coef)

    def prox(self, coef, step):
        """Proximal map, ``argmin_b 1/2 |b - coef|^2 + step * value(b)``, in linear time.

        Parameters
        ----------
        coef : array or torch tensor of shape (n_features, ...)
        step : float
            Finite and non-negative.

        Returns
        -------
        array or torch tensor
            Of the shape, dtype and device of ``coef``; a column that is not finite comes back as
            NaN.

        Raises
        ------
        TypeError
            ``coef`` or ``step`` is not real.
        ValueError
            ``step`` is negative or not finite, or numbers of features differ.
        """
        coef = as_real("coef", coef)
        step = as_one_step(step, coef, "neighbours share it; pass a float")
        finite, rigid = self._split_weights(coef)
        radii = np.where(rigid, np.inf, step * finite)
        return like(by_column(chain_prox, as_numpy("coef", coef), radii), coef)

    def dual_norm(self, correlations) -> float:
        """Smallest alpha at which coefficients without a jump are stationary.

        Parameters
        ----------
        correlations : array or torch tensor of shape (n_features, ...)
            Negative gradient of the loss there. Its mean over a chain, which pulls at a level that
            is unpenalised, is ignored.

        Returns
        -------
        float
            ``max_k |z_1 + ... + z_k| / w_k`` with ``z`` centred on each chain, over all columns.

        Raises
        ------
        TypeError
            ``correlations`` are not real.
        ValueError
            There is not one feature more than there are weights.
        """
        z = as_numpy("correlations", correlations)
        weights = self._weights_for(z, "correlations")
        chains = np.split(z, np.flatnonzero(weights == 0) + 1)
        walk = np.concatenate([np.cumsum(chain - chain.mean(axis=0), axis=0) for chain in chains])
        return greatest_ratio(abs(walk[:-1]), like(weights, walk))

    def _split_weights(self, coef, name="coef"):
        """Weights with inf as 0, since inf * 0 is NaN; and which are inf."""
        weights = self._weights_for(coef, name)
        rigid = np.isinf(weights)
        return np.where(rigid, 0.0, weights), rigid

    def _weights_for(self, coef, name="coef"):
        check_axis(name, coef)
        n_jumps = max(coef.shape[0] - 1, 0)
        if self.weights is None:
            return np.ones(n_jumps)
        if self.weights.size != n_jumps:
            raise ValueError(
                f"weights of {self!r} are for {self.weights.size + 1} features, one for each jump "
                f"between neighbours, but {name} has {coef.shape[0]}: pass {n_jumps} weights"
            )
        return self.weights


class FusedLasso(Penalty):
    """Fused lasso, ``TotalVariation + l1_ratio * L1``: piecewise constant, and zero in pieces.

    The order of the features matters: time, place, wavelength. Columns of coefficients are
    penalised one by one. On torch tensors ``value`` has a gradient; ``prox`` goes through NumPy
    and has none.

    Parameters
    ----------
    l1_ratio : float >= 0, default 0.0
        Strength of the L1 part over that of the jumps, not a share of the two.
    weights : array of shape (n_features - 1,), default None
        Factor per jump, not in the L1 part; 0 = free (the chain is cut there), inf = no jump (the
        two coefficients are equal), None = 1.

    Raises
    ------
    TypeError
        ``l1_ratio`` or ``weights`` are not real numbers.
    ValueError
        ``l1_ratio`` is negative or not finite; ``weights`` are negative, NaN or not
        one-dimensional.

    References
    ----------
    Tibshirani, R., Saunders, M., Rosset, S., Zhu, J. and Knight, K. (2005). Sparsity and
    smoothness via the fused lasso. JRSS B 67, 91-108.

    Friedman, J., Hastie, T., Höfling, H. and Tibshirani, R. (2007). Pathwise coordinate
    optimization. Annals of Applied Statistics 1, 302-332.

    Examples
    --------
    >>> FusedLasso(l1_ratio=0.5).value([1.0, 3.0, 2.0])
    6.0
    >>> FusedLasso(l1_ratio=0.5).prox([0.0, 0.0, 6.0], 1.0).tolist()
    [0.0, 0.0, 4.5]
    """

    is_norm = True

    def __init__(self, l1_ratio=0.0, weights=None):
        l1_ratio = as_number("l1_ratio", l1_ratio, "a float >= 0")
        if not 0 <= l1_ratio < np.inf:
            raise ValueError(
                f"l1_ratio must be non-negative and finite, got {l1_ratio}: it is the strength of "
                "the L1 part over that of the jumps; use 0 for jumps alone and L1 for no jumps"
            )
        self._set(l1_ratio=l1_ratio, weights=as_weights(weights, per="jump"))

    def value(self, coef):
        """Penalty at ``coef``, at alpha = 1; see ``TotalVariation.value``."""
        return self._jumps().value(coef) + L1().scaled_value(coef, self.l1_ratio)

    def prox(self, coef, step):
        """Proximal map: that of the jumps, then that of L1; see ``TotalVariation.prox``."""
        # Soft thresholding keeps the order of neighbours and their ties, so that the subgradient
        # of the jumps still fits after it (Friedman et al. 2007, lemma A.1).
        return L1().scaled_prox(self._jumps().prox(coef, step), step, self.l1_ratio)

    def dual_norm(self, correlations) -> float:
        """Smallest alpha at which zero is stationary; without L1 part, see ``TotalVariation``.

        The largest ``|sum of z over I| / value(1 on I, 0 elsewhere)`` over intervals ``I``.
        """
        # The penalty of b is an integral of penalties of its level sets, whose indicators split
        # into intervals: no b has a larger ratio of z'b to its penalty than some interval.
        if self.l1_ratio == 0:
            return self._jumps().dual_norm(correlations)
        z = as_numpy("correlations", correlations)
        finite, rigid = self._jumps()._split_weights(z, "correlations")
        # No jump before the first feature and after the last.
        jumps, closed = np.pad(finite, 1), np.pad(rigid, 1)
        if not np.isfinite(z).all():
            return float(np.max(abs(z)))
        return max(
            _greatest_interval(sign * column, self.l1_ratio, jumps, closed)
            for column in z.reshape(len(z), -1).T
            for sign in (1.0, -1.0)
        )

    def _jumps(self):
        return TotalVariation(self.weights)


def _greatest_interval(z, l1_ratio, jumps, closed):
    """Largest sum of ``z`` over an interval relative to ``l1_ratio * length`` and its two jumps.

    ``jumps`` are the costs of the n + 1 places where an interval can start or end, but for those
    that are ``closed``.

    The ratio of the interval that gains most at a price, ``sum - price * cost``, is the next
    price, until none gains (Dinkelbach 1967, On nonlinear fractional programming).
    """
    sums = np.concatenate([[0.0], np.cumsum(z)])
    lengths = l1_ratio * np.arange(len(sums))
    ratio = 0.0
    while True:
        cut = np.where(closed, np.inf, ratio * jumps)
        level = sums - ratio * lengths
        starts = level + cut
        # The best start before each end, the positions 0, ..., end - 1.
        lowest = np.minimum.accumulate(starts[:-1])
        end = 1 + int(np.argmax(level[1:] - cut[1:] - lowest))
        start = int(np.argmin(starts[:end]))
        cost = lengths[end] - lengths[start] + jumps[start] + jumps[end]
        better = float((sums[end] - sums[start]) / cost)
        if not better > ratio:
            return ratio
        ratio = better

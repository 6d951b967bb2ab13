"""Penalties under which a whole group of features, or a row of coefficients, enters or leaves."""

from __future__ import annotations

import numpy as np

from taut.penalties.arrays import as_numpy, positive_part
from taut.penalties.base import Penalty
from taut.penalties.blocks import BlockPenalty, block_sums
from taut.penalties.checks import as_l1_ratio, as_weights, check_axis
from taut.penalties.derivatives import shrinking
from taut.penalties.groups import are_labels, as_group_weights, as_groups
from taut.penalties.norms import L1

__all__ = ["GroupLasso", "MultiTask", "SparseGroupLasso"]


class _SumOfNorms(BlockPenalty):
    is_norm = True
    is_absolute = True

    def _cost(self, norms, strengths):
        return strengths * norms

    def _shrunk(self, norms, strengths, step):
        return positive_part(norms - step * strengths)

    def prox_derivative(self, coef, result, step, alpha):
        return shrinking(coef, result, self._layout(len(coef), "coef")[0])


class GroupLasso(_SumOfNorms):
    """Group lasso penalty, ``sum_g w_g |b_g|_2``: a group of features is zero as a whole or not.

    Where coefficients have columns (targets, classes), ``b_g`` holds the rows of the group.

    Parameters
    ----------
    groups : sequence or mapping of integer arrays, or integer array of shape (n_features,)
        Column indices of each group, or label of each feature; labels count in ascending order.
        Groups may overlap: fits then copy the columns they share, without a copy in memory, and a
        coefficient is the sum over its copies (the latent group lasso of Jacob et al. 2009; see
        ``overlapping``). For fits on a data frame also the names of each group's columns (that of a
        factor stands for all features it is encoded by; so does its index), or "categorical":
        every column is encoded, and what comes of it is a group.
    weights : array of shape (n_groups,), default None
        Factor per group; 0 = unpenalised, inf = excluded (coefficients fixed at 0). None is the
        root of the size of each group.

    Raises
    ------
    TypeError
        ``groups`` are not integers, ``weights`` not real numbers.
    ValueError
        Groups are empty or miss a feature; ``weights`` are negative, NaN or not one per group. Of
        ``value`` and ``prox``: groups overlap, or are columns of a table.

    References
    ----------
    Yuan, M. and Lin, Y. (2006). Model selection and estimation in regression with grouped
    variables. JRSS B 68, 49-67.
    Jacob, L., Obozinski, G. and Vert, J.-P. (2009). Group lasso with overlap and graph lasso.
    ICML 2009, 433-440.

    Examples
    --------
    >>> penalty = GroupLasso([[0, 1], [2]], weights=[1.0, 1.0])
    >>> penalty.value([3.0, 4.0, -2.0])
    7.0
    >>> penalty.prox([3.0, 4.0, -2.0], 2.5).tolist()
    [1.5, 2.0, 0.0]
    """

    def __init__(self, groups, weights=None):
        groups = as_groups(groups)
        self._set(groups=groups, weights=as_group_weights(weights, groups))


class MultiTask(_SumOfNorms):
    """Multi-task lasso, ``sum_j w_j |B_j|_2`` over rows: a feature serves all targets or none.

    Parameters
    ----------
    weights : array of shape (n_features,), default None
        Factor per feature; 0 = unpenalised, inf = excluded (coefficients fixed at 0), None = 1.

    Raises
    ------
    TypeError
        ``weights`` are not real numbers.
    ValueError
        ``weights`` are negative, NaN or not one-dimensional.

    References
    ----------
    Obozinski, G., Taskar, B. and Jordan, M. I. (2010). Joint covariate selection and joint
    subspace selection for multiple classification problems. Statistics and Computing 20, 231-252.
    """

    def __init__(self, weights=None):
        self._set(weights=as_weights(weights))


class SparseGroupLasso(Penalty):
    """Sparse group lasso, ``l1_ratio * L1 + (1 - l1_ratio) * GroupLasso``: zeros inside groups too.

    Parameters
    ----------
    groups : sequence or mapping of integer arrays, or integer array of shape (n_features,)
        Column indices of each group, or label of each feature; labels count in ascending order.
        Groups may overlap: fits then copy the columns they share, without a copy in memory, and a
        coefficient is the sum over its copies (the latent group lasso of Jacob et al. 2009; see
        ``overlapping``). For fits on a data frame also the names of each group's columns (that of a
        factor stands for all features it is encoded by; so does its index), or "categorical":
        every column is encoded, and what comes of it is a group.
    l1_ratio : float in [0, 1], default 0.5
    weights : array of shape (n_groups,), default None
        Factor per group in the group lasso part; the L1 part has none. 0 leaves the group
        unpenalised in both parts, inf excludes it (coefficients fixed at 0). None is the root of
        the size of each group.

    Raises
    ------
    TypeError
        ``groups`` are not integers, ``l1_ratio`` or ``weights`` not real numbers.
    ValueError
        Groups are empty or miss a feature; ``l1_ratio`` lies outside [0, 1]; ``weights`` are
        negative, NaN or not one per group. Of ``value`` and ``prox``: groups overlap, or are
        columns of a table.

    References
    ----------
    Simon, N., Friedman, J., Hastie, T. and Tibshirani, R. (2013). A sparse-group lasso. JCGS 22,
    231-245.
    """

    is_norm = True
    has_groups = True
    is_absolute = True

    def __init__(self, groups, l1_ratio=0.5, weights=None):
        groups = as_groups(groups)
        self._set(
            groups=groups,
            l1_ratio=as_l1_ratio(l1_ratio, ends="0 for GroupLasso alone and 1 for L1 alone"),
            weights=as_group_weights(weights, groups),
        )

    @property
    def _n_features(self):
        return self._parts()[1]._n_features

    def value(self, coef):
        entries, blocks = self._parts()
        return entries.scaled_value(coef, self.l1_ratio) + blocks.scaled_value(
            coef, 1 - self.l1_ratio
        )

    def prox(self, coef, step):
        # Shrinking a group leaves the signs and zeros of its entries alone, so that the
        # subgradient of the L1 part still fits after it (Simon et al. 2013, section 3).
        entries, blocks = self._parts()
        sparse = entries.scaled_prox(coef, step, self.l1_ratio)
        return blocks.scaled_prox(sparse, step, 1 - self.l1_ratio)

    def prox_derivative(self, coef, result, step, alpha):
        entries, _ = self._parts()
        sparse = entries.scaled_prox(coef, step * alpha, self.l1_ratio)
        return shrinking(sparse, result, self.groups)

    def dual_norm(self, correlations) -> float:
        """Smallest alpha at which zero is stationary; see ``GroupLasso.dual_norm``.

        The largest over the groups of the root of ``|soft(z_g, alpha r)|_2 = alpha (1 - r) w_g``.

        References
        ----------
        Ndiaye, E., Fercoq, O., Gramfort, A. and Salmon, J. (2016). GAP safe screening rules for
        sparse-group lasso. NeurIPS 29.
        """
        # Left less right side is convex and falls with alpha: Newton's steps from 0 climb to the
        # root and never pass it, for all groups at once. Rounding ends them.
        z = abs(as_numpy("correlations", correlations))
        check_axis("correlations", z)
        if not np.isfinite(z).all():
            return float(np.max(z))
        labels, weights = GroupLasso(self.groups, self.weights)._layout(len(z), "correlations")
        penalised = (weights > 0) & (weights < np.inf)
        within = (1 - self.l1_ratio) * np.where(penalised, weights, 0.0)
        alpha = np.zeros(len(weights))
        while True:
            threshold = self.l1_ratio * alpha[labels]
            excess = np.maximum(z - threshold.reshape(-1, *[1] * (z.ndim - 1)), 0.0)
            norm = np.sqrt(block_sums(excess**2, labels, len(weights)))
            rising = penalised & (norm > alpha * within)
            fall = self.l1_ratio * block_sums(excess, labels, len(weights))
            slope = within + fall / np.where(norm > 0, norm, 1.0)
            climbed = alpha.copy()
            climbed[rising] += (norm - alpha * within)[rising] / slope[rising]
            if not np.any(climbed > alpha):
                return float(np.max(alpha, initial=0.0))
            alpha = climbed

    def group_layout(self, n_features: int) -> tuple[np.ndarray, np.ndarray]:
        """Groups and weights of the group lasso part; see ``GroupLasso.group_layout``."""
        return GroupLasso(self.groups, self.weights).group_layout(n_features)

    def _parts(self):
        blocks = GroupLasso(self.groups, self.weights)
        if self.weights is None or not are_labels(self.groups):  # which the blocks refuse
            return L1(), blocks
        # The exclusion is the business of the group part, which knows it in any column.
        return L1(np.where(self.weights == 0, 0.0, 1.0)[self.groups]), blocks

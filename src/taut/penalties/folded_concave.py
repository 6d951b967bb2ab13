"""Folded concave penalties: they select as L1 does, and leave large coefficients unshrunk."""

from __future__ import annotations

import numpy as np

from taut.penalties.arrays import namespace, positive_part
from taut.penalties.base import Coordinates, Folds
from taut.penalties.blocks import BlockPenalty
from taut.penalties.checks import as_number, as_weights
from taut.penalties.groups import as_group_weights, as_groups
from taut.penalties.separable import weighted

__all__ = ["MCP", "SCAD"]

# In the formulas x is the norm of a block, s = alpha w its strength, t the step of the prox and
# h(b) = 1/2 (b - x)^2 + t f(b; s), which the prox minimises over b >= 0.


class _FoldedConcave(BlockPenalty):
    is_convex = False
    is_absolute = True

    def __init__(self, gamma, groups, weights, least, usual, convex_limit):
        gamma = as_number("gamma", gamma, f"a float above {least}")
        if not least < gamma < np.inf:
            raise ValueError(
                f"gamma must be finite and above {least}, got {gamma}: pass {usual}, say; the "
                f"larger, the closer to {convex_limit}, which is the limit itself"
            )
        groups = None if groups is None else as_groups(groups)
        weights = as_weights(weights) if groups is None else as_group_weights(weights, groups)
        self._set(gamma=gamma, groups=groups, weights=weights)

    @property
    def _by_entry(self):
        return self.groups is None

    def folded_coordinates(self, n_features: int) -> tuple[Coordinates, Folds] | None:
        """Of each entry as the compiled core takes it; None where there are groups.

        Raises
        ------
        ValueError
            The weights are for another number of features.
        """
        if not self._by_entry:
            return None
        coordinates = weighted(self._layout(n_features, "X")[1], l1=1.0)
        return coordinates, self._folds(coordinates.l1)

    def flat_sides(self, coef, alpha: float) -> tuple[np.ndarray, np.ndarray]:
        """Whether the penalty no longer rises as each entry goes down without end, or up.

        That is where it no longer rises with the norm of the entry's block.

        Parameters
        ----------
        coef : ndarray of shape (n_features, ...)
        alpha : float

        Returns
        -------
        down, up : ndarray of bool, of the shape of ``coef``
        """
        labels, norms, weights, excluded = self._aligned(coef)
        flat = (norms >= self.gamma * alpha * weights) & ~excluded
        if not self._by_entry:
            flat = np.broadcast_to(flat[labels].reshape(-1, *[1] * (coef.ndim - 1)), coef.shape)
        return flat, flat

    def relaxation(self, coef, alpha: float):
        """By how much groups are pulled less, and bent more, than by ``alpha w |b_g|_2``.

        With that norm less the penalty as a function h of the group, h' and h'' of its norm.

        Parameters
        ----------
        coef : ndarray of shape (n_features, ...)
        alpha : float

        Returns
        -------
        gradient : ndarray of the shape of ``coef``
            Of h; zero in groups that are zero.
        hessian : ndarray of shape (size, size)
            Of h; entries in the order of ``ravel``.
        """
        labels, norms, weights, _ = self._aligned(coef)
        fall, knot = self._folds(weights)
        begin = alpha * knot
        end = begin + alpha * weights / fall
        first = fall * (np.clip(norms, begin, end) - begin)
        second = np.where((begin < norms) & (norms < end), fall, 0.0)
        labels = np.repeat(labels, coef[0].size)
        size = np.where(norms > 0, norms, 1.0)[labels]
        unit, across = coef.ravel() / size, first[labels] / size
        along = np.multiply.outer((second[labels] - across) * unit, unit)
        hessian = (labels[:, None] == labels) * along + np.diag(across)
        return (first[labels] * unit).reshape(coef.shape), hessian

    def _folds(self, weights):
        """Where slopes begin to fall for these weights, and how fast."""
        raise NotImplementedError


class MCP(_FoldedConcave):
    """Minimax concave penalty: the shrinkage of L1, relaxed linearly to none at ``gamma alpha w``.

    With ``x = |b_j|``, or ``|b_g|_2`` under ``groups``, and ``s = alpha w``, the sum of::

        s x - x^2 / (2 gamma)     for x <= gamma s
        gamma s^2 / 2             beyond

    Not convex, and not alpha times a penalty: solvers use ``scaled_value`` and ``scaled_prox``. The
    prox is the global minimiser at any step, which from ``gamma`` on is hard thresholding. With a
    ridge: ``MCP() + L2()``.

    Parameters
    ----------
    gamma : float > 1, default 3.0
        Small is close to choosing features without any shrinkage, large is close to L1.
    groups : sequence of integer arrays, or integer array of shape (n_features,), default None
        Column indices of each group, or label of each feature; or names of columns, as in
        ``GroupLasso``. None penalises each coefficient by itself.
    weights : array of shape (n_features,), or (n_groups,) with ``groups``, default None
        Factor per feature or group; 0 = unpenalised, inf = excluded (coefficient fixed at 0). None
        is 1, or the root of the size of each group.

    Raises
    ------
    TypeError
        ``gamma`` or ``weights`` are not real numbers, ``groups`` not integers.
    ValueError
        ``gamma`` is at most 1 or not finite; ``groups`` or ``weights`` as for ``GroupLasso``.

    References
    ----------
    Zhang, C.-H. (2010). Nearly unbiased variable selection under minimax concave penalty. Annals
    of Statistics 38, 894-942.

    Breheny, P. and Huang, J. (2011). Coordinate descent algorithms for nonconvex penalized
    regression. Annals of Applied Statistics 5, 232-253; (2015) for groups: Group descent
    algorithms for nonconvex penalized linear and logistic regression models with grouped
    predictors. Statistics and Computing 25, 173-187.
    """

    def __init__(self, gamma=3.0, groups=None, weights=None):
        super().__init__(gamma, groups, weights, 1, 3.0, "L1" if groups is None else "GroupLasso")

    def _folds(self, weights):
        return Folds(np.full(len(weights), 1 / self.gamma), np.zeros(len(weights)))

    def _cost(self, norms, strengths):
        return _relaxed(norms, strengths, self.gamma)

    def _shrunk(self, norms, strengths, step):
        # h'' is 1 - t / gamma up to gamma s. Where that is positive, h' = 0 gives the firm
        # threshold. Else h is concave there and 0 competes with x itself: x^2 / 2 against
        # t gamma s^2 / 2.
        xp, gamma = namespace(norms), self.gamma
        curved = step < gamma
        soft = positive_part(norms - step * strengths)
        inner = xp.where(curved, soft / xp.where(curved, 1 - step / gamma, 1.0), 0.0)
        edge = strengths * (gamma * xp.clip(step, gamma, None)) ** 0.5
        return xp.where(norms <= edge, inner, norms)


class SCAD(_FoldedConcave):
    """Smoothly clipped absolute deviation: L1 up to ``alpha w``, then relaxed to no shrinkage.

    With ``x = |b_j|``, or ``|b_g|_2`` under ``groups``, and ``s = alpha w``, the sum of::

        s x                                                     for x <= s
        (2 gamma s x - x^2 - s^2) / (2 (gamma - 1))             for s < x <= gamma s
        (gamma + 1) s^2 / 2                                     beyond

    Not convex, and not alpha times a penalty: solvers use ``scaled_value`` and ``scaled_prox``. The
    prox is the global minimiser at any step. With a ridge: ``SCAD() + L2()``.

    Parameters
    ----------
    gamma : float > 2, default 3.7
        Small is close to choosing features without any shrinkage, large is close to L1.
    groups : sequence of integer arrays, or integer array of shape (n_features,), default None
        Column indices of each group, or label of each feature; or names of columns, as in
        ``GroupLasso``. None penalises each coefficient by itself.
    weights : array of shape (n_features,), or (n_groups,) with ``groups``, default None
        Factor per feature or group; 0 = unpenalised, inf = excluded (coefficient fixed at 0). None
        is 1, or the root of the size of each group.

    Raises
    ------
    TypeError
        ``gamma`` or ``weights`` are not real numbers, ``groups`` not integers.
    ValueError
        ``gamma`` is at most 2 or not finite; ``groups`` or ``weights`` as for ``GroupLasso``.

    References
    ----------
    Fan, J. and Li, R. (2001). Variable selection via nonconcave penalized likelihood and its
    oracle properties. JASA 96, 1348-1360.

    Breheny, P. and Huang, J. (2011). Coordinate descent algorithms for nonconvex penalized
    regression. Annals of Applied Statistics 5, 232-253; (2015) for groups: Group descent
    algorithms for nonconvex penalized linear and logistic regression models with grouped
    predictors. Statistics and Computing 25, 173-187.
    """

    def __init__(self, gamma=3.7, groups=None, weights=None):
        super().__init__(gamma, groups, weights, 2, 3.7, "L1" if groups is None else "GroupLasso")

    def _folds(self, weights):
        return Folds(np.full(len(weights), 1 / (self.gamma - 1)), weights)

    def _cost(self, norms, strengths):
        # The relaxed part is an MCP that starts at s.
        beyond = positive_part(norms - strengths)
        return strengths * (norms - beyond) + _relaxed(beyond, strengths, self.gamma - 1)

    def _shrunk(self, norms, strengths, step):
        # Between s and gamma s, h'' is 1 - t / (gamma - 1). Where that is positive, h' = 0 in each
        # piece gives the minimiser. Else h is concave there and the soft threshold competes with
        # x itself, whose penalty is flat; they are worth the same at `edge`, in the first line
        # where the soft threshold is still positive there, in the second where it is 0.
        xp, gamma = namespace(norms), self.gamma
        curved = step < gamma - 1
        soft = positive_part(norms - step * strengths)
        relaxed = (gamma - 1) * norms - gamma * step * strengths
        relaxed = relaxed / xp.where(curved, gamma - 1 - step, 1.0)
        edge = xp.where(
            step <= gamma + 1,
            0.5 * (gamma + 1 + step),
            (step * (gamma + 1)) ** 0.5,
        )
        outer = xp.where(curved & (norms <= gamma * strengths), relaxed, norms)
        return xp.where(norms <= strengths * xp.where(curved, 1 + step, edge), soft, outer)


def _relaxed(x, strengths, gamma):
    """MCP of numbers x >= 0."""
    x = namespace(x).minimum(x, gamma * strengths)
    return x * (strengths - 0.5 * x / gamma)

"""The walk under folded concave penalties on groups: forward-backward steps, and where these take
long, Newton steps to the minimum that they are near.

The penalty is a norm of the group less a function h of it that is convex and smooth,

    f(|b_g|) = alpha w |b_g| - h(|b_g|),

so that a model of the loss less h under the norms alone is that of the group lasso, with the force
``h' u`` and less curvature ``h'' u u' + h' / |b_g| (I - u u')``, for u = b_g / |b_g|. The curvature
is taken off where the rest is still positive definite; else off none, which gives an upper bound.
"""

from __future__ import annotations

import numpy as np
from scipy import linalg

from taut.solvers.model_walk import Blocks, ModelWalk
from taut.solvers.scaled_penalty import on_features
from taut.solvers.walk import Walk

__all__ = ["FoldedWalk"]

_BEFORE = 100  # forward-backward steps before Newton's


class FoldedWalk(ModelWalk):
    """Working sets, on which Newton steps end what forward-backward steps began.

    References
    ----------
    Breheny, P. and Huang, J. (2015). Group descent algorithms for nonconvex penalized linear and
    logistic regression models with grouped predictors. Statistics and Computing 25, 173-187.
    """

    folded_leap = Walk.folded_leap

    def to(self, alpha, tol=None):
        """First with few steps before Newton's."""
        self.most_steps = _BEFORE
        return super().to(alpha, tol)

    def along(self, alphas):
        """One strength at a time."""
        return Walk.along(self, alphas)

    def solve_on(self, features, alpha, patience, n_iter):
        """First steps that find the minimum by the path, then Newton's where these take long."""
        taken, rounding_shows = Walk.solve_on(self, features, alpha, patience, n_iter)
        left = self.controls.max_iter - n_iter - taken
        if taken < self.most_steps or left <= 0 or not self._take_in(features):
            return taken, rounding_shows
        # Newton's steps may end where the prox still finds a lower point.
        self.most_steps *= 2
        steps, _ = self._newton(alpha, patience, n_iter + taken)
        return taken + steps, False

    def _model(self, alphas, patience):
        penalty = on_features(self.penalty, self.working.features, self.n_features)
        return _FoldedBlocks(self, penalty, alphas, patience)


class _FoldedBlocks(Blocks):
    """Norms of groups, from the Gram matrix less what h bends."""

    def step(self, point, coef):
        self.force, self.bend = self.part.relaxation(coef, self.alphas[0])
        return super().step(point, coef)

    def pull(self, point, coef):
        return super().pull(point, coef) + self.force

    def gram(self, point, coef):
        gram, is_fresh = super().gram(point, coef)
        return _less(gram, self.bend, np.flatnonzero(coef)), is_fresh


def _less(gram, bend, moving):
    """A Gram matrix less a matrix on the entries that move, where it stays positive definite."""
    relaxed = gram.copy(order="F")
    relaxed -= bend
    try:
        linalg.cholesky(relaxed[np.ix_(moving, moving)], check_finite=False)
    except linalg.LinAlgError:
        return gram
    return relaxed

"""What every loss is: a convex function of the linear predictor, one value per sample."""

from __future__ import annotations

__all__ = ["Loss"]


class Loss:
    """Base of all losses. A loss sees the linear predictor ``eta``, never the design.

    Arguments are real NumPy arrays that broadcast, so ``y[:, None]`` goes with the predictors of a
    whole path. Subclasses are frozen dataclasses of their parameters.
    """

    name: str

    def value(self, y, eta):
        """Loss of each sample."""
        raise NotImplementedError

    def gradient(self, y, eta):
        """First derivative of the loss of each sample with respect to ``eta``."""
        raise NotImplementedError

    def hessian(self, y, eta):
        """Second derivative of the loss of each sample with respect to ``eta``."""
        raise NotImplementedError

    def conjugate(self, y, theta):
        """Convex conjugate, ``sup_eta theta * eta - value(y, eta)``; inf outside its domain.

        Duality gaps need it: ``value(y, eta) + conjugate(y, theta) >= theta * eta``, with equality
        at ``theta = gradient(y, eta)``.
        """
        raise NotImplementedError

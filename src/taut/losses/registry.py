"""Losses by name, for ``loss="squared"``."""

from __future__ import annotations

from difflib import get_close_matches

from taut.losses.base import Loss
from taut.losses.cox import Cox
from taut.losses.gamma import Gamma
from taut.losses.huber import Huber
from taut.losses.logistic import Logistic
from taut.losses.multinomial import Multinomial
from taut.losses.poisson import Poisson
from taut.losses.quantile import Quantile
from taut.losses.squared import Squared
from taut.losses.squared_hinge import SquaredHinge
from taut.losses.tweedie import Tweedie

__all__ = ["by_name"]

_LOSSES = {
    loss.name: loss
    for loss in (
        Cox,
        Gamma,
        Huber,
        Logistic,
        Multinomial,
        Poisson,
        Quantile,
        Squared,
        SquaredHinge,
        Tweedie,
    )
}


def by_name(loss) -> Loss:
    """The loss of that name, with its default parameters; a Loss is returned as it is.

    Parameters
    ----------
    loss : str or Loss

    Returns
    -------
    Loss

    Raises
    ------
    TypeError
        ``loss`` is neither a string nor a Loss.
    ValueError
        No loss has that name.
    """
    if isinstance(loss, Loss):
        return loss
    if not isinstance(loss, str):
        raise TypeError(f"loss must be a name or a Loss, got {loss!r}: pass one of {_names()}")
    if loss not in _LOSSES:
        close = get_close_matches(loss.lower(), _LOSSES, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"choose from {_names()}"
        raise ValueError(f"loss must be the name of a loss, got {loss!r}: {hint}")
    return _LOSSES[loss]()


def _names():
    return ", ".join(map(repr, sorted(_LOSSES)))

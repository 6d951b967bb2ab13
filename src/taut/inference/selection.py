"""What every selection of features returns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["FeatureSelection"]


@dataclass(frozen=True, eq=False, repr=False)
class FeatureSelection:
    """The features that were selected, and how much each of them counts.

    Attributes
    ----------
    support : ndarray of bool of shape (n_features,)
    importances : ndarray of shape (n_features,)
        By the measure of the method; the more, the more important.
    stability : ndarray of shape (n_features,) or None
        Share of halves of the rows on which a feature was selected, where there were any.
    feature_names : ndarray of str of shape (n_features,) or None
    """

    support: np.ndarray
    importances: np.ndarray
    stability: np.ndarray | None
    feature_names: np.ndarray | None

    importance_name = "importance"

    @property
    def selected(self) -> np.ndarray:
        """Indices of the features that were selected, the most important first."""
        chosen = np.flatnonzero(self.support)
        return chosen[np.argsort(-self.importances[chosen], kind="stable")]

    @property
    def selected_names(self) -> list[str]:
        """Their names, x0, x1, ... where there are none."""
        return [self.names[j] for j in self.selected]

    @property
    def names(self) -> list[str]:
        known = self.feature_names
        return [f"x{j}" if known is None else str(known[j]) for j in range(len(self.support))]

    def plot_importances(self, ax=None, *, top=20):
        """Draw importances as bars, coloured by whether they were selected, with their stability.

        Needs the extra ``plot``.

        Parameters
        ----------
        ax : matplotlib Axes, default None
            None makes a new figure.
        top : int, default 20
            At most so many features, the most important.

        Returns
        -------
        taut.plots.ImportanceDisplay
        """
        from taut.plots.importances import ImportanceDisplay

        return ImportanceDisplay(self).plot(ax, top=top)

    def __repr__(self) -> str:
        count = f"{len(self.selected)} of {len(self.support)} features"
        return f"{type(self).__name__}({count}: {_first_words(self.selected_names)})"


def _first_words(names, count=5) -> str:
    """The first few of some names."""
    shown = ", ".join(names[:count])
    return (shown + ", …" if len(names) > count else shown) or "none"

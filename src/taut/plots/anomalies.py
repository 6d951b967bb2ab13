"""The least usual rows, and what makes them so."""

from __future__ import annotations

import numpy as np

from taut.plots import style

__all__ = ["AnomalyDisplay"]

# Of one hue: which feature it is differs from row to row, and stands beside the bar.
_SHADES = ("#0072B2", "#6fb1d8")


class AnomalyDisplay:
    """The highest anomaly scores as bars, the features that say most in each, and the threshold.

    Parameters
    ----------
    contributions : array of shape (n_samples, n_features)
        Rows sum to the anomaly score.
    threshold : float
        Scores above it are anomalies.
    names : sequence of str of length n_features

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    bars_ : list of matplotlib BarContainer
        The largest contribution in each row, the next, and all others.
    rows_ : ndarray of int
        The rows drawn, the least usual first.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from taut.applications import SparseAnomalyDetector
    >>> X = load_wine(as_frame=True).data
    >>> display = SparseAnomalyDetector().fit(X).plot(X)  # doctest: +SKIP
    """

    def __init__(self, contributions, threshold, names):
        self.contributions = np.asarray(contributions, dtype=np.float64)
        self.threshold, self.names = float(threshold), list(names)

    def __repr__(self):
        found = int(np.sum(self.contributions.sum(axis=1) > self.threshold))
        return f"<AnomalyDisplay: {found} of {len(self.contributions)} rows above the threshold>"

    def plot(self, ax=None, *, top=15):
        """Draw the bars.

        Parameters
        ----------
        ax : matplotlib Axes, default None
            None makes a new figure.
        top : int, default 15
            So many rows.

        Returns
        -------
        AnomalyDisplay

        Raises
        ------
        ImportError
            matplotlib is not installed.
        """
        scores = self.contributions.sum(axis=1)
        self.rows_ = np.argsort(-scores, kind="stable")[: style.count(top)]
        n_rows, shown = len(self.rows_), self.contributions[self.rows_]
        leaders = np.argsort(-shown, axis=1, kind="stable")[:, : len(_SHADES)]
        named = np.take_along_axis(shown, leaders, axis=1)
        parts = np.column_stack([named, shown.sum(axis=1) - named.sum(axis=1)])
        ax = style.axes(ax, size=(8.4, 1.4 + 0.25 * max(n_rows, 5)))
        tiny = np.finfo(np.float64).tiny
        places, ends = np.arange(n_rows), np.cumsum(parts, axis=1)
        self.bars_ = [
            ax.barh(places, part, left=end - part, color=colour, height=0.74)
            for part, end, colour in zip(parts.T, ends.T, self._colours(named), strict=True)
        ]
        style.clean(ax, xlabel="anomaly score (1 is usual)", ylabel="row", grid="x")
        style.mark(ax, self.threshold, "threshold")
        ax.set_yticks(places, [str(row) for row in self.rows_])
        ax.set_ylim(max(n_rows, 1) - 0.4, -0.6)
        self._name(ax, leaders, named / np.maximum(scores[self.rows_, None], tiny))
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _colours(self, named):
        return [*_SHADES[: named.shape[1]], style.FAINT]

    def _name(self, ax, leaders, shares):
        """Beside each bar, in the order of its parts: which features, and how much of the score."""
        for place, (features, parts) in enumerate(zip(leaders, shares, strict=True)):
            self._beside(
                ax,
                place,
                ", ".join(
                    f"{style.short(self.names[j])} {part:.0%}"
                    for j, part in zip(features, parts, strict=True)
                ),
            )
        self._beside(ax, -0.95, "the features that say most, and their part", style.MUTED)

    def _beside(self, ax, place, text, colour=style.INK):
        ax.annotate(
            text,
            (1.0, place),
            xycoords=ax.get_yaxis_transform(),
            xytext=(8, 0),
            textcoords="offset points",
            color=colour,
            fontsize=style.LABEL_SIZE,
            va="center",
            annotation_clip=False,
        )

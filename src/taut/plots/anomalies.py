"""The least usual rows, by what each feature contributes."""

from __future__ import annotations

import numpy as np

from taut.plots import style

__all__ = ["AnomalyDisplay"]

_NAMED = 6


class AnomalyDisplay:
    """The highest anomaly scores as stacked bars, one part for each feature, and the threshold.

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
        One for each feature that is named, and one for the others.
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
        self.rows_ = np.argsort(-scores, kind="stable")[:top]
        parts, labels = self._parts()
        ax = style.axes(ax, size=(7.2, 1.4 + 0.25 * max(len(self.rows_), 5)))
        places, left = np.arange(len(self.rows_)), np.zeros(len(self.rows_))
        colours = [*style.COLOURS[: len(labels) - 1], style.FAINT]
        self.bars_ = []
        for part, label, colour in zip(parts.T, labels, colours, strict=True):
            bar = ax.barh(places, part, left=left, color=colour, height=0.74, label=label)
            self.bars_.append(bar)
            left = left + part
        style.clean(ax, xlabel="anomaly score (1 is usual)", ylabel="row", grid="x")
        ax.axvline(self.threshold, color=style.INK, linewidth=1, linestyle=(0, (4, 3)))
        ax.annotate(
            "threshold",
            (self.threshold, 1.0),
            xycoords=ax.get_xaxis_transform(),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
            color=style.INK,
            fontsize=style.LABEL_SIZE,
        )
        ax.set_yticks(places, [str(row) for row in self.rows_])
        ax.set_ylim(len(self.rows_) - 0.4, -0.6)
        ax.legend(
            loc="center left",
            bbox_to_anchor=(1.01, 0.5),
            frameon=False,
            fontsize=style.LABEL_SIZE,
            labelcolor=style.INK,
        )
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _parts(self):
        """Contributions of the features that matter most in these rows, and of all others."""
        shown = self.contributions[self.rows_]
        named = np.argsort(-shown.sum(axis=0), kind="stable")[:_NAMED]
        others = np.delete(shown, named, axis=1).sum(axis=1)
        labels = [self.names[j] for j in named]
        n_others = shown.shape[1] - len(named)
        return np.column_stack([shown[:, named], others]), [*labels, f"{n_others} others"]

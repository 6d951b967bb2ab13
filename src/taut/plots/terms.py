"""The terms that speak most for each class."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from taut.plots import style

__all__ = ["TermsDisplay"]

_MOST_COLUMNS = 3
_LONGEST_TERM = 24


class TermsDisplay:
    """Top terms by weight, a panel for each class.

    Parameters
    ----------
    terms : mapping of str to sequence of (term, weight)
        For each class, the largest weight first.

    Attributes
    ----------
    axes_ : list of matplotlib Axes
        One for each class.
    figure_ : matplotlib Figure

    Raises
    ------
    ValueError
        There is no class.
    """

    def __init__(self, terms: Mapping):
        if not terms:
            raise ValueError("terms must hold at least one class, got none: pass {'spam': [...]}")
        self.terms = dict(terms)

    def __repr__(self):
        count = max(len(pairs) for pairs in self.terms.values())
        return f"<TermsDisplay of {len(self.terms)} classes, up to {count} terms each>"

    def plot(self, axes=None):
        """Draw the terms.

        Parameters
        ----------
        axes : sequence of matplotlib Axes, default None
            One for each class; None makes a new figure.

        Returns
        -------
        TermsDisplay

        Raises
        ------
        ImportError
            matplotlib is not installed.
        ValueError
            There are not as many axes as classes.
        """
        axes = self._panels() if axes is None else np.ravel(axes).tolist()
        if len(axes) != len(self.terms):
            raise ValueError(
                f"axes must be {len(self.terms)}, one for each class, got {len(axes)}: make them "
                "with matplotlib's subplots, or pass None"
            )
        most = max((weight for pairs in self.terms.values() for _, weight in pairs), default=1.0)
        rows = max(len(pairs) for pairs in self.terms.values())
        for k, (ax, (label, pairs)) in enumerate(zip(axes, self.terms.items(), strict=True)):
            _draw(ax, label, pairs, style.COLOURS[k % len(style.COLOURS)])
            # One scale for all: bars of two panels can be compared.
            ax.set_xlim(0, 1.05 * most)
            ax.set_ylim(max(rows, 1) - 0.4, -0.6)
        self.axes_, self.figure_ = axes, axes[0].figure
        return self

    def _panels(self):
        columns = min(len(self.terms), _MOST_COLUMNS)
        rows = -(-len(self.terms) // columns)
        height = 0.9 + 0.21 * max(len(pairs) for pairs in self.terms.values())
        first = style.axes(size=(3.1 * columns, height * rows))
        figure = first.figure
        first.remove()
        panels = figure.subplots(rows, columns, squeeze=False).ravel().tolist()
        for ax in panels[len(self.terms) :]:
            ax.remove()
        return panels[: len(self.terms)]


def _draw(ax, label, pairs, colour):
    rows, weights = np.arange(len(pairs)), [weight for _, weight in pairs]
    ax.hlines(rows, 0.0, weights, color=colour, linewidth=2.2)
    ax.scatter(weights, rows, color=colour, s=26, zorder=3)
    style.clean(ax, xlabel="weight", grid="x")
    ax.set_title(label, loc="left", color=colour, fontsize=style.LABEL_SIZE + 2)
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)
    ax.set_yticks(rows, [_short(term) for term, _ in pairs])


def _short(term):
    return term if len(term) <= _LONGEST_TERM else term[: _LONGEST_TERM - 1] + "…"

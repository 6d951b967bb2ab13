"""Coefficients along the path."""

from __future__ import annotations

import numpy as np

from taut.plots import style

__all__ = ["PathDisplay"]


class PathDisplay:
    """Coefficients of a path against alpha.

    Parameters
    ----------
    path : taut.Path
    alpha : float, default None
        A strength to mark, such as the one that was chosen.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    lines_ : list of matplotlib Line2D
        One per feature that is ever used, in the order of the features.

    Examples
    --------
    >>> import taut
    >>> from sklearn.datasets import load_diabetes
    >>> path = taut.fit_path(*load_diabetes(return_X_y=True))
    >>> display = taut.plots.PathDisplay(path, alpha=0.1).plot(top=4)  # doctest: +SKIP
    """

    def __init__(self, path, alpha=None):
        self.path = path
        self.alpha = alpha

    @classmethod
    def from_estimator(cls, estimator, *, ax=None, top=8, target=None):
        """Draw the path that a fitted estimator chose its alpha on, with the choice marked.

        Parameters
        ----------
        estimator : fitted estimator
            With ``path_``: one whose alpha is a rule, or ``LassoCV`` or ``ElasticNetCV``.
        ax, top, target
            As `plot` takes them.

        Returns
        -------
        PathDisplay

        Raises
        ------
        AttributeError
            The estimator has no path.
        ImportError, ValueError
            As `plot` raises them.
        """
        if not hasattr(estimator, "path_"):
            raise AttributeError(
                f"estimator must have chosen alpha on a path, got {estimator!r}: fit one with "
                "alpha=taut.CV(), say, or draw taut.fit_path(X, y).plot()"
            )
        return cls(estimator.path_, estimator.alpha_).plot(ax, top=top, target=target)

    def __repr__(self):
        alphas = self.path.alphas
        marked = "" if self.alpha is None else f", {self.alpha:.4g} marked"
        return (
            f"<PathDisplay of {len(self.path.coefs)} features along {len(alphas)} alphas, "
            f"{alphas.max():.4g} to {alphas.min():.4g}{marked}>"
        )

    def plot(self, ax=None, *, top=8, target=None, features=None):
        """Draw the path.

        Parameters
        ----------
        ax : matplotlib Axes, default None
            None makes a new figure.
        top : int, default 8
            So many features, those with the largest coefficients as drawn, are coloured and named.
        target : int, default None
            Which target, where the path has several.
        features : list of int, default None
            Which to colour and name, in place of the largest: several paths drawn with the same
            ones agree on their colours.

        Returns
        -------
        PathDisplay

        Raises
        ------
        ImportError
            matplotlib is not installed.
        ValueError
            The path has several targets and ``target`` does not say which, or no alpha above 0, or
            not so many features.
        """
        alphas, coefs = self._shown(target)
        ax = style.axes(ax)
        size = np.abs(coefs).max(axis=1)
        used = np.flatnonzero(size > 0)
        if features is None:
            features = used[np.argsort(-size[used], kind="stable")][: style.count(top)]
        named = _checked(features, len(coefs))
        colours = {j: style.COLOURS[k % len(style.COLOURS)] for k, j in enumerate(named)}
        self.lines_ = [self._line(ax, alphas, coefs[j], colours.get(j)) for j in used]
        style.clean(ax, ylabel="coefficient")
        style.strength_axis(ax, alphas)
        ax.axhline(0.0, color=style.MUTED, linewidth=0.8, zorder=1)
        if self.alpha is not None:
            style.mark(ax, self.alpha, f"alpha = {self.alpha:.3g}")
        names = [self._name(j) for j in named]
        style.label_ends(ax, coefs[named, -1], names, colours.values())
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _shown(self, target):
        """Strengths above 0, in decreasing order, and the coefficients of one target there."""
        coefs = self.path.coefs
        if coefs.ndim == 3:
            n_targets = coefs.shape[1]
            if target is None or not -n_targets <= target < n_targets:
                raise ValueError(
                    f"target must say which of the {n_targets} targets to draw, got {target!r}: "
                    f"pass a number from 0 to {n_targets - 1}"
                )
            coefs = coefs[:, target]
        order = np.argsort(-self.path.alphas, kind="stable")
        order = order[self.path.alphas[order] > 0]
        if len(order) == 0:
            raise ValueError(
                "path must have an alpha above 0 to be drawn on a logarithmic axis, got "
                f"{self.path.alphas!r}"
            )
        return self.path.alphas[order], coefs[:, order]

    def _line(self, ax, alphas, coefs, colour):
        named = {"color": colour, "linewidth": 1.8, "zorder": 3}
        other = {"color": style.FAINT, "linewidth": 0.9, "zorder": 2}
        marker = "o" if len(alphas) == 1 else None
        return ax.plot(alphas, coefs, marker=marker, **(named if colour else other))[0]

    def _name(self, j):
        names = self.path.feature_names
        return f"x{j}" if names is None else str(names[j])


def _checked(features, n_features):
    places = np.asarray(features)
    if len(places) and (places.dtype.kind not in "iu" or places.min() < 0):
        known = False
    else:
        known = not len(places) or places.max() < n_features
    if not known:
        raise ValueError(
            f"features must be numbers of features, from 0 to {n_features - 1}, got {features!r}"
        )
    return places.astype(int)

"""The largest coefficients of one model."""

from __future__ import annotations

import numpy as np

from taut.plots import style

__all__ = ["CoefficientDisplay"]


class CoefficientDisplay:
    """Coefficients by size, as a stem chart.

    Parameters
    ----------
    coef : array of shape (n_features,)
    names : sequence of str of length n_features, default None
        None calls them x0, x1, ...

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    stems_, heads_ : matplotlib collections
        Lines from zero, and the dots at their ends, the largest first.

    Raises
    ------
    ValueError
        ``coef`` is not one-dimensional, or ``names`` are not as many.

    Examples
    --------
    >>> import taut
    >>> from sklearn.datasets import load_diabetes
    >>> model = taut.Lasso(alpha=0.1).fit(*load_diabetes(return_X_y=True, as_frame=True))
    >>> display = taut.plots.CoefficientDisplay.from_estimator(model)  # doctest: +SKIP
    """

    def __init__(self, coef, names=None):
        coef = np.asarray(coef, dtype=np.float64)
        if coef.ndim != 1:
            raise ValueError(
                f"coef must be one-dimensional, got shape {coef.shape}: pass those of one target"
            )
        names = [f"x{j}" for j in range(len(coef))] if names is None else [str(n) for n in names]
        if len(names) != len(coef):
            raise ValueError(f"names must be as many as the {len(coef)} of coef, got {len(names)}")
        self.coef, self.names = coef, names

    @classmethod
    def from_estimator(cls, estimator, target=0, *, ax=None, top=20):
        """Draw the coefficients of a fitted linear model.

        Parameters
        ----------
        estimator : fitted estimator
            With ``coef_``, and ``feature_names_in_`` where it knows them.
        target : int, default 0
            Which target, where there are several.
        ax, top
            As `plot` takes them.

        Returns
        -------
        CoefficientDisplay

        Raises
        ------
        AttributeError
            The estimator has no ``coef_``.
        ImportError
            matplotlib is not installed.
        """
        if not hasattr(estimator, "coef_"):
            raise AttributeError(
                f"estimator must be a fitted linear model with coef_, got {estimator!r}: fit it"
            )
        coef = np.asarray(estimator.coef_)
        names = getattr(estimator, "feature_names_in_", None)
        return cls(coef if coef.ndim == 1 else coef[target], names).plot(ax, top=top)

    def __repr__(self):
        used = np.count_nonzero(self.coef)
        return f"<CoefficientDisplay: {used} of {len(self.coef)} coefficients are not zero>"

    def plot(self, ax=None, *, top=20):
        """Draw the coefficients that are not zero.

        Parameters
        ----------
        ax : matplotlib Axes, default None
            None makes a new figure.
        top : int, default 20
            At most so many, the largest.

        Returns
        -------
        CoefficientDisplay

        Raises
        ------
        ImportError
            matplotlib is not installed.
        """
        used = np.flatnonzero(self.coef)
        shown = used[np.argsort(-np.abs(self.coef[used]), kind="stable")][: style.count(top)]
        ax = style.axes(ax, size=(6.4, 1.2 + 0.26 * max(len(shown), 3)))
        values, rows = self.coef[shown], np.arange(len(shown))
        colours = np.where(values > 0, style.COLOURS[0], style.COLOURS[1])
        self.stems_ = ax.hlines(rows, 0.0, values, colors=colours, linewidth=2.2)
        self.heads_ = ax.scatter(values, rows, c=colours, s=34, zorder=3)
        style.clean(ax, xlabel=self._caption(len(shown), len(used)), grid="x")
        ax.axvline(0.0, color=style.MUTED, linewidth=0.8, zorder=1)
        ax.spines["left"].set_visible(False)
        ax.tick_params(axis="y", length=0)
        ax.set_yticks(rows, [style.short(self.names[j]) for j in shown])
        ax.set_ylim(max(len(shown), 1) - 0.4, -0.6)
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _caption(self, shown, used):
        if shown < used:
            return f"coefficient ({shown} largest of {used} that are not zero)"
        return f"coefficient ({used} of {len(self.coef)} not zero)"

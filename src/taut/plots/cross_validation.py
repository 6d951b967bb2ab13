"""Errors of cross-validation along the path."""

from __future__ import annotations

import numpy as np

from taut.plots import style

__all__ = ["CVDisplay"]


class CVDisplay:
    """Held-out and training error against alpha, with the choices "min" and "1se".

    Parameters
    ----------
    cv_results : taut.selection.CVResults
        Such as ``cv_results_`` of an estimator fitted with the rule ``taut.CV``.
    measure : str, default "mean squared error"
        What its errors are.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    line_, train_line_ : matplotlib Line2D
    band_ : matplotlib collection
        The mean plus and minus its standard error over the folds.

    Examples
    --------
    >>> import taut
    >>> from sklearn.datasets import load_diabetes
    >>> model = taut.Lasso(alpha=taut.CV(rule="1se")).fit(*load_diabetes(return_X_y=True))
    >>> display = taut.plots.CVDisplay.from_estimator(model)  # doctest: +SKIP
    """

    def __init__(self, cv_results, measure="mean squared error"):
        self.cv_results = cv_results
        self.measure = measure

    @classmethod
    def from_estimator(cls, estimator, *, ax=None):
        """Draw the errors that a fitted estimator chose its alpha by.

        Parameters
        ----------
        estimator : fitted estimator
            With ``cv_results_`` along alpha: ``taut.Lasso(alpha=taut.CV())``, ``taut.LassoCV()``.
        ax : matplotlib Axes, default None
            None makes a new figure.

        Returns
        -------
        CVDisplay

        Raises
        ------
        AttributeError
            The estimator has no such results.
        ImportError
            matplotlib is not installed.
        """
        results = getattr(estimator, "cv_results_", None)
        if not hasattr(results, "standard_error"):
            raise AttributeError(
                "estimator must have chosen alpha by cross-validation over a path, got "
                f"{estimator!r}: fit one with alpha=taut.CV(), or LassoCV or ElasticNetCV"
            )
        # Other losses are measured by their deviances, as R's glmnet measures them.
        loss = estimator.path_.loss.name if hasattr(estimator, "path_") else "squared"
        measures = () if loss == "squared" else (f"mean deviance ({loss} loss)",)
        return cls(results, *measures).plot(ax)

    def __repr__(self):
        results = self.cv_results
        n_alphas, n_folds = results.errors.shape
        return (
            f"<CVDisplay of {n_alphas} alphas on {n_folds} folds: min at "
            f"{results.alpha_min:.4g}, 1 SE at {results.alpha_1se:.4g}>"
        )

    def plot(self, ax=None):
        """Draw the errors.

        Parameters
        ----------
        ax : matplotlib Axes, default None
            None makes a new figure.

        Returns
        -------
        CVDisplay

        Raises
        ------
        ImportError
            matplotlib is not installed.
        ValueError
            No alpha is above 0.
        """
        results = self.cv_results
        shown = results.alphas > 0
        if not np.any(shown):
            raise ValueError(
                "cv_results must have an alpha above 0 to be drawn on a logarithmic axis, got "
                f"{results.alphas!r}"
            )
        ax = style.axes(ax)
        alphas, mean = results.alphas[shown], results.mean[shown]
        spread = results.standard_error[shown]
        training = np.average(results.train_errors, axis=1, weights=results.fold_weights)[shown]
        main, other = style.COLOURS[:2]
        self.band_ = ax.fill_between(
            alphas, mean - spread, mean + spread, color=main, alpha=0.15, linewidth=0
        )
        self.line_ = ax.plot(alphas, mean, color=main, linewidth=1.8)[0]
        self.train_line_ = ax.plot(alphas, training, color=other, linewidth=1.4, linestyle="--")[0]
        style.clean(ax, ylabel=self.measure)
        style.thousands(ax.yaxis)
        style.strength_axis(ax, alphas)
        self._mark_choices(ax)
        style.label_ends(
            ax, [mean[-1], training[-1]], ["held out ± 1 SE", "training"], (main, other)
        )
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _mark_choices(self, ax):
        """The two choices: the label of the weaker penalty opens to the right, as the axis does."""
        results = self.cv_results
        least, one_se = results.index_min, results.index_1se
        choices = [(least, "min", "left"), (one_se, "1 SE", "right")]
        if least == one_se:
            choices = [(least, "min and 1 SE", "center")]
        for index, name, side in choices:
            alpha = results.alphas[index]
            if alpha <= 0:
                continue
            ax.plot(alpha, results.mean[index], "o", color=style.COLOURS[0], markersize=6)
            style.mark(ax, alpha, name, ha=side)
